//! What was fetched of a repository: `encortex-lock.json` in its folder of the hub's cache.
//!
//! A manifest may leave a revision or a hash open. The first download decides them, the lock records them, and
//! later runs are held to it. Removing the file accepts what the hub offers then.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;
use super::hub_names::{Commit, FileName, Sha256};

pub(super) const FILE_NAME: &str = "encortex-lock.json";

/// The revision of a repository that was fetched, and its files so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Lock {
    pub(super) revision: Commit,
    pub(super) files: BTreeMap<FileName, LockedFile>,
}

/// A file as it was fetched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LockedFile {
    pub(super) bytes: u64,
    pub(super) sha256: Sha256,
}

impl Lock {
    /// The lock of a revision of which nothing is fetched yet.
    pub(super) fn of(revision: Commit) -> Self {
        Self { revision, files: BTreeMap::new() }
    }

    /// The lock of a repository's folder; `None` before its first download.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(FILE_NAME);
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                Self::parse(&text).map(Some).map_err(|source| Error::Lock { path: path.display().to_string(), source })
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::read(&path)(error)),
        }
    }

    fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// Replaces the lock of a repository's folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Error> {
        replace(folder, self)
    }
}

/// Replaces the lock of a folder: a reader sees the old one or the new one.
pub(super) fn replace(folder: &Path, lock: &impl Serialize) -> Result<(), Error> {
    let path = folder.join(FILE_NAME);
    let write = || {
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(&serde_json::to_vec_pretty(lock)?)?;
        file.persist(&path)?;
        Ok(())
    };
    write().map_err(Error::write(&path))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_lock_is_read_as_written(digits in "[0-9a-f]{104}", bytes: u64, name in "[a-z]{1,8}(/[a-z]{1,8})?") {
            let folder = tempfile::tempdir()?;
            let (revision, sha256) = digits.split_at(40);
            let file = LockedFile { bytes, sha256: Sha256::try_from(sha256.to_owned())? };
            let lock = Lock { revision: Commit::try_from(revision.to_owned())?, files: [(FileName::try_from(name)?, file)].into() };
            lock.write(folder.path())?;
            prop_assert_eq!(Lock::read(folder.path())?, Some(lock));
        }

        #[test]
        fn any_text_is_a_lock_or_an_error(text in ".*") {
            prop_assert!(Lock::parse(&text).is_err());
        }
    }
}
