//! An upload that was kept: its bytes, and what its sender called it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Error, Store, atomic, is_identifier};

const DESCRIPTION: &str = "stimulus.json";
const VERSION: u32 = 1;
const HASH_DIGITS: usize = 64;
const LONGEST_EXTENSION: usize = 8;

/// A stimulus or transcript in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub id: String,
    /// File name as uploaded.
    pub name: String,
    pub bytes: u64,
    pub uploaded: Timestamp,
    /// Where the bytes lie, under the extension of `name`.
    pub path: PathBuf,
}

/// `stimulus.json`.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    name: String,
    bytes: u64,
    uploaded: Timestamp,
}

impl Store {
    /// The stimulus of this hash.
    pub fn stimulus(&self, id: &str) -> Result<Stimulus, Error> {
        let unknown = || Error::UnknownStimulus { id: id.to_owned() };
        if !is_identifier(id, HASH_DIGITS) {
            return Err(unknown());
        }
        let folder = self.folders.stimuli.join(id);
        let path = folder.join(DESCRIPTION);
        let text = match std::fs::read(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(unknown()),
            text => text.map_err(Error::at(&path))?,
        };
        let Description { name, bytes, uploaded, .. } =
            serde_json::from_slice(&text).map_err(|error| Error::at(&path)(error.into()))?;
        Ok(Stimulus { id: id.to_owned(), path: folder.join(stored_name(&name)), name, bytes, uploaded })
    }

    /// All stimuli, the last upload first.
    pub fn stimuli(&self) -> Result<Vec<Stimulus>, Error> {
        let folder = &self.folders.stimuli;
        let names = std::fs::read_dir(folder).map_err(Error::at(folder))?;
        let mut stimuli = names
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_identifier(name, HASH_DIGITS))
            .map(|id| self.stimulus(&id))
            .collect::<Result<Vec<_>, _>>()?;
        stimuli.sort_by(|one, other| other.uploaded.cmp(&one.uploaded).then_with(|| one.id.cmp(&other.id)));
        Ok(stimuli)
    }

    /// Removes a stimulus with all its bytes.
    pub fn remove_stimulus(&self, id: &str) -> Result<(), Error> {
        let stimulus = self.stimulus(id)?;
        self.discard(&stimulus.folder(self))
    }
}

impl Stimulus {
    pub(super) fn new(store: &Store, content: blake3::Hash, name: &str, bytes: u64) -> Self {
        let id = content.to_hex().to_string();
        let path = store.folders.stimuli.join(&id).join(stored_name(name));
        Self { id, name: name.to_owned(), bytes, uploaded: Timestamp::now(), path }
    }

    pub(super) fn folder(&self, store: &Store) -> PathBuf {
        store.folders.stimuli.join(&self.id)
    }

    /// Writes `stimulus.json` into a folder.
    pub(super) fn describe(&self, folder: &Path) -> Result<(), Error> {
        let description =
            Description { version: VERSION, name: self.name.clone(), bytes: self.bytes, uploaded: self.uploaded };
        let path = folder.join(DESCRIPTION);
        let text = serde_json::to_vec_pretty(&description).map_err(|error| Error::at(&path)(error.into()))?;
        atomic::write_whole(&path, &text)
    }
}

/// What the bytes are called on the disk: the client's extension where it is plain, nothing else of its name.
pub(super) fn stored_name(name: &str) -> String {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let plain = |extension: &String| {
        extension.len() <= LONGEST_EXTENSION && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match extension.filter(plain) {
        Some(extension) => format!("upload.{extension}"),
        None => "upload".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_plain_extension_of_the_clients_name_is_kept() {
        assert_eq!(stored_name("Film.MP4"), "upload.mp4");
        assert_eq!(stored_name("subject.words.tsv"), "upload.tsv");
        assert_eq!(stored_name("no extension"), "upload");
        assert_eq!(stored_name("../../etc/passwd"), "upload");
        assert_eq!(stored_name("x.mp4/../../y"), "upload");
        assert_eq!(stored_name("a.averylongextension"), "upload");
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder(name in ".*") {
            let stored = stored_name(&name);
            prop_assert!(stored.starts_with("upload") && !stored.contains(['/', '\\', '\0']));
        }
    }
}
