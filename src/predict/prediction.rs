//! What a finished prediction says of itself: `prediction.json` in its folder.
//!
//! Beside it lie `response-{i}.f32`, one a subject: little-endian float32, a row the vertex values of one
//! second, all windows' rows; of models that predict it `subcortex-{i}.f32`, a row the voxel values of one second, with
//! `subcortex.nii.gz`, which says where they lie; and, when asked for, `features-{modality}.f32` (layer group, width, sample).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::export::Training;
use crate::features::Modality;

/// A prediction's manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Prediction {
    /// Always true: no value here was measured.
    pub is_prediction: bool,
    pub model: ModelIdentity,
    pub stimulus: StimulusIdentity,
    pub subjects: Vec<SubjectResponse>,
    /// Values in a row: left hemisphere's vertices, then right.
    pub vertices: usize,
    /// Values of the subcortex for each second, in the order of `subcortex.nii.gz`'s voxels; 0 where the model predicts none.
    #[serde(default)]
    pub voxels: usize,
    /// Rows, one a second, of all windows.
    pub seconds: usize,
    /// Time from one row to the next (s).
    pub tr_s: f64,
    /// Seconds between a row's stimulus and its BOLD (s).
    pub lag_s: f64,
    /// Stimulus time of the first row (s).
    pub start_s: f64,
    /// Seconds that a window shared with the one before it, their responses faded into each other.
    #[serde(default)]
    pub overlap_s: f64,
    /// Whether an event falls in the second of each row; the reference drops the others.
    pub kept: Vec<bool>,
    /// Samples of each feature over all windows.
    pub samples: usize,
    pub features: BTreeMap<Modality, FeatureReport>,
    /// What was done for want of better, in sentences.
    pub notes: Vec<String>,
    pub timings: Timings,
}

/// Which model spoke.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModelIdentity {
    pub name: String,
    /// False for random weights: such a response means nothing.
    pub trained: bool,
    /// True where it was trained on simulated responses: such a response is no evidence about brains.
    #[serde(default)]
    pub simulated: bool,
    pub weights_sha256: String,
    /// `fsaverage3` … `fsaverage6`.
    pub space: String,
    pub licence: String,
}

impl ModelIdentity {
    /// What its weights were learned from.
    pub fn training(&self) -> Training {
        Training::new(self.trained, self.simulated)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StimulusIdentity {
    /// Name for files: letters and digits.
    pub task: String,
    /// BLAKE3 over every file and setting that makes the stimulus.
    pub hash: String,
    pub duration_s: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SubjectResponse {
    pub name: String,
    /// `response-{i}.f32` in the prediction's folder.
    pub file: String,
}

/// Where a modality's features came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FeatureState {
    Computed,
    /// All were found in the feature cache.
    Cached,
    /// The stimulus has none.
    Absent,
    /// Left out as asked.
    Masked,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FeatureReport {
    pub state: FeatureState,
    /// Whether they are kept in the prediction's folder.
    pub saved: bool,
    /// Time spent on them (s).
    pub seconds: f64,
    /// `(layer group, width)` of the features, as the encoder takes them.
    pub layer_groups: usize,
    pub width: usize,
}

/// Where the time went (s).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    pub timeline_s: f64,
    pub features_s: f64,
    pub encoder_s: f64,
    pub total_s: f64,
}
