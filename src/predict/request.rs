//! What is asked of the pipeline.

use serde::{Deserialize, Serialize};

use crate::features::Modality;
use crate::stimulus::Source;

/// A stimulus, and the brains that are to see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PredictionRequest {
    pub source: Source,
    /// Names of the model's subjects; empty for its default, the average subject where there is one.
    pub subjects: Vec<String>,
    /// The modalities that reach the encoder; the others are zeros after their projector. `None` for all.
    pub modalities: Option<Vec<Modality>>,
    pub save_features: bool,
}
