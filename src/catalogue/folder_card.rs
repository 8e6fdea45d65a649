//! What a model's folder says of itself, where no manifest describes it: `card.json` beside the weights.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Card, Error};

const FILE: &str = "card.json";

/// The words of a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderCard {
    /// What the model is, and what it was trained on.
    pub description: String,
    pub licence: String,
}

impl FolderCard {
    /// The card of a folder; `None` where it has none.
    ///
    /// # Errors
    /// When the file cannot be read, or is no card.
    pub fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE);
        match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str(&text)
                .map(Some)
                .map_err(|source| Error::FolderCard { path: path.display().to_string(), source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::read(&path)(error)),
        }
    }

    /// Writes it into a folder.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(FILE);
        let written = serde_json::to_vec_pretty(self).map_err(io::Error::from);
        written.and_then(|text| std::fs::write(&path, text)).map_err(Error::write(&path))
    }

    pub(super) fn onto(self, card: Card) -> Card {
        Card { description: self.description, licence: self.licence, ..card }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_read_as_it_was_written_and_a_broken_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(FolderCard::read(folder.path()).unwrap(), None);
        let card = FolderCard { description: "trained on films".into(), licence: "CC0".into() };
        card.write(folder.path()).unwrap();
        assert_eq!(FolderCard::read(folder.path()).unwrap(), Some(card));
        std::fs::write(folder.path().join(FILE), "{}").unwrap();
        assert!(matches!(FolderCard::read(folder.path()), Err(Error::FolderCard { .. })));
    }
}
