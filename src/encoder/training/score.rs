//! How well held-out responses are predicted: Pearson's r of every output, from sums of products.
//!
//! The prediction is linear in the latents, so that its products with the measured rows follow from those of the latents, and
//! no response is made.

use tch::{Device, Kind, Tensor};

use super::loss::augmented;

/// Pearson's r between predicted and measured rows, averaged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The mean over subjects of the mean over outputs.
    pub mean_r: f64,
    /// The mean over subjects of the r below which nine in ten outputs lie: what the outputs that respond reach.
    pub upper_r: f64,
}

impl Score {
    /// The mean of subjects' scores; `None` where there are none.
    pub(super) fn mean(scores: &[Self]) -> Option<Self> {
        let mean = |of: fn(&Self) -> f64| scores.iter().map(of).sum::<f64>() / scores.len() as f64;
        (!scores.is_empty()).then(|| Self { mean_r: mean(|score| score.mean_r), upper_r: mean(|score| score.upper_r) })
    }
}

/// Sums over the held-out rows of one subject.
#[derive(Debug)]
pub(super) struct Products {
    rows: i64,
    /// Products of states with each other, `(low rank + 1, low rank + 1)`: the last row holds sums.
    states: Tensor,
    /// Products of states with measured values, `(low rank + 1, output)`: the last row holds sums.
    together: Tensor,
    /// Sums of squared measured values, `(output)`.
    squares: Tensor,
}

impl Products {
    pub(super) fn new(width: i64, outputs: i64) -> Self {
        let zeros = |shape: &[i64]| Tensor::zeros(shape, (Kind::Float, Device::Cpu));
        Self {
            rows: 0,
            states: zeros(&[width + 1, width + 1]),
            together: zeros(&[width + 1, outputs]),
            squares: zeros(&[outputs]),
        }
    }

    /// Adds rows: `latents` is `(row, low rank)`, `measured` `(row, output)`.
    pub(super) fn add(&mut self, latents: &Tensor, measured: &Tensor) {
        let states = augmented(latents);
        let turned = states.transpose(0, 1);
        self.rows += latents.size()[0];
        let _ = self.states.addmm_(&turned, &states);
        let _ = self.together.addmm_(&turned, measured);
        self.squares += measured.norm_scalaropt_dim(2, [0].as_slice(), false).square();
    }

    /// The score of a head, `(low rank + 1, output)`, over outputs that vary; `None` where none does. An output that is
    /// predicted to be constant has an r of 0.
    pub(super) fn score(&self, head: &Tensor) -> Option<Score> {
        let [head, states, together, squares] =
            [head, &self.states, &self.together, &self.squares].map(|sums| sums.to_kind(Kind::Double));
        let last = states.size()[0] - 1;
        let count = self.rows as f64;
        let predicted_sum = (states.select(0, last).unsqueeze(1) * &head).sum_dim_intlist(0, false, Kind::Double);
        let measured_sum = together.select(0, last);
        let predicted_squares = (states.mm(&head) * &head).sum_dim_intlist(0, false, Kind::Double);
        let products = (&head * &together).sum_dim_intlist(0, false, Kind::Double);
        let covariance = products - &predicted_sum * &measured_sum / count;
        let predicted = predicted_squares - predicted_sum.square() / count;
        let measured = squares - measured_sum.square() / count;
        let varies = measured.gt(1e-6 * count);
        let r = covariance / (predicted * measured).clamp_min(1e-18 * count * count).sqrt();
        let r = r.masked_select(&varies);
        (r.numel() > 0).then(|| Score {
            mean_r: r.mean(Kind::Double).double_value(&[]),
            upper_r: r.quantile_scalar(0.9, None, false, "linear").double_value(&[]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::pearson;

    fn random(rows: i64, columns: i64, phase: f32) -> Tensor {
        let values: Vec<f32> = (0..rows * columns).map(|value| (value as f32 * 1.7 + phase).sin()).collect();
        Tensor::from_slice(&values).view([rows, columns])
    }

    #[test]
    fn r_is_that_of_the_responses() {
        let (latents, head) = (random(40, 3, 0.3), random(4, 6, 0.9));
        let predicted = augmented(&latents).mm(&head);
        let measured = random(40, 6, 2.0) + &predicted * 0.4;
        let _ = measured.select(1, 2).zero_();
        let mut products = Products::new(3, 6);
        products.add(&latents.narrow(0, 0, 25), &measured.narrow(0, 0, 25));
        products.add(&latents.narrow(0, 25, 15), &measured.narrow(0, 25, 15));
        let column = |of: &Tensor, output| Vec::<f64>::try_from(of.select(1, output).to_kind(Kind::Double)).unwrap();
        let expected: Vec<f64> = [0, 1, 3, 4, 5]
            .map(|output| pearson(&column(&predicted, output), &column(&measured, output), None).unwrap().r)
            .into();
        let score = products.score(&head).unwrap();
        assert!((score.mean_r - expected.iter().sum::<f64>() / 5.0).abs() < 1e-5, "{score:?} {expected:?}");
        assert!(score.upper_r > score.mean_r);
        assert_eq!(Products::new(3, 6).score(&head), None);
    }
}
