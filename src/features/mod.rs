//! Extractors: what turns a stimulus into features on the 2 Hz grid.
//!
//! One folder a modality, each a model of the Hugging Face hub run in libtorch; beside them the weights they
//! are built from, the layers that are kept, the grid, and the cache on disk. An [`Extractor`] sees one event
//! at a time and is owned by one thread.

pub mod audio;
pub mod cache;
pub mod compute;
pub mod decimate;
pub mod grid;
pub mod hub;
pub mod layers;
pub mod lexical;
pub mod motion_energy;
pub mod spectro_temporal;
pub mod text;
pub mod video;
pub mod weights;

mod error;
#[cfg(test)]
mod golden;
mod series;

use std::str::FromStr;

use ndarray::Array3;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use compute::{Compute, DeviceChoice, Precision};
pub use error::Error;
pub use layers::{LayerGroups, LayerSelection};

/// A sense through which a stimulus reaches the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    Text,
    Audio,
    Video,
}

impl Modality {
    pub const ALL: [Self; 3] = [Self::Text, Self::Audio, Self::Video];

    /// What it is called in checkpoints, files and requests.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

impl FromStr for Modality {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        let found = Self::ALL.into_iter().find(|modality| modality.name() == name);
        found.ok_or_else(|| Error::UnknownModality { asked: name.to_owned() })
    }
}

/// Features of one event: `(layer group, width, item)`; an item is a 2 Hz sample or a word.
pub type Features = Array3<f32>;

/// A model that turns one kind of event into features.
///
/// Its revision and settings, with the content of the event, name the features it makes: two extractors that
/// agree in both make the same.
pub trait Extractor {
    fn modality(&self) -> Modality;

    /// Which weights it runs.
    fn revision(&self) -> &str;

    /// Everything besides weights and content that its features depend on, as text.
    fn settings(&self) -> String;

    /// Number of layer groups.
    fn groups(&self) -> usize;

    /// Feature width of a layer group.
    fn width(&self) -> usize;
}

/// Called between forwards with the fraction of the event that is done, in `[0, 1]`. An error stops the extractor.
pub type Tick<'a> = &'a mut dyn FnMut(f64) -> Result<(), Cancelled>;

/// The one who asked for the features no longer wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the prediction was cancelled")]
pub struct Cancelled;
