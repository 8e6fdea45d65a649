//! The handle to the model thread: what the rest of the program sees of a loaded model.
//!
//! Forwards run on one named OS thread a device (`model-cpu`, `model-cuda:0`), which owns every tensor: libtorch
//! keeps memory per thread and a `Tensor` is not `Sync`. Commands go in by a channel, and take turns by windows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::thread;

use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::pipeline::{Pipeline, PipelineConfig};
use super::run::{Listener, Run};
use super::turns::{Reply, Turns, sheltered};
use super::{Error, ModelIdentity, Prediction, PredictionRequest, Progress};
use crate::catalogue::{Card, ResolvedModel};
use crate::encoder::{Artefact, Settings};
use crate::features::ExtractorSource;

/// Whether the model can be trusted with the next prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    Loading,
    Ready,
    /// Why loading, the warm-up or the last forward went wrong.
    Failed(String),
}

/// A model on its thread. Clones share it.
#[derive(Clone)]
pub struct Predictor {
    commands: mpsc::Sender<Command>,
    health: watch::Receiver<Health>,
    model: Arc<ResolvedModel>,
    settings: Arc<Settings>,
    /// Names everything that responses depend on beside request and stimulus.
    revision: Arc<str>,
}

struct Command {
    request: PredictionRequest,
    folder: PathBuf,
    listener: Listener,
    is_urgent: bool,
    reply: Reply,
}

impl Predictor {
    /// Starts the model's thread and returns at once; [`Predictor::health`] tells when it has loaded.
    pub fn start(model: ResolvedModel, config: PipelineConfig) -> Result<Self, Error> {
        let (commands, orders) = mpsc::channel();
        let (verdict, health) = watch::channel(Health::Loading);
        let artefact = Artefact::open(&model.folder)?;
        let identity = identity(&model, &artefact)?;
        let extractors = [&model.text, &model.audio, &model.video];
        let settings = format!("{:?} {:?} {:?}", config.precision, config.tools.speech, config.tools.transcriber);
        let revision = revision(&identity.weights_sha256, extractors, &settings)?.into();
        let settings = Arc::new(artefact.settings().clone());
        let model = Arc::new(model);
        let loading = Arc::clone(&model);
        thread::Builder::new()
            .name(format!("model-{}", config.device))
            .spawn(move || work(&loading, &identity, &config, &orders, &verdict))
            .map_err(|error| Error::ModelThread(error.to_string()))?;
        Ok(Self { commands, health, model, settings, revision })
    }

    /// Where the model's files are.
    pub fn model(&self) -> &ResolvedModel {
        &self.model
    }

    pub fn card(&self) -> &Card {
        &self.model.card
    }

    /// Names encoder, extractors and how they are run.
    pub fn revision(&self) -> &str {
        &self.revision
    }

    /// Sizes, times and subjects of the encoder.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    pub fn health(&self) -> Health {
        self.health.borrow().clone()
    }

    /// Changes of health, the present one first.
    pub fn watch_health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// Waits until the model has loaded, or has failed to.
    pub async fn loaded(&self) -> Health {
        let mut health = self.health.clone();
        let verdict = health.wait_for(|health| *health != Health::Loading).await.map(|health| health.clone());
        verdict.unwrap_or_else(|_| Health::Failed("the model thread stopped while it was loading".into()))
    }

    /// Refuses at once what the model cannot do.
    pub fn check(&self, request: &PredictionRequest) -> Result<(), Error> {
        request.check(&self.settings)
    }

    /// The name of the result: it depends on the model, the stimulus's content and the parameters, nothing else.
    ///
    /// Reads the stimulus's files.
    pub fn key(&self, request: &PredictionRequest) -> Result<String, Error> {
        request.key(&self.revision)
    }

    /// Predicts on the model's thread, for somebody who waits for it: before what is [in the background](Self::run_blocking).
    /// Results and `prediction.json` go to `folder`.
    pub async fn run(
        &self,
        request: PredictionRequest,
        folder: PathBuf,
        progress: impl FnMut(Progress) + Send + 'static,
        cancel: CancellationToken,
    ) -> Result<Prediction, Error> {
        self.order(request, folder, Listener { progress: Box::new(progress), cancel }, true)?
            .await
            .map_err(|_| gone())?
    }

    /// [`Predictor::run`] in the background, for a caller that has a thread of its own to wait on.
    pub fn run_blocking(
        &self,
        request: PredictionRequest,
        folder: PathBuf,
        progress: impl FnMut(Progress) + Send + 'static,
        cancel: CancellationToken,
    ) -> Result<Prediction, Error> {
        self.order(request, folder, Listener { progress: Box::new(progress), cancel }, false)?
            .blocking_recv()
            .map_err(|_| gone())?
    }

    fn order(
        &self,
        request: PredictionRequest,
        folder: PathBuf,
        listener: Listener,
        is_urgent: bool,
    ) -> Result<oneshot::Receiver<Result<Prediction, Error>>, Error> {
        let (reply, answer) = oneshot::channel();
        self.commands.send(Command { request, folder, listener, is_urgent, reply }).map_err(|_| gone())?;
        Ok(answer)
    }
}

fn gone() -> Error {
    Error::ModelThread("see the log of the time it stopped".into())
}

/// Who speaks. Reads the encoder's weights once through.
fn identity(model: &ResolvedModel, artefact: &Artefact) -> Result<ModelIdentity, Error> {
    Ok(ModelIdentity {
        name: model.name.clone(),
        trained: artefact.settings().trained,
        weights_sha256: artefact.weights_sha256()?,
        space: model.card.mesh.clone().unwrap_or_default(),
        licence: model.card.licence.clone(),
    })
}

/// Encoder, extractors and how they are run.
fn revision(weights_sha256: &str, extractors: [&ExtractorSource; 3], settings: &str) -> Result<String, Error> {
    let mut revision = weights_sha256.to_owned();
    for extractor in extractors {
        revision.push('\n');
        revision.push_str(&extractor.revision()?);
    }
    Ok(format!("{revision}\n{settings}"))
}

/// The life of a model thread: load, warm up, then turn after turn until nobody is left to ask.
fn work(
    model: &ResolvedModel,
    identity: &ModelIdentity,
    config: &PipelineConfig,
    orders: &mpsc::Receiver<Command>,
    verdict: &watch::Sender<Health>,
) {
    let loaded =
        sheltered(|| Pipeline::load(model, identity, config).and_then(|pipeline| Ok((pipeline.warm_up()?, pipeline))));
    let (budget, pipeline) = match loaded {
        Ok(loaded) => loaded,
        Err(error) => {
            verdict.send_replace(Health::Failed(full_message(&error)));
            return;
        }
    };
    verdict.send_replace(Health::Ready);
    tracing::info!(windows = budget, "a forward takes up to so many windows");
    let mut turns = Turns::new(&pipeline, budget);
    loop {
        if turns.is_idle() {
            let Ok(command) = orders.recv() else { return };
            command.enter(&mut turns, &pipeline);
        }
        while let Ok(command) = orders.try_recv() {
            command.enter(&mut turns, &pipeline);
        }
        turns.turn();
        if let Some(reason) = turns.take_panic() {
            let probe = sheltered(|| pipeline.warm_up());
            verdict.send_replace(probe.map_or(Health::Failed(reason), |_| Health::Ready));
        }
    }
}

impl Command {
    fn enter<'a>(self, turns: &mut Turns<'a>, pipeline: &'a Pipeline) {
        let Self { request, folder, listener, is_urgent, reply } = self;
        turns.admit(|| Run::begin(pipeline, request, &folder, listener), is_urgent, reply);
    }
}

/// An error with all that caused it, on one line.
fn full_message(error: &Error) -> String {
    let mut message = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(source) = cause {
        message.push_str(": ");
        message.push_str(&source.to_string());
        cause = source.source();
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_weights_in_the_same_plain_folder_are_another_revision() {
        let folder = tempfile::tempdir().unwrap();
        let revision = || revision("sha256", [folder.path(); 3], "settings").unwrap();
        std::fs::write(folder.path().join("model.safetensors"), b"old").unwrap();
        let old = revision();
        assert_eq!(old, revision());
        std::fs::write(folder.path().join("model.safetensors"), b"newer").unwrap();
        assert_ne!(old, revision());
    }

    #[test]
    fn the_same_snapshot_elsewhere_is_the_same_revision() {
        let [here, there] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let [ours, theirs] = [&here, &there].map(|home| {
            let snapshot = home.path().join("snapshots/0123abcd");
            std::fs::create_dir_all(&snapshot).unwrap();
            revision("sha256", [&snapshot; 3].map(|path| path.as_path()), "settings").unwrap()
        });
        assert_eq!(ours, theirs);
        assert_ne!(
            ours,
            revision("sha256", [&here.path().join("snapshots/0123abcd"); 3].map(|path| path.as_path()), "other")
                .unwrap()
        );
    }
}
