//! One run of a study.

use std::path::PathBuf;

use super::Split;
use crate::bold::BoldFile;
use crate::stimulus::Source;

/// A person, a stimulus, and what was measured.
#[derive(Clone, Debug)]
pub struct StudyRun {
    pub subject: String,
    pub source: Source,
    pub bold: BoldFile,
    /// Time between two scans (s); where it is not given, the file or its sidecar says it.
    pub tr_s: Option<f64>,
    /// Where second 0 of the stimulus's timeline lies in the run (s).
    pub onset_s: f64,
    /// `None` where a rule decides.
    pub split: Option<Split>,
}

impl StudyRun {
    /// What names it in messages.
    pub fn path(&self) -> PathBuf {
        self.bold.paths().first().map_or_else(PathBuf::new, |path| (*path).to_owned())
    }
}
