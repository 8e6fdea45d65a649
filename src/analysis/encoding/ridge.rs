//! Ridge regression: a linear model whose weights stay small, or near to those of a prior, by as much as pays off on runs
//! that were left out.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use tokio_util::sync::CancellationToken;

use super::cores::{blocks, joined, on_all_cores};
use super::cross_validation::CrossValidation;
use super::error::expect;
use super::product::product;
use super::spectrum::Spectrum;
use super::{Error, LinearModel, Moments, PenaltyRule, Runs};

/// What a penalty is chosen by, on the runs that were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Criterion {
    /// Pearson's r, which does not see scale and mean.
    Correlation,
    /// The coefficient of determination.
    #[default]
    RSquared,
}

/// Weights `W` of least `‖Y − X W‖² + λ ‖W − W₀‖²` for each output, with a `λ` of its own and an intercept that is not
/// penalised (Hoerl & Kennard, Technometrics 12, 1970). The prior `W₀` is 0 where none is given.
///
/// Samples may be fewer than features. Gram matrices are decomposed once a group of runs, in which each penalty is cheap.
#[derive(Clone, Debug, PartialEq)]
pub struct Ridge {
    /// The grid of λ. With a prior it may end in infinity, which is the prior itself.
    pub penalties: Vec<f64>,
    pub criterion: Criterion,
    pub rule: PenaltyRule,
}

/// A ridge model with what was chosen for it.
#[derive(Clone, Debug, PartialEq)]
pub struct RidgeFit {
    pub model: LinearModel,
    /// The λ of each output.
    pub penalties: Array1<f64>,
    /// The criterion of each output at its λ, the mean over the groups of runs left out; 0 for an output that never changes.
    pub held_out: Array1<f32>,
}

/// Ten penalties from 1 to 10⁶, for features and outputs of variance 1 a row.
impl Default for Ridge {
    fn default() -> Self {
        Self { penalties: penalties(0.0, 6.0, 10), criterion: Criterion::default(), rule: PenaltyRule::default() }
    }
}

/// `count` penalties from `10^from` to `10^to`, evenly by their logarithm, as NumPy's `logspace`.
pub fn penalties(from: f64, to: f64, count: usize) -> Vec<f64> {
    let step = (to - from) / count.saturating_sub(1).max(1) as f64;
    (0..count).map(|index| 10f64.powf(from + step * index as f64)).collect()
}

impl Ridge {
    /// Chooses a penalty for each output by leaving out each group of `runs`, and fits on all of them. `prior` are weights
    /// `(output, feature)` to stay near, such as those of an average subject.
    ///
    /// # Errors
    /// [`Error::TooFewRuns`] for one group of runs, [`Error::ConstantFeatures`], a penalty or prior that is none, and
    /// [`Error::Cancelled`] when the token says so.
    pub fn fit(
        &self,
        runs: &Runs,
        prior: Option<ArrayView2<'_, f32>>,
        cancel: &CancellationToken,
    ) -> Result<RidgeFit, Error> {
        check(&self.penalties, prior.is_some())?;
        if let Some(prior) = prior {
            expect("a prior", "features", prior.ncols(), runs.features())?;
            expect("a prior", "outputs", prior.nrows(), runs.outputs())?;
        }
        let validation = CrossValidation::new(runs, self.criterion)?;
        let scores = validation.scores(&self.penalties, None, prior, cancel)?;
        let (chosen, held_out) = self.rule.choose(&self.penalties, &scores);
        let penalties = chosen.mapv(|index| self.penalties[index]);
        let weights = weights(&validation.total, prior, &penalties, cancel)?;
        Ok(RidgeFit { model: LinearModel::through_means(weights, &validation.total), penalties, held_out })
    }
}

/// Refuses an empty grid, and one with a penalty that is none; without a prior an endless one is none.
pub(super) fn check(penalties: &[f64], has_prior: bool) -> Result<(), Error> {
    let is_one = |penalty: f64| penalty > 0.0 && (penalty.is_finite() || has_prior);
    match penalties.iter().find(|penalty| !is_one(**penalty)) {
        Some(&found) => Err(Error::Penalty { found }),
        None if penalties.is_empty() => Err(Error::NoPenalty),
        None => Ok(()),
    }
}

/// Weights `(output, feature)` for known penalties, an output each.
fn weights(
    data: &Moments,
    prior: Option<ArrayView2<'_, f32>>,
    penalties: &Array1<f64>,
    cancel: &CancellationToken,
) -> Result<Array2<f32>, Error> {
    let spectrum = Spectrum::new(data.gram.view(), None)?;
    let blocks = on_all_cores(blocks(data.outputs()), |outputs| {
        if cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let mut along = product(data.cross_of(outputs.clone()), spectrum.axes.view());
        let prior = prior.map(|prior| product(prior.slice_move(s![outputs.clone(), ..]), spectrum.axes.view()));
        spectrum.weigh(along.view_mut(), prior.as_ref(), |output| penalties[outputs.start + output]);
        Ok(product(along.view(), spectrum.axes.t()))
    })?;
    Ok(joined(Axis(0), &blocks))
}

#[cfg(test)]
mod tests;
