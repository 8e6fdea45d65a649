//! What a training came to.

use serde::{Deserialize, Serialize};

/// The scores of a trained model, and what it was trained on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub steps: u64,
    /// Epochs that were run, and the one whose weights were kept.
    pub epochs: u64,
    pub best_epoch: u64,
    /// Mean of r over outputs and subjects on the validation split; `None` where nothing was held out.
    pub validation_r: Option<f64>,
    /// The same of the 90th percentile over outputs.
    pub validation_r_upper: Option<f64>,
    pub subjects: usize,
    pub stimuli: usize,
    /// Length of the stimuli that were learned from (h).
    pub hours: f64,
}
