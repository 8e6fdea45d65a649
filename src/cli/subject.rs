//! `encortex subject`: the lab's own subjects.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::Subcommand;
use encortex::study::{self, FitOrder, FitResources, Study};
use indicatif::ProgressBar;

use super::cancelled_by_ctrl_c;
use crate::config::Config;

#[derive(Subcommand)]
pub(crate) enum Subject {
    /// Fit a head to measured responses on the frozen encoder of --model, and keep it under a name.
    Fit {
        /// What the subject is called from then on.
        name: String,

        /// Runs with their stimuli: a study.toml, or a BIDS folder.
        study: PathBuf,

        /// Whose runs of the study are taken; all of them when left out.
        #[arg(long, value_name = "SUBJECT")]
        of: Option<String>,
    },
    /// The subjects that were fitted here.
    List,
    /// What a subject was fitted to, and how well its head predicts.
    Show { name: String },
    /// Copy a subject's head, card and maps to a folder.
    Export {
        name: String,

        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Remove a subject with everything that is kept of them.
    Delete { name: String },
}

impl Subject {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let shelf = config.subjects();
        match self {
            Self::Fit { name, study, of } => fit(config, &name, &study, of.as_deref())?,
            Self::List => {
                for card in shelf.list()? {
                    let simulated = if card.simulated { ", simulated" } else { "" };
                    println!(
                        "{:<20} {:<16} {:>6.1} min  held-out r {:.3}{simulated}",
                        card.name, card.model, card.minutes, card.scores.held_out_r
                    );
                }
            }
            Self::Show { name } => println!("{}", serde_json::to_string_pretty(&shelf.get(&name)?)?),
            Self::Export { name, out } => {
                let card = shelf.get(&name)?;
                std::fs::create_dir_all(&out).with_context(|| format!("cannot make {}", out.display()))?;
                for file in shelf.files(&card)? {
                    let (from, to) = (shelf.folder_of(&card).join(&file), out.join(&file));
                    std::fs::copy(&from, &to).with_context(|| format!("cannot write {}", to.display()))?;
                    println!("{}", to.display());
                }
            }
            Self::Delete { name } => {
                shelf.get(&name)?;
                shelf.remove(&name)?;
                println!("nothing is kept of {name}");
            }
        }
        Ok(())
    }
}

fn fit(config: &Config, name: &str, study: &Path, of: Option<&str>) -> anyhow::Result<()> {
    let Study { mut runs, tolerance_s, simulated } = Study::open(study)?;
    if let Some(of) = of {
        runs.retain(|run| run.subject == of);
        if runs.is_empty() {
            bail!("{} has no run of {of}", study.display());
        }
    }
    let predictor = config.predictor(&config.catalogue()?)?;
    let pipeline = config.pipeline()?;
    let workdir = tempfile::tempdir().context("no temporary folder can be made")?;
    let resources = FitResources {
        predictor: &predictor,
        cache: &pipeline.cache,
        surfaces: &config.anatomy().surfaces,
        workdir: workdir.path(),
        cancel: &cancelled_by_ctrl_c()?,
    };
    let bar = ProgressBar::new(runs.len() as u64);
    let order = FitOrder { name, runs: &runs, tolerance_s, simulated, origin: None };
    let fitted = study::fit(order, &resources, &mut |progress| bar.set_position(progress.done as u64));
    bar.finish_and_clear();
    println!("{}", serde_json::to_string_pretty(&fitted?)?);
    Ok(())
}
