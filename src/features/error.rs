//! Why features cannot be made.

use std::path::PathBuf;

use super::{Cancelled, weights};
use crate::stimulus;

/// What failed in an extractor, on its device, or in the cache of features.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error("{asked:?} is not a modality: choose from text, audio, video")]
    UnknownModality { asked: String },
    #[error(transparent)]
    Stimulus(#[from] stimulus::Error),
    #[error("{asked:?} is not a device: choose auto, cpu, or cuda:N")]
    UnknownDevice { asked: String },
    #[error("device {asked} does not exist here: {available}")]
    NoDevice { asked: String, available: String },
    #[error("{asked:?} is not a precision: choose float32 or bfloat16")]
    UnknownPrecision { asked: String },
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("{} does not describe a model that can be built: {reason}", path.display())]
    Configuration { path: PathBuf, reason: String },
    #[error("the tokenizer cannot read a text: {reason}")]
    Tokenize { reason: String },
    #[error("nothing is to be read up to the word {word:?}: its context holds no token")]
    NoTokens { word: String },
    #[error("{} has {samples} samples at {sample_rate} Hz where more than {needed_s} s of sound are needed", path.display())]
    TooLittleSound { path: PathBuf, samples: usize, sample_rate: u32, needed_s: f64 },
    #[error("no extractor of {modality} is called {asked:?}: there are {known}")]
    UnknownBuiltIn { asked: String, modality: &'static str, known: String },
    #[error("{found} does not extract {wanted}")]
    WrongSense { found: String, wanted: &'static str },
    #[error("the model's settings lack clip_duration_s for video: how much film one feature sees")]
    NoClipDuration,
    #[error("the film has no frame")]
    NoFrames,
    #[error("a frame has {bytes} bytes, not the 3 · {width} · {height} of its film")]
    FrameSize { bytes: usize, height: i64, width: i64 },
    #[error("frames of {width} × {height} pixels are too narrow: at most 1 : {narrowest}")]
    FrameShape { height: i64, width: i64, narrowest: i64 },
}
