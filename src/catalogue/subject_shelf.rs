//! Subjects of one's own: heads that were fitted to measured responses, a folder each, beside the models they read.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use crate::encoder::OwnHead;

const CARD: &str = "subject.json";
const HEAD: &str = "head.safetensors";
/// Most characters of a subject's name.
const LONGEST_NAME: usize = 64;

/// The folder of all subjects: `NAME/subject.json` and `NAME/head.safetensors`.
#[derive(Clone, Debug)]
pub struct SubjectShelf {
    folder: PathBuf,
}

/// What is known of a subject of one's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubjectCard {
    pub name: String,
    /// The model whose encoder the head reads from.
    pub model: String,
    /// Of that encoder. A subject belongs to these weights and no others.
    pub weights_sha256: String,
    #[schema(value_type = String, format = DateTime)]
    pub created: Timestamp,
    /// How the head was fitted: `ridge` or `low-rank`.
    pub method: String,
    /// How many regions were measured, where it was their means in place of the model's outputs.
    #[serde(default)]
    pub regions: Option<usize>,
    /// Runs that it was fitted to.
    pub runs: usize,
    /// How long they were together.
    pub minutes: f64,
    /// True where the responses were simulated and no person was scanned.
    pub simulated: bool,
    pub scores: FitScores,
    /// Names the order that made it, where there was one.
    #[serde(default)]
    pub origin: Option<String>,
    /// BLAKE3 of the head: results by this subject are named by it.
    pub head: String,
}

/// How well a fitted head predicts what it was not fitted to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FitScores {
    /// Mean Pearson r over outputs between predicted and measured responses, in held-out runs.
    pub held_out_r: f64,
    /// The same by the average head of the model, where it has one.
    pub average_r: Option<f64>,
    /// Outputs whose r is above chance at a false discovery rate of 0.05, as a fraction, one sample a minute being counted as
    /// independent; where three minutes or more were held out.
    pub significant: Option<f64>,
    /// Mean noise ceiling over outputs, where a stimulus was shown again.
    pub ceiling: Option<f64>,
    /// r over ceiling, the mean over outputs.
    pub ceiling_share: Option<f64>,
    /// Outputs that were scored; the others were constant or not finite.
    pub outputs: usize,
}

impl SubjectShelf {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// All subjects, by name.
    pub fn list(&self) -> Result<Vec<SubjectCard>, Error> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Error::read(&self.folder)(error)),
        };
        let mut cards = Vec::new();
        for entry in entries {
            let path = entry.map_err(Error::read(&self.folder))?.path().join(CARD);
            cards.extend(read_card(&path)?);
        }
        cards.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(cards)
    }

    /// Those that were fitted on an encoder of these weights.
    pub fn of_weights(&self, weights_sha256: &str) -> Result<Vec<SubjectCard>, Error> {
        let mut cards = self.list()?;
        cards.retain(|card| card.weights_sha256 == weights_sha256);
        Ok(cards)
    }

    /// The subject of a name; `None` where there is none.
    pub fn find(&self, name: &str) -> Result<Option<SubjectCard>, Error> {
        if check_name(name).is_err() { Ok(None) } else { read_card(&self.folder.join(name).join(CARD)) }
    }

    /// The subject of a name; a name that nobody has is refused with those there are.
    pub fn get(&self, name: &str) -> Result<SubjectCard, Error> {
        match self.find(name)? {
            Some(card) => Ok(card),
            None => {
                let known = self.list()?.into_iter().map(|card| card.name).collect();
                Err(Error::UnknownSubject { name: name.to_owned(), known })
            }
        }
    }

    /// Names of the files that are kept of a subject.
    pub fn files(&self, card: &SubjectCard) -> Result<Vec<String>, Error> {
        let folder = self.folder_of(card);
        let entries = std::fs::read_dir(&folder).map_err(Error::read(&folder))?;
        let names =
            entries.map(|entry| Ok(entry.map_err(Error::read(&folder))?.file_name().to_string_lossy().into_owned()));
        let mut names = names.collect::<Result<Vec<_>, Error>>()?;
        names.sort();
        Ok(names)
    }

    /// The head of a subject, as it is on disk.
    pub fn head(&self, card: &SubjectCard) -> Result<OwnHead, Error> {
        Ok(OwnHead::read(&self.folder.join(&card.name).join(HEAD))?)
    }

    /// The folder of a subject, to be exported whole.
    pub fn folder_of(&self, card: &SubjectCard) -> PathBuf {
        self.folder.join(&card.name)
    }

    /// Adds a subject, whole or not at all. `card.head` is filled in; `others` are files that are kept beside the head.
    ///
    /// # Errors
    /// [`Error::SubjectName`] for a name that cannot be a folder's, [`Error::SubjectExists`] for one that is taken.
    pub fn add(&self, card: SubjectCard, head: &OwnHead, others: &[(&str, &[u8])]) -> Result<SubjectCard, Error> {
        check_name(&card.name)?;
        std::fs::create_dir_all(&self.folder).map_err(Error::write(&self.folder))?;
        let made = tempfile::Builder::new().prefix(".").tempdir_in(&self.folder).map_err(Error::write(&self.folder))?;
        let head_path = made.path().join(HEAD);
        head.write(&head_path)?;
        let bytes = std::fs::read(&head_path).map_err(Error::read(&head_path))?;
        let card = SubjectCard { head: blake3::hash(&bytes).to_hex().to_string(), ..card };
        let text = serde_json::to_vec_pretty(&card).map_err(|error| Error::write(made.path())(error.into()))?;
        for (name, content) in others.iter().copied().chain([(CARD, &text[..])]) {
            let path = made.path().join(name);
            std::fs::write(&path, content).map_err(Error::write(&path))?;
        }
        let place = self.folder.join(&card.name);
        match std::fs::rename(made.path(), &place) {
            Ok(()) => Ok(card),
            Err(_) if place.exists() => Err(Error::SubjectExists { name: card.name }),
            Err(error) => Err(Error::write(&place)(error)),
        }
    }

    /// Removes a subject with everything that is kept of them; whether there was one.
    pub fn remove(&self, name: &str) -> Result<bool, Error> {
        if check_name(name).is_err() {
            return Ok(false);
        }
        let place = self.folder.join(name);
        match std::fs::remove_dir_all(&place) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(Error::write(&place)(error)),
        }
    }
}

/// Refuses a name that a folder, a file name of BIDS or an address cannot have.
pub fn check_name(name: &str) -> Result<(), Error> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.len() <= LONGEST_NAME && name.chars().all(is_allowed) {
        Ok(())
    } else {
        Err(Error::SubjectName { name: name.to_owned(), longest: LONGEST_NAME })
    }
}

/// The card in a file; `None` where there is no such file.
fn read_card(path: &Path) -> Result<Option<SubjectCard>, Error> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text)
            .map(Some)
            .map_err(|source| Error::SubjectCard { path: path.display().to_string(), source }),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(Error::read(path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, Array2};
    use proptest::prelude::*;

    use super::*;

    fn card(name: &str) -> SubjectCard {
        SubjectCard {
            name: name.to_owned(),
            model: "a".to_owned(),
            weights_sha256: "b".to_owned(),
            created: Timestamp::UNIX_EPOCH,
            method: "ridge".to_owned(),
            regions: None,
            runs: 2,
            minutes: 10.0,
            simulated: true,
            origin: None,
            scores: FitScores {
                held_out_r: 0.3,
                average_r: Some(0.2),
                significant: Some(0.5),
                ceiling: None,
                ceiling_share: None,
                outputs: 4,
            },
            head: String::new(),
        }
    }

    fn head() -> OwnHead {
        OwnHead { weight: Array2::ones((4, 2)), bias: Array1::zeros(4) }
    }

    #[test]
    fn a_subject_is_added_found_and_removed_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = SubjectShelf::new(folder.path().join("subjects"));
        assert_eq!(shelf.list().unwrap(), []);
        let added = shelf.add(card("ann"), &head(), &[("r.npy", b"map")]).unwrap();
        assert_eq!(shelf.find("ann").unwrap(), Some(added.clone()));
        assert_eq!(shelf.of_weights("b").unwrap().len(), 1);
        assert_eq!(shelf.of_weights("c").unwrap(), []);
        assert_eq!(shelf.head(&added).unwrap(), head());
        assert!(shelf.remove("ann").unwrap() && !shelf.remove("ann").unwrap());
        assert_eq!(std::fs::read_dir(folder.path().join("subjects")).unwrap().count(), 0);
    }

    #[test]
    fn a_taken_name_is_refused_and_nothing_is_lost_or_left() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = SubjectShelf::new(folder.path().to_owned());
        let first = shelf.add(card("ann"), &head(), &[]).unwrap();
        let other = OwnHead { bias: Array1::ones(4), ..head() };
        assert!(matches!(shelf.add(card("ann"), &other, &[]), Err(Error::SubjectExists { .. })));
        assert_eq!(shelf.list().unwrap(), [first]);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    proptest! {
        #[test]
        fn a_name_leads_nowhere_else(name in ".{0,80}") {
            let folder = tempfile::tempdir().unwrap();
            let shelf = SubjectShelf::new(folder.path().join("subjects"));
            match shelf.add(card(&name), &head(), &[]) {
                Ok(_) => prop_assert!(folder.path().join("subjects").join(&name).join(CARD).is_file()),
                Err(error) => prop_assert!(matches!(error, Error::SubjectName { .. }), "{error}"),
            }
            prop_assert_eq!(std::fs::read_dir(folder.path()).unwrap().count() <= 1, true);
        }

        #[test]
        fn any_text_is_a_card_or_an_error(text in ".*") {
            let folder = tempfile::tempdir().unwrap();
            std::fs::create_dir(folder.path().join("ann")).unwrap();
            std::fs::write(folder.path().join("ann").join(CARD), text).unwrap();
            let shelf = SubjectShelf::new(folder.path().to_owned());
            prop_assert!(shelf.find("ann").is_err() && shelf.list().is_err());
        }
    }
}
