//! The command line: one file a command.
#![expect(clippy::print_stdout, reason = "a command's answer goes to standard output")]

mod model;
mod predict;
mod serve;

use clap::{Parser, Subcommand};

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
    /// List, show, fetch and convert models.
    #[command(subcommand)]
    Model(model::Model),
}

impl Arguments {
    pub(crate) fn log_level(&self) -> &'static str {
        match self.command {
            Command::Serve => "info",
            Command::Predict(_) | Command::Model(_) => "warn",
        }
    }

    pub(crate) fn run(self) -> anyhow::Result<()> {
        let config = self.options.resolve()?;
        match self.command {
            Command::Predict(predict) => predict.run(&config),
            Command::Serve => serve::run(&config),
            Command::Model(model) => model.run(&config),
        }
    }
}
