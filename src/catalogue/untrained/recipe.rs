//! What an untrained model is made of: a seed and the sizes of its parts.

use serde::{Deserialize, Serialize};

/// A seed, and the sizes of the encoder and of its extractors.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    pub seed: u64,
    pub text: Part<TextSize>,
    pub audio: Part<AudioSize>,
    pub video: Part<VideoSize>,
    pub encoder: EncoderSize,
}

/// An extractor: one of the program's own, by its name in settings (`built-in:lexical`), or a model of some size.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(untagged, expecting = "an extractor is a name such as \"built-in:lexical\", or the sizes of a model")]
pub enum Part<Size> {
    BuiltIn(String),
    Model(Size),
}

/// A language model of Llama 3's form.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TextSize {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    pub key_value_heads: usize,
    pub feed_forward_width: usize,
}

/// A speech model of Wav2Vec2-BERT's form.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct AudioSize {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    pub feed_forward_width: usize,
}

/// A video model of V-JEPA 2's form.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VideoSize {
    pub layers: usize,
    pub width: usize,
    pub heads: usize,
    /// Edge of the square frames it sees (pixels).
    pub crop: usize,
}

/// A brain encoder of TRIBE v2's form.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EncoderSize {
    pub hidden: usize,
    pub depth: usize,
    pub heads: usize,
    pub low_rank: usize,
}
