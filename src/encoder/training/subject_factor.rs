//! The factor of a head that is a subject's own, learned while the axes that it reads stay as they are.
//!
//! Source: §5.4 of the TRIBE v2 paper: a new subject begins with the average head, taken apart by SVD to rank 128, of which `S Vᵀ`
//! is common to all and `U` is theirs. There all parameters learn from then on; here `U` alone does, so that nobody else's
//! response changes. `U` is in units of one over the root of the number of outputs, in which its entries are about 1 and a
//! learning rate means the same for any number of outputs.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};
use tch::{Kind, Tensor};

use super::Recipe;
use super::adamw::AdamW;
use super::one_cycle::OneCycle;
use crate::encoder::latents::copy;
use crate::encoder::{Error, OwnHead};

/// The most axes, as in the paper; a head of fewer keeps all it has.
const RANK: i64 = 128;
/// Axes weaker than this part of the strongest are rounding.
const ROUNDING: f64 = 1e-6;
/// The peak of the learning rate. Over the 36 windows of an hour entries may move by about their own size, over the three of
/// five minutes by a tenth of it. On planted people twice this rate costs more than 0.01 of r where they are like the average.
const LEARNING_RATE: f64 = 0.05;
const NAME: &str = "factor.weight";

/// A subject's factor, owned by one thread.
#[derive(Debug)]
pub struct SubjectFactor {
    /// `S Vᵀ`: `(hidden, rank)`.
    axes: Tensor,
    /// `U`: `(rank, output)`.
    factor: Tensor,
    optimiser: AdamW,
    schedule: OneCycle,
    /// Steps that were taken.
    step: u64,
}

impl SubjectFactor {
    /// The factor of the average head, which so many steps are to be taken from.
    pub fn of(average: &OwnHead, steps: u64) -> Self {
        tch::no_grad(|| {
            let (own, strengths, common) = tensor(average.weight.view()).svd(true, true);
            let is_axis = strengths.ge(ROUNDING * strengths.max().double_value(&[]));
            let rank = is_axis.sum(Kind::Int64).int64_value(&[]).clamp(1, RANK);
            let root = (average.weight.nrows() as f64).sqrt();
            let axes = common.narrow(1, 0, rank) * strengths.narrow(0, 0, rank) / root;
            let factor = (own.narrow(1, 0, rank) * root).transpose(0, 1).contiguous().set_requires_grad(true);
            let recipe = Recipe { weight_decay: 0.0, ..Recipe::default() };
            Self {
                optimiser: AdamW::new(BTreeMap::from([(NAME.to_owned(), factor.shallow_clone())]), &recipe),
                schedule: OneCycle { peak: LEARNING_RATE, warm_up: recipe.warm_up, steps: steps.max(1) },
                axes,
                factor,
                step: 0,
            }
        })
    }

    /// Axes that the factor reads.
    pub fn rank(&self) -> usize {
        self.axes.size()[1] as usize
    }

    /// Learns from a window, states `(scan, hidden)` and responses `(scan, output)`, both of mean 0, and returns the mean squared
    /// error before the step. Outputs that are 0 throughout were not measured, and teach nothing.
    ///
    /// # Errors
    /// [`Error::Diverged`] when the loss is not finite.
    pub fn learn(&mut self, states: ArrayView2<f32>, measured: ArrayView2<f32>) -> Result<f64, Error> {
        let measured = tensor(measured);
        let is_measured = measured.abs().sum_dim_intlist(0, true, Kind::Float).gt(0.0);
        let predicted = tensor(states).mm(&self.axes).mm(&self.factor);
        let error = ((predicted - measured) * is_measured).square().mean(Kind::Float);
        error.backward();
        self.optimiser.step(self.step + 1, self.schedule.rate(self.step));
        self.step += 1;
        let error = error.double_value(&[]);
        if error.is_finite() { Ok(error) } else { Err(Error::Diverged { step: self.step }) }
    }

    /// Factor and axes as the weights of a head, `(output, hidden)`.
    pub fn weight(&self) -> Array2<f32> {
        let folded = tch::no_grad(|| self.axes.mm(&self.factor).transpose(0, 1).contiguous());
        let mut weight = Array2::zeros([folded.size()[0] as usize, folded.size()[1] as usize]);
        copy(&folded, weight.as_slice_mut());
        weight
    }
}

fn tensor(rows: ArrayView2<f32>) -> Tensor {
    let values = rows.as_standard_layout();
    let shape = [rows.nrows() as i64, rows.ncols() as i64];
    Tensor::from_slice(values.as_slice().unwrap_or_default()).view(shape)
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, s};

    use super::*;

    /// A value between -1 and 1 that follows from a number, without a pattern.
    fn noise(number: usize) -> f32 {
        ((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
    }

    fn random(rows: usize, columns: usize, seed: usize) -> Array2<f32> {
        Array2::from_shape_fn((rows, columns), |(row, column)| noise((seed * 1_000 + row) * columns + column))
    }

    /// 40 outputs that read 24 states along 5 axes.
    fn average() -> OwnHead {
        OwnHead { weight: random(40, 5, 1).dot(&random(5, 24, 2)) * 0.2, bias: Array1::zeros(40) }
    }

    fn largest(difference: &Array2<f32>) -> f32 {
        difference.iter().fold(0.0, |largest, value| value.abs().max(largest))
    }

    #[test]
    fn taken_apart_and_folded_again_a_head_is_itself() {
        let factor = SubjectFactor::of(&average(), 1);
        assert_eq!(factor.rank(), 5);
        assert!(largest(&(factor.weight() - average().weight)) < 1e-5);
    }

    #[test]
    fn what_differs_along_the_axes_is_learned_and_what_was_not_measured_stays() {
        let mut own = average().weight;
        own.slice_mut(s![..20, ..]).mapv_inplace(|weight| -0.5 * weight);
        let mut factor = SubjectFactor::of(&average(), 36);
        let window = |number: usize| {
            let states = random(100, 24, 10 + number);
            let mut measured = states.dot(&own.t());
            measured.slice_mut(s![.., 30..]).fill(0.0);
            (states, measured)
        };
        let losses: Vec<f64> = (0..36)
            .map(|number| {
                let (states, measured) = window(number);
                factor.learn(states.view(), measured.view()).unwrap()
            })
            .collect();
        assert!(losses[35] < 0.3 * losses[0], "{losses:?}");
        let moved = factor.weight() - average().weight;
        assert!(largest(&moved.slice(s![30.., ..]).to_owned()) < 1e-5);
        assert!(largest(&moved.slice(s![..20, ..]).to_owned()) > 0.1);
    }

    #[test]
    fn a_loss_that_is_not_finite_is_refused() {
        let mut factor = SubjectFactor::of(&average(), 2);
        let refused = factor.learn(random(10, 24, 3).view(), Array2::from_elem((10, 40), f32::INFINITY).view());
        assert!(matches!(refused, Err(Error::Diverged { step: 1 })));
    }
}
