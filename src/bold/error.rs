//! What can be wrong with a run of measured responses.

use std::io;
use std::path::{Path, PathBuf};

use crate::brain;
use crate::brain::measured;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(
        "{} is in no format that a run is read from: .npy, .h5 with the name of its dataset, .nii, .func.gii (a pair) or \
         .dtseries.nii",
        path.display()
    )]
    Format { path: PathBuf },
    #[error("{} holds several arrays: name the one of the run with `dataset`", path.display())]
    NoDataset { path: PathBuf },
    #[error("{} is one hemisphere's: the other one's is not beside it, named alike with L and R exchanged", path.display())]
    NoPair { path: PathBuf },
    #[error("{} holds {bytes} bytes; at most {limit} are read of a run", path.display())]
    TooLarge { path: PathBuf, bytes: u64, limit: u64 },
    #[error("{} is not a NumPy array that can be read: {reason}", path.display())]
    Npy { path: PathBuf, reason: String },
    #[error("the dataset {dataset:?} of {} cannot be read", path.display())]
    Hdf5 { path: PathBuf, dataset: String, source: ::hdf5::Error },
    #[error(
        "the array in {} has the shape {shape:?}: (time, output) or (output, time) of {outputs} outputs is needed",
        path.display()
    )]
    Shape { path: PathBuf, shape: Vec<usize>, outputs: usize },
    #[error("{} cannot be brought to the vertices of the model", path.display())]
    Measured { path: PathBuf, source: measured::Error },
    #[error(
        "{} lies on the cortex, and the {outputs} outputs are those of no cortical mesh: give the run as .npy or .h5",
        path.display()
    )]
    NoMesh { path: PathBuf, outputs: usize },
    #[error("the surfaces in {} cannot be read", folder.display())]
    Surfaces { folder: PathBuf, source: brain::Error },
    #[error("{} does not say how much time lies between two scans: give tr_s (s)", path.display())]
    NoRepetitionTime { path: PathBuf },
    #[error(
        "{} has a repetition time of {found} s, which is over {longest} s: it looks like milliseconds; give tr_s in seconds",
        path.display()
    )]
    Milliseconds { path: PathBuf, found: f64, longest: f64 },
    #[error("{} has a repetition time of {found} s: it must be more than 0", path.display())]
    RepetitionTime { path: PathBuf, found: f64 },
    #[error("{} has {scans} scans: a trend and a spread need {fewest} or more", path.display())]
    TooFewScans { path: PathBuf, scans: usize, fewest: usize },
    #[error("no output of {} varies: all {outputs} are constant or not finite", path.display())]
    NothingVaries { path: PathBuf, outputs: usize },
}

impl Error {
    /// For `map_err`: which file could not be read.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Read { path, source }
    }

    /// For `map_err`: which file could not be written.
    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::Write { path, source }
    }
}
