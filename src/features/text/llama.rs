//! Llama, a causal language model: tokens in, the hidden states of every layer out.
//!
//! Touvron et al. 2023, "LLaMA: open and efficient foundation language models"; grouped queries as in
//! Ainslie et al. 2023. A forward takes a [`TokenTree`]: many contexts that begin alike.

use tch::nn::Module;
use tch::{Device, Kind, Tensor};

use super::config::{LlamaConfig, RopeScaling};
use super::passes::TokenTree;
use crate::features::Cancelled;
use crate::features::weights::{Embedding, Linear, RmsNorm, Weights};

/// The decoder without its head.
pub struct Llama {
    embed_tokens: Embedding,
    layers: Vec<DecoderLayer>,
    norm: RmsNorm,
    rotary: Rotary,
}

impl Llama {
    /// Takes the tensors of `LlamaModel` or `LlamaForCausalLM`, whose head is ignored.
    pub fn new(weights: &Weights, config: &LlamaConfig) -> Self {
        weights.ignore("lm_head.weight");
        let weights = if weights.contains("model.embed_tokens.weight") { weights / "model" } else { weights.clone() };
        let layer = |index| DecoderLayer::new(&(&weights / "layers" / index), config);
        Self {
            embed_tokens: Embedding::new(&(&weights / "embed_tokens"), config.vocab_size, config.hidden_size),
            layers: (0..config.num_hidden_layers).map(layer).collect(),
            norm: RmsNorm::new(&(&weights / "norm"), config.hidden_size, config.rms_norm_eps),
            rotary: Rotary::new(config, weights.device()),
        }
    }

    /// Visits the hidden states in order, each `(row, width)` with the tree's tokens as rows: the embedding, then
    /// every layer's output, the last one normalised. An error of the visitor ends the forward.
    pub fn hidden_states(
        &self,
        tree: &TokenTree,
        mut visit: impl FnMut(usize, &Tensor) -> Result<(), Cancelled>,
    ) -> Result<(), Cancelled> {
        let _no_grad = tch::no_grad_guard();
        let device = self.embed_tokens.table.device();
        let mut xs = self.embed_tokens.forward(&Tensor::from_slice(tree.ids()).to_device(device));
        let rotation = self.rotary.rotation(&tree.positions(), xs.kind());
        let attended = Attended::of(tree, device);
        for (index, layer) in self.layers.iter().enumerate() {
            visit(index, &xs)?;
            xs = layer.forward(&xs, &rotation, &attended);
        }
        visit(self.layers.len(), &self.norm.forward(&xs))
    }
}

#[derive(Debug)]
struct DecoderLayer {
    input_layernorm: RmsNorm,
    self_attn: Attention,
    post_attention_layernorm: RmsNorm,
    mlp: Mlp,
}

impl DecoderLayer {
    fn new(weights: &Weights, config: &LlamaConfig) -> Self {
        let norm = |name: &str| RmsNorm::new(&(weights / name), config.hidden_size, config.rms_norm_eps);
        Self {
            input_layernorm: norm("input_layernorm"),
            self_attn: Attention::new(&(weights / "self_attn"), config),
            post_attention_layernorm: norm("post_attention_layernorm"),
            mlp: Mlp::new(&(weights / "mlp"), config),
        }
    }

    fn forward(&self, xs: &Tensor, rotation: &Rotation, attended: &Attended) -> Tensor {
        let xs = xs + self.self_attn.forward(&self.input_layernorm.forward(xs), rotation, attended);
        &xs + self.mlp.forward(&self.post_attention_layernorm.forward(&xs))
    }
}

/// Causal self-attention whose queries share keys and values in groups.
#[derive(Debug)]
struct Attention {
    q_proj: Linear,
    k_proj: Linear,
    v_proj: Linear,
    o_proj: Linear,
    head_width: i64,
    queries_per_key: i64,
}

impl Attention {
    fn new(weights: &Weights, config: &LlamaConfig) -> Self {
        let queries = config.num_attention_heads * config.head_width();
        let keys = config.key_value_heads() * config.head_width();
        let linear = |name: &str, inputs, outputs| linear(&(weights / name), inputs, outputs, config.attention_bias);
        weights.ignore("rotary_emb.inv_freq");
        Self {
            q_proj: linear("q_proj", config.hidden_size, queries),
            k_proj: linear("k_proj", config.hidden_size, keys),
            v_proj: linear("v_proj", config.hidden_size, keys),
            o_proj: linear("o_proj", queries, config.hidden_size),
            head_width: config.head_width(),
            queries_per_key: config.num_attention_heads / config.key_value_heads(),
        }
    }

    fn forward(&self, xs: &Tensor, rotation: &Rotation, attended: &Attended) -> Tensor {
        let q = rotation.apply(&self.heads(&self.q_proj.forward(xs)));
        let k = self.repeat(&rotation.apply(&self.heads(&self.k_proj.forward(xs))));
        let v = self.repeat(&self.heads(&self.v_proj.forward(xs)));
        let read = attended.attention(&q, &k, &v);
        self.o_proj.forward(&read.squeeze_dim(0).transpose(0, 1).flatten(1, 2))
    }

    /// `(row, head · channel)` → `(1, head, row, channel)`.
    fn heads(&self, xs: &Tensor) -> Tensor {
        xs.unflatten(1, [-1, self.head_width]).transpose(0, 1).unsqueeze(0)
    }

    /// Every key head, once for each query head that reads it.
    fn repeat(&self, xs: &Tensor) -> Tensor {
        if self.queries_per_key == 1 {
            xs.shallow_clone()
        } else {
            xs.repeat_interleave_self_int(self.queries_per_key, 1, None)
        }
    }
}

/// Feed-forward with a gate: `down(silu(gate(x)) · up(x))`.
#[derive(Debug)]
struct Mlp {
    gate_proj: Linear,
    up_proj: Linear,
    down_proj: Linear,
}

impl Mlp {
    fn new(weights: &Weights, config: &LlamaConfig) -> Self {
        let linear = |name: &str, inputs, outputs| linear(&(weights / name), inputs, outputs, config.mlp_bias);
        Self {
            gate_proj: linear("gate_proj", config.hidden_size, config.intermediate_size),
            up_proj: linear("up_proj", config.hidden_size, config.intermediate_size),
            down_proj: linear("down_proj", config.intermediate_size, config.hidden_size),
        }
    }
}

impl Module for Mlp {
    fn forward(&self, xs: &Tensor) -> Tensor {
        self.down_proj.forward(&(self.gate_proj.forward(xs).silu() * self.up_proj.forward(xs)))
    }
}

fn linear(weights: &Weights, inputs: i64, outputs: i64, bias: bool) -> Linear {
    if bias { Linear::new(weights, inputs, outputs) } else { Linear::without_bias(weights, inputs, outputs) }
}

/// Which rows a row of the tree reads: on the stem all before it, on a branch its own beginning and the stem below.
struct Attended {
    stem: i64,
    /// `(row of a branch, row)`, true where the first reads the second; absent where nothing branches.
    branches: Option<Tensor>,
}

impl Attended {
    fn of(tree: &TokenTree, device: Device) -> Self {
        let rows = tree.ids().len() as i64;
        let mask = tree.branch_mask();
        let branches = (!mask.is_empty()).then(|| Tensor::from_slice(&mask).reshape([-1, rows]).to_device(device));
        Self { stem: tree.stem() as i64, branches }
    }

    /// `softmax(q kᵀ / √d) v` over the rows attended, all `(1, head, row, channel)`.
    fn attention(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Tensor {
        let stem = |xs: &Tensor| xs.narrow(2, 0, self.stem);
        let along =
            Tensor::scaled_dot_product_attention(&stem(q), &stem(k), &stem(v), None::<Tensor>, 0.0, true, None, false);
        let Some(mask) = &self.branches else { return along };
        let q = q.slice(2, self.stem, None, 1);
        let off = Tensor::scaled_dot_product_attention(&q, k, v, Some(mask), 0.0, false, None, false);
        Tensor::cat(&[along, off], 2)
    }
}

/// The rotary position embedding (Su et al. 2021), with the angles of Llama 3's long contexts.
struct Rotary {
    /// Angle per position of each pair of channels.
    inv_freq: Tensor,
}

impl Rotary {
    fn new(config: &LlamaConfig, device: Device) -> Self {
        let width = config.head_width();
        let exponents = Tensor::arange_start_step(0, width, 2, (Kind::Float, Device::Cpu)) / width as f64;
        let mut angles: Vec<f32> = vec![0.0; width as usize / 2];
        Tensor::pow_scalar(config.theta(), &exponents).reciprocal().copy_data(&mut angles, width as usize / 2);
        let scaling = config.scaling();
        angles.iter_mut().for_each(|angle| *angle = scaling.scale(*angle));
        Self { inv_freq: Tensor::from_slice(&angles).to_device(device) }
    }

    fn rotation(&self, positions: &[i64], kind: Kind) -> Rotation {
        let positions = Tensor::from_slice(positions).to_device(self.inv_freq.device()).to_kind(Kind::Float);
        let angles = positions.outer(&self.inv_freq).repeat([1, 2]);
        Rotation { cos: angles.cos().to_kind(kind), sin: angles.sin().to_kind(kind) }
    }
}

impl RopeScaling {
    /// The angle per position of a pair of channels that turned by `angle` in the first training.
    fn scale(self, angle: f32) -> f32 {
        let Self::Llama3 { factor, low_freq_factor, high_freq_factor, original_max_position_embeddings } = self else {
            return angle;
        };
        let wavelength = std::f32::consts::TAU / angle;
        let turns = original_max_position_embeddings / wavelength;
        if turns < low_freq_factor {
            angle / factor
        } else if turns > high_freq_factor {
            angle
        } else {
            let fast = (turns - low_freq_factor) / (high_freq_factor - low_freq_factor);
            (1.0 - fast) * angle / factor + fast * angle
        }
    }
}

/// A turn of every row by its position, `(row, channel)`.
struct Rotation {
    cos: Tensor,
    sin: Tensor,
}

impl Rotation {
    fn apply(&self, xs: &Tensor) -> Tensor {
        let halves = xs.chunk(2, -1);
        let turned = Tensor::cat(&[-&halves[1], halves[0].shallow_clone()], -1);
        xs * &self.cos + turned * &self.sin
    }
}
