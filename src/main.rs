//! The `encortex` program: `predict` one stimulus, `serve` them to a lab, look after `model`s.

mod cli;
mod config;
mod telemetry;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    #[cfg(target_env = "gnu")]
    encortex::features::weights::map_large_blocks();
    let arguments = cli::Arguments::parse();
    telemetry::start(arguments.log_level());
    match arguments.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
