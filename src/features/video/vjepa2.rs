//! V-JEPA 2 (Assran et al. 2025, <https://arxiv.org/abs/2506.09985>), its encoder alone: a vision transformer over
//! tubelets of a clip, with rotary positions in time, height and width.
//!
//! Structs and fields are named as in the checkpoint `facebook/vjepa2-vitg-fpc64-256`.

use serde::Deserialize;
use tch::nn::Module;
use tch::{Device, Kind, Tensor};

use crate::features::Cancelled;
use crate::features::hub::{self, Configuration};
use crate::features::weights::{Init, LayerNorm, Linear, Weights};

/// Wavelengths of the rotary positions grow to this.
const ROTARY_BASE: f64 = 10_000.0;

/// What `config.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct VJepa2Config {
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub mlp_ratio: f64,
    pub layer_norm_eps: f64,
    pub hidden_act: Activation,
    pub qkv_bias: bool,
    pub in_chans: i64,
    /// Pixels a side.
    pub crop_size: i64,
    /// Pixels a side.
    pub patch_size: i64,
    pub frames_per_clip: i64,
    /// Frames.
    pub tubelet_size: i64,
}

/// The activation functions that are implemented.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    Gelu,
}

impl Configuration for VJepa2Config {
    const FILE: &'static str = "config.json";

    fn check(&self) -> Result<(), String> {
        hub::check_sizes(&[
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("crop_size", self.crop_size),
            ("patch_size", self.patch_size),
            ("frames_per_clip", self.frames_per_clip),
            ("tubelet_size", self.tubelet_size),
        ])?;
        hub::check_sizes(&[("hidden_size · mlp_ratio", self.mlp_width()), ("tokens of a clip", self.tokens())])?;
        if self.hidden_size % (2 * self.num_attention_heads) != 0 {
            return Err(format!(
                "{} heads do not divide a width of {} evenly",
                self.num_attention_heads, self.hidden_size
            ));
        }
        if self.in_chans != 3 {
            return Err(format!("in_chans is {}, frames have 3", self.in_chans));
        }
        Ok(())
    }
}

impl VJepa2Config {
    /// Tubelets along time, height and width.
    fn grid(&self) -> [i64; 3] {
        let side = self.crop_size / self.patch_size;
        [self.frames_per_clip / self.tubelet_size, side, side]
    }

    /// Tokens of a clip.
    pub fn tokens(&self) -> i64 {
        self.grid().iter().product()
    }

    fn mlp_width(&self) -> i64 {
        (self.hidden_size as f64 * self.mlp_ratio) as i64
    }

    fn head_width(&self) -> i64 {
        self.hidden_size / self.num_attention_heads
    }
}

/// The encoder.
#[derive(Debug)]
pub struct VJepa2 {
    patch_embeddings: PatchEmbeddings,
    layer: Vec<Layer>,
    layernorm: LayerNorm,
    rotary: Rotary,
}

impl VJepa2 {
    pub fn new(weights: &Weights, config: &VJepa2Config) -> Self {
        weights.ignore("predictor");
        let encoder = weights / "encoder";
        let layer = &encoder / "layer";
        Self {
            patch_embeddings: PatchEmbeddings::new(&(&encoder / "embeddings" / "patch_embeddings"), config),
            layer: (0..config.num_hidden_layers).map(|index| Layer::new(&(&layer / index), config)).collect(),
            layernorm: LayerNorm::new(&(&encoder / "layernorm"), config.hidden_size, config.layer_norm_eps),
            rotary: Rotary::new(config, weights.device(), weights.kind()),
        }
    }

    /// Shows every hidden state, `(clip, token, width)`, with its index: the embedded `pixels`
    /// `(clip, frame, channel, height, width)`, then the output of each layer, the last one after the final norm.
    pub fn hidden_states(
        &self,
        pixels: &Tensor,
        mut see: impl FnMut(usize, &Tensor) -> Result<(), Cancelled>,
    ) -> Result<(), Cancelled> {
        let mut xs = pixels.apply(&self.patch_embeddings);
        see(0, &xs)?;
        for (index, layer) in self.layer.iter().enumerate() {
            xs = layer.forward(&xs, &self.rotary);
            if index + 1 == self.layer.len() {
                xs = xs.apply(&self.layernorm);
            }
            see(index + 1, &xs)?;
        }
        Ok(())
    }
}

/// A linear map of every tubelet.
#[derive(Debug)]
struct PatchEmbeddings {
    weight: Tensor,
    bias: Tensor,
}

impl PatchEmbeddings {
    fn new(weights: &Weights, config: &VJepa2Config) -> Self {
        let proj = weights / "proj";
        let tubelet = [config.in_chans, config.tubelet_size, config.patch_size, config.patch_size];
        let init = Init::Normal((tubelet.iter().product::<i64>() as f64).powf(-0.5));
        let shape = [&[config.hidden_size], &tubelet[..]].concat();
        Self {
            weight: proj.tensor("weight", &shape, init),
            bias: proj.tensor("bias", &[config.hidden_size], Init::Zeros),
        }
    }
}

impl Module for PatchEmbeddings {
    fn forward(&self, pixels: &Tensor) -> Tensor {
        let tubelet = &self.weight.size()[2..];
        let embedded = pixels.transpose(1, 2).conv3d(&self.weight, Some(&self.bias), tubelet, 0, 1, 1);
        embedded.flatten(2, 4).transpose(1, 2)
    }
}

/// A pre-norm transformer block.
#[derive(Debug)]
struct Layer {
    norm1: LayerNorm,
    attention: RopeAttention,
    norm2: LayerNorm,
    mlp: Mlp,
}

impl Layer {
    fn new(weights: &Weights, config: &VJepa2Config) -> Self {
        let norm = |name: &str| LayerNorm::new(&(weights / name), config.hidden_size, config.layer_norm_eps);
        Self {
            norm1: norm("norm1"),
            attention: RopeAttention::new(&(weights / "attention"), config),
            norm2: norm("norm2"),
            mlp: Mlp::new(&(weights / "mlp"), config),
        }
    }

    fn forward(&self, xs: &Tensor, rotary: &Rotary) -> Tensor {
        let xs = xs + self.attention.forward(&xs.apply(&self.norm1), rotary);
        &xs + xs.apply(&self.norm2).apply(&self.mlp)
    }
}

#[derive(Debug)]
struct RopeAttention {
    query: Linear,
    key: Linear,
    value: Linear,
    proj: Linear,
    heads: i64,
    head_width: i64,
}

impl RopeAttention {
    fn new(weights: &Weights, config: &VJepa2Config) -> Self {
        let width = config.hidden_size;
        let input = if config.qkv_bias { Linear::new } else { Linear::without_bias };
        Self {
            query: input(&(weights / "query"), width, width),
            key: input(&(weights / "key"), width, width),
            value: input(&(weights / "value"), width, width),
            proj: Linear::new(&(weights / "proj"), width, width),
            heads: config.num_attention_heads,
            head_width: config.head_width(),
        }
    }

    fn forward(&self, xs: &Tensor, rotary: &Rotary) -> Tensor {
        let split = |xs: Tensor| xs.reshape([xs.size()[0], -1, self.heads, self.head_width]);
        let query = rotary.turn(&split(xs.apply(&self.query))).transpose(1, 2);
        let key = rotary.turn(&split(xs.apply(&self.key))).transpose(1, 2);
        let value = split(xs.apply(&self.value)).transpose(1, 2);
        let none = None::<Tensor>;
        let attended = Tensor::scaled_dot_product_attention(&query, &key, &value, none, 0.0, false, None, false);
        attended.transpose(1, 2).flatten(2, 3).apply(&self.proj)
    }
}

#[derive(Debug)]
struct Mlp {
    fc1: Linear,
    fc2: Linear,
}

impl Mlp {
    fn new(weights: &Weights, config: &VJepa2Config) -> Self {
        let width = config.hidden_size;
        let inner = config.mlp_width();
        Self { fc1: Linear::new(&(weights / "fc1"), width, inner), fc2: Linear::new(&(weights / "fc2"), inner, width) }
    }
}

impl Module for Mlp {
    fn forward(&self, xs: &Tensor) -> Tensor {
        xs.apply(&self.fc1).gelu("none").apply(&self.fc2)
    }
}

/// Rotary positions in three dimensions: a third of a head's channels for time, height and width each, what is
/// left over not turned.
///
/// As in the published weights, the pairs are neighbouring channels, but their angles follow each other as if
/// the pairs were halves: channel `c` of `d` takes frequency `c mod d/2`.
#[derive(Debug)]
struct Rotary {
    /// `(token, 1, channel of a head)`.
    cos: Tensor,
    /// `(token, 1, channel of a head)`.
    sin: Tensor,
}

impl Rotary {
    fn new(config: &VJepa2Config, device: Device, kind: Kind) -> Self {
        let axis_width = 2 * (config.head_width() / 3 / 2);
        let mut angles: Vec<Tensor> = (0..3).map(|axis| axis_angles(config.grid(), axis, axis_width)).collect();
        let still = Tensor::zeros([config.tokens(), config.head_width() - 3 * axis_width], (Kind::Float, Device::Cpu));
        angles.push(still);
        let angles = Tensor::cat(&angles, 1).unsqueeze(1).to_device(device);
        Self { cos: angles.cos().to_kind(kind), sin: angles.sin().to_kind(kind) }
    }

    /// `(clip, token, head, channel)`, turned.
    fn turn(&self, xs: &Tensor) -> Tensor {
        let pairs = xs.reshape([-1, 2]);
        let quarter_turned = Tensor::stack(&[-pairs.select(1, 1), pairs.select(1, 0)], 1).view_as(xs);
        xs * &self.cos + quarter_turned * &self.sin
    }
}

/// The angle of every channel of one axis at every token: `(token, channel)`.
fn axis_angles(grid: [i64; 3], axis: usize, width: i64) -> Tensor {
    let float = (Kind::Float, Device::Cpu);
    let mut along = [1, 1, 1];
    along[axis] = grid[axis];
    let positions = Tensor::arange(grid[axis], float).reshape(along).expand(grid, false).reshape([-1, 1]);
    let exponents = Tensor::arange(width / 2, float) / (width as f64 / 2.0);
    let frequencies = (exponents * -ROTARY_BASE.ln()).exp();
    let angles = positions * frequencies;
    Tensor::cat(&[&angles, &angles], 1)
}
