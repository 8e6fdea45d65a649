//! The log of a training: `log.csv`, a row a step. A row that ends an epoch has the held-out scores.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Row {
    /// Counted from 1, as epochs are.
    pub(super) step: u64,
    pub(super) epoch: u64,
    /// Mean squared error of the batch, in variances of z-scored BOLD.
    pub(super) loss: f64,
    pub(super) learning_rate: f64,
    /// Mean of r over held-out outputs and subjects, and of its 90th percentile.
    pub(super) validation_r: Option<f64>,
    pub(super) validation_r_upper: Option<f64>,
    /// Since the training began or went on.
    pub(super) seconds: f64,
}

/// A log that is written on.
pub(super) struct Log {
    path: PathBuf,
    writer: csv::Writer<std::fs::File>,
}

impl Log {
    /// Goes on behind the row of this step; rows of later ones were lost with the state, and are written again.
    pub(super) fn go_on(path: &Path, step: u64) -> Result<Self, Error> {
        let kept: Vec<Row> =
            if path.is_file() { rows(path)?.into_iter().filter(|row| row.step <= step).collect() } else { Vec::new() };
        let mut log = Self::create(path)?;
        kept.iter().try_for_each(|row| log.write(row))?;
        Ok(log)
    }

    fn create(path: &Path) -> Result<Self, Error> {
        let file = OpenOptions::new().create(true).write(true).truncate(true).open(path).map_err(Error::write(path))?;
        Ok(Self { path: path.to_owned(), writer: csv::Writer::from_writer(file) })
    }

    pub(super) fn write(&mut self, row: &Row) -> Result<(), Error> {
        let failed = |source| Error::Log { path: self.path.clone(), source };
        self.writer.serialize(row).map_err(failed)?;
        self.writer.flush().map_err(|error| Error::Log { path: self.path.clone(), source: error.into() })
    }
}

/// All whole rows; the last one may have been cut off.
fn rows(path: &Path) -> Result<Vec<Row>, Error> {
    let mut reader = csv::Reader::from_path(path).map_err(|source| Error::Log { path: path.to_owned(), source })?;
    Ok(reader.deserialize().map_while(Result::ok).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(step: u64) -> Row {
        let validation_r = step.is_multiple_of(2).then_some(0.25);
        Row {
            step,
            epoch: 1,
            loss: 0.5,
            learning_rate: 1e-3,
            validation_r,
            validation_r_upper: validation_r,
            seconds: 1.5,
        }
    }

    #[test]
    fn a_log_goes_on_where_the_state_was_saved() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let mut log = Log::go_on(&path, 0).unwrap();
        (1..=5).for_each(|step| log.write(&row(step)).unwrap());
        drop(log);
        let mut cut_off = std::fs::read(&path).unwrap();
        cut_off.extend(b"6,1,0.");
        std::fs::write(&path, cut_off).unwrap();
        let mut log = Log::go_on(&path, 3).unwrap();
        log.write(&row(4)).unwrap();
        assert_eq!(rows(&path).unwrap(), [1, 2, 3, 4].map(row));
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.starts_with(
            "step,epoch,loss,learning_rate,validation_r,validation_r_upper,seconds\n1,1,0.5,0.001,,,1.5\n"
        ));
    }
}
