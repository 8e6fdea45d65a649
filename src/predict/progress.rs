//! How far a prediction has come.

use serde::{Deserialize, Serialize};

use crate::features::Modality;

/// What the pipeline is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Media probed, speech synthesised or transcribed, the timeline laid out.
    Timeline,
    Text,
    Audio,
    Video,
    /// Windows through the brain encoder.
    Encoder,
}

impl From<Modality> for Stage {
    fn from(modality: Modality) -> Self {
        match modality {
            Modality::Text => Self::Text,
            Modality::Audio => Self::Audio,
            Modality::Video => Self::Video,
        }
    }
}

/// A step forward: `fraction` of `stage` is done, and so many windows are on disk, with so many rows that are final.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Progress {
    pub stage: Stage,
    /// Between 0 and 1.
    pub fraction: f64,
    pub windows_done: usize,
    /// 0 until the timeline is laid out.
    pub windows_total: usize,
    /// Rows of the response that can be read, one a second.
    #[serde(default)]
    pub seconds_done: usize,
}
