//! A prediction that is being made, for those who read its rows before it is finished: `under_way.json` beside them, gone when
//! `prediction.json` is there.
//!
//! How many rows are done is how long the files of the responses are, and nothing else keeps count of it.

use std::io;
use std::path::Path;

use super::files::response_path;
use super::folder::MANIFEST;
use super::{Error, Prediction};

const UNDER_WAY: &str = "under_way.json";

impl Prediction {
    /// What is being predicted in a folder, and how many rows of it every subject has; `None` where nothing is known yet.
    /// Features and timings are those of the finished prediction, and empty before.
    pub fn under_way(folder: &Path) -> Result<Option<(Self, usize)>, Error> {
        let Some(prediction) = (match read(&folder.join(UNDER_WAY))? {
            None => read(&folder.join(MANIFEST))?,
            known => known,
        }) else {
            return Ok(None);
        };
        let (mut rows, row) = (prediction.seconds, prediction.vertices as u64 * 4);
        for subject in &prediction.subjects {
            match std::fs::metadata(response_path(folder, &prediction, &subject.name)?) {
                // Without a cortex there is no row to read.
                Ok(about) => rows = rows.min(about.len().checked_div(row).unwrap_or(0) as usize),
                // It has just been kept elsewhere, or given up.
                Err(_) => return Ok(None),
            }
        }
        Ok(Some((prediction, rows)))
    }

    /// Says what the rows are that are about to be written.
    pub(super) fn announce(&self, folder: &Path) -> Result<(), Error> {
        self.write_as(&folder.join(UNDER_WAY))
    }

    /// Writes the manifest, last and whole: a folder that has one is a finished prediction.
    pub(super) fn conclude(&self, folder: &Path) -> Result<(), Error> {
        self.write_as(&folder.join(MANIFEST))?;
        let announced = folder.join(UNDER_WAY);
        match std::fs::remove_file(&announced) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::file(&announced)(error)),
            _ => Ok(()),
        }
    }
}

fn read(path: &Path) -> Result<Option<Prediction>, Error> {
    match std::fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        text => text.and_then(|text| Ok(Some(serde_json::from_slice(&text)?))).map_err(Error::file(path)),
    }
}
