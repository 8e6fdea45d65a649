//! Extractors: what turns a stimulus into features on the 2 Hz grid.
//!
//! One folder an extractor. `text/`, `audio/` and `video/` are models of the Hugging Face hub run in libtorch; `lexical/`,
//! `spectro_temporal/` and `motion_energy/` need no weights. Beside them the weights they are built from, the layers that
//! are kept, the grid, and the cache on disk. An [`Extractor`] sees one event at a time and is owned by one thread.

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
mod opening;
mod series;
mod source;

use std::str::FromStr;

use ndarray::{Array2, Array3};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::stimulus::{self, Film, Sound, Word};

pub use compute::{Compute, DeviceChoice, Precision};
pub use error::Error;
pub use layers::{LayerGroups, LayerSelection};
pub use opening::{hearer, reader, viewer};
pub use source::{BuiltIn, ExtractorSource};

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

/// An extractor that reads words.
pub trait Reads: Extractor {
    /// A column for each of words that follow each other.
    fn words(&self, words: &[Word], tick: Tick) -> Result<Features, Error>;
}

/// An extractor that hears sounds.
pub trait Hears: Extractor {
    /// Features of a stretch of sound, `waveform` being its `(channel, sample)` in [-1, 1] at its own rate.
    fn sound(&self, sound: &Sound, waveform: Array2<f32>, tick: Tick) -> Result<Features, Error>;
}

/// An extractor that sees films.
pub trait Sees: Extractor {
    /// Features of a stretch of film, `frames` being its RGB frames `(height, width, channel)` from
    /// [`Film::first_frame`] on.
    fn film(&self, film: &Film, frames: &mut DecodedFrames, tick: Tick) -> Result<Features, Error>;
}

/// RGB frames as they are decoded.
pub type DecodedFrames<'a> = dyn Iterator<Item = Result<Vec<u8>, stimulus::Error>> + 'a;

/// Called between forwards with the fraction of the event that is done, in `[0, 1]`. An error stops the extractor.
pub type Tick<'a> = &'a mut dyn FnMut(f64) -> Result<(), Cancelled>;

/// The one who asked for the features no longer wants them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the prediction was cancelled")]
pub struct Cancelled;
