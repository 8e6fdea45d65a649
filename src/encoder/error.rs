//! What can go wrong between a model's folder and a response.

use super::CheckpointError;
use crate::features::{Modality, weights};

/// Why a model cannot be opened or cannot predict.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{folder} holds neither config.yaml with best.ckpt nor model.json with model.safetensors")]
    NoArtefact { folder: String },
    #[error("cannot read {path}")]
    Read { path: String, source: std::io::Error },
    #[error("cannot write {path}")]
    Write { path: String, source: std::io::Error },
    #[error("{path} is not the configuration of a TRIBE v2 model")]
    Config { path: String, source: Box<serde_saphyr::Error> },
    #[error("{path} is not the settings of a converted model")]
    ModelJson { path: String, source: serde_json::Error },
    #[error("{path} cannot be read as a checkpoint")]
    Checkpoint { path: String, source: CheckpointError },
    #[error("the model's {key} is {value}; only {supported} is supported")]
    Unsupported { key: String, value: String, supported: String },
    #[error("the model's settings do not fit together: {reason}")]
    Settings { reason: String },
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error("{path} is not the head of a subject: {reason}")]
    OwnHead { path: String, reason: String },
    #[error("a head of {} outputs from a width of {} does not fit an encoder of {} and {}", found.0, found.1, needed.0, needed.1)]
    HeadShape { found: (usize, usize), needed: (usize, usize) },
    #[error("the model has no subject {name}; it has {known}")]
    UnknownSubject { name: String, known: String },
    #[error("the training recipe cannot be followed: {reason}")]
    Recipe { reason: String },
    #[error("there is nothing to train on: no run is of the train split")]
    NothingToLearn,
    #[error("the loss of step {step} is not finite: lower the learning rate, or look for extreme values in the runs")]
    Diverged { step: u64 },
    #[error("{path} is no state of this training: {reason}")]
    State { path: String, reason: String },
    #[error("{given} modalities were given to a model of {needed}")]
    Modalities { given: usize, needed: usize },
    #[error("features of {modality:?} have shape {given:?}; (window, layer group, width, sample) must be {needed:?}")]
    FeatureShape { modality: Modality, given: Vec<usize>, needed: Vec<usize> },
}
