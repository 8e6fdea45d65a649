//! The subject head: what all subjects share becomes the response of one of them.

use tch::Tensor;

use super::readout::{Layer, Readout};
use super::settings::Architecture;
use crate::features::weights::{Init, Weights};

/// A row of the subject head: one subject's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SubjectRow(pub(super) i64);

impl SubjectRow {
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// `y = W[s]ᵀ x + b[s]`.
#[derive(Debug)]
pub(super) struct SubjectHead {
    /// `(subject, low rank, output)`
    weights: Tensor,
    /// `(subject, output)`
    bias: Option<Tensor>,
}

impl SubjectHead {
    pub(super) fn new(weights: &Weights, inputs: i64, model: &Architecture) -> Self {
        let init = Init::Normal((inputs as f64).powf(-0.5));
        let bias = || weights.tensor("bias", &[model.subject_rows, model.outputs], Init::Zeros);
        Self {
            weights: weights.tensor("weights", &[model.subject_rows, inputs, model.outputs], init),
            bias: model.subject_bias.then(bias),
        }
    }

    /// Values that are read.
    pub(super) fn inputs(&self) -> i64 {
        self.weights.size()[1]
    }

    /// Writes the first weights of all subjects, `(low rank, output)`; those that are not given stay.
    pub(super) fn set_weights(&self, weights: &Tensor) {
        tch::no_grad(|| self.weights.narrow(1, 0, weights.size()[0]).copy_(weights));
    }

    /// One subject's weights, `(low rank, output)`.
    pub(super) fn weights_of(&self, SubjectRow(row): SubjectRow) -> Tensor {
        self.weights.select(0, row)
    }

    /// Each subject's weights with the bias as a further row, `(low rank + 1, output)`.
    pub(super) fn augmented(&self) -> Vec<Tensor> {
        let size = self.weights.size();
        let no_bias = || Tensor::zeros([size[0], size[2]], (self.weights.kind(), self.weights.device()));
        let bias = self.bias.as_ref().map_or_else(no_bias, Tensor::shallow_clone);
        Tensor::cat(&[&self.weights, &bias.unsqueeze(1)], 1).unbind(0)
    }

    /// One subject's bias, `(output)`.
    pub(super) fn bias_of(&self, SubjectRow(row): SubjectRow) -> Option<Tensor> {
        self.bias.as_ref().map(|bias| bias.select(0, row))
    }

    /// How one subject's response is read off what all share.
    pub(super) fn readout(&self, subject: SubjectRow) -> Readout {
        Readout::new(Layer::BeforeHead, self.weights_of(subject), self.bias_of(subject))
    }
}
