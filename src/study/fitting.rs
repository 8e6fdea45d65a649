//! A subject of one's own: a head fitted to measured responses on the frozen encoder, and how well it predicts.
//!
//! The head is ridge regression from the encoder's states, a penalty an output, drawn to the model's average head as a prior.
//! Runs are read one by one and kept as sums of products, so that memory does not grow with their length. What is told of the
//! fit comes from runs that a first fit did not see; the head that is kept is then fitted to all.

use std::path::Path;

use jiff::Timestamp;
use ndarray::Array1;
use ndarray_npy::WriteNpyExt;
use tokio_util::sync::CancellationToken;

use super::ceiling::{Ceiling, ceiling};
use super::gathered::Gathered;
use super::states::StateReader;
use super::{Error, Split, StudyRun};
use crate::analysis::encoding::{Criterion, LinearModel, Ridge, ScoreSums, Scores, one_sample_a_minute, penalties};
use crate::bold::PreparedRuns;
use crate::catalogue::{self, FitScores, SubjectCard};
use crate::encoder::{AVERAGE, Artefact, BrainEncoder, OwnHead};
use crate::features::{Compute, DeviceChoice, Precision};
use crate::predict::Predictor;

/// The part of the runs that scores come from, where none is said to be for that.
const HELD_OUT: f64 = 0.2;
/// The rate of false discoveries of the outputs that are counted as predicted.
const FALSE_DISCOVERIES: f64 = 0.05;

/// Whom a head is fitted to, and to what.
#[derive(Clone, Copy, Debug)]
pub struct FitOrder<'a> {
    /// What the subject is called from then on.
    pub name: &'a str,
    pub runs: &'a [StudyRun],
    /// How much a run and its stimulus may differ in length (s).
    pub tolerance_s: f64,
    /// Whether nobody was scanned.
    pub simulated: bool,
    /// Names the order, so that one that is carried out again finds what it made.
    pub origin: Option<&'a str>,
}

/// A step forward: `done` of `total` runs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FitProgress {
    pub done: usize,
    pub total: usize,
}

/// What a fit or an evaluation is done with.
pub struct FitResources<'a> {
    pub predictor: &'a Predictor,
    /// Where runs that were made ready are kept.
    pub cache: &'a Path,
    pub surfaces: &'a Path,
    pub workdir: &'a Path,
    pub cancel: &'a CancellationToken,
}

/// What the runs that were held out say.
struct HeldOut {
    scores: Scores,
    average: Option<Scores>,
    /// How long they are (s).
    seconds: f64,
    /// Where a stimulus was shown again.
    ceiling: Option<Ceiling>,
}

/// Fits a subject's head and puts it on the shelf of subjects, whole or not at all.
///
/// # Errors
/// A name that is taken or impossible, fewer than two runs, runs that do not fit their stimuli or the model;
/// [`Error::Stopped`] where it was cancelled.
pub fn fit(
    order: FitOrder,
    resources: &FitResources,
    listen: &mut dyn FnMut(FitProgress),
) -> Result<SubjectCard, Error> {
    let predictor = resources.predictor;
    if let Some(made) = predictor
        .shelf()
        .find(order.name)?
        .filter(|card| order.origin.is_some() && card.origin.as_deref() == order.origin)
    {
        return Ok(made);
    }
    check(order, predictor)?;
    let prepared = PreparedRuns::open(resources.cache.join("bold"))?;
    let FitResources { surfaces, workdir, cancel, .. } = *resources;
    let mut reader = StateReader::new(predictor, &prepared, surfaces, workdir, order.tolerance_s, cancel);
    let average = average_head(predictor)?;
    let (fitted, held_out): (Vec<_>, Vec<_>) =
        order.runs.iter().zip(held_out(order.runs)).partition(|(_, is_held_out)| !is_held_out);
    let mut total = Progress { listen, done: 0, total: order.runs.len() };

    let architecture = &predictor.settings().architecture;
    let mut runs = Gathered::new(architecture.hidden as usize, architecture.outputs as usize)?;
    let ridge = Ridge { penalties: penalties(0.0, 6.0, 10), criterion: Criterion::RSquared };
    for (run, _) in &fitted {
        runs.add(&reader.read(run)?)?;
        total.step();
    }
    let first = runs.head(&ridge, average.as_ref(), cancel)?;
    let tested = test(&mut reader, &held_out, &first, average.as_ref(), &mut total)?;
    for (run, _) in &held_out {
        runs.add(&reader.read(run)?)?;
    }
    let model = if held_out.is_empty() { first } else { runs.head(&ridge, average.as_ref(), cancel)? };

    let card = SubjectCard {
        name: order.name.to_owned(),
        model: predictor.card().name.clone(),
        weights_sha256: predictor.identity().weights_sha256.clone(),
        created: Timestamp::now(),
        method: "ridge".to_owned(),
        runs: order.runs.len(),
        minutes: runs.rows() as f64 * predictor.settings().tr_s / 60.0,
        simulated: order.simulated,
        origin: order.origin.map(str::to_owned),
        scores: tested.summary(),
        head: String::new(),
    };
    let head = OwnHead { weight: model.weights().to_owned(), bias: model.intercepts().to_owned() };
    let maps = tested.maps()?;
    let maps: Vec<(&str, &[u8])> = maps.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    Ok(predictor.shelf().add(card, &head, &maps)?)
}

/// Refuses what cannot be fitted, before anything is read.
fn check(order: FitOrder, predictor: &Predictor) -> Result<(), Error> {
    catalogue::check_name(order.name)?;
    if predictor.settings().has_subject(order.name) || predictor.shelf().find(order.name)?.is_some() {
        return Err(catalogue::Error::SubjectExists { name: order.name.to_owned() }.into());
    }
    match order.runs.len() {
        found @ 0..3 => Err(Error::TooFewRuns { found, needed: 3 }),
        _ => Ok(()),
    }
}

/// Whether each run is held out of the first fit: those of the test split, or else the last ones.
fn held_out(runs: &[StudyRun]) -> Vec<bool> {
    let of_test = |run: &StudyRun| run.split == Some(Split::Test);
    let tests = runs.iter().filter(|run| of_test(run)).count();
    if (1..=runs.len() - 2).contains(&tests) {
        return runs.iter().map(of_test).collect();
    }
    let kept = runs.len() - ((runs.len() as f64 * HELD_OUT).round() as usize).max(1);
    (0..runs.len()).map(|place| place >= kept).collect()
}

/// The head of the average subject, where the model has one.
fn average_head(predictor: &Predictor) -> Result<Option<OwnHead>, Error> {
    if !predictor.settings().has_subject(AVERAGE) {
        return Ok(None);
    }
    let compute = Compute::new(DeviceChoice::Cpu, Some(Precision::Float32)).map_err(crate::predict::Error::from)?;
    let encoder = BrainEncoder::load(&Artefact::open(&predictor.model().folder)?, compute)?;
    Ok(Some(encoder.head(AVERAGE)?))
}

/// Scores a fit, and the average head beside it, on runs that it has not seen.
fn test(
    reader: &mut StateReader,
    runs: &[(&StudyRun, bool)],
    fitted: &LinearModel,
    average: Option<&OwnHead>,
    progress: &mut Progress,
) -> Result<HeldOut, Error> {
    let outputs = fitted.weights().nrows();
    let average = average.map(|head| LinearModel::new(head.weight.clone(), head.bias.clone())).transpose()?;
    let (mut own, mut others) = (ScoreSums::new(outputs), ScoreSums::new(outputs));
    let (mut rows, mut read) = (0, Vec::new());
    for (run, _) in runs {
        let run = reader.read(run)?;
        own.add(fitted.predict(run.states.view())?.view(), run.measured.view())?;
        if let Some(average) = &average {
            others.add(average.predict(run.states.view())?.view(), run.measured.view())?;
        }
        rows += run.states.nrows();
        read.push(run);
        progress.step();
    }
    Ok(HeldOut {
        scores: own.scores(),
        average: average.map(|_| others.scores()),
        seconds: rows as f64 * reader.predictor.settings().tr_s,
        ceiling: ceiling(&read, fitted)?,
    })
}

impl HeldOut {
    fn summary(&self) -> FitScores {
        let significant = one_sample_a_minute(&self.scores.r, self.seconds).ok();
        let reached = self.ceiling.as_ref().and_then(Ceiling::means);
        FitScores {
            held_out_r: self.scores.mean_r().into(),
            average_r: self.average.as_ref().map(|average| average.mean_r().into()),
            significant: significant.map(|found| found.fraction(FALSE_DISCOVERIES)),
            ceiling: reached.map(|[ceiling, _]| ceiling),
            ceiling_share: reached.map(|[_, share]| share),
            outputs: self.scores.r.len() - self.scores.masked(),
        }
    }

    /// A value an output as NumPy arrays, NaN where an output was masked.
    fn maps(&self) -> Result<Vec<(&'static str, Vec<u8>)>, Error> {
        let mut maps = vec![("r.npy", &self.scores.r)];
        maps.extend(self.average.as_ref().map(|average| ("average_r.npy", &average.r)));
        maps.extend(self.ceiling.as_ref().map(|ceiling| ("ceiling.npy", &ceiling.r)));
        let bytes = |(name, map): (&'static str, &Array1<f32>)| {
            let mut bytes = Vec::new();
            let written = map.write_npy(&mut bytes).map_err(|error| std::io::Error::other(error.to_string()));
            written.map(|()| (name, bytes)).map_err(Error::write(Path::new(name)))
        };
        maps.into_iter().map(bytes).collect()
    }
}

struct Progress<'a> {
    listen: &'a mut dyn FnMut(FitProgress),
    done: usize,
    total: usize,
}

impl Progress<'_> {
    fn step(&mut self) {
        self.done += 1;
        (self.listen)(FitProgress { done: self.done, total: self.total });
    }
}
