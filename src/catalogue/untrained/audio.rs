//! An untrained Wav2Vec2-BERT.

use std::path::Path;

use serde_json::json;

use super::recipe::AudioSize;
use super::{Error, write_json, write_weights};
use crate::features::audio::conformer::{ConformerConfig, Wav2Vec2Bert};
use crate::features::hub;

const MEL_BINS: usize = 80;
/// Mel frames that make one item of the model's input.
const STRIDE: usize = 2;

pub(super) fn write(size: &AudioSize, seed: u64, folder: &Path) -> Result<(), Error> {
    let config = json!({
        "model_type": "wav2vec2-bert",
        "architectures": ["Wav2Vec2BertModel"],
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "intermediate_size": size.feed_forward_width,
        "hidden_act": "swish",
        "feature_projection_input_dim": MEL_BINS * STRIDE,
        "conv_depthwise_kernel_size": 31,
        "position_embeddings_type": "relative_key",
        "left_max_position_embeddings": 64,
        "right_max_position_embeddings": 8,
        "layer_norm_eps": 1e-5,
        "add_adapter": false,
        "torch_dtype": "float32",
    });
    let preprocessor = json!({
        "feature_extractor_type": "SeamlessM4TFeatureExtractor",
        "feature_size": MEL_BINS,
        "num_mel_bins": MEL_BINS,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": true,
        "sampling_rate": 16_000,
        "stride": STRIDE,
    });
    write_json(&folder.join("config.json"), &config)?;
    write_json(&folder.join("preprocessor_config.json"), &preprocessor)?;
    let config: ConformerConfig = hub::read(folder)?;
    write_weights(folder, seed, |weights| {
        Wav2Vec2Bert::new(weights, &config);
        weights.finish()
    })
}
