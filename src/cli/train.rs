//! `encortex train`: a model of one's own, from stimuli and the responses that were measured to them.

use std::path::PathBuf;

use clap::Args;
use encortex::predict::Stage;
use encortex::study::{self, Configuration, Outcome, Progress, Resources};
use indicatif::{ProgressBar, ProgressStyle};

use super::cancelled_by_ctrl_c;
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Train {
    /// What to train, on what and how (.toml): `study`, `[model]`, `[training]`, `[splits]`.
    configuration: PathBuf,

    /// The folder for the model. Where it holds the state of this same training, that one goes on.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Train {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let configuration = Configuration::open(&self.configuration)?;
        let bar = Bar::new()?;
        let shown = bar.0.clone();
        let resources = Resources {
            pipeline: config.pipeline()?,
            surfaces: config.anatomy().surfaces.clone(),
            cancel: cancelled_by_ctrl_c()?,
            progress: Box::new(move |progress| bar.show(&progress)),
        };
        let outcome = study::train(configuration, &config.catalogue()?, &self.out, resources);
        shown.finish_and_clear();
        print_outcome(&outcome?);
        println!("{}", self.out.display());
        Ok(())
    }
}

fn print_outcome(outcome: &Outcome) {
    let Outcome { stimuli, hours, subjects, steps, epochs, best_epoch, .. } = outcome;
    println!("{stimuli} stimuli ({hours:.2} h), {subjects} subjects, {steps} steps in {epochs} epochs");
    match (outcome.validation_r, outcome.validation_r_upper) {
        (Some(r), Some(upper)) => {
            println!(
                "held-out r {r:.4} in the mean over outputs, {upper:.4} at the 90th percentile, after epoch {best_epoch}"
            );
        }
        _ => println!(
            "nothing was held out: the weights are those of the last epoch, and nothing is known of how they predict"
        ),
    }
}

/// A line on the terminal: what is done, bar, numbers.
struct Bar(ProgressBar);

impl Bar {
    const STEPS: u64 = 1000;

    fn new() -> anyhow::Result<Self> {
        let style = ProgressStyle::with_template("{prefix:>9} [{bar:40}] {percent:>3}%  {msg}  {elapsed}")?;
        Ok(Self(ProgressBar::new(Self::STEPS).with_style(style)))
    }

    fn show(&self, progress: &Progress) {
        match progress {
            Progress::Reading { run, runs, stage, fraction } => {
                let stage = match stage {
                    Stage::Timeline | Stage::Encoder => "timeline",
                    Stage::Text => "text",
                    Stage::Audio => "audio",
                    Stage::Video => "video",
                };
                self.set(
                    "reading",
                    (*run as f64 - 1.0 + fraction) / *runs as f64,
                    format!("run {run} of {runs}: {stage}"),
                );
            }
            Progress::Learning { step, steps, epoch, loss, validation_r } => {
                let held_out = validation_r.map_or(String::new(), |r| format!(", best held-out r {r:.4}"));
                self.set("learning", *step as f64 / *steps as f64, format!("epoch {epoch}: loss {loss:.4}{held_out}"));
            }
        }
    }

    fn set(&self, what: &'static str, fraction: f64, message: String) {
        self.0.set_prefix(what);
        self.0.set_position((fraction * Self::STEPS as f64) as u64);
        self.0.set_message(message);
    }
}
