//! How a model is trained: what `[training]` of a configuration says.

use serde::{Deserialize, Serialize};

use crate::encoder::Error;

/// The settings of a training. The defaults are those of a small model on hours of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recipe {
    /// Of the first weights, the order of windows, and what is dropped.
    pub seed: u64,
    /// How often every stimulus is seen.
    pub epochs: u64,
    /// Windows of a step, each with the responses of all who were measured to it.
    pub batch: usize,
    /// Whether heads begin at the principal components of the responses, and not at random.
    pub principal_heads: bool,
    /// The peak of the one-cycle schedule.
    pub learning_rate: f64,
    /// The part of all steps in which the learning rate rises.
    pub warm_up: f64,
    /// Decoupled weight decay of matrices; vectors, positions and biases have none.
    pub weight_decay: f64,
    /// How much of the gradient's mean and of its square AdamW remembers.
    pub betas: [f64; 2],
    /// The largest norm of all gradients together; a longer one is scaled down to it.
    pub gradient_clip: f64,
    /// How likely a modality of a window is left out, which is zeros after its projector, as where a timeline has none.
    pub modality_dropout: f64,
    /// How likely a response is read off the average row in place of its subject's, so that the average is learned.
    pub subject_dropout: f64,
    /// Epochs without a better held-out score after which training ends; without it, all epochs are run.
    pub patience: Option<u64>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            seed: 0,
            epochs: 60,
            batch: 4,
            principal_heads: false,
            learning_rate: 2e-3,
            warm_up: 0.1,
            weight_decay: 0.01,
            betas: [0.9, 0.999],
            gradient_clip: 1.0,
            modality_dropout: 0.1,
            subject_dropout: 0.1,
            patience: Some(10),
        }
    }
}

impl Recipe {
    /// Refuses what no training can follow.
    pub(super) fn check(&self) -> Result<(), Error> {
        let refuse = |reason: String| Err(Error::Recipe { reason });
        if self.epochs == 0 || self.batch == 0 {
            return refuse(format!("epochs are {} and batch is {}: both must be 1 or more", self.epochs, self.batch));
        }
        for (name, value) in [("learning_rate", self.learning_rate), ("gradient_clip", self.gradient_clip)] {
            if !(value.is_finite() && value > 0.0) {
                return refuse(format!("{name} is {value}: it must be above 0"));
            }
        }
        if !(self.weight_decay.is_finite() && self.weight_decay >= 0.0) {
            return refuse(format!("weight_decay is {}: it must not be below 0", self.weight_decay));
        }
        let parts = [
            ("warm_up", self.warm_up),
            ("the first of betas", self.betas[0]),
            ("the second of betas", self.betas[1]),
            ("modality_dropout", self.modality_dropout),
            ("subject_dropout", self.subject_dropout),
        ];
        match parts.into_iter().find(|(_, value)| !(0.0..1.0).contains(value)) {
            Some((name, value)) => refuse(format!("{name} is {value}: it must be from 0 to below 1")),
            None => Ok(()),
        }
    }
}
