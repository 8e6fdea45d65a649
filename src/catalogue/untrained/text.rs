//! An untrained Llama that reads bytes.

use std::path::Path;

use serde_json::json;

use super::recipe::TextSize;
use super::tokenizer::{self, BEGIN_OF_TEXT, END_OF_TEXT, VOCABULARY};
use super::{Error, write_json, write_weights};
use crate::features::hub;
use crate::features::text::config::LlamaConfig;
use crate::features::text::llama::Llama;

pub(super) fn write(size: &TextSize, seed: u64, folder: &Path) -> Result<(), Error> {
    let config = json!({
        "model_type": "llama",
        "architectures": ["LlamaModel"],
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.key_value_heads,
        "head_dim": size.width / size.heads,
        "intermediate_size": size.feed_forward_width,
        "hidden_act": "silu",
        "attention_bias": false,
        "mlp_bias": false,
        "rms_norm_eps": 1e-5,
        "rope_theta": 500_000.0,
        "rope_scaling": {
            "rope_type": "llama3",
            "factor": 32.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 8192,
        },
        "max_position_embeddings": 131_072,
        "vocab_size": VOCABULARY,
        "bos_token_id": BEGIN_OF_TEXT,
        "eos_token_id": END_OF_TEXT,
        "tie_word_embeddings": true,
        "torch_dtype": "float32",
    });
    write_json(&folder.join("config.json"), &config)?;
    write_json(&folder.join("tokenizer.json"), &tokenizer::description())?;
    let config: LlamaConfig = hub::read(folder)?;
    write_weights(folder, seed, |weights| {
        Llama::new(weights, &config);
        weights.finish()
    })
}
