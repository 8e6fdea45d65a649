//! A linear model of responses: what it predicts, and how well, from samples or from moments alone.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use super::cores::{BLOCK, blocks, joined, on_all_cores};
use super::cross_validation::HeldOut;
use super::error::expect;
use super::product::product;
use super::{Error, Moments, Scores};

/// Weights and intercepts.
#[derive(Clone, Debug, PartialEq)]
pub struct LinearModel {
    /// `(output, feature)`.
    weights: Array2<f32>,
    /// An output each.
    intercepts: Array1<f32>,
}

impl LinearModel {
    /// `weights` `(output, feature)`, `intercepts` `(output)`.
    ///
    /// # Errors
    /// [`Error::Shape`] where they do not belong together.
    pub fn new(weights: Array2<f32>, intercepts: Array1<f32>) -> Result<Self, Error> {
        expect("a model", "intercepts", intercepts.len(), weights.nrows())?;
        Ok(Self { weights, intercepts })
    }

    /// The model with these weights that passes through the means of the data.
    pub(super) fn through_means(weights: Array2<f32>, data: &Moments) -> Self {
        let means = data.feature_means.mapv(|mean| mean as f32);
        let intercepts = data.output_means.mapv(|mean| mean as f32) - weights.dot(&means);
        Self { weights, intercepts }
    }

    pub fn weights(&self) -> ArrayView2<'_, f32> {
        self.weights.view()
    }

    pub fn intercepts(&self) -> ArrayView1<'_, f32> {
        self.intercepts.view()
    }

    /// The response to features `(time, feature)`, `(time, output)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of features.
    pub fn predict(&self, features: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        expect("a run", "features", features.ncols(), self.weights.ncols())?;
        let mut responses = Array2::zeros((features.nrows(), self.weights.nrows()));
        let blocks = responses.axis_chunks_iter_mut(Axis(1), BLOCK).zip(self.weights.axis_chunks_iter(Axis(0), BLOCK));
        let blocks = blocks.zip(self.intercepts.axis_chunks_iter(Axis(0), BLOCK));
        on_all_cores(blocks, |((mut responses, weights), intercepts)| {
            responses.assign(&(product(features, weights.t()) + intercepts));
            Ok(())
        })?;
        Ok(responses)
    }

    /// How well it predicts runs of which only the moments are kept; equal to scoring its predictions.
    ///
    /// # Errors
    /// [`Error::Shape`] for other features or outputs.
    pub fn score(&self, data: &Moments) -> Result<Scores, Error> {
        expect("the data", "features", data.features(), self.weights.ncols())?;
        expect("the data", "outputs", data.outputs(), self.weights.nrows())?;
        let gram = data.gram.mapv(|value| value as f32);
        let means = data.feature_means.mapv(|mean| mean as f32);
        let scores = on_all_cores(blocks(data.outputs()), |outputs| {
            let weights = self.weights.slice(s![outputs.clone(), ..]);
            let shared = (&weights * &data.cross_of(outputs.clone())).sum_axis(Axis(1));
            let predicted = (&product(weights, gram.view()) * &weights).sum_axis(Axis(1));
            let predicted_means = weights.dot(&means) + self.intercepts.slice(s![outputs.clone()]);
            let fit = |(place, output): (usize, usize)| HeldOut {
                rows: data.rows as f64,
                shared: shared[place].into(),
                predicted: predicted[place].into(),
                measured: data.squares[output],
                offset: data.output_means[output] - f64::from(predicted_means[place]),
            };
            let fits = || outputs.clone().enumerate().map(fit);
            let r: Array1<f32> = fits().map(|fit| fit.correlation().map_or(f32::NAN, |r| r as f32)).collect();
            let r_squared: Array1<f32> =
                fits().map(|fit| fit.r_squared().map_or(f32::NAN, |share| share as f32)).collect();
            Ok((r, r_squared))
        })?;
        let (r, r_squared): (Vec<_>, Vec<_>) = scores.into_iter().unzip();
        Ok(Scores { rows: data.rows, r: joined(Axis(0), &r), r_squared: joined(Axis(0), &r_squared) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::ScoreSums;
    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn moments_give_the_score_of_the_predictions() {
        let features = normal(80, 6, 1) + 0.5;
        let model = LinearModel::new(normal(9, 6, 2), Array1::from_elem(9, 0.3)).unwrap();
        let mut responses = model.predict(features.view()).unwrap() + normal(80, 9, 3) * 2.0 + 1.0;
        responses.column_mut(4).fill(2.5);
        let short = model.score(&Moments::of(features.view(), responses.view()).unwrap()).unwrap();
        let mut sums = ScoreSums::new(9);
        sums.add(model.predict(features.view()).unwrap().view(), responses.view()).unwrap();
        let long = sums.scores();
        for output in (0..9).filter(|&output| output != 4) {
            assert!((short.r[output] - long.r[output]).abs() < 1e-5);
            assert!((short.r_squared[output] - long.r_squared[output]).abs() < 1e-4);
        }
        assert!(short.r[4].is_nan() && long.r[4].is_nan() && short.masked() == 1 && long.masked() == 1);
    }
}
