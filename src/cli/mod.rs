//! The command line: one file a command.
#![expect(clippy::print_stdout, reason = "a command's answer goes to standard output")]

mod experiment;
mod model;
mod predict;
mod serve;

use clap::{Parser, Subcommand};
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
    Serve,
    /// Run virtual experiments: localizers, or a spec of your own.
    #[command(subcommand)]
    Experiment(experiment::Experiment),
    /// List, show, fetch and convert models.
    #[command(subcommand)]
    Model(model::Model),
}

impl Arguments {
    pub(crate) fn log_level(&self) -> &'static str {
        match self.command {
            Command::Serve => "info",
            Command::Predict(_) | Command::Experiment(_) | Command::Model(_) => "warn",
        }
    }

    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.options.resolve()?;
        match self.command {
            Command::Predict(predict) => predict.run(&config),
            Command::Serve => serve::run(&config),
            Command::Experiment(experiment) => experiment.run(&config),
            Command::Model(model) => model.run(&config),
        }
    }
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
