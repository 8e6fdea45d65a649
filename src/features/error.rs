//! Why features cannot be made.

use std::path::PathBuf;

use super::{Cancelled, weights};

/// What failed in an extractor, on its device, or in the cache of features.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
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
}
