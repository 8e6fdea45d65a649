//! Extractors: what turns a stimulus into features on the 2 Hz grid.
//!
//! One folder a modality, each a model of the Hugging Face hub run in libtorch; beside them the weights they
//! are built from, the layers that are kept, the grid, and the cache on disk. An [`Extractor`] sees one event
//! at a time and is owned by one thread.

pub mod weights;

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A sense through which a stimulus reaches the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    Text,
    Audio,
    Video,
}

/// Features of one event: `(layer group, width, item)`; an item is a 2 Hz sample or a word.
pub type Features = Array3<f32>;
