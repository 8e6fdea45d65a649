//! `encortex subject fit`: a subject of the lab's own, from measured responses.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use encortex::study::{self, FitOrder, Method, Study};
use indicatif::ProgressBar;

use super::cancelled_by_ctrl_c;
use crate::config::Config;

#[derive(Args)]
pub(crate) struct Fit {
    /// What the subject is called from then on.
    name: String,

    /// Runs with their stimuli: a study.toml, or a BIDS folder.
    study: PathBuf,

    /// Whose runs of the study are taken; all of them when left out.
    #[arg(long, value_name = "SUBJECT")]
    of: Option<String>,

    #[arg(long, value_enum, default_value = "ridge")]
    method: MethodName,

    /// The runs hold a value for each region of this set, its mean response, in place of the vertices: `builtin`, or an installed
    /// atlas.
    #[arg(long, value_name = "SET")]
    regions: Option<String>,
}

/// How a head is fitted.
#[derive(Clone, Copy, ValueEnum)]
enum MethodName {
    /// Ridge regression from the encoder's states, a penalty an output, near the average head
    Ridge,
    /// The average head taken apart by SVD, to rank 128 at most, and the subject's factor of it trained for one epoch
    LowRank,
}

impl From<MethodName> for Method {
    fn from(name: MethodName) -> Self {
        match name {
            MethodName::Ridge => Self::Ridge,
            MethodName::LowRank => Self::LowRank,
        }
    }
}

impl Fit {
    pub(super) fn run(self, config: &Config) -> anyhow::Result<()> {
        let Study { mut runs, tolerance_s, simulated } = Study::open(&self.study)?;
        if let Some(of) = &self.of {
            runs.retain(|run| run.subject == *of);
            if runs.is_empty() {
                bail!("{} has no run of {of}", self.study.display());
            }
        }
        let scanner = config.scanner()?;
        let regions = self.regions.as_deref().map(|set| scanner.region_set(set)).transpose()?;
        let (cache, cancel) = (config.pipeline()?.cache, cancelled_by_ctrl_c()?);
        let workdir = tempfile::tempdir().context("no temporary folder can be made")?;
        let resources = scanner.fit_resources(&cache, workdir.path(), &cancel);
        let bar = ProgressBar::new(0);
        let order = FitOrder {
            name: &self.name,
            runs: &runs,
            method: self.method.into(),
            regions: regions.as_deref(),
            tolerance_s,
            simulated,
            origin: None,
        };
        let fitted = study::fit(order, &resources, &mut |progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        });
        bar.finish_and_clear();
        println!("{}", serde_json::to_string_pretty(&fitted?)?);
        Ok(())
    }
}
