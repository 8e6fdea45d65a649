//! The pipeline: timeline → features → encoder → response.
//!
//! [`Predictor`] is the handle that the rest of the program holds; behind it one thread owns the model. `run.rs` is one
//! prediction from its stimulus to its result, on one page; `turns.rs` lets the windows of several share a forward. A result is a folder: responses as rows of float32,
//! a [`Prediction`] that says what they are, and the files that [`files`] makes of them when asked.

pub mod files;

mod crossfade;
mod error;
mod extractors;
mod feature_reader;
mod folded;
mod folder;
mod pipeline;
mod prediction;
mod predictor;
mod progress;
mod request;
mod run;
mod timelines;
mod track;
mod turns;
mod under_way;
mod words;

pub use error::Error;
pub use feature_reader::{FeatureReader, NamedExtractor, StimulusFeatures};
pub use files::{Anatomy, Format};
pub use folder::MANIFEST;
pub use pipeline::PipelineConfig;
pub use prediction::{
    FeatureReport, FeatureState, ModelIdentity, Prediction, StimulusIdentity, SubjectResponse, Timings,
};
pub use predictor::{Health, Predictor};
pub use progress::{Progress, Stage};
pub use request::{Output, PredictionRequest, STATE, VertexSets};
pub use words::WordShown;
