//! The command line: one file a command.
#![expect(clippy::print_stdout, reason = "a command's answer goes to standard output")]

mod atlas;
mod compare;
mod components;
mod evaluate;
mod experiment;
mod fit;
mod group;
mod model;
mod multisensory;
mod predict;
mod serve;
mod simulate;
mod subject;
mod termination;
mod train;
mod validate;
mod worker;

use std::path::Path;

use anyhow::{Context, bail};
use clap::{Parser, Subcommand, ValueEnum};
use encortex::export::Training;
use encortex::predict::{Health, Predictor};
use encortex::scanner::{Scanner, Space};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::config::Options;

/// In-silico neuroscience: a stimulus in, the predicted fMRI response of a human brain out.
#[derive(Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,

    #[command(flatten)]
    options: Options,
}

#[derive(Subcommand)]
enum Command {
    /// Predict the response to one stimulus and write it as files.
    Predict(Box<predict::Predict>),
    /// Serve predictions over HTTP.
    Serve(serve::Serve),
    /// Do the jobs of a queue beside a server, on this machine or another; start as many as there are devices.
    ///
    /// A worker needs the server's settings: --model and what it is run with, --data-dir and --database-url. The data folder
    /// must be shared, and lie under the same path on every machine; without --database-url the queue is a file in it, for
    /// workers on one machine. SIGTERM ends a worker: what it does not finish in --grace-s is given back to the queue.
    Worker,
    /// Run virtual experiments: localizers, or a spec of your own.
    #[command(subcommand)]
    Experiment(experiment::Experiment),
    /// Compare a predicted map with a measured one.
    Compare(compare::Compare),
    /// Test the maps of several people against 0.
    Group(group::Group),
    /// Run the ten contrasts of TRIBE v2's paper, and compare them with measured maps.
    Validate(validate::Validate),
    /// Take a subject's head apart into independent components.
    Components(components::Components),
    /// Predict a film from every set of modalities, and map how the senses come together.
    Multisensory(multisensory::Multisensory),
    /// Make a simulated cohort: films of generated stimuli, and what a forward model of BOLD makes of them.
    Simulate(simulate::Simulate),
    /// List, show, export and delete the subjects of your own.
    #[command(subcommand)]
    Subject(subject::Subject),
    /// Score a model against measured responses, beside ceilings, chance, other people and linear models.
    Evaluate(evaluate::Evaluate),
    /// Train a model on stimuli and the responses that were measured to them.
    Train(train::Train),
    /// List, install and fetch atlases.
    #[command(subcommand)]
    Atlas(atlas::Atlas),
    /// List, show, fetch and convert models.
    #[command(subcommand)]
    Model(model::Model),
}

impl Arguments {
    pub(crate) fn log_level(&self) -> &'static str {
        match self.command {
            Command::Serve(_) | Command::Worker => "info",
            _ => "warn",
        }
    }

    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.options.resolve()?;
        match self.command {
            Command::Predict(predict) => predict.run(&config),
            Command::Serve(serve) => serve.run(&config),
            Command::Worker => worker::run(&config),
            Command::Experiment(experiment) => experiment.run(&config),
            Command::Compare(compare) => compare.run(&config),
            Command::Group(group) => group.run(&config),
            Command::Validate(validate) => validate.run(&config),
            Command::Components(components) => components.run(&config),
            Command::Multisensory(multisensory) => multisensory.run(&config),
            Command::Simulate(simulate) => simulate.run(&config),
            Command::Subject(subject) => subject.run(&config),
            Command::Evaluate(evaluate) => evaluate.run(&config),
            Command::Train(train) => train.run(&config),
            Command::Atlas(atlas) => atlas.run(&config),
            Command::Model(model) => model.run(&config),
        }
    }
}

/// The space that volumes are in.
#[derive(Clone, Copy, ValueEnum)]
enum SpaceName {
    Mni152,
    Mni305,
}

impl From<SpaceName> for Space {
    fn from(name: SpaceName) -> Self {
        match name {
            SpaceName::Mni152 => Self::Mni152,
            SpaceName::Mni305 => Self::Mni305,
        }
    }
}

/// What must be known of a model whose `what` mean nothing, or are no evidence about brains; nothing of another.
fn print_training(model: &str, training: Training, what: &str) {
    match training {
        Training::None => println!("The model {model} is untrained: its {what} mean nothing."),
        Training::Simulated => {
            println!("The model {model} was trained on simulated responses: its {what} are no evidence about brains.");
        }
        Training::Measured => (),
    }
}

/// Writes a report as JSON, where a file was asked for.
fn write_json(to: Option<&Path>, report: &impl Serialize) -> anyhow::Result<()> {
    let Some(path) = to else { return Ok(()) };
    std::fs::write(path, serde_json::to_vec_pretty(report)?).with_context(|| format!("cannot write {}", path.display()))
}

/// Loads the model, where it is not.
async fn loaded(predictor: &Predictor) -> anyhow::Result<()> {
    match predictor.loaded().await {
        Health::Failed(reason) => bail!("the model {} did not load: {reason}", predictor.card().name),
        Health::Ready | Health::Loading | Health::Unloaded => Ok(()),
    }
}

/// [`loaded`], for a command that has no runtime.
fn load(scanner: &Scanner) -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(loaded(&scanner.predictor))
}

/// Ctrl-C stops what runs between two forwards.
fn cancelled_by_ctrl_c() -> anyhow::Result<CancellationToken> {
    let cancel = CancellationToken::new();
    let stop = cancel.clone();
    std::thread::Builder::new().name("ctrl-c".into()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        if runtime.is_ok_and(|runtime| runtime.block_on(tokio::signal::ctrl_c()).is_ok()) {
            stop.cancel();
        }
    })?;
    Ok(cancel)
}
