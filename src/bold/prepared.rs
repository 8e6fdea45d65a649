//! Runs made ready for a model, on disk: standardised, resampled, in rows that are read as they are needed.
//!
//! An entry is named by the content of the run and by all that was done to it, and is written beside its place and then
//! renamed, as features are. It is a NumPy array, so that it can be looked at.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use ndarray::Array2;
use ndarray_npy::WriteNpyExt;
use serde::{Deserialize, Serialize};

use super::{BoldFile, Error, Masked, Outputs, Sidecar};

/// Stands for how runs are prepared; another way is another number.
const VERSION: u8 = 1;

/// The times at which a run is wanted: `count` rows from `first_s` (s of the run) on, `step_s` apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Times {
    pub first_s: f64,
    pub step_s: f64,
    pub count: usize,
}

/// A run that is ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prepared {
    /// A `.npy` of float32, `(row, output)`, row-major: mean 0 and variance 1 over the scans of the run, 0 where an output
    /// was masked.
    #[serde(skip)]
    pub path: PathBuf,
    /// Which of the times asked for the first row stands for. Those before it, and behind the last row, were not scanned.
    pub first: usize,
    pub rows: usize,
    pub outputs: usize,
    /// How long the run was measured (s), and the time between its scans (s).
    pub length_s: f64,
    pub tr_s: f64,
    pub masked: Masked,
}

/// A folder of runs that are ready.
#[derive(Clone, Debug)]
pub struct PreparedRuns {
    folder: PathBuf,
}

impl PreparedRuns {
    /// Uses a folder, making it where it is not.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        Ok(Self { folder })
    }

    /// A run at these times, as it was prepared before or else anew. The arguments are those of [`BoldFile::read`].
    ///
    /// # Errors
    /// Those of reading the run, or of the disk.
    pub fn get(
        &self,
        file: &BoldFile,
        outputs: Outputs,
        tr_s: Option<f64>,
        surfaces: &Path,
        times: Times,
    ) -> Result<Prepared, Error> {
        let name = name(file, outputs, tr_s, times)?;
        let [path, description] = ["npy", "json"].map(|ending| self.folder.join(format!("{name}.{ending}")));
        if let Some(known) = known(&path, &description) {
            return Ok(known);
        }
        let mut run = file.read(outputs, tr_s, surfaces)?;
        let masked = run.standardise()?;
        let (first, values) = run.resampled(times.first_s, times.step_s, times.count);
        let prepared = Prepared {
            path: path.clone(),
            first,
            rows: values.nrows(),
            outputs: outputs.count,
            length_s: run.length_s(),
            tr_s: run.tr_s(),
            masked,
        };
        self.write(&path, |to| values.write_npy(to).map_err(std::io::Error::other))?;
        self.write(&description, |to| Ok(serde_json::to_writer(to, &prepared)?))?;
        Ok(prepared)
    }

    fn write(
        &self,
        path: &Path,
        write: impl FnOnce(&mut BufWriter<&File>) -> std::io::Result<()>,
    ) -> Result<(), Error> {
        let unfinished = tempfile::NamedTempFile::new_in(&self.folder).map_err(Error::write(path))?;
        let mut to = BufWriter::new(unfinished.as_file());
        write(&mut to).and_then(|()| to.flush()).map_err(Error::write(path))?;
        drop(to);
        unfinished.persist(path).map_err(|error| Error::write(path)(error.error))?;
        Ok(())
    }
}

impl Prepared {
    /// All rows, `(row, output)`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn values(&self) -> Result<Array2<f32>, Error> {
        let failed =
            |error: ndarray_npy::ReadNpyError| Error::Npy { path: self.path.clone(), reason: error.to_string() };
        ndarray_npy::read_npy(&self.path).map_err(failed)
    }
}

/// An entry, where both of its files are there.
fn known(path: &Path, description: &Path) -> Option<Prepared> {
    let prepared: Prepared = serde_json::from_slice(&std::fs::read(description).ok()?).ok()?;
    path.is_file().then(|| Prepared { path: path.to_owned(), ..prepared })
}

/// What an entry is called.
fn name(file: &BoldFile, outputs: Outputs, tr_s: Option<f64>, times: Times) -> Result<String, Error> {
    let mut hasher = blake3::Hasher::new();
    for path in file.paths() {
        hasher.update_reader(File::open(path).map_err(Error::read(path))?).map_err(Error::read(path))?;
    }
    let dataset = match file {
        BoldFile::Hdf5 { dataset, .. } => Some(dataset),
        _ => None,
    };
    let stated = Sidecar::of(file.path())?.repetition_time_s;
    hasher.update(format!("{VERSION} {dataset:?} {outputs:?} {tr_s:?} {stated:?} {times:?}").as_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGIONS: Outputs = Outputs { count: 3, mesh: None };

    #[test]
    fn a_run_is_prepared_once_and_again_when_something_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.npy");
        let values = Array2::from_shape_fn((20, 3), |(scan, output)| ((scan * (output + 2)) as f32 * 0.9).sin());
        ndarray_npy::write_npy(&path, &values).unwrap();
        let runs = PreparedRuns::open(folder.path().join("prepared")).unwrap();
        let file = BoldFile::named(&path, None).unwrap();
        let times = Times { first_s: -1.0, step_s: 1.0, count: 60 };
        let get = |tr_s, times| runs.get(&file, REGIONS, tr_s, Path::new(""), times).unwrap();

        let prepared = get(Some(2.0), times);
        assert_eq!((prepared.first, prepared.rows, prepared.length_s), (1, 39, 40.0));
        let rows = prepared.values().unwrap();
        assert_eq!(rows.dim(), (39, 3));
        std::fs::write(&prepared.path, b"kept").unwrap();
        assert_eq!(get(Some(2.0), times), prepared);
        assert_eq!(std::fs::read(&prepared.path).unwrap(), b"kept", "it is not made again");
        assert_ne!(get(Some(1.0), times).path, prepared.path);
        assert_ne!(get(Some(2.0), Times { first_s: 0.0, ..times }).path, prepared.path);
        assert!(matches!(runs.get(&file, REGIONS, None, Path::new(""), times), Err(Error::NoRepetitionTime { .. })));
    }
}
