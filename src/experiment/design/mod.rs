//! Designs: which stimulus is shown when, in which run.
//!
//! A design is a pure function of its own fields, of how long each stimulus lasts, and of the windows that the model
//! sees at once. The same seed gives the same order on every machine.

mod block;
mod continuous;
mod event;
mod isolated;
mod layout;
mod material;
mod order;
mod preview;
mod run;
mod scheduled;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use block::BlockDesign;
pub use continuous::ContinuousDesign;
pub use event::EventDesign;
pub use isolated::IsolatedDesign;
pub use layout::Windows;
pub use material::{Length, Material, Presented, ScheduledEvent};
pub use preview::{Preview, PreviewedRun, PreviewedTrial};
pub use run::{Run, Trial, WindowSpan};
pub use scheduled::ScheduledDesign;

use super::Error;
use super::limits::{MAX_RUN_SECONDS, MAX_RUNS, MAX_TRIALS};

/// How stimuli are laid out in time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Design {
    Event(EventDesign),
    Block(BlockDesign),
    Continuous(ContinuousDesign),
    Isolated(IsolatedDesign),
    Scheduled(ScheduledDesign),
}

/// What is shown between stimuli.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gap {
    /// Nothing: no sound, no film, no word.
    #[default]
    Silence,
    /// A grey picture.
    Grey,
}

impl Default for Design {
    fn default() -> Self {
        Self::Event(EventDesign::default())
    }
}

impl Design {
    pub const KINDS: [&str; 5] = ["event", "block", "continuous", "isolated", "scheduled"];

    /// The runs of an experiment; trials are in the order of their onsets, and windows tile each run from its start.
    ///
    /// `seed` is the experiment's, for a design that has none of its own; without either it is 0.
    ///
    /// # Errors
    ///
    /// Where there is nothing to show, where a stimulus does not fit into a window, where there would be over 100,000
    /// trials or a run of over 10,000,000 s, where windows overlap by more than half, and where a continuous or
    /// scheduled design has no events.
    pub fn runs(&self, material: &Material, windows: &Windows, seed: Option<u64>) -> Result<Vec<Run>, Error> {
        windows.check()?;
        let (overlap_s, window_s) = (self.overlap_s(), windows.window_s);
        if !(0.0..=window_s / 2.0).contains(&overlap_s) {
            return Err(Error::Overlap { overlap_s, window_s });
        }
        let mut runs = match self {
            Self::Event(design) => design.runs(material, windows, seed.unwrap_or(0)),
            Self::Block(design) => design.runs(material, windows, seed.unwrap_or(0)),
            Self::Isolated(design) => design.runs(material, windows),
            Self::Continuous(design) => design.runs(material),
            Self::Scheduled(design) => design.runs(material, windows),
        }?;
        if runs.iter().all(|run| run.trials.is_empty()) {
            return Err(Error::NothingToShow);
        }
        let is_long = |run: &&Run| !(0.0..=MAX_RUN_SECONDS).contains(&run.length_s);
        if let Some(run) = runs.iter().find(is_long) {
            return Err(Error::RunTooLong { length_s: run.length_s });
        }
        run::number_repetitions(&mut runs);
        Ok(runs)
    }

    pub fn gap(&self) -> Gap {
        match self {
            Self::Event(design) => design.gap,
            Self::Block(design) => design.gap,
            Self::Isolated(design) => design.gap,
            Self::Scheduled(design) => design.gap,
            Self::Continuous(_) => Gap::Silence,
        }
    }

    /// How much of a window the next one sees again (s).
    pub fn overlap_s(&self) -> f64 {
        match self {
            Self::Continuous(design) => design.overlap_s,
            _ => 0.0,
        }
    }

    /// The seed of the order, where the design has one of its own.
    pub(super) fn seed_mut(&mut self) -> Option<&mut Option<u64>> {
        match self {
            Self::Event(design) => Some(&mut design.seed),
            Self::Block(design) => Some(&mut design.seed),
            Self::Continuous(_) | Self::Isolated(_) | Self::Scheduled(_) => None,
        }
    }
}

/// Refuses more trials than are laid out: `each` in every one of `runs` runs.
fn check_size(each: usize, runs: u32) -> Result<(), Error> {
    if runs > MAX_RUNS {
        return Err(Error::TooManyRuns { runs });
    }
    match each.checked_mul(runs as usize) {
        Some(trials) if trials <= MAX_TRIALS => Ok(()),
        trials => Err(Error::TooManyTrials { trials: trials.unwrap_or(usize::MAX) }),
    }
}

fn one() -> u32 {
    1
}

fn one_second() -> f64 {
    1.0
}
