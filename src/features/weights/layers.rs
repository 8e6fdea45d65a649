//! The layers that every model shares, built from named weights.

use tch::nn::Module;
use tch::{Kind, Tensor};

use super::{Init, Weights};

/// `x Wᵀ + b`.
#[derive(Debug)]
pub struct Linear {
    pub weight: Tensor,
    pub bias: Option<Tensor>,
}

impl Linear {
    pub fn new(weights: &Weights, inputs: i64, outputs: i64) -> Self {
        let bias = weights.tensor("bias", &[outputs], Init::Zeros);
        Self { bias: Some(bias), ..Self::without_bias(weights, inputs, outputs) }
    }

    pub fn without_bias(weights: &Weights, inputs: i64, outputs: i64) -> Self {
        Self {
            weight: weights.tensor("weight", &[outputs, inputs], Init::Normal((inputs as f64).powf(-0.5))),
            bias: None,
        }
    }
}

impl Module for Linear {
    fn forward(&self, xs: &Tensor) -> Tensor {
        xs.linear(&self.weight, self.bias.as_ref())
    }
}

/// Normalisation to zero mean and unit variance over the last axis, in the precision of what is normalised.
#[derive(Debug)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    eps: f64,
}

impl LayerNorm {
    pub fn new(weights: &Weights, width: i64, eps: f64) -> Self {
        Self {
            weight: weights.tensor("weight", &[width], Init::Ones),
            bias: weights.tensor("bias", &[width], Init::Zeros),
            eps,
        }
    }
}

impl Module for LayerNorm {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let (weight, bias) = (self.weight.to_kind(xs.kind()), self.bias.to_kind(xs.kind()));
        xs.layer_norm(weight.size(), Some(&weight), Some(&bias), self.eps, false)
    }
}

/// Normalisation to unit root mean square over the last axis, computed in float32.
#[derive(Debug)]
pub struct RmsNorm {
    weight: Tensor,
    eps: f64,
}

impl RmsNorm {
    pub fn new(weights: &Weights, width: i64, eps: f64) -> Self {
        Self { weight: weights.tensor("weight", &[width], Init::Ones), eps }
    }
}

impl Module for RmsNorm {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let wide = xs.to_kind(Kind::Float);
        let mean_square = wide.square().mean_dim(-1, true, Kind::Float);
        (wide * (mean_square + self.eps).rsqrt()).to_kind(xs.kind()) * &self.weight
    }
}

/// A row of a table for every index.
#[derive(Debug)]
pub struct Embedding {
    pub table: Tensor,
}

impl Embedding {
    pub fn new(weights: &Weights, rows: i64, width: i64) -> Self {
        Self { table: weights.tensor("weight", &[rows, width], Init::Normal(1.0)) }
    }
}

impl Module for Embedding {
    fn forward(&self, indices: &Tensor) -> Tensor {
        Tensor::embedding(&self.table, indices, -1, false, false)
    }
}
