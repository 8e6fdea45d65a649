//! What is remembered of an atlas that was fetched: `encortex-lock.json` beside its files. Removing it accepts what the
//! publisher offers then, and asks for its terms again.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;
use super::hub_names::FileName;
use super::lock::{FILE_NAME, LockedFile, replace};

/// The terms that were accepted, and the files as they first came.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AtlasLock {
    pub(super) accepted: Option<String>,
    pub(super) files: BTreeMap<FileName, LockedFile>,
}

impl AtlasLock {
    /// The lock of a folder; an empty one before anything was accepted.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                serde_json::from_str(&text).map_err(|source| Error::Lock { path: path.display().to_string(), source })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(Error::read(&path)(error)),
        }
    }

    /// Replaces the lock of a folder, which is made where there is none.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        std::fs::create_dir_all(folder).map_err(Error::write(folder))?;
        replace(folder, self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_a_lock_or_an_error(text in ".*") {
            let folder = tempfile::tempdir().unwrap();
            prop_assert_eq!(AtlasLock::read(folder.path()).unwrap(), AtlasLock::default());
            std::fs::write(folder.path().join(FILE_NAME), text).unwrap();
            prop_assert!(AtlasLock::read(folder.path()).is_err());
        }
    }
}
