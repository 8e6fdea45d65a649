//! An untrained V-JEPA 2.

use std::path::Path;

use serde_json::json;

use super::recipe::VideoSize;
use super::{Error, write_json, write_weights};
use crate::features::hub;
use crate::features::video::vjepa2::{VJepa2, VJepa2Config};

/// The shortest edge that frames are resized to, in edges of the crop, as published.
const RESIZED_TO_CROP: (usize, usize) = (292, 256);

pub(super) fn write(size: &VideoSize, seed: u64, folder: &Path) -> Result<(), Error> {
    let config = json!({
        "model_type": "vjepa2",
        "architectures": ["VJEPA2Model"],
        "hidden_size": size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "mlp_ratio": 4.0,
        "hidden_act": "gelu",
        "qkv_bias": true,
        "layer_norm_eps": 1e-6,
        "in_chans": 3,
        "crop_size": size.crop,
        "patch_size": 16,
        "frames_per_clip": 64,
        "tubelet_size": 2,
        "torch_dtype": "float32",
    });
    let preprocessor = json!({
        "video_processor_type": "VJEPA2VideoProcessor",
        "do_resize": true,
        "size": {"shortest_edge": size.crop * RESIZED_TO_CROP.0 / RESIZED_TO_CROP.1},
        "resample": 2,
        "do_center_crop": true,
        "crop_size": {"height": size.crop, "width": size.crop},
        "do_rescale": true,
        "rescale_factor": 1.0 / 255.0,
        "do_normalize": true,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    });
    write_json(&folder.join("config.json"), &config)?;
    write_json(&folder.join("video_preprocessor_config.json"), &preprocessor)?;
    let config: VJepa2Config = hub::read(folder)?;
    write_weights(folder, seed, |weights| {
        VJepa2::new(weights, &config);
        weights.finish()
    })
}
