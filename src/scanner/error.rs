//! Why an experiment was not run to its end.

use std::io;
use std::path::{Path, PathBuf};

use crate::{analysis, brain, encoder, experiment, export, predict, stimulus, store};

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
    #[error("the map cannot be used")]
    Measured(#[from] brain::measured::Error),
    #[error(transparent)]
    Encoder(#[from] encoder::Error),
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error("{stimulus} is not there: {remedy}")]
    UnknownStimulus { stimulus: String, remedy: String },
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("the grid has no cell {cell}")]
    NoCell { cell: u64 },
    #[error("there is no atlas {name:?}; {}", installed(known))]
    UnknownAtlas { name: String, known: Vec<String> },
    #[error("{name:?} cannot name an atlas: letters, digits, - _ and . can")]
    AtlasName { name: String },
    #[error(
        "the files of the atlas {name} are none that are read: give an .annot or a .label.gii of either hemisphere, a \
         .dlabel.nii, or a .u16 with its .json"
    )]
    AtlasFiles { name: String },
    #[error(
        "{name} is no map that is read: give a .nii or .nii.gz volume, the .func.gii of the left hemisphere, or a \
         .dscalar.nii"
    )]
    MapFormat { name: String },
    #[error(
        "{name} does not say that it is of the left hemisphere: give the left file of a pair whose names hold hemi-L, lh., \
         .L. or left, and the right one's hemi-R, rh., .R. or right"
    )]
    NoPair { name: String },
    #[error("{name} holds one hemisphere: give the files of both, as a pair")]
    HalfMap { name: String },
    #[error("{name} has {bytes} bytes; up to {limit} are read")]
    FileTooLarge { name: String, bytes: u64, limit: u64 },
    #[error("the experiment wrote no maps: run it with \"maps\" among its returns")]
    NoMaps,
    #[error("some maps are volumes and some are surfaces: a group is of one kind")]
    MixedMaps,
    #[error(
        "the volumes lie on different grids, the first of {first:?} voxels and another of {other:?}: resample them"
    )]
    OtherGrid { first: [usize; 3], other: [usize; 3] },
    #[error("there is no place where all {maps} maps have a value")]
    NothingShared { maps: usize },
    #[error("there is no map for {localizer} in {}", folder.display())]
    NoMap { localizer: String, folder: PathBuf },
    #[error("there is no folder of stimuli {}", folder.display())]
    NoStimuli { folder: PathBuf },
    #[error("{localizer} cannot be run: {}", faults.join("; "))]
    Unfit { localizer: String, faults: Vec<String> },
    #[error("the zip of stimuli cannot be used: {problem}")]
    Zip { problem: String },
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("a table cannot be written")]
    Table(#[source] io::Error),
    #[error("cancelled")]
    Cancelled,
}

impl Error {
    /// Whether nobody waits for the result any more.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled
            | Self::Stimulus(stimulus::Error::Cancelled)
            | Self::Analysis(analysis::Error::Cancelled) => true,
            Self::Predict(error) => error.is_cancelled(),
            _ => false,
        }
    }

    /// With everything that caused it, in one line.
    pub fn sentence(&self) -> String {
        let first: &dyn std::error::Error = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// For `map_err`: which file an input or output error is about.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}

/// The atlases that could be named.
fn installed(known: &[String]) -> String {
    match known {
        [] => "none is installed: see `encortex atlas pull`".to_owned(),
        _ => format!("there are {}", known.join(", ")),
    }
}
