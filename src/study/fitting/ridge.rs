//! A head by ridge regression, drawn to the average head.
//!
//! Measured responses have lost the line through each run, which is the scanner's drift. The states that they are regressed on
//! lose theirs too: a weight would else be paid for a drift that is no longer there to be explained (Frisch & Waugh, Econometrica
//! 1, 1933). A head reads states as they are, so its bias is what brings their mean to 0. Penalties are counted in the variance of
//! the states, of which no two encoders have the same.
//!
//! The penalties reach to infinity, the average head itself, and an output is given the greatest that is as good as the best one
//! within the error of choosing ([`PenaltyRule::OneStandardError`]). So an output that was never measured, or in which a few
//! minutes say nothing certain, keeps the average head.

use ndarray::{Array1, Array2, ArrayView2, Axis, Slice};
use tokio_util::sync::CancellationToken;

use super::{Learned, Learner};
use crate::analysis::encoding::{self, Criterion, LinearModel, PenaltyRule, Ridge, Runs, penalties};
use crate::encoder::OwnHead;
use crate::study::states::{Aligned, StateReader};
use crate::study::{Error, StudyRun};

/// Groups that runs are dealt to when penalties are chosen.
const GROUPS: usize = 5;
/// The fewest runs that are left out whole. Fewer are cut into stretches, each of which is left out.
const FEWEST_WHOLE_RUNS: usize = 3;

/// Sums over the runs that were learned from.
pub(super) struct RidgeOnStates<'a> {
    runs: Runs,
    /// Of the states as they are, over all rows.
    sum: Array1<f64>,
    /// Of the squares of the states without their lines, over all rows and channels.
    squares: f64,
    rows: usize,
    /// Stretches that a run is cut into.
    stretches: usize,
    average: Option<&'a OwnHead>,
    cancel: &'a CancellationToken,
}

impl<'a> RidgeOnStates<'a> {
    /// Of no runs yet, so many of which are learned from at first.
    pub(super) fn new(
        hidden: usize,
        outputs: usize,
        runs: usize,
        average: Option<&'a OwnHead>,
        cancel: &'a CancellationToken,
    ) -> Result<Self, Error> {
        Ok(Self {
            runs: Runs::new(hidden, outputs, GROUPS)?,
            sum: Array1::zeros(hidden),
            squares: 0.0,
            rows: 0,
            stretches: if runs < FEWEST_WHOLE_RUNS { GROUPS.div_ceil(runs.max(1)) } else { 1 },
            average,
            cancel,
        })
    }

    pub(super) fn add(&mut self, run: &Aligned) -> Result<(), Error> {
        let states = without_line(run.states.view());
        let rows = states.nrows();
        let stretches = self.stretches.min(rows / 2).max(1);
        for stretch in 0..stretches {
            let within = Slice::from(stretch * rows / stretches..(stretch + 1) * rows / stretches);
            let [states, measured] = [&states, &run.measured].map(|values| values.slice_axis(Axis(0), within));
            self.runs.add(states, measured)?;
        }
        self.squares += states.iter().map(|state| f64::from(*state).powi(2)).sum::<f64>();
        self.sum += &run.states.mapv(f64::from).sum_axis(Axis(0));
        self.rows += rows;
        Ok(())
    }

    /// The head of least penalised error, near the average one.
    pub(super) fn head(&self) -> Result<LinearModel, Error> {
        let variance = self.squares / (self.rows * self.sum.len()).max(1) as f64;
        if variance == 0.0 {
            return Err(encoding::Error::ConstantFeatures.into());
        }
        let mut penalties: Vec<f64> = penalties(0.0, 6.0, 10).into_iter().map(|penalty| penalty * variance).collect();
        let mut rule = PenaltyRule::Best;
        if self.average.is_some() {
            penalties.push(f64::INFINITY);
            rule = PenaltyRule::OneStandardError;
        }
        let ridge = Ridge { penalties, criterion: Criterion::RSquared, rule };
        let fitted = ridge.fit(&self.runs, self.average.map(|head| head.weight.view()), self.cancel)?.model;
        let mean = self.sum.mapv(|sum| (sum / self.rows as f64) as f32);
        let bias = -fitted.weights().dot(&mean);
        Ok(LinearModel::new(fitted.weights().to_owned(), bias)?)
    }
}

impl<'a> Learner<'a> for RidgeOnStates<'a> {
    fn learn(
        &mut self,
        runs: &[&'a StudyRun],
        reader: &mut StateReader,
        step: &mut dyn FnMut(),
    ) -> Result<Learned, Error> {
        for run in runs {
            self.add(&reader.read(run)?)?;
            step();
        }
        Ok(Learned { head: self.head()?, rows: self.rows })
    }
}

/// A run less the least-squares line over time of each column.
pub(super) fn without_line(run: ArrayView2<f32>) -> Array2<f32> {
    let rows = run.nrows();
    let time = Array1::from_shape_fn(rows, |row| row as f32 - (rows as f32 - 1.0) / 2.0);
    let slopes = run.t().dot(&time) / time.dot(&time).max(f32::MIN_POSITIVE);
    let mean = run.mean_axis(Axis(0)).unwrap_or_default();
    let line = time.insert_axis(Axis(1)).dot(&slopes.insert_axis(Axis(0)));
    &run - &line - &mean
}
