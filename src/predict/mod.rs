//! The pipeline: timeline → features → encoder → response.

mod prediction;
mod progress;

pub use prediction::{
    FeatureReport, FeatureState, ModelIdentity, Prediction, StimulusIdentity, SubjectResponse, Timings,
};
pub use progress::{Progress, Stage};
