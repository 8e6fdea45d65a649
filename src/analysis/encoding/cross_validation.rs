//! How well ridge models predict groups of runs that they were not fitted on, for all penalties of a grid at once.
//!
//! Everything comes from moments: the model of the other groups from their Gram matrix, and its score on the group left out
//! from the products and the root of the Gram matrix of that group.

use std::ops::Range;

use ndarray::{Array1, Array2, Array3, ArrayView2, Axis, Zip, s};
use tokio_util::sync::CancellationToken;

use super::cores::{blocks, joined, on_all_cores};
use super::moments::outer;
use super::product::{product, product_into};
use super::spectrum::{Spectrum, root};
use super::{Criterion, Error, Moments, Runs};

/// Groups of runs and the moments of all of them.
pub(super) struct CrossValidation<'a> {
    pub total: Moments,
    splits: Vec<Split<'a>>,
    criterion: Criterion,
}

/// One group is left out, the others train.
struct Split<'a> {
    held_out: &'a Moments,
    /// `(feature, axis)`: the root of the Gram matrix of the group left out.
    root: Array2<f32>,
    /// Gram matrix of the others.
    gram: Array2<f64>,
    /// Means of the group left out less those of the others, of features and of outputs.
    apart: Array1<f64>,
    output_apart: Array1<f64>,
    /// What the product of those means counts in the moments of all groups.
    weight: f64,
}

/// A split in the axes of its training features.
struct Turned {
    spectrum: Spectrum,
    /// `(axis, axis of the group left out)`.
    root: Array2<f32>,
    apart: Array1<f32>,
}

impl<'a> CrossValidation<'a> {
    pub(super) fn new(runs: &'a Runs, criterion: Criterion) -> Result<Self, Error> {
        let groups = runs.groups()?;
        let total = runs.total();
        if total.gram.diag().iter().all(|&square| square == 0.0) {
            return Err(Error::ConstantFeatures);
        }
        let splits = on_all_cores(groups, |group| Split::new(&total, group))?;
        Ok(Self { total, splits, criterion })
    }

    /// Scores `(group left out, penalty, output)` of models on features times `scale`, drawn towards the weights `prior`
    /// `(output, feature)`.
    pub(super) fn scores(
        &self,
        penalties: &[f64],
        scale: Option<&Array1<f64>>,
        prior: Option<ArrayView2<'_, f32>>,
        cancel: &CancellationToken,
    ) -> Result<Array3<f32>, Error> {
        let turned = on_all_cores(&self.splits, |split| split.turn(scale))?;
        let scores = on_all_cores(blocks(self.total.outputs()), |outputs| {
            let mut scores = Array3::zeros((self.splits.len(), penalties.len(), outputs.len()));
            for ((split, turned), mut scores) in self.splits.iter().zip(&turned).zip(scores.outer_iter_mut()) {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let prior = prior.map(|prior| prior.slice_move(s![outputs.clone(), ..]));
                scores.assign(&split.scores(&self.total, turned, outputs.clone(), penalties, prior, self.criterion));
            }
            Ok(scores)
        })?;
        Ok(joined(Axis(2), &scores))
    }
}

impl<'a> Split<'a> {
    fn new(total: &Moments, held_out: &'a Moments) -> Result<Self, Error> {
        let (all, out) = (total.rows as f64, held_out.rows as f64);
        // From the mean of all to the mean of the others.
        let apart = (&held_out.feature_means - &total.feature_means) * (all / (all - out));
        let output_apart = (&held_out.output_means - &total.output_means) * (all / (all - out));
        let weight = (all - out) * out / all;
        let gram = &total.gram - &held_out.gram - &outer(apart.view(), apart.view()) * weight;
        Ok(Self { held_out, root: root(held_out.gram.view())?, gram, apart, output_apart, weight })
    }

    fn turn(&self, scale: Option<&Array1<f64>>) -> Result<Turned, Error> {
        let spectrum = Spectrum::new(self.gram.view(), scale)?;
        let root = product(spectrum.axes.t(), self.root.view());
        let apart = self.apart.mapv(|apart| apart as f32).dot(&spectrum.axes);
        Ok(Turned { spectrum, root, apart })
    }

    fn scores(
        &self,
        total: &Moments,
        turned: &Turned,
        outputs: Range<usize>,
        penalties: &[f64],
        prior: Option<ArrayView2<'_, f32>>,
        criterion: Criterion,
    ) -> Array2<f32> {
        let axes = &turned.spectrum.axes;
        let held_out = self.held_out.cross_of(outputs.clone());
        let output_apart = self.output_apart.slice(s![outputs.clone()]);
        let between = outer(output_apart, self.apart.view()).mapv(|product| (product * self.weight) as f32);
        let products = &total.cross_of(outputs.clone()) - &held_out - between;
        let products = product(products.view(), axes.view());
        let held_out = product(held_out, axes.view());
        let prior = prior.map(|prior| product(prior, axes.view()));
        let mut scores = Array2::zeros((penalties.len(), outputs.len()));
        let mut weights = Array2::zeros(products.dim());
        let mut predicted = Array2::zeros((outputs.len(), turned.root.ncols()));
        for (&penalty, mut scores) in penalties.iter().zip(scores.outer_iter_mut()) {
            let axes = if prior.is_some() { 0 } else { turned.spectrum.first_in_reach(penalty) }..;
            let mut weights = weights.slice_mut(s![.., axes.clone()]);
            weights.assign(&products.slice(s![.., axes.clone()]));
            turned.spectrum.weigh(weights.view_mut(), prior.as_ref(), |_| penalty);
            let held_out = held_out.slice(s![.., axes.clone()]);
            let shared = Zip::from(weights.rows()).and(held_out.rows()).map_collect(|ours, theirs| ours.dot(&theirs));
            product_into(predicted.view_mut(), weights.view(), turned.root.slice(s![axes.clone(), ..]));
            let predicted = predicted.map_axis(Axis(1), |row| row.dot(&row));
            let offsets = weights.dot(&turned.apart.slice(s![axes]));
            for (place, output) in outputs.clone().enumerate() {
                let fit = HeldOut {
                    rows: self.held_out.rows as f64,
                    shared: shared[place].into(),
                    predicted: predicted[place].into(),
                    measured: self.held_out.squares[output],
                    offset: output_apart[place] - f64::from(offsets[place]),
                };
                scores[place] = fit.score(criterion).unwrap_or(0.0) as f32;
            }
        }
        scores
    }
}

/// Sums of products of a predicted and a measured series.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeldOut {
    pub rows: f64,
    pub shared: f64,
    pub predicted: f64,
    pub measured: f64,
    /// Mean of the measured series less that of the predicted one.
    pub offset: f64,
}

impl HeldOut {
    /// `None` where a series never changes.
    pub(super) fn score(&self, criterion: Criterion) -> Option<f64> {
        match criterion {
            Criterion::Correlation => self.correlation(),
            Criterion::RSquared => self.r_squared(),
        }
    }

    pub(super) fn correlation(&self) -> Option<f64> {
        let both = self.predicted * self.measured;
        (both > 0.0).then(|| (self.shared / both.sqrt()).clamp(-1.0, 1.0))
    }

    pub(super) fn r_squared(&self) -> Option<f64> {
        let left = self.measured - 2.0 * self.shared + self.predicted + self.rows * self.offset * self.offset;
        (self.measured > 0.0).then(|| 1.0 - left / self.measured)
    }
}
