//! The subject head: what all subjects share becomes the response of one of them.

use tch::Tensor;

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

    /// How one subject's response is read off what all share.
    pub(super) fn readout(&self, subject: SubjectRow) -> Readout {
        Readout { weights: self.weights_of(subject), bias: self.bias.as_ref().map(|bias| bias.select(0, subject.0)) }
    }
}

/// How a response is read off what all subjects share: `y = Wᵀ x + b`.
#[derive(Debug)]
pub struct Readout {
    /// `(low rank, output)`
    weights: Tensor,
    /// `(output)`
    bias: Option<Tensor>,
}

impl Clone for Readout {
    /// Shares the values.
    fn clone(&self) -> Self {
        Self { weights: self.weights.shallow_clone(), bias: self.bias.as_ref().map(Tensor::shallow_clone) }
    }
}

impl Readout {
    /// Values that it reads.
    pub fn outputs(&self) -> usize {
        self.weights.size()[1] as usize
    }

    /// `(scan, low rank)` → `(scan, output)`.
    pub(super) fn forward(&self, xs: &Tensor) -> Tensor {
        match &self.bias {
            Some(bias) => bias.addmm(xs, &self.weights),
            None => xs.mm(&self.weights),
        }
    }

    /// Reads the mean of each set of outputs in place of the outputs themselves: a mean of linear readouts is one.
    pub fn means_of(&self, sets: &[Vec<i64>]) -> Self {
        tch::no_grad(|| {
            let places = |set: &Vec<i64>| Tensor::from_slice(set).to_device(self.weights.device());
            let weights = |set| self.weights.index_select(1, &places(set)).mean_dim(1, false, None);
            let bias = |bias: &Tensor, set| bias.index_select(0, &places(set)).mean(None);
            Self {
                weights: Tensor::stack(&sets.iter().map(weights).collect::<Vec<_>>(), 1),
                bias: self
                    .bias
                    .as_ref()
                    .map(|own| Tensor::stack(&sets.iter().map(|set| bias(own, set)).collect::<Vec<_>>(), 0)),
            }
        })
    }
}
