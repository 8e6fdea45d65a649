//! The squared error of a linear readout, without the readout.
//!
//! A response of 100 s has two million values, and a loss that makes them, takes their difference from the measured ones and
//! squares it walks through all of them many times. Since the readout is linear, `‖XW − Y‖² = ⟨X·WWᵀ, X⟩ − 2⟨X, Y·Wᵀ⟩ + ‖Y‖²`,
//! and `Y` is read once forward and once backward, by matrix products.

use tch::{Kind, Tensor};

/// A subject's head as the loss uses it.
#[derive(Debug)]
pub(super) struct Head {
    /// `(low rank + 1, output)`, the bias last.
    weights: Tensor,
    /// `WWᵀ`, `(low rank + 1, low rank + 1)`.
    gram: Tensor,
}

impl Head {
    pub(super) fn new(weights: Tensor) -> Self {
        Self { gram: weights.mm(&weights.transpose(0, 1)), weights }
    }

    /// The sum of squared differences between `measured`, `(scan, output)`, and what is read off `latents`, `(scan, low rank)`.
    pub(super) fn squared_error(&self, latents: &Tensor, measured: &Tensor) -> Tensor {
        let states = augmented(latents);
        let projected = measured.mm(&self.weights.transpose(0, 1));
        let of_model = (states.mm(&self.gram) * &states).sum(Kind::Float);
        let together = (&states * projected).sum(Kind::Float);
        let flat = measured.reshape([-1]);
        of_model - together * 2.0 + flat.dot(&flat)
    }
}

/// States with a column of ones, which the bias is read off.
pub(super) fn augmented(latents: &Tensor) -> Tensor {
    let ones = Tensor::ones([latents.size()[0], 1], (latents.kind(), latents.device()));
    Tensor::cat(&[latents, &ones], 1)
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    fn random(rows: i64, columns: i64) -> Tensor {
        let values: Vec<f32> = (0..rows * columns).map(|value| (value as f32 * 1.7 + columns as f32).sin()).collect();
        Tensor::from_slice(&values).view([rows, columns])
    }

    /// Value and gradients of a loss.
    fn descended(loss: impl Fn(&Tensor, &Tensor) -> Tensor) -> [Tensor; 3] {
        let (latents, weights) = (random(7, 4).set_requires_grad(true), random(5, 30).set_requires_grad(true));
        let value = loss(&latents, &weights);
        value.backward();
        [value.detach(), latents.grad(), weights.grad()]
    }

    #[test]
    fn value_and_gradients_are_those_of_the_plain_loss() {
        let measured = random(7, 30) * 2.0;
        let plain = |latents: &Tensor, weights: &Tensor| {
            let predicted = latents.mm(&weights.narrow(0, 0, 4)) + weights.select(0, 4);
            (predicted - &measured).square().sum(Kind::Float)
        };
        let ours =
            |latents: &Tensor, weights: &Tensor| Head::new(weights.shallow_clone()).squared_error(latents, &measured);
        for (ours, plain) in descended(ours).iter().zip(&descended(plain)) {
            let error = (ours - plain).norm().double_value(&[]) / plain.norm().double_value(&[]);
            assert!(error < 1e-5, "{error}");
            assert_eq!(ours.device(), Device::Cpu);
        }
    }
}
