//! AdamW, whose memory can be saved: that of libtorch cannot.
//!
//! Source: Loshchilov and Hutter 2019, "Decoupled weight decay regularization", algorithm 2, as `torch.optim.AdamW` has it.

use std::collections::BTreeMap;

use tch::{Kind, Tensor};

use super::Recipe;

/// What is added to the root of the second moment.
const EPSILON: f64 = 1e-8;

/// Parameters by name, with the means of their gradients and of the gradients' squares.
#[derive(Debug)]
pub(super) struct AdamW {
    parameters: BTreeMap<String, Parameter>,
    betas: [f64; 2],
    weight_decay: f64,
    gradient_clip: f64,
}

#[derive(Debug)]
struct Parameter {
    value: Tensor,
    first: Tensor,
    second: Tensor,
}

impl AdamW {
    /// `parameters` are leaves that require gradients.
    pub(super) fn new(parameters: BTreeMap<String, Tensor>, recipe: &Recipe) -> Self {
        let parameter = |value: Tensor| Parameter { first: zeros(&value), second: zeros(&value), value };
        Self {
            parameters: parameters.into_iter().map(|(name, value)| (name, parameter(value))).collect(),
            betas: recipe.betas,
            weight_decay: recipe.weight_decay,
            gradient_clip: recipe.gradient_clip,
        }
    }

    /// Step `step` (counted from 1) along the gradients that were gathered since the last one, which are then forgotten.
    /// Gradients whose norm together is over the recipe's limit are scaled down to it. A parameter that the step did not
    /// touch has a gradient of 0, whether or not an earlier one touched it.
    pub(super) fn step(&mut self, step: u64, learning_rate: f64) {
        let [first_beta, second_beta] = self.betas;
        let corrections = self.betas.map(|beta| 1.0 - beta.powf(step as f64));
        let scale = (self.gradient_clip / (self.gradient_norm() + 1e-6)).min(1.0);
        tch::no_grad(|| {
            for (name, Parameter { value, first, second }) in &mut self.parameters {
                let gathered = value.grad();
                let gradient = if gathered.defined() { gathered * scale } else { zeros(value) };
                if decays(name) {
                    *value *= 1.0 - learning_rate * self.weight_decay;
                }
                let _ = first.lerp_(&gradient, 1.0 - first_beta);
                let _ = second.lerp_(&gradient.square(), 1.0 - second_beta);
                let mut deviation = second.sqrt();
                deviation /= corrections[1].sqrt();
                deviation += EPSILON;
                let _ = value.addcdiv_(&(&*first * (-learning_rate / corrections[0])), &deviation);
                value.zero_grad();
            }
        });
    }

    fn gradient_norm(&self) -> f64 {
        let gradients = self.parameters.values().map(|parameter| parameter.value.grad());
        let norms: Vec<Tensor> = gradients.filter(Tensor::defined).map(|gradient| gradient.norm()).collect();
        if norms.is_empty() { 0.0 } else { Tensor::stack(&norms, 0).norm().double_value(&[]) }
    }

    /// The parameters by name.
    pub(super) fn values(&self) -> BTreeMap<String, Tensor> {
        self.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.value.shallow_clone())).collect()
    }

    /// All that it needs to go on: `value/NAME`, `first/NAME` and `second/NAME` of every parameter.
    pub(super) fn state(&self) -> BTreeMap<String, Tensor> {
        let mut state = BTreeMap::new();
        for (name, parameter) in &self.parameters {
            for (kind, tensor) in parameter.parts() {
                state.insert(format!("{kind}/{name}"), tensor.shallow_clone());
            }
        }
        state
    }

    /// Goes back to a state; an error names what it lacks.
    pub(super) fn restore(&mut self, take: impl Fn(&str) -> Option<Tensor>) -> Result<(), String> {
        tch::no_grad(|| {
            for (name, parameter) in &mut self.parameters {
                for (kind, tensor) in parameter.parts() {
                    let full_name = format!("{kind}/{name}");
                    let saved = take(&full_name).filter(|saved| saved.size() == tensor.size());
                    let saved = saved.ok_or_else(|| format!("it lacks {full_name} of shape {:?}", tensor.size()))?;
                    tensor.shallow_clone().copy_(&saved);
                }
            }
            Ok(())
        })
    }
}

impl Parameter {
    fn parts(&self) -> [(&'static str, &Tensor); 3] {
        [("value", &self.value), ("first", &self.first), ("second", &self.second)]
    }
}

fn zeros(like: &Tensor) -> Tensor {
    Tensor::zeros(like.size(), (Kind::Float, like.device()))
}

/// Matrices are pulled towards 0; what shifts or scales is not.
fn decays(name: &str) -> bool {
    name.ends_with("weight") || name.ends_with("weights")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three steps of `torch.optim.AdamW(lr=0.1, weight_decay=0.5, betas=(0.9, 0.99))` on `(w · (1, 2, 3)).sum() ** 2`, from
    /// w = (0.5, -1, 2), in PyTorch 2.11.
    const EXPECTED: [[f32; 3]; 3] =
        [[0.375, -1.05, 1.8], [0.257_234_1, -1.096_515_9, 1.610_984], [0.147_269_38, -1.138_793_1, 1.433_331_7]];

    fn parameter(values: [f32; 3]) -> Tensor {
        Tensor::from_slice(&values).set_requires_grad(true)
    }

    fn recipe() -> Recipe {
        Recipe { weight_decay: 0.5, betas: [0.9, 0.99], gradient_clip: 1e9, ..Recipe::default() }
    }

    fn gather(weight: &Tensor) {
        (weight * Tensor::from_slice(&[1.0f32, 2.0, 3.0])).sum(Kind::Float).square().backward();
    }

    fn optimiser(name: &str, weight: &Tensor, recipe: &Recipe) -> AdamW {
        AdamW::new(BTreeMap::from([(name.to_owned(), weight.shallow_clone())]), recipe)
    }

    #[test]
    fn steps_are_those_of_pytorch() {
        let weight = parameter([0.5, -1.0, 2.0]);
        let mut adamw = optimiser("a.weight", &weight, &recipe());
        for (step, expected) in (1..).zip(EXPECTED) {
            gather(&weight);
            adamw.step(step, 0.1);
            let found = Vec::<f32>::try_from(weight.detach()).unwrap();
            assert!(found.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 1e-6), "{found:?}");
        }
    }

    #[test]
    fn biases_do_not_decay_and_long_gradients_are_scaled() {
        let weight = parameter([0.5, -1.0, 2.0]);
        let mut adamw = optimiser("a.bias", &weight, &Recipe { betas: [0.0, 0.0], ..recipe() });
        gather(&weight);
        assert!((adamw.gradient_norm() - 9.0 * 14f64.sqrt()).abs() < 1e-4);
        adamw.step(1, 0.1);
        let moved = Vec::<f32>::try_from(weight.detach()).unwrap();
        assert!(
            moved.iter().zip([0.4, -1.1, 1.9]).all(|(found, expected)| (found - expected).abs() < 1e-5),
            "{moved:?}"
        );

        let clipped = parameter([0.5, -1.0, 2.0]);
        let recipe = Recipe { gradient_clip: 1.0, ..recipe() };
        let mut adamw = optimiser("a.bias", &clipped, &recipe);
        gather(&clipped);
        adamw.step(1, 0.1);
        let first = adamw.state()["first/a.bias"].norm().double_value(&[]);
        assert!((first - 0.1).abs() < 1e-6, "{first}");
        assert_eq!(clipped.grad().norm().double_value(&[]), 0.0, "what was gathered is forgotten");
    }

    #[test]
    fn a_restored_optimiser_goes_on_alike() {
        let weight = parameter([0.5, -1.0, 2.0]);
        let mut adamw = optimiser("a.weight", &weight, &recipe());
        gather(&weight);
        adamw.step(1, 0.1);
        let saved: BTreeMap<String, Tensor> =
            adamw.state().into_iter().map(|(name, tensor)| (name, tensor.detach().copy())).collect();
        gather(&weight);
        adamw.step(2, 0.1);

        let other = parameter([0.0; 3]);
        let mut restored = optimiser("a.weight", &other, &recipe());
        restored.restore(|name| saved.get(name).map(Tensor::shallow_clone)).unwrap();
        gather(&other);
        restored.step(2, 0.1);
        assert_eq!(Vec::<f32>::try_from(other.detach()).unwrap(), Vec::<f32>::try_from(weight.detach()).unwrap());
        assert!(restored.restore(|_| None).unwrap_err().contains("value/a.weight"));
    }
}
