//! The handle to a model: what the rest of the program sees of it.
//!
//! What a model is can be asked at once. It is loaded for the first who waits for it or has it predict, on one named OS
//! thread a device (`model-cpu`, `model-cuda:0`), which owns every tensor: libtorch keeps memory per thread and a `Tensor`
//! is not `Sync`. Commands go in by a channel, and take turns by windows.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock, mpsc};
use std::thread::{self, JoinHandle};

use tokio::sync::{oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::pipeline::{Pipeline, PipelineConfig};
use super::run::{Listener, Run};
use super::turns::{Reply, Turns, sheltered};
use super::{Error, ModelIdentity, Prediction, PredictionRequest, Progress};
use crate::catalogue::{Card, ResolvedModel, SubjectCard, SubjectShelf};
use crate::encoder::{Artefact, Settings};
use crate::features::ExtractorSource;

/// Whether the model can be trusted with the next prediction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Nobody has asked for it yet.
    Unloaded,
    Loading,
    Ready,
    /// Why loading, the warm-up or the last forward went wrong.
    Failed(String),
}

/// A model. Clones share it.
#[derive(Clone)]
pub struct Predictor {
    shared: Arc<Shared>,
}

struct Shared {
    model: ResolvedModel,
    config: PipelineConfig,
    settings: Settings,
    identity: ModelIdentity,
    /// Names everything that responses depend on beside request and stimulus.
    revision: String,
    thread: OnceLock<ModelThread>,
}

/// A model on its thread. Dropped, it waits for the thread's end: a process that ends under a running forward would take
/// libtorch away from it.
struct ModelThread {
    /// `None` at the end.
    commands: Option<mpsc::Sender<Command>>,
    health: watch::Receiver<Health>,
    /// `None` where it could not be started.
    life: Option<JoinHandle<()>>,
}

struct Command {
    request: PredictionRequest,
    folder: PathBuf,
    listener: Listener,
    is_urgent: bool,
    reply: Reply,
}

impl Predictor {
    /// Opens a model without loading it.
    ///
    /// Reads the encoder's weights once through, to name them.
    pub fn open(model: ResolvedModel, config: PipelineConfig) -> Result<Self, Error> {
        let artefact = Artefact::open(&model.folder)?;
        let identity = identity(&model, &artefact)?;
        let extractors = [&model.text, &model.audio, &model.video];
        let settings = format!("{:?} {:?} {:?}", config.precision, config.tools.speech, config.tools.transcriber);
        let revision = revision(&identity.weights_sha256, extractors, &settings)?;
        let settings = artefact.settings().clone();
        let shared = Shared { model, config, settings, identity, revision, thread: OnceLock::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Where the model's files are.
    pub fn model(&self) -> &ResolvedModel {
        &self.shared.model
    }

    /// Who speaks in its predictions.
    pub fn identity(&self) -> &ModelIdentity {
        &self.shared.identity
    }

    pub fn card(&self) -> &Card {
        &self.shared.model.card
    }

    /// Names encoder, extractors and how they are run.
    pub fn revision(&self) -> &str {
        &self.shared.revision
    }

    /// The same for an order of experiments in JSON, with the heads of the lab's own subjects that are named in it.
    pub fn revision_for(&self, order: &str) -> Result<String, Error> {
        let is_named = |card: &SubjectCard| order.contains(&format!("\"{}\"", card.name));
        let own = self.own_subjects()?.into_iter().filter(is_named).map(|card| card.head);
        Ok(std::iter::once(self.shared.revision.clone()).chain(own).collect::<Vec<_>>().join("\n"))
    }

    /// Sizes, times and subjects of the encoder.
    pub fn settings(&self) -> &Settings {
        &self.shared.settings
    }

    pub fn health(&self) -> Health {
        self.shared.thread.get().map_or(Health::Unloaded, |thread| thread.health.borrow().clone())
    }

    /// Waits until the model has loaded, or has failed to.
    pub async fn loaded(&self) -> Health {
        let mut health = self.thread().health.clone();
        let verdict = health.wait_for(|health| *health != Health::Loading).await.map(|health| health.clone());
        verdict.unwrap_or_else(|_| Health::Failed("the model thread stopped while it was loading".into()))
    }

    /// Waits until the model cannot be trusted any more, and tells why.
    pub async fn failed(&self) -> String {
        let mut health = self.thread().health.clone();
        let verdict = health.wait_for(|health| matches!(health, Health::Failed(_))).await.map(|health| health.clone());
        match verdict {
            Ok(Health::Failed(reason)) => reason,
            Ok(_) | Err(_) => gone().to_string(),
        }
    }

    /// The subjects whose responses can be predicted: the model's, then those that were fitted on it here.
    pub fn subjects(&self) -> Result<Vec<String>, Error> {
        let own = self.own_subjects()?.into_iter().map(|card| card.name);
        let names = self.shared.settings.subjects.iter().map(|subject| subject.name.clone());
        Ok(names.chain(own).collect())
    }

    /// The subjects that were fitted on this model here. One who bears the name of a subject of the model is not among them.
    pub fn own_subjects(&self) -> Result<Vec<SubjectCard>, Error> {
        let Shared { config, identity, settings, .. } = &*self.shared;
        let mut cards = config.own_subjects.of_weights(&identity.weights_sha256)?;
        cards.retain(|card| !settings.has_subject(&card.name));
        Ok(cards)
    }

    /// Where the lab's own subjects are kept, of whichever model.
    pub fn shelf(&self) -> &SubjectShelf {
        &self.shared.config.own_subjects
    }

    /// Refuses at once what the model cannot do.
    pub fn check(&self, request: &PredictionRequest) -> Result<(), Error> {
        request.check(&self.shared.settings, &self.subjects()?)
    }

    /// The name of the result: it depends on the model, the stimulus's content and the parameters, nothing else.
    ///
    /// Reads the stimulus's files.
    pub fn key(&self, request: &PredictionRequest) -> Result<String, Error> {
        let is_asked = |card: &SubjectCard| request.subjects.contains(&card.name);
        let own = self.own_subjects()?.into_iter().filter(is_asked).map(|card| card.head);
        request.key(&self.shared.revision, &own.collect::<Vec<_>>())
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
        let command = Command { request, folder, listener, is_urgent, reply };
        let commands = self.thread().commands.as_ref().ok_or_else(gone)?;
        commands.send(command).map_err(|_| gone())?;
        Ok(answer)
    }

    /// The model's thread, started for the first who asks.
    fn thread(&self) -> &ModelThread {
        self.shared.thread.get_or_init(|| {
            let Shared { model, identity, config, .. } = &*self.shared;
            ModelThread::start(model.clone(), identity.clone(), config.clone())
        })
    }
}

impl ModelThread {
    /// Returns at once; the health tells when the model has loaded.
    fn start(model: ResolvedModel, identity: ModelIdentity, config: PipelineConfig) -> Self {
        let (commands, orders) = mpsc::channel();
        let (verdict, health) = watch::channel(Health::Loading);
        let refusal = verdict.clone();
        let life = thread::Builder::new()
            .name(format!("model-{}", config.device))
            .spawn(move || work(&model, &identity, &config, &orders, &verdict));
        if let Err(error) = &life {
            refusal.send_replace(Health::Failed(full_message(&Error::ModelThread(error.to_string()))));
        }
        Self { commands: Some(commands), health, life: life.ok() }
    }
}

impl Drop for ModelThread {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(life) = self.life.take() {
            // What it panicked of was told by its health.
            let _ = life.join();
        }
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
        simulated: artefact.settings().simulated,
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
        let source = ExtractorSource::Folder(folder.path().to_owned());
        let revision = || revision("sha256", [&source; 3], "settings").unwrap();
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
            let source = ExtractorSource::Folder(snapshot);
            ["settings", "other"].map(|settings| revision("sha256", [&source; 3], settings).unwrap())
        });
        assert_eq!(ours, theirs);
        assert_ne!(ours[0], ours[1]);
    }
}
