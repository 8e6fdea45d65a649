//! A run in memory: scans at their times.

use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::{Error, Masked, resampling, standardising};

/// The fewest scans that a trend and a spread are taken of.
const FEWEST_SCANS: usize = 4;

/// The BOLD of one run.
#[derive(Clone, Debug)]
pub struct Run {
    path: PathBuf,
    /// `(scan, output)`.
    values: Array2<f32>,
    tr_s: f64,
}

impl Run {
    /// Scans, the first at second 0 of the run; `path` names it in messages.
    ///
    /// # Errors
    /// [`Error::TooFewScans`].
    pub fn new(path: &Path, values: Array2<f32>, tr_s: f64) -> Result<Self, Error> {
        let scans = values.nrows();
        if scans < FEWEST_SCANS {
            return Err(Error::TooFewScans { path: path.to_owned(), scans, fewest: FEWEST_SCANS });
        }
        Ok(Self { path: path.to_owned(), values, tr_s })
    }

    /// `(scan, output)`.
    pub fn values(&self) -> &Array2<f32> {
        &self.values
    }

    /// Time between two scans (s).
    pub fn tr_s(&self) -> f64 {
        self.tr_s
    }

    /// How long it was measured (s): every scan stands for one repetition time.
    pub fn length_s(&self) -> f64 {
        self.values.nrows() as f64 * self.tr_s
    }

    /// Takes each output's line through time away and brings the rest to unit variance. Outputs that are not finite
    /// throughout, or do not vary, become 0 and are counted.
    ///
    /// # Errors
    /// [`Error::NothingVaries`].
    pub fn standardise(&mut self) -> Result<Masked, Error> {
        let masked = standardising::standardise(&mut self.values.view_mut());
        match masked.constant + masked.not_finite {
            all if all == self.values.ncols() => Err(Error::NothingVaries { path: self.path.clone(), outputs: all }),
            _ => Ok(masked),
        }
    }

    /// The run at other times than its scans', by linear interpolation between them: rows at `first_s`, `first_s + step_s`, …
    /// seconds, `count` of them, as far as scans reach. Returns which of these rows that are, with their values.
    pub fn resampled(&self, first_s: f64, step_s: f64, count: usize) -> (usize, Array2<f32>) {
        resampling::resample(self.values.view(), self.tr_s, first_s, step_s, count)
    }
}
