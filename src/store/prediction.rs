//! The folder of one prediction.

use std::path::PathBuf;

use super::{Error, Store, is_identifier};

const ID_DIGITS: usize = 32;

/// Where a prediction's job, its events and its results lie.
#[derive(Clone, Debug)]
pub struct PredictionFolder {
    path: PathBuf,
}

impl Store {
    /// The folder of a prediction that may or may not exist yet.
    pub fn prediction(&self, id: &str) -> Result<PredictionFolder, Error> {
        if !is_identifier(id, ID_DIGITS) {
            return Err(Error::UnknownPrediction { id: id.to_owned() });
        }
        Ok(PredictionFolder { path: self.folders.predictions.join(id) })
    }

    /// Names of all predictions on the disk.
    pub fn predictions(&self) -> Result<Vec<String>, Error> {
        let folder = &self.folders.predictions;
        let names = std::fs::read_dir(folder).map_err(Error::at(folder))?;
        Ok(names
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_identifier(name, ID_DIGITS))
            .collect())
    }

    /// Removes a prediction with its results.
    pub fn remove_prediction(&self, id: &str) -> Result<(), Error> {
        self.discard(&self.prediction(id)?.path)
    }

    /// Empties a prediction's results, so that the next attempt starts from nothing.
    pub fn clear_results(&self, folder: &PredictionFolder) -> Result<(), Error> {
        let results = folder.results();
        if results.exists() {
            self.discard(&results)?;
        }
        std::fs::create_dir_all(&results).map_err(Error::at(&results))
    }
}

impl PredictionFolder {
    /// `job.json`: state and request.
    pub fn job(&self) -> PathBuf {
        self.path.join("job.json")
    }

    /// `events.jsonl`: what happened, a line an event.
    pub fn events(&self) -> PathBuf {
        self.path.join("events.jsonl")
    }

    /// What the pipeline writes to.
    pub fn results(&self) -> PathBuf {
        self.path.join("result")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn results_are_cleared_and_the_rest_stays() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let folder = store.prediction(ID).unwrap();
        store.clear_results(&folder).unwrap();
        std::fs::write(folder.job(), b"{}").unwrap();
        std::fs::write(folder.results().join("response-0.f32"), b"half a response").unwrap();
        store.clear_results(&folder).unwrap();
        assert!(folder.job().exists());
        assert_eq!(std::fs::read_dir(folder.results()).unwrap().count(), 0);
        assert_eq!(store.predictions().unwrap(), [ID]);
    }

    #[test]
    fn a_removed_prediction_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        store.clear_results(&store.prediction(ID).unwrap()).unwrap();
        store.remove_prediction(ID).unwrap();
        assert!(store.predictions().unwrap().is_empty());
        assert_eq!(std::fs::read_dir(root.path().join("incoming")).unwrap().count(), 0);
    }
}
