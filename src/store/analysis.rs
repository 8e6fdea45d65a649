//! The folders of analyses: made aside, and kept whole under the hash of what was asked.

use std::path::PathBuf;

use tempfile::TempDir;

use super::{Error, Store, is_identifier};

const ID_DIGITS: usize = 32;

impl Store {
    /// The folder of an analysis that was kept.
    pub fn analysis(&self, id: &str) -> Result<PathBuf, Error> {
        let folder = is_identifier(id, ID_DIGITS).then(|| self.folders.analyses.join(id));
        folder.filter(|folder| folder.is_dir()).ok_or_else(|| Error::UnknownAnalysis { id: id.to_owned() })
    }

    /// The ids of all that were kept, the newest first.
    pub fn analyses(&self) -> Result<Vec<String>, Error> {
        let folder = &self.folders.analyses;
        let entries = std::fs::read_dir(folder).map_err(Error::at(folder))?.filter_map(Result::ok);
        let mut kept: Vec<_> = entries
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.file_name().into_string().ok()?)))
            .filter(|(_, name)| is_identifier(name, ID_DIGITS))
            .collect();
        kept.sort_by(|one, other| other.cmp(one));
        Ok(kept.into_iter().map(|(_, id)| id).collect())
    }

    /// An empty folder for an analysis to be made in. It is gone when it is dropped.
    pub fn begin_analysis(&self) -> Result<TempDir, Error> {
        tempfile::tempdir_in(&self.folders.incoming).map_err(Error::at(&self.folders.incoming))
    }

    /// Keeps what was made, or what another made of the same meanwhile.
    pub fn keep_analysis(&self, id: &str, made: TempDir) -> Result<PathBuf, Error> {
        let kept = self.folders.analyses.join(id);
        match std::fs::rename(made.path(), &kept) {
            Err(error) if !kept.is_dir() => Err(Error::at(&kept)(error)),
            Ok(()) | Err(_) => Ok(kept),
        }
    }

    /// Removes an analysis with its files.
    pub fn remove_analysis(&self, id: &str) -> Result<(), Error> {
        self.discard(&self.analysis(id)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn the_first_of_two_equal_analyses_is_kept_and_nothing_else_stays() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        assert!(matches!(store.analysis(ID), Err(Error::UnknownAnalysis { .. })));
        for text in ["first", "second"] {
            let made = store.begin_analysis().unwrap();
            std::fs::write(made.path().join("text"), text).unwrap();
            let kept = store.keep_analysis(ID, made).unwrap();
            assert_eq!(std::fs::read_to_string(kept.join("text")).unwrap(), "first");
        }
        drop(store.begin_analysis().unwrap());
        assert_eq!(store.analyses().unwrap(), [ID]);
        assert_eq!(std::fs::read_dir(root.path().join("incoming")).unwrap().count(), 0);
        store.remove_analysis(ID).unwrap();
        assert!(matches!(store.remove_analysis(ID), Err(Error::UnknownAnalysis { .. })));
        assert!(matches!(store.analysis("../stimuli"), Err(Error::UnknownAnalysis { .. })));
    }
}
