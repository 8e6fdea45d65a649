//! Why an experiment was not run to its end.

use std::io;
use std::path::{Path, PathBuf};

use crate::{analysis, brain, experiment, export, predict, stimulus};

/// What can go wrong between a spec and its results.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Experiment(#[from] experiment::Error),
    #[error("the contrast {contrast}")]
    Expression {
        contrast: String,
        #[source]
        problem: experiment::contrast::ExpressionError,
    },
    #[error(transparent)]
    RegionName(#[from] experiment::NoRegion),
    #[error(transparent)]
    Stimulus(#[from] stimulus::Error),
    #[error(transparent)]
    Predict(#[from] predict::Error),
    #[error(transparent)]
    Analysis(#[from] analysis::Error),
    #[error(transparent)]
    Comparison(#[from] analysis::ComparisonError),
    #[error(transparent)]
    Region(#[from] brain::RegionError),
    #[error(transparent)]
    Atlas(#[from] brain::atlas::Error),
    #[error(transparent)]
    Brain(#[from] brain::Error),
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error("{stimulus} is not there: {remedy}")]
    UnknownStimulus { stimulus: String, remedy: String },
    #[error("the grid has no cell {cell}")]
    NoCell { cell: u64 },
    #[error("there is no atlas {name:?}; there are {}", known.join(", "))]
    UnknownAtlas { name: String, known: Vec<String> },
    #[error("{name:?} cannot name an atlas: letters, digits, - _ and . can")]
    AtlasName { name: String },
    #[error(
        "the files of the atlas {name} are none that are read: give an .annot or a .label.gii of either hemisphere, a \
         .dlabel.nii, or a .u16 with its .json"
    )]
    AtlasFiles { name: String },
    #[error("the zip of stimuli cannot be used: {problem}")]
    Zip { problem: String },
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("a table cannot be written")]
    Table(#[source] csv::Error),
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Whether nobody waits for the result any more.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled | Self::Stimulus(stimulus::Error::Cancelled) => true,
            Self::Predict(error) => error.is_cancelled(),
            _ => false,
        }
    }

    /// For `map_err`: which file an input or output error is about.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}
