//! Wav2Vec2-BERT 2.0, the speech encoder: a stack of Conformer blocks (Gulati et al. 2020,
//! <https://arxiv.org/abs/2005.08100>) with causal convolutions and relative keys in the attention (Shaw et al.
//! 2018, <https://arxiv.org/abs/1803.02155>).
//!
//! Structs and fields are named as in the checkpoint `facebook/w2v-bert-2.0`.

use serde::Deserialize;
use tch::nn::Module;
use tch::{Kind, Tensor};

use crate::features::Cancelled;
use crate::features::hub::{self, Configuration};
use crate::features::weights::{Embedding, Init, LayerNorm, Linear, Weights};

/// Queries whose attention is computed at a time, so that the position bias never holds all pairs of tokens.
const QUERIES_AT_ONCE: i64 = 512;

/// What `config.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct ConformerConfig {
    pub hidden_size: i64,
    pub num_hidden_layers: i64,
    pub num_attention_heads: i64,
    pub intermediate_size: i64,
    pub feature_projection_input_dim: i64,
    pub conv_depthwise_kernel_size: i64,
    pub left_max_position_embeddings: i64,
    pub right_max_position_embeddings: i64,
    pub layer_norm_eps: f64,
    pub hidden_act: Activation,
    pub position_embeddings_type: PositionEmbeddings,
}

impl Configuration for ConformerConfig {
    const FILE: &'static str = "config.json";

    fn check(&self) -> Result<(), String> {
        hub::check_sizes(&[
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("feature_projection_input_dim", self.feature_projection_input_dim),
            ("conv_depthwise_kernel_size", self.conv_depthwise_kernel_size),
            ("left_max_position_embeddings", self.left_max_position_embeddings),
            ("right_max_position_embeddings", self.right_max_position_embeddings),
        ])?;
        if self.hidden_size % self.num_attention_heads != 0 {
            return Err(format!("{} heads do not divide a width of {}", self.num_attention_heads, self.hidden_size));
        }
        Ok(())
    }
}

/// The activation functions that are implemented.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    Swish,
}

/// The position embeddings that are implemented.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PositionEmbeddings {
    RelativeKey,
}

/// The model without its adapter.
#[derive(Debug)]
pub struct Wav2Vec2Bert {
    feature_projection: FeatureProjection,
    layers: Vec<EncoderLayer>,
}

impl Wav2Vec2Bert {
    pub fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        weights.ignore("masked_spec_embed");
        let layers = weights / "encoder" / "layers";
        Self {
            feature_projection: FeatureProjection::new(&(weights / "feature_projection"), config),
            layers: (0..config.num_hidden_layers).map(|layer| EncoderLayer::new(&(&layers / layer), config)).collect(),
        }
    }

    /// Shows every hidden state, `(batch, token, width)`, with its index: the projection of `features`
    /// `(batch, token, mel)`, float32, then the output of each layer.
    ///
    /// No token is masked. The half-empty last token of a sound with an odd number of frames is heard too, as in
    /// training.
    pub fn hidden_states(
        &self,
        features: &Tensor,
        mut see: impl FnMut(usize, &Tensor) -> Result<(), Cancelled>,
    ) -> Result<(), Cancelled> {
        let mut xs = features.apply(&self.feature_projection);
        see(0, &xs)?;
        for (index, layer) in self.layers.iter().enumerate() {
            xs = xs.apply(layer);
            see(index + 1, &xs)?;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct FeatureProjection {
    layer_norm: LayerNorm,
    projection: Linear,
}

impl FeatureProjection {
    fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        let inputs = config.feature_projection_input_dim;
        Self {
            layer_norm: LayerNorm::new(&(weights / "layer_norm"), inputs, config.layer_norm_eps),
            projection: Linear::new(&(weights / "projection"), inputs, config.hidden_size),
        }
    }
}

/// Normalises in float32 whatever the model's precision: the values of a token hardly differ from each other, and
/// would differ less in bfloat16.
impl Module for FeatureProjection {
    fn forward(&self, xs: &Tensor) -> Tensor {
        xs.apply(&self.layer_norm).to_kind(self.projection.weight.kind()).apply(&self.projection)
    }
}

/// A Conformer block: attention and convolution between two half-step feed-forward modules.
#[derive(Debug)]
struct EncoderLayer {
    ffn1_layer_norm: LayerNorm,
    ffn1: FeedForward,
    self_attn_layer_norm: LayerNorm,
    self_attn: SelfAttention,
    conv_module: ConvolutionModule,
    ffn2_layer_norm: LayerNorm,
    ffn2: FeedForward,
    final_layer_norm: LayerNorm,
}

impl EncoderLayer {
    fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        let norm = |name: &str| LayerNorm::new(&(weights / name), config.hidden_size, config.layer_norm_eps);
        Self {
            ffn1_layer_norm: norm("ffn1_layer_norm"),
            ffn1: FeedForward::new(&(weights / "ffn1"), config),
            self_attn_layer_norm: norm("self_attn_layer_norm"),
            self_attn: SelfAttention::new(&(weights / "self_attn"), config),
            conv_module: ConvolutionModule::new(&(weights / "conv_module"), config),
            ffn2_layer_norm: norm("ffn2_layer_norm"),
            ffn2: FeedForward::new(&(weights / "ffn2"), config),
            final_layer_norm: norm("final_layer_norm"),
        }
    }
}

impl Module for EncoderLayer {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let xs = xs + xs.apply(&self.ffn1_layer_norm).apply(&self.ffn1) * 0.5;
        let xs = &xs + xs.apply(&self.self_attn_layer_norm).apply(&self.self_attn);
        let xs = &xs + xs.apply(&self.conv_module);
        let xs = &xs + xs.apply(&self.ffn2_layer_norm).apply(&self.ffn2) * 0.5;
        xs.apply(&self.final_layer_norm)
    }
}

#[derive(Debug)]
struct FeedForward {
    intermediate_dense: Linear,
    output_dense: Linear,
}

impl FeedForward {
    fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        let (width, inner) = (config.hidden_size, config.intermediate_size);
        Self {
            intermediate_dense: Linear::new(&(weights / "intermediate_dense"), width, inner),
            output_dense: Linear::new(&(weights / "output_dense"), inner, width),
        }
    }
}

impl Module for FeedForward {
    fn forward(&self, xs: &Tensor) -> Tensor {
        xs.apply(&self.intermediate_dense).silu().apply(&self.output_dense)
    }
}

/// Attention whose scores add, to the product of query and key, that of the query and an embedding of the distance
/// between the two.
#[derive(Debug)]
struct SelfAttention {
    linear_q: Linear,
    linear_k: Linear,
    linear_v: Linear,
    linear_out: Linear,
    distance_embedding: Embedding,
    heads: i64,
    head_width: i64,
    left: i64,
    right: i64,
}

impl SelfAttention {
    fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        let (width, heads) = (config.hidden_size, config.num_attention_heads);
        let head_width = width / heads;
        let (left, right) = (config.left_max_position_embeddings, config.right_max_position_embeddings);
        let linear = |name: &str| Linear::new(&(weights / name), width, width);
        Self {
            linear_q: linear("linear_q"),
            linear_k: linear("linear_k"),
            linear_v: linear("linear_v"),
            linear_out: linear("linear_out"),
            distance_embedding: Embedding::new(&(weights / "distance_embedding"), left + 1 + right, head_width),
            heads,
            head_width,
            left,
            right,
        }
    }

    /// `(batch, token, width)` → `(batch, head, token, width of a head)`.
    fn split(&self, xs: &Tensor) -> Tensor {
        xs.reshape([xs.size()[0], -1, self.heads, self.head_width]).transpose(1, 2)
    }

    /// What the distance to each of `keys` keys adds to the scores of some queries, of which the first is token
    /// `first`: `(batch, head, query, key)`.
    fn distance_bias(&self, queries: &Tensor, first: i64, keys: i64) -> Tensor {
        let (batch, count) = (queries.size()[0], queries.size()[2]);
        let positions = |from, to| Tensor::arange_start(from, to, (Kind::Int64, queries.device()));
        let distances = positions(0, keys) - positions(first, first + count).unsqueeze(1);
        let rows = distances.clamp(-self.left, self.right) + self.left;
        let by_distance = queries.matmul(&self.distance_embedding.table.tr()) / (self.head_width as f64).sqrt();
        by_distance.gather(-1, &rows.expand([batch, self.heads, count, keys], false), false)
    }
}

impl Module for SelfAttention {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let query = self.split(&xs.apply(&self.linear_q));
        let key = self.split(&xs.apply(&self.linear_k));
        let value = self.split(&xs.apply(&self.linear_v));
        let tokens = key.size()[2];
        let attend = |first: usize| {
            let first = first as i64;
            let queries = query.narrow(2, first, QUERIES_AT_ONCE.min(tokens - first));
            let bias = self.distance_bias(&queries, first, tokens);
            Tensor::scaled_dot_product_attention(&queries, &key, &value, Some(bias), 0.0, false, None, false)
        };
        let attended: Vec<Tensor> = (0..tokens as usize).step_by(QUERIES_AT_ONCE as usize).map(attend).collect();
        Tensor::cat(&attended, 2).transpose(1, 2).flatten(2, 3).apply(&self.linear_out)
    }
}

/// A gated, depthwise convolution over the present and past tokens. The pointwise convolutions are linear layers.
#[derive(Debug)]
struct ConvolutionModule {
    layer_norm: LayerNorm,
    pointwise_conv1: Tensor,
    depthwise_conv: Tensor,
    depthwise_layer_norm: LayerNorm,
    pointwise_conv2: Tensor,
}

impl ConvolutionModule {
    fn new(weights: &Weights, config: &ConformerConfig) -> Self {
        let (width, kernel) = (config.hidden_size, config.conv_depthwise_kernel_size);
        let norm = |name: &str| LayerNorm::new(&(weights / name), width, config.layer_norm_eps);
        let conv = |name: &str, shape: [i64; 3]| {
            let init = Init::Normal(((shape[1] * shape[2]) as f64).powf(-0.5));
            (weights / name).tensor("weight", &shape, init)
        };
        Self {
            layer_norm: norm("layer_norm"),
            pointwise_conv1: conv("pointwise_conv1", [2 * width, width, 1]).squeeze_dim(-1),
            depthwise_conv: conv("depthwise_conv", [width, 1, kernel]),
            depthwise_layer_norm: norm("depthwise_layer_norm"),
            pointwise_conv2: conv("pointwise_conv2", [width, width, 1]).squeeze_dim(-1),
        }
    }

    /// Every channel on its own; each token sees itself and those before it.
    fn convolve(&self, xs: &Tensor) -> Tensor {
        let (channels, kernel) = (self.depthwise_conv.size()[0], self.depthwise_conv.size()[2]);
        let past = xs.transpose(1, 2).constant_pad_nd([kernel - 1, 0]);
        past.conv1d(&self.depthwise_conv, None::<Tensor>, 1, 0, 1, channels).transpose(1, 2)
    }
}

impl Module for ConvolutionModule {
    fn forward(&self, xs: &Tensor) -> Tensor {
        let gated = xs.apply(&self.layer_norm).linear(&self.pointwise_conv1, None::<Tensor>).glu(-1);
        let convolved = self.convolve(&gated).apply(&self.depthwise_layer_norm).silu();
        convolved.linear(&self.pointwise_conv2, None::<Tensor>)
    }
}
