//! A subject of one's own: a head fitted to measured responses on the frozen encoder, and how well it predicts.
//!
//! [`fit`] is the whole of it on one page. Runs are read one by one, so that memory does not grow with their length. What is
//! told of the fit comes from stimuli that a first fit did not see; the head that is kept is then fitted to all.

mod average;
mod held_out;
mod low_rank;
mod method;
mod ridge;
#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

pub use method::Method;

use self::average::Average;
use self::held_out::HeldOut;
use self::low_rank::LowRank;
use self::ridge::RidgeOnStates;
use super::states::StateReader;
use super::{Error, StudyRun};
use crate::analysis::encoding::LinearModel;
use crate::bold::PreparedRuns;
use crate::brain::Patch;
use crate::catalogue::{self, SubjectCard};
use crate::predict::Predictor;

/// The fewest runs: one to fit to and one to score on.
const FEWEST_RUNS: usize = 2;

/// Whom a head is fitted to, and to what.
#[derive(Clone, Copy, Debug)]
pub struct FitOrder<'a> {
    /// What the subject is called from then on.
    pub name: &'a str,
    pub runs: &'a [StudyRun],
    pub method: Method,
    /// Where runs hold a value for each of these regions, its mean response, in place of the model's outputs.
    pub regions: Option<&'a [Patch]>,
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

/// How a head is learned from runs.
trait Learner<'a> {
    /// The head after these runs and all that were learned from before. `step` is called for each run that was read.
    fn learn(
        &mut self,
        runs: &[&'a StudyRun],
        reader: &mut StateReader,
        step: &mut dyn FnMut(),
    ) -> Result<Learned, Error>;
}

/// A head, and what it was learned from.
struct Learned {
    /// Of states as they are.
    head: LinearModel,
    rows: usize,
}

/// Fits a subject's head and puts it on the shelf of subjects, whole or not at all.
///
/// # Errors
/// A name that is taken or impossible, fewer than two runs or stimuli, runs that do not fit their stimuli or the model;
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
    let (fitted, tested) = held_out::parted(order.runs)?;
    let prepared = PreparedRuns::open(resources.cache.join("bold"))?;
    let FitResources { surfaces, workdir, cancel, .. } = *resources;
    let mut reader = StateReader::new(predictor, &prepared, surfaces, workdir, order.tolerance_s, cancel)
        .of_regions(order.regions.map(<[Patch]>::len));
    let average = Average::open(predictor, order.regions)?;
    let (mut done, total) = (0, order.method.reads(fitted.len(), tested.len()));
    let mut step = || {
        done += 1;
        listen(FitProgress { done, total });
    };

    let mut learner: Box<dyn Learner> = match order.method {
        Method::Ridge => {
            let hidden = predictor.settings().architecture.hidden as usize;
            Box::new(RidgeOnStates::new(hidden, reader.outputs(), fitted.len(), average.head(), cancel)?)
        }
        Method::LowRank => {
            let average = average.head().ok_or_else(|| Error::no_average(predictor, "`low-rank`"))?;
            Box::new(LowRank::new(average, predictor.settings().window_trs as usize, cancel))
        }
    };
    let first = learner.learn(&fitted, &mut reader, &mut step)?;
    let found = HeldOut::score(&tested, &first.head, average.head(), &mut reader, &mut step)?;
    let learned = learner.learn(&tested, &mut reader, &mut step)?;

    let card = SubjectCard {
        name: order.name.to_owned(),
        model: predictor.card().name.clone(),
        weights_sha256: predictor.identity().weights_sha256.clone(),
        created: Timestamp::now(),
        method: order.method.to_string(),
        regions: order.regions.map(<[Patch]>::len),
        runs: order.runs.len(),
        minutes: learned.rows as f64 * predictor.settings().tr_s / 60.0,
        simulated: order.simulated,
        origin: order.origin.map(str::to_owned),
        scores: found.summary(),
        head: String::new(),
    };
    let maps = found.maps()?;
    let maps: Vec<(&str, &[u8])> = maps.iter().map(|(name, bytes)| (*name, &bytes[..])).collect();
    Ok(predictor.shelf().add(card, &average.of_all_outputs(&learned.head)?, &maps)?)
}

/// Refuses what cannot be fitted, before anything is read.
fn check(order: FitOrder, predictor: &Predictor) -> Result<(), Error> {
    catalogue::check_name(order.name)?;
    if predictor.settings().has_subject(order.name) || predictor.shelf().find(order.name)?.is_some() {
        return Err(catalogue::Error::SubjectExists { name: order.name.to_owned() }.into());
    }
    match order.runs.len() {
        found if found < FEWEST_RUNS => Err(Error::TooFewRuns { found, needed: FEWEST_RUNS }),
        _ => Ok(()),
    }
}
