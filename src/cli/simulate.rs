//! `encortex simulate`: a simulated cohort, from generated stimuli.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use encortex::simulation::{Plan, Progress, Step, Workshop, simulate};
use indicatif::{ProgressBar, ProgressStyle};

use crate::config::Config;

/// The hours, subjects and seed given here go before those of a plan.
#[derive(Args)]
pub(crate) struct Simulate {
    /// Generated pictures, sounds and portraits: the folder that scripts/stimuli --material fills.
    #[arg(long, value_name = "FOLDER")]
    stimuli: PathBuf,

    /// A folder for the cohort, empty or not there yet.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,

    /// The rest of the plan, as TOML: docs/simulated_cohort.md names the keys.
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,

    /// Length of all films together (h).
    #[arg(long, value_name = "HOURS")]
    hours: Option<f64>,

    /// How many subjects see them.
    #[arg(long, value_name = "N")]
    subjects: Option<usize>,

    /// The same seed makes the same cohort.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Voxels of the subcortex follow the vertices in every scan.
    #[arg(long)]
    subcortex: bool,
}

impl Simulate {
    pub(crate) fn run(self, config: &Config) -> anyhow::Result<()> {
        let plan = self.plan()?;
        let tools = config.tools()?;
        let surfaces = config.anatomy().surfaces()?;
        let workshop = Workshop { ffmpeg: &tools.ffmpeg, speech: &tools.speech, surfaces: &surfaces };
        let bar = ProgressBar::new(1);
        bar.set_style(ProgressStyle::with_template("{prefix:>8} [{bar:40}] {pos} of {len}  {elapsed}")?);
        let made = simulate(plan, &self.stimuli, &self.out, &workshop, &|progress| show(&bar, progress))?;
        bar.finish_and_clear();
        println!("{} films, {} texts and {} runs, all of them simulated", made.films, made.texts, made.runs);
        println!("{}", self.out.display());
        Ok(())
    }

    fn plan(&self) -> anyhow::Result<Plan> {
        let mut plan = match &self.plan {
            None => Plan::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
                toml::from_str(&text).with_context(|| format!("{} is no plan of a cohort", path.display()))?
            }
        };
        plan.hours = self.hours.unwrap_or(plan.hours);
        plan.subjects = self.subjects.unwrap_or(plan.subjects);
        plan.seed = self.seed.unwrap_or(plan.seed);
        plan.subcortex |= self.subcortex;
        Ok(plan)
    }
}

fn show(bar: &ProgressBar, progress: Progress) {
    bar.set_prefix(match progress.step {
        Step::Material => "material",
        Step::Speech => "speech",
        Step::Films => "films",
        Step::Scans => "scans",
    });
    bar.set_length(progress.total.unwrap_or(progress.done) as u64);
    bar.set_position(progress.done as u64);
}
