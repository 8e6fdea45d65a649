//! What can be wrong with a study, or with a training on it.

use std::io;
use std::path::{Path, PathBuf};

use super::Split;
use crate::analysis::encoding;
use crate::predict::Predictor;
use crate::{bold, catalogue, encoder, export, predict, stimulus};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{} is not what it should be", path.display())]
    Toml { path: PathBuf, source: Box<toml::de::Error> },
    #[error("run {run} of {} {fault}", study.display())]
    Run { study: PathBuf, run: usize, fault: String },
    #[error("{} holds no run: sub-*/func/*_bold.* with an events.tsv that has a column stim_file is looked for", folder.display())]
    NoRuns { folder: PathBuf },
    #[error("{} has no events.tsv beside it: {} was looked for", bold.display(), events.display())]
    NoEvents { bold: PathBuf, events: PathBuf },
    #[error(
        "{} is in the {} split and {} in the {} split, and both show {}: a stimulus is of one split only",
        runs[0].display(), splits[0], runs[1].display(), splits[1], stimulus.display()
    )]
    SharedStimulus { runs: Box<[PathBuf; 2]>, splits: [Split; 2], stimulus: PathBuf },
    #[error(
        "{found} different stimuli cannot be split: {needed} or more are needed, since what is held out must be another stimulus"
    )]
    TooFewStimuli { found: usize, needed: usize },
    #[error("the parts that are held out, {validation} and {test}, leave nothing to train on")]
    SplitParts { validation: f64, test: f64 },
    #[error(
        "{} lasts {run_s:.1} s where its stimulus ends after {stimulus_s:.1} s of it, and they may differ by {tolerance_s} s: cut the \
         longer one, correct onset_s or tr_s, or give another tolerance_s",
        bold.display()
    )]
    Length { bold: PathBuf, run_s: f64, stimulus_s: f64, tolerance_s: f64 },
    #[error("subject {subject:?} has runs in the {split} split and none to train on")]
    UntrainedSubject { subject: String, split: Split },
    #[error(
        "{found} runs cannot be fitted to: {needed} or more are needed, since the head is scored on one that it was not fitted to"
    )]
    TooFewRuns { found: usize, needed: usize },
    #[error(
        "the model {model} has no average subject, whose head {what} begins with: fit by `ridge`, to runs of vertices"
    )]
    NoAverage { model: String, what: &'static str },
    #[error(transparent)]
    Encoding(encoding::Error),
    #[error("cannot write {}", path.display())]
    Export { path: PathBuf, source: export::Error },
    #[error("the configuration {fault}")]
    Configuration { fault: String },
    #[error(
        "{} holds the state of another training ({what} differs): choose another folder, or remove {}",
        folder.display(), state.display()
    )]
    OtherTraining { folder: PathBuf, state: PathBuf, what: String },
    #[error("the log {} cannot be written or read", path.display())]
    Log { path: PathBuf, source: csv::Error },
    #[error("the training thread could not be started")]
    Thread(#[source] io::Error),
    #[error("the training thread panicked: {reason}")]
    Panicked { reason: String },
    #[error("stopped before its end; the same command takes it up again")]
    Stopped,
    #[error(transparent)]
    Stimulus(#[from] stimulus::Error),
    #[error(transparent)]
    Bold(#[from] bold::Error),
    #[error(transparent)]
    Predict(#[from] predict::Error),
    #[error(transparent)]
    Encoder(#[from] encoder::Error),
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
}

impl From<encoding::Error> for Error {
    fn from(error: encoding::Error) -> Self {
        match error {
            encoding::Error::Cancelled => Self::Stopped,
            error => Self::Encoding(error),
        }
    }
}

impl Error {
    pub(super) fn no_average(predictor: &Predictor, what: &'static str) -> Self {
        Self::NoAverage { model: predictor.card().name.clone(), what }
    }

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
