//! One person's runs, scored one after the other: sums of products are kept, and of runs only those that repeat a stimulus.

use ndarray::ArrayView2;
use tokio_util::sync::CancellationToken;

use super::heads::Head;
use super::linear::{Linear, LinearScores};
use super::regions::{Region, means};
use super::report::{CeilingReport, PersonReport, RegionScore, RetrievalReport, ShiftReport, known, mean};
use crate::analysis::encoding::{
    self, CircularShifts, Retrieval, ScoreSums, Scores, ShiftTest, Significance, one_sample_a_minute,
};
use crate::study::ceiling::{Ceiling, ceiling, most_repeated};
use crate::study::states::{Aligned, StateReader};
use crate::study::{Error, StudyRun};

/// The rate of false discoveries of the outputs that are counted as predicted.
const FALSE_DISCOVERIES: f64 = 0.05;
/// Length of a stretch that is to be found by its pattern (s).
const SEGMENT_S: f64 = 10.0;
/// Circular shifts of one run, and the least of them (s): longer than a haemodynamic response.
const SHIFTS: usize = 500;
const LEAST_SHIFT_S: f64 = 20.0;
const SEED: u64 = 0;

/// What is found of one person.
pub(super) struct Person {
    pub(super) subject: String,
    predicted_by: String,
    runs: usize,
    minutes: f64,
    pub(super) scores: Scores,
    /// Of the mean response of each region.
    regions: Scores,
    /// One sample a minute.
    pub(super) chance: Option<Significance>,
    shifts: Option<(ShiftTest, f64)>,
    /// With how often the stimulus was shown.
    pub(super) ceiling: Option<(Ceiling, usize)>,
    retrieval: Option<RetrievalReport>,
    pub(super) linear: Option<LinearScores>,
}

/// Sums of one person's runs so far.
struct Scoring<'a> {
    head: &'a Head,
    told_of: &'a [Region],
    tr_s: f64,
    scores: ScoreSums,
    regions: ScoreSums,
    rows: usize,
    /// Segments, how many of them found themselves, the sum of their ranks, and runs that were cut.
    retrieved: [f64; 4],
    shifts: Option<(ShiftTest, f64)>,
    linear: Option<Linear<'a>>,
}

/// Scores a person's runs by a head, and by their linear model beside it, and tells of `regions`.
pub(super) fn score(
    runs: &[&StudyRun],
    reader: &mut StateReader,
    head: &Head,
    regions: &[Region],
    linear: Option<Linear>,
    cancel: &CancellationToken,
    step: &mut dyn FnMut(),
) -> Result<Person, Error> {
    let outputs = head.model.weights().nrows();
    let tr_s = reader.predictor.settings().tr_s;
    let repeated = most_repeated(runs)?;
    let mut repeats = Vec::new();
    let mut scoring = Scoring {
        head,
        told_of: regions,
        tr_s,
        scores: ScoreSums::new(outputs),
        regions: ScoreSums::new(regions.len()),
        rows: 0,
        retrieved: [0.0; 4],
        shifts: None,
        linear,
    };
    for run in runs {
        let run = reader.read(run)?;
        scoring.add(&run)?;
        if repeated == Some(run.content) {
            repeats.push(run);
        }
        step();
    }
    let ceiling = ceiling(&repeats, &head.model)?.map(|ceiling| (ceiling, repeats.len()));
    let retrieval = scoring.retrieval();
    let Scoring { scores, regions, rows, shifts, linear, .. } = scoring;
    let scores = scores.scores();
    Ok(Person {
        subject: runs[0].subject.clone(),
        predicted_by: head.name.clone(),
        runs: runs.len(),
        minutes: rows as f64 * tr_s / 60.0,
        chance: one_sample_a_minute(&scores.r, rows as f64 * tr_s).ok(),
        regions: regions.scores(),
        shifts,
        ceiling,
        retrieval,
        linear: linear.map(|linear| linear.finish(cancel)).transpose()?,
        scores,
    })
}

impl Scoring<'_> {
    fn add(&mut self, run: &Aligned) -> Result<(), Error> {
        let predicted = self.head.model.predict(run.states.view())?;
        self.scores.add(predicted.view(), run.measured.view())?;
        let of_regions = [predicted.view(), run.measured.view()].map(|rows| means(rows, self.told_of));
        self.regions.add(of_regions[0].view(), of_regions[1].view())?;
        self.rows += run.states.nrows();
        if let Some(linear) = &mut self.linear {
            linear.hold(run)?;
        }
        self.retrieve(predicted.view(), run)?;
        self.shift(predicted.view(), run)
    }

    /// Cuts a run that is long enough into segments that are to be found.
    fn retrieve(&mut self, predicted: ArrayView2<'_, f32>, run: &Aligned) -> Result<(), Error> {
        let length = ((SEGMENT_S / self.tr_s).round() as usize).max(1);
        match Retrieval::new(predicted, run.measured.view(), length) {
            Ok(found) => {
                let segments = found.segments as f64;
                let of_run = [segments, found.top_1 * segments, found.mean_rank * segments, 1.0];
                self.retrieved.iter_mut().zip(of_run).for_each(|(sum, of_run)| *sum += of_run);
                Ok(())
            }
            Err(encoding::Error::TooFew { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn retrieval(&self) -> Option<RetrievalReport> {
        let [segments, found, ranks, runs] = self.retrieved;
        (segments > 0.0).then(|| RetrievalReport {
            segment_s: SEGMENT_S,
            segments: segments as usize,
            top_1: found / segments,
            chance: runs / segments,
            mean_rank: ranks / segments,
        })
    }

    /// Tests the first run that is long enough.
    fn shift(&mut self, predicted: ArrayView2<'_, f32>, run: &Aligned) -> Result<(), Error> {
        if self.shifts.is_some() {
            return Ok(());
        }
        let least = ((LEAST_SHIFT_S / self.tr_s).round() as usize).max(1);
        match (CircularShifts { least, draws: SHIFTS, seed: SEED }).test(predicted, run.measured.view()) {
            Ok(test) => {
                self.shifts = Some((test, run.states.nrows() as f64 * self.tr_s));
                Ok(())
            }
            Err(encoding::Error::NoShift { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Person {
    pub(super) fn report(&self, regions: &[Region]) -> PersonReport {
        PersonReport {
            subject: self.subject.clone(),
            predicted_by: self.predicted_by.clone(),
            runs: self.runs,
            minutes: self.minutes,
            masked: self.scores.masked(),
            mean_r: mean(&self.scores.r),
            mean_r_squared: mean(&self.scores.r_squared),
            significant: self.chance.as_ref().and_then(|chance| known(chance.fraction(FALSE_DISCOVERIES))),
            shifts: self.shifts.as_ref().and_then(|(test, seconds)| {
                Some(ShiftReport {
                    draws: SHIFTS,
                    least_s: LEAST_SHIFT_S,
                    seconds: *seconds,
                    significant: known(test.significance.fraction(FALSE_DISCOVERIES))?,
                })
            }),
            ceiling: self.ceiling.as_ref().and_then(|(ceiling, repeats)| {
                ceiling.means().map(|[r, share]| CeilingReport { repeats: *repeats, r, share })
            }),
            retrieval: self.retrieval.clone(),
            linear: self.linear.as_ref().map(|linear| linear.report(&self.scores.r)),
            regions: regions.iter().enumerate().map(|(number, region)| self.region(number, region)).collect(),
        }
    }

    fn region(&self, number: usize, region: &Region) -> RegionScore {
        let mean_of = |map: &ndarray::Array1<f32>| {
            let values: Vec<f32> = region.places.iter().map(|place| map[*place]).collect();
            mean(&values)
        };
        RegionScore {
            region: region.name.clone(),
            vertices: region.vertices,
            mean_r: mean_of(&self.scores.r),
            r: known(self.regions.r[number]),
            ceiling: self.ceiling.as_ref().and_then(|(ceiling, _)| mean_of(&ceiling.r)),
            linear_r: self.linear.as_ref().and_then(|linear| mean_of(&linear.scores.r)),
        }
    }

    /// Maps with their names, a value an output, NaN where there is none.
    pub(super) fn maps(&self) -> Vec<(&'static str, Vec<f32>)> {
        let mut maps = vec![("r", self.scores.r.to_vec()), ("r2", self.scores.r_squared.to_vec())];
        let single = |values: &ndarray::Array1<f64>| values.iter().map(|value| *value as f32).collect();
        maps.extend(self.chance.as_ref().map(|chance| ("q", single(&chance.q))));
        maps.extend(self.shifts.as_ref().map(|(test, _)| ("q_shift", single(&test.significance.q))));
        maps.extend(self.ceiling.as_ref().map(|(ceiling, _)| ("ceiling", ceiling.r.to_vec())));
        maps.extend(self.linear.as_ref().map(|linear| ("linear_r", linear.scores.r.to_vec())));
        maps
    }
}
