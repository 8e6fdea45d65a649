//! The scanner: puts an experiment through a model, as one puts people through a scanner.
//!
//! Stimuli are measured and laid out on runs, every run is predicted, and what is read off the responses becomes
//! contrasts, maps and tables of regions. [`Scanner::scan`] is the whole of it on one page; what an experiment is, and how
//! its parts are computed, stand below in [`crate::experiment`] and [`crate::analysis`]. Works on its caller's thread and
//! waits there for the model's.

mod atlas_folder;
mod cell;
mod cell_maps;
mod compare;
mod components;
mod error;
mod glm;
mod group;
mod intake;
mod map_file;
mod map_folder;
mod maps;
mod memory;
mod multisensory;
mod peak;
mod permuted;
mod region_rows;
mod regions;
mod report;
mod results;
mod runs;
mod scans;
mod single_trials;
mod stimuli;
mod studies;
mod sweep_table;
mod timecourse;
mod trial_maps;
mod validate;
mod zip_folder;

use std::path::Path;

use tokio_util::sync::CancellationToken;

pub use atlas_folder::AtlasFolder;
pub use cell_maps::cell_maps;
pub use compare::{Agreement, CompareOptions, Correlations, ParcelCorrelations, compare};
pub use components::{ComponentRow, ComponentsReport, ComponentsRequest, components};
pub use error::Error;
pub use group::{GroupReport, group};
pub use intake::{Desk, Intake};
pub use map_file::{MapFile, Space, one_map};
pub use multisensory::{MultisensoryReport, SubjectSenses};
pub use permuted::PermutationReport;
pub use region_rows::RegionRow;
pub use report::{ContrastReport, Report};
pub use results::REPORT;
pub use stimuli::Find;
pub use sweep_table::SweepTable;
pub use validate::{Benchmark, ValidationReport, ValidationRow};
pub use zip_folder::unpack;

use self::glm::GlmEstimates;
use self::maps::Maps;
use self::memory::Memory;
use self::permuted::Permuted;
use self::region_rows::Tested;
use self::results::Results;
use self::scans::{Scans, Session};
use self::stimuli::Stimuli;
use self::trial_maps::TrialMaps;
use crate::experiment::design::{Preview, ScheduledEvent, Windows};
use crate::experiment::{Estimate, PeakEstimate, Spec};
use crate::predict::{Anatomy, Output, Predictor};
use crate::stimulus::Tools;

/// A model, the programs that decode stimuli for it, and the cortex that its responses lie on.
#[derive(Clone)]
pub struct Scanner {
    pub predictor: Predictor,
    pub tools: Tools,
    pub anatomy: Anatomy,
    pub atlases: AtlasFolder,
    memory: Memory,
}

/// An experiment that was completed and found without fault, and where what it names is found.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    pub spec: &'a Spec,
    /// The rows of its events table, for designs that have one.
    pub events: &'a [ScheduledEvent],
    /// What was doubtful in it, in sentences.
    pub warnings: &'a [String],
    pub find: Find<'a>,
}

/// What a scan is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Stimuli measured.
    Measure,
    /// Runs predicted.
    Predict,
    /// Contrasts computed and written.
    Contrast,
}

/// A step forward: `done` of `total`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub step: Step,
    pub done: usize,
    pub total: usize,
}

impl Scanner {
    pub fn new(predictor: Predictor, tools: Tools, anatomy: Anatomy, atlases: AtlasFolder) -> Self {
        Self { predictor, tools, anatomy, atlases, memory: Memory::default() }
    }

    /// Runs an experiment. Its files and `experiment.json` go to `folder`.
    pub fn scan(
        &self,
        order: Order,
        folder: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Report, Error> {
        let spec = order.spec;
        let workdir = tempfile::tempdir_in(folder).map_err(Error::file(folder))?;
        listen(Progress { step: Step::Measure, done: 0, total: 1 });
        let stimuli = self.stimuli(order, workdir.path(), cancel)?;
        let runs = spec.design().runs(&stimuli.material(), &self.windows(spec), spec.seed)?;
        let preview = self.preview_of(spec, &runs, &stimuli);
        let regions = self.regions(&spec.all_regions())?;
        let output = if spec.reads_means() { Output::MeansOf(regions.sets()) } else { Output::Responses };
        let session = Session { spec, runs, stimuli: &stimuli, output };
        let scans = Scans::predict(&self.predictor, session, workdir.path(), listen, cancel)?;

        let mut results = Results::new(folder, spec, &scans, regions.mesh(), &self.anatomy)?;
        let subjects: Vec<String> = scans.prediction().subjects.iter().map(|subject| subject.name.clone()).collect();
        let total = subjects.len() * spec.contrasts.len();
        for (number, subject) in subjects.iter().enumerate() {
            let estimates = Estimates::of(&scans, spec, subject)?;
            for (place, contrast) in spec.contrasts.iter().enumerate() {
                listen(Progress { step: Step::Contrast, done: number * spec.contrasts.len() + place, total });
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let weights = weights(contrast)?;
                let mut maps = estimates.contrast(&weights)?;
                if let (Some(asked), Some(trials), Some(_)) =
                    (&spec.statistics.permutations, estimates.of_trials(), &maps.t)
                {
                    let seed = asked.seed.or(spec.seed).unwrap_or_default();
                    maps.permuted = Some(Permuted::of(trials, &weights, asked, seed, cancel)?);
                }
                let atlas = spec.statistics.tested_atlas();
                let tested = Tested { maps: &maps, trials: estimates.of_trials(), weights: &weights };
                let rows = regions.rows(&tested, spec.reads_means(), atlas)?;
                results.add(subject, contrast, &weights, &maps, rows)?;
            }
            let courses = match spec.estimate() {
                Estimate::Timecourse(course) => {
                    timecourse::read(&scans, subject, &course, &regions.in_rows(spec.reads_means()))?
                }
                Estimate::Peak(_) | Estimate::Glm(_) => Vec::new(),
            };
            results.end_subject(subject, &courses)?;
        }
        listen(Progress { step: Step::Contrast, done: total, total });
        results.finish(preview, order.warnings)
    }

    /// What a scan would do, without doing it: only stimuli are measured.
    pub fn preview(&self, order: Order, workdir: &Path, cancel: &CancellationToken) -> Result<Preview, Error> {
        let stimuli = self.stimuli(order, workdir, cancel)?;
        let runs = order.spec.design().runs(&stimuli.material(), &self.windows(order.spec), order.spec.seed)?;
        Ok(self.preview_of(order.spec, &runs, &stimuli))
    }

    fn stimuli(&self, order: Order, workdir: &Path, cancel: &CancellationToken) -> Result<Stimuli, Error> {
        Stimuli::of(order.spec, order.events.to_vec(), order.find, self, workdir, cancel)
    }

    fn preview_of(&self, spec: &Spec, runs: &[crate::experiment::design::Run], stimuli: &Stimuli) -> Preview {
        Preview::new(runs, &stimuli.material(), &self.windows(spec), spec.design().overlap_s(), spec.distinct_masks())
    }

    /// The model's windows, and the last second after an onset that is read in rows of the response.
    fn windows(&self, spec: &Spec) -> Windows {
        let settings = self.predictor.settings();
        Windows {
            window_s: settings.window_s(),
            tr_s: settings.tr_s,
            settle_s: (spec.estimate().latest_s() - settings.lag_s).max(0.0),
        }
    }
}

/// What a contrast is computed from.
enum Estimates<'a> {
    Peak(TrialMaps),
    Glm(GlmEstimates<'a>),
}

impl<'a> Estimates<'a> {
    /// Of one subject. Where courses are asked for, contrasts are of the response at its usual peak.
    fn of(scans: &'a Scans, spec: &Spec, subject: &str) -> Result<Self, Error> {
        Ok(match spec.estimate() {
            Estimate::Peak(peak) => Self::Peak(peak::read(scans, subject, peak.span_s())?),
            Estimate::Timecourse(_) => Self::Peak(peak::read(scans, subject, PeakEstimate::default().span_s())?),
            Estimate::Glm(glm) => Self::Glm(GlmEstimates::fit(scans, subject, &glm)?),
        })
    }

    fn contrast(&self, weights: &[(String, f64)]) -> Result<Maps, Error> {
        match self {
            Self::Peak(estimates) => estimates.contrast(weights),
            Self::Glm(estimates) => estimates.contrast(weights),
        }
    }

    fn of_trials(&self) -> Option<&TrialMaps> {
        match self {
            Self::Peak(estimates) => Some(estimates),
            Self::Glm(estimates) => estimates.trials(),
        }
    }
}

/// The conditions of a contrast that have a weight.
fn weights(contrast: &crate::experiment::contrast::Contrast) -> Result<Vec<(String, f64)>, Error> {
    let weights =
        contrast.weights().map_err(|problem| Error::Expression { contrast: contrast.name.clone(), problem })?;
    Ok(weights.iter().map(|(name, weight)| (name.to_owned(), weight)).collect())
}
