//! The folders of results: one a prediction, one a cell of an experiment. Shared, each is one object.

use std::path::PathBuf;

use tempfile::TempDir;

use super::archive::{Tar, unpack};
use super::objects::Objects;
use super::{Error, Store, is_identifier};

const ID_DIGITS: usize = 32;
const ATTEMPT: &str = "attempt-";

/// Where the result of a prediction or of a cell lies, and what is on its way to become it.
#[derive(Clone, Debug)]
pub struct ResultFolder {
    path: PathBuf,
    /// What the result is called among the shared ones.
    object: String,
}

impl Store {
    /// The folder of a prediction that may or may not exist yet.
    pub fn prediction(&self, id: &str) -> Result<ResultFolder, Error> {
        if !is_identifier(id, ID_DIGITS) {
            return Err(Error::UnknownPrediction { id: id.to_owned() });
        }
        Ok(ResultFolder { path: self.folders.predictions.join(id), object: format!("predictions/{id}.tar") })
    }

    /// The folder of a cell of an experiment, which may or may not exist yet.
    pub fn cell(&self, experiment: &str, cell: u64) -> Result<ResultFolder, Error> {
        let path = self.experiment(experiment)?.join(cell.to_string());
        Ok(ResultFolder { path, object: format!("{}/{cell}.tar", shared_cells(experiment)) })
    }

    /// Removes an experiment with the results of all its cells, if it has left any.
    pub fn remove_experiment(&self, id: &str) -> Result<(), Error> {
        let path = self.experiment(id)?;
        if let Some(objects) = &self.objects {
            objects.remove_folder(&shared_cells(id))?;
        }
        if path.exists() { self.discard(&path) } else { Ok(()) }
    }

    fn experiment(&self, id: &str) -> Result<PathBuf, Error> {
        let is_known = is_identifier(id, ID_DIGITS);
        is_known
            .then(|| self.folders.experiments.join(id))
            .ok_or_else(|| Error::UnknownExperiment { id: id.to_owned() })
    }

    /// Removes a prediction with its results, if it has left any.
    pub fn remove_prediction(&self, id: &str) -> Result<(), Error> {
        let ResultFolder { path, object } = self.prediction(id)?;
        if let Some(objects) = &self.objects {
            objects.remove(&object)?;
        }
        if path.exists() { self.discard(&path) } else { Ok(()) }
    }

    /// An empty folder for an attempt to make a result. It is gone when it is dropped; what an attempt left whose
    /// process was killed is gone now.
    pub fn begin_attempt(&self, folder: &ResultFolder) -> Result<TempDir, Error> {
        let begin = || {
            std::fs::create_dir_all(&folder.path)?;
            for entry in std::fs::read_dir(&folder.path)? {
                let entry = entry?;
                if entry.file_name().to_string_lossy().starts_with(ATTEMPT) {
                    std::fs::remove_dir_all(entry.path())?;
                }
            }
            tempfile::Builder::new().prefix(ATTEMPT).tempdir_in(&folder.path)
        };
        begin().map_err(Error::at(&folder.path))
    }

    /// Where a result is being made on this machine, or lies when it has just been made; `None` where neither.
    pub fn under_way(&self, folder: &ResultFolder) -> Option<PathBuf> {
        let entries = std::fs::read_dir(&folder.path).into_iter().flatten().filter_map(Result::ok);
        let attempts = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(ATTEMPT));
        let last = attempts.max_by_key(|entry| entry.metadata().and_then(|about| about.modified()).ok());
        last.map(|entry| entry.path()).or_else(|| Some(folder.results()).filter(|results| results.is_dir()))
    }

    /// Makes what an attempt wrote the result, in the place of earlier ones. One that could not be shared for now is kept
    /// here, to be shared by [`Self::is_made`].
    pub fn keep_attempt(&self, folder: &ResultFolder, attempt: TempDir) -> Result<(), Error> {
        let results = folder.results();
        if results.exists() {
            self.discard(&results)?;
        }
        std::fs::rename(attempt.keep(), &results).map_err(Error::at(&results))?;
        self.objects.iter().try_for_each(|objects| folder.put_to(objects))
    }

    /// Whether a result is there, so that nothing is to be made. One that was only here is shared with that.
    pub fn is_made(&self, folder: &ResultFolder) -> Result<bool, Error> {
        let is_here = folder.results().is_dir();
        match &self.objects {
            None => Ok(is_here),
            Some(objects) if objects.has(&folder.object)? => Ok(true),
            Some(objects) if is_here => folder.put_to(objects).map(|()| true),
            Some(_) => Ok(false),
        }
    }

    /// Where a result lies, once there is one: fetched where another machine made it.
    pub fn results(&self, folder: &ResultFolder) -> Result<PathBuf, Error> {
        let results = folder.results();
        if let Some(objects) = &self.objects
            && !results.is_dir()
        {
            self.fetch_result(objects, folder)?;
        }
        Ok(results)
    }

    /// Fetches all results of an experiment that other machines made.
    pub fn gather(&self, experiment: &str) -> Result<(), Error> {
        let Some(objects) = &self.objects else { return Ok(()) };
        let mut lacking = Vec::new();
        for name in objects.names(&shared_cells(experiment))? {
            let Some(cell) = name.strip_suffix(".tar").and_then(|cell| cell.parse().ok()) else { continue };
            let folder = self.cell(experiment, cell)?;
            if !folder.results().is_dir() {
                lacking.push(folder);
            }
        }
        let store = self.clone();
        objects.each(lacking, move |folder| store.results(&folder)).map(drop)
    }

    fn fetch_result(&self, objects: &Objects, folder: &ResultFolder) -> Result<(), Error> {
        let incoming = &self.folders.incoming;
        let arriving = tempfile::tempdir_in(incoming).map_err(Error::at(incoming))?;
        if objects.get(&folder.object, |from| unpack(from, arriving.path()))?.is_none() {
            return Ok(());
        }
        let results = folder.results();
        let keep = || {
            std::fs::create_dir_all(&folder.path)?;
            std::fs::rename(arriving.path(), &results)
        };
        match keep() {
            // Another was faster.
            Err(_) if results.is_dir() => Ok(()),
            kept => kept.map_err(Error::at(&results)),
        }
    }
}

/// The folder of an experiment's results among the shared ones.
fn shared_cells(experiment: &str) -> String {
    format!("experiments/{experiment}")
}

impl ResultFolder {
    /// What the pipeline made, if it is here.
    pub fn results(&self) -> PathBuf {
        self.path.join("result")
    }

    fn put_to(&self, objects: &Objects) -> Result<(), Error> {
        let results = self.results();
        let tar = Tar::of(&results).map_err(Error::at(&results))?;
        objects.put(&self.object, tar.bytes(), |to| tar.write(to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    fn files(folder: &std::path::Path) -> Vec<String> {
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn only_an_attempt_that_is_kept_becomes_the_result() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let folder = store.prediction(ID).unwrap();
        for text in ["first", "second"] {
            let attempt = store.begin_attempt(&folder).unwrap();
            std::fs::write(attempt.path().join(text), b"").unwrap();
            assert_eq!(store.under_way(&folder).as_deref(), Some(attempt.path()));
            store.keep_attempt(&folder, attempt).unwrap();
            assert_eq!(store.under_way(&folder), Some(folder.results()));
            assert_eq!(files(&folder.results()), [text]);
        }
        let failed = store.begin_attempt(&folder).unwrap();
        std::fs::write(failed.path().join("half"), b"").unwrap();
        drop(failed);
        assert_eq!(
            (files(&folder.path), files(&folder.results())),
            (vec!["result".to_owned()], vec!["second".to_owned()])
        );
    }

    #[test]
    fn what_a_killed_attempt_left_is_gone_with_the_next() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let folder = store.prediction(ID).unwrap();
        let killed = store.begin_attempt(&folder).unwrap().keep();
        std::fs::write(killed.join("half"), b"").unwrap();
        let next = store.begin_attempt(&folder).unwrap();
        assert!(!killed.exists() && files(next.path()).is_empty());
    }

    #[test]
    fn a_removed_prediction_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        drop(store.begin_attempt(&store.prediction(ID).unwrap()).unwrap());
        store.remove_prediction(ID).unwrap();
        store.remove_prediction(ID).unwrap();
        assert_eq!(files(&root.path().join("predictions")).len() + files(&root.path().join("incoming")).len(), 0);
    }
}
