//! The transformer over time: pre-norm sub-layers, attention and feed-forward in turn, with scaled residuals.

use tch::nn::Module;
use tch::{Device, Kind, Tensor};

use super::settings::Settings;
use crate::features::weights::{Init, Linear, Weights};

/// Base of the rotary embedding's wavelengths.
const ROTARY_BASE: f32 = 10_000.0;
/// Shortest vector that is scaled to length.
const SHORTEST: f64 = 1e-12;

/// `(window, sample, hidden)` → the same shape.
#[derive(Debug)]
pub(super) struct Transformer {
    layers: Vec<(SubLayer<Attention>, SubLayer<FeedForward>)>,
    final_norm: ScaleNorm,
    rotary_pos_emb: Rotary,
}

impl Transformer {
    pub(super) fn new(weights: &Weights, settings: &Settings) -> Self {
        let model = &settings.architecture;
        let layers = weights / "layers";
        let layer = |index: i64| {
            let attention = &layers / (2 * index);
            let feed_forward = &layers / (2 * index + 1);
            (
                SubLayer::new(&attention, model.hidden, Attention::new(&(&attention / 1), model.hidden, model.heads)),
                SubLayer::new(
                    &feed_forward,
                    model.hidden,
                    FeedForward::new(&(&feed_forward / 1), model.hidden, model.hidden * model.feed_forward_multiplier),
                ),
            )
        };
        // The saved frequencies follow from the head's width, and are needed in float32 whatever the precision.
        weights.ignore("rotary_pos_emb");
        Self {
            layers: (0..model.depth).map(layer).collect(),
            final_norm: ScaleNorm::new(&(weights / "final_norm"), model.hidden),
            rotary_pos_emb: Rotary::new(
                model.rotary_width(),
                settings.window_samples(),
                weights.kind(),
                weights.device(),
            ),
        }
    }
}

impl Module for Transformer {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let mut xs = xs.shallow_clone();
        for (attention, feed_forward) in &self.layers {
            xs = attention.forward(&xs, |block, xs| block.forward(xs, &self.rotary_pos_emb));
            xs = feed_forward.forward(&xs, Module::forward);
        }
        xs.apply(&self.final_norm)
    }
}

/// `block(norm(x)) + x · residual_scale`.
#[derive(Debug)]
struct SubLayer<B> {
    norm: ScaleNorm,
    block: B,
    residual_scale: Tensor,
}

impl<B> SubLayer<B> {
    fn new(weights: &Weights, hidden: i64, block: B) -> Self {
        let residual_scale = (weights / 2).tensor("residual_scale", &[hidden], Init::Ones);
        Self { norm: ScaleNorm::new(&(weights / 0 / 0), hidden), block, residual_scale }
    }

    fn forward(&self, xs: &Tensor, run: impl Fn(&B, &Tensor) -> Tensor) -> Tensor {
        run(&self.block, &xs.apply(&self.norm)).addcmul_(xs, &self.residual_scale)
    }
}

/// Every sample scaled to one learned length: `g` times the root of the width.
#[derive(Debug)]
struct ScaleNorm {
    g: Tensor,
    root: f64,
}

impl ScaleNorm {
    fn new(weights: &Weights, hidden: i64) -> Self {
        Self { g: weights.tensor("g", &[1], Init::Ones).to_kind(Kind::Float), root: (hidden as f64).sqrt() }
    }
}

impl Module for ScaleNorm {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let norm = xs.norm_scalaropt_dim_dtype(2, [-1].as_slice(), true, Kind::Float).clamp_min(SHORTEST);
        xs * (&self.g * self.root / norm).to_kind(xs.kind())
    }
}

#[derive(Debug)]
struct Attention {
    to_q: Linear,
    to_k: Linear,
    to_v: Linear,
    to_out: Linear,
    heads: i64,
}

impl Attention {
    fn new(weights: &Weights, hidden: i64, heads: i64) -> Self {
        let linear = |name| Linear::without_bias(&(weights / name), hidden, hidden);
        Self { to_q: linear("to_q"), to_k: linear("to_k"), to_v: linear("to_v"), to_out: linear("to_out"), heads }
    }

    fn forward(&self, xs: &Tensor, rotary: &Rotary) -> Tensor {
        let heads = |linear: &Linear| xs.apply(linear).unflatten(-1, [self.heads, -1]).transpose(1, 2);
        let q = rotary.turn(heads(&self.to_q));
        let k = rotary.turn(heads(&self.to_k));
        let v = heads(&self.to_v);
        let attended = Tensor::scaled_dot_product_attention(&q, &k, &v, None::<Tensor>, 0.0, false, None, false);
        attended.transpose(1, 2).flatten(2, -1).apply(&self.to_out)
    }
}

#[derive(Debug)]
struct FeedForward {
    inner: Linear,
    outer: Linear,
}

impl FeedForward {
    fn new(weights: &Weights, hidden: i64, inner: i64) -> Self {
        let ff = weights / "ff";
        Self { inner: Linear::new(&(&ff / 0 / 0), hidden, inner), outer: Linear::new(&(&ff / 2), inner, hidden) }
    }
}

impl Module for FeedForward {
    fn forward(&self, xs: &Tensor) -> Tensor {
        xs.apply(&self.inner).gelu_("none").apply(&self.outer)
    }
}

/// Rotary position embedding of the first channels of a head: pairs half of them apart turn with time.
#[derive(Debug)]
struct Rotary {
    /// `(sample, channel)`
    cos: Tensor,
    sin: Tensor,
    width: i64,
}

impl Rotary {
    fn new(width: i64, samples: i64, kind: Kind, device: Device) -> Self {
        let exponents = Tensor::arange(width / 2, (Kind::Float, device)) * 2 / width;
        let frequencies = Tensor::from(ROTARY_BASE).to_device(device).pow(&exponents).reciprocal();
        let angles = Tensor::arange(samples, (Kind::Float, device)).outer(&frequencies).repeat([1, 2]);
        Self { cos: angles.cos().to_kind(kind), sin: angles.sin().to_kind(kind), width }
    }

    /// Turns queries or keys `(window, head, sample, channel)` where they lie.
    fn turn(&self, heads: Tensor) -> Tensor {
        let mut turning = heads.narrow(-1, 0, self.width);
        let halves = turning.chunk(2, -1);
        let quarter_turn = Tensor::cat(&[halves[1].neg(), halves[0].shallow_clone()], -1);
        let _ = turning.g_mul_(&self.cos).addcmul_(&quarter_turn, &self.sin);
        heads
    }
}
