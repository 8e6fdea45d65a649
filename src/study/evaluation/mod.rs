//! Scores against measured responses: how well a model predicts people, beside what could be reached, what chance reaches, how
//! well people predict each other, and what a linear model of the same features does.
//!
//! [`evaluate`] is the whole of it on one page. Runs are read one by one and kept as sums, so that memory is that of one run (of
//! the repeats of one stimulus, where there are any) and does not grow with the study. `docs/scores.md` says how to read it.

mod comparison;
mod files;
mod group;
mod heads;
mod linear;
mod person;
mod regions;
mod report;

use std::collections::BTreeMap;

pub use report::{
    CeilingReport, ComparisonReport, EvaluationReport, GroupMember, GroupReport, LinearReport, ModalityVariance,
    PersonReport, RegionScore, RetrievalReport, ShiftReport,
};

use self::comparison::compare;
use self::group::{Group, group, shared};
use self::heads::Heads;
use self::linear::Design;
use self::person::{Person, score};
use super::kept_features::KeptFeatures;
use super::states::StateReader;
use super::{Error, FitResources, Split, Study, StudyRun};
use crate::bold::PreparedRuns;
use crate::brain::{Mesh, Patch};
use crate::catalogue;
use crate::encoder::Settings;

/// The fewest training runs that a linear model is fitted to: its penalties are chosen on runs that were left out.
const FEWEST_RUNS: usize = 2;

/// What is to be scored.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationOrder<'a> {
    /// Runs of the test split are scored, or all where none is; linear models are fitted to those of the training split.
    pub study: &'a Study,
    /// The subject of the model who predicts everybody; everybody's own head where none is named.
    pub predicted_by: Option<&'a str>,
    /// Regions that scores are told of, on the mesh of the model.
    pub regions: &'a [Patch],
    /// Whether runs hold a value for each of these regions, its mean response, in place of the model's outputs.
    pub of_regions: bool,
}

/// A step forward: `done` of `total` runs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluationProgress {
    pub done: usize,
    pub total: usize,
}

/// An evaluation that is done: what it found, and its maps.
pub struct Evaluation {
    pub report: EvaluationReport,
    people: Vec<Person>,
    group: Option<Group>,
    mesh: Option<Mesh>,
}

/// Runs of one person.
#[derive(Default)]
struct Runs<'a> {
    scored: Vec<&'a StudyRun>,
    training: Vec<&'a StudyRun>,
}

/// Scores a model against the runs of a study.
///
/// # Errors
/// A subject that the model lacks, or whose name cannot be a file's; runs that do not fit their stimuli or the model, with both
/// lengths or counts; [`Error::Stopped`] where it was cancelled.
pub fn evaluate(
    order: EvaluationOrder,
    resources: &FitResources,
    listen: &mut dyn FnMut(EvaluationProgress),
) -> Result<Evaluation, Error> {
    let FitResources { predictor, surfaces, workdir, cancel, .. } = *resources;
    let study = order.study;
    let (scored, people) = people(study)?;
    let series = order.of_regions.then_some(order.regions);
    let heads = Heads::open(predictor, series)?;
    let everybody = heads.of_all(order.predicted_by)?;
    let mesh = mesh_of(predictor.settings()).filter(|_| series.is_none());
    let mut notes = notes(scored, &people, order.regions);
    let regions =
        if order.of_regions { regions::of_series(order.regions) } else { regions::of_vertices(order.regions) };

    let kept = tempfile::tempdir_in(workdir).map_err(Error::write(workdir))?;
    let features = KeptFeatures::new(kept.path());
    let prepared = PreparedRuns::open(resources.cache.join("bold"))?;
    let mut reader = StateReader::new(predictor, &prepared, surfaces, workdir, study.tolerance_s, cancel)
        .of_regions(series.map(<[Patch]>::len));
    let training: Vec<&StudyRun> =
        people.values().filter(|runs| runs.is_fitted()).flat_map(|runs| runs.training()).collect();
    if !training.is_empty() {
        reader = reader.keeping(&features);
    }
    let all: Vec<&StudyRun> = people.values().flat_map(|runs| runs.scored.iter().copied()).collect();
    let total = all.len() + training.len() + shared(&all)?.iter().map(Vec::len).sum::<usize>();
    let mut done = 0;
    let mut step = || {
        done += 1;
        listen(EvaluationProgress { done, total });
    };

    let design = if training.is_empty() { None } else { Design::of(&training, &mut reader, &features)? };
    if !training.is_empty() && design.is_none() {
        notes.push("the features of the training runs never change: there is no linear model".to_owned());
    }
    let mut found = Vec::new();
    for (subject, runs) in &people {
        let head = heads.of(subject, order.predicted_by)?;
        if order.predicted_by.is_none() && head.name != *subject {
            notes.push(format!("{subject} has no head of their own: {} predicts them", head.name));
        }
        let design = design.as_ref().filter(|_| runs.is_fitted());
        let linear = design.map(|design| design.fit(&runs.training, &mut reader, cancel, &mut step)).transpose()?;
        found.push(score(&runs.scored, &mut reader, &head, &regions, linear, cancel, &mut step)?);
    }
    let group = group(&all, &mut reader, &everybody, &mut step)?;
    let report = EvaluationReport {
        model: predictor.identity().clone(),
        simulated: study.simulated,
        scored: scored.to_owned(),
        outputs: reader.outputs(),
        space: mesh.map(|mesh| mesh.to_string()),
        people: found.iter().map(|person| person.report(&regions)).collect(),
        group: group.as_ref().map(Group::report),
        comparison: compare(&found)?,
        notes,
        files: Vec::new(),
    };
    Ok(Evaluation { report, people: found, group, mesh })
}

/// The mesh whose vertices come first among a model's outputs, where there is one.
pub fn mesh_of(settings: &Settings) -> Option<Mesh> {
    Mesh::with_vertices(settings.vertices()).ok()
}

impl<'a> Runs<'a> {
    /// Whether a linear model can be fitted to them.
    fn is_fitted(&self) -> bool {
        !self.scored.is_empty() && self.training.len() >= FEWEST_RUNS
    }

    fn training(&self) -> impl Iterator<Item = &'a StudyRun> {
        self.training.iter().copied()
    }
}

/// Which runs are scored, in a word, and the runs of everybody who has any of these.
fn people(study: &Study) -> Result<(&'static str, BTreeMap<&str, Runs<'_>>), Error> {
    let of_test = |run: &StudyRun| run.split == Some(Split::Test);
    let is_marked = study.runs.iter().any(of_test);
    let mut people: BTreeMap<&str, Runs> = BTreeMap::new();
    for run in &study.runs {
        let runs = people.entry(&run.subject).or_default();
        if of_test(run) || !is_marked {
            runs.scored.push(run);
        } else if run.split == Some(Split::Train) {
            runs.training.push(run);
        }
    }
    people.retain(|_, runs| !runs.scored.is_empty());
    people.keys().try_for_each(|subject| catalogue::check_name(subject))?;
    Ok((if is_marked { "test" } else { "all" }, people))
}

/// What is known to be lacking before anything is read.
fn notes(scored: &str, people: &BTreeMap<&str, Runs>, regions: &[Patch]) -> Vec<String> {
    let mut notes = Vec::new();
    if scored == "all" {
        notes.push(
            "no run is marked as test: all are scored, those that the model may have learned from among them"
                .to_owned(),
        );
    }
    let unfitted: Vec<&str> = people.iter().filter(|(_, runs)| !runs.is_fitted()).map(|(name, _)| *name).collect();
    if !unfitted.is_empty() {
        let names = unfitted.join(", ");
        notes.push(format!("no linear model of {names}: it takes {FEWEST_RUNS} runs of the training split or more"));
    }
    if regions.is_empty() {
        notes.push("the outputs of the model are no vertices: there are no regions".to_owned());
    }
    notes
}
