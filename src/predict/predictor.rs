//! The handle to the model thread: what the rest of the program sees of a loaded model.
//!
//! Forwards run on one named OS thread a device (`model-cpu`, `model-cuda:0`), which owns every tensor: libtorch
//! keeps memory per thread and a `Tensor` is not `Sync`. Commands go in by a channel, one prediction at a time.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::pipeline::{Pipeline, PipelineConfig};
use super::{Error, Prediction, PredictionRequest, Progress};
use crate::catalogue::Card;

/// Whether the model can be trusted with the next prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Loading,
    Ready,
    /// Why the last forward, or the warm-up, went wrong.
    Failed(String),
}

/// A loaded model on its thread. Clones share it.
#[derive(Clone)]
pub struct Predictor {
    commands: mpsc::Sender<Command>,
    health: watch::Receiver<Health>,
    card: Arc<Card>,
}

struct Command {
    request: PredictionRequest,
    folder: PathBuf,
    progress: Box<dyn FnMut(Progress) + Send>,
    cancel: CancellationToken,
    reply: oneshot::Sender<Result<Prediction, Error>>,
}
