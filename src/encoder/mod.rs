//! The brain encoder: features of a stimulus in, the response of a cortex out.
//!
//! An [`Artefact`] is a model's folder, opened: its [`Settings`] and its mapped weights. A [`BrainEncoder`] is
//! built from one and owned by one thread. Nothing here decodes media or knows what a request is.

mod artefact;
mod brain_encoder;
mod checkpoint;
mod config_yaml;
mod error;
#[cfg(test)]
mod golden;
mod latents;
mod own_head;
mod readout;
mod settings;
mod subject_head;
pub mod training;
mod transformer;

pub use artefact::Artefact;
pub use brain_encoder::{BrainEncoder, WindowFeatures};
pub use checkpoint::Error as CheckpointError;
pub use error::Error;
pub use latents::Latents;
pub use own_head::OwnHead;
pub use readout::Readout;
pub use settings::{AVERAGE, Architecture, ModalitySettings, Settings, Subject};
pub use subject_head::SubjectRow;
