//! How a response is read off what all subjects share: `y = Wᵀ x + b`, from one of the encoder's last layers.

use tch::Tensor;

/// What a readout reads from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layer {
    /// The transformer's output, averaged to a row a scan.
    Hidden,
    /// What the model's own subject head stands on: the low-rank layer, or the same where there is none.
    BeforeHead,
}

/// How a response is read off what all subjects share.
#[derive(Debug)]
pub struct Readout {
    layer: Layer,
    /// `(layer's width, output)`
    weights: Tensor,
    /// `(output)`
    bias: Option<Tensor>,
}

impl Clone for Readout {
    /// Shares the values.
    fn clone(&self) -> Self {
        let bias = self.bias.as_ref().map(Tensor::shallow_clone);
        Self { layer: self.layer, weights: self.weights.shallow_clone(), bias }
    }
}

impl Readout {
    pub(super) fn new(layer: Layer, weights: Tensor, bias: Option<Tensor>) -> Self {
        Self { layer, weights, bias }
    }

    pub(super) fn layer(&self) -> Layer {
        self.layer
    }

    /// Values that it reads.
    pub fn outputs(&self) -> usize {
        self.weights.size()[1] as usize
    }

    /// `(scan, layer's width)` → `(scan, output)`.
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
            let biases = |own| Tensor::stack(&sets.iter().map(|set| bias(own, set)).collect::<Vec<_>>(), 0);
            Self {
                layer: self.layer,
                weights: Tensor::stack(&sets.iter().map(weights).collect::<Vec<_>>(), 1),
                bias: self.bias.as_ref().map(biases),
            }
        })
    }
}
