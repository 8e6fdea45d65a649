//! A brain encoder whose response is known: a checkpoint of weights that are written, not trained.
//!
//! Its transformer passes on what its video projector reads: blocks that give nothing, beside residuals of 1. One channel
//! is a large constant, so that the norm at the end, which scales every sample to one length, changes the others by less
//! than a thousandth. A vertex is a weighted sum of channels, at the time of the features: five seconds after them, since
//! that is the lag that the model states.

use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;

use encortex::catalogue::ResolvedModel;
use encortex::encoder::{AVERAGE, Architecture, Artefact, Settings, Subject};
use encortex::features::Modality;
use ndarray::Array2;
use safetensors::Dtype;
use safetensors::tensor::TensorView;

const HIDDEN: usize = 96;
/// Channels of a modality.
const PROJECTED: usize = HIDDEN / 3;
/// What the constant channel holds.
const CONSTANT: f32 = 100.0;

/// Tensors by name: shape and values.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// Writes the model to `folder`, with the extractors of `untrained` beside it.
///
/// `channels` is `(feature, channel)`, features in the order of layer group and width; `vertices` is `(channel, vertex)`.
pub(crate) fn write(
    folder: &Path,
    untrained: &ResolvedModel,
    mesh: &str,
    lag_s: f64,
    channels: &Array2<f64>,
    vertices: &Array2<f64>,
) {
    std::fs::create_dir_all(folder).expect("a folder");
    for (name, extractor) in [("text", &untrained.text), ("audio", &untrained.audio), ("video", &untrained.video)] {
        symlink(extractor.folder().expect("an extractor with weights"), folder.join(name))
            .expect("a link to the extractor");
    }
    let artefact = Artefact::open(&untrained.folder).expect("the untrained model");
    let settings = Settings {
        lag_s,
        mesh: Some(mesh.to_owned()),
        architecture: Architecture {
            hidden: HIDDEN as i64,
            depth: 1,
            heads: 3,
            feed_forward_multiplier: 1,
            time_position_embedding: false,
            low_rank: None,
            subject_rows: 1,
            subject_bias: false,
            outputs: vertices.ncols() as i64,
            ..artefact.settings().architecture.clone()
        },
        subjects: vec![Subject { name: AVERAGE.to_owned(), row: 0 }],
        ..artefact.settings().clone()
    };
    let json = serde_json::to_vec_pretty(&settings).expect("settings");
    std::fs::write(folder.join("model.json"), json).expect("model.json");

    let tensors = tensors(&settings, channels, vertices);
    let bytes: Vec<Vec<u8>> =
        tensors.values().map(|(_, values)| values.iter().flat_map(|value| value.to_le_bytes()).collect()).collect();
    let views = tensors.iter().zip(&bytes).map(|((name, (shape, _)), bytes)| {
        (name, TensorView::new(Dtype::F32, shape.clone(), bytes).expect("as many values as its shape says"))
    });
    safetensors::serialize_to_file(views, None, &folder.join("model.safetensors")).expect("model.safetensors");
}

fn tensors(settings: &Settings, channels: &Array2<f64>, vertices: &Array2<f64>) -> Tensors {
    let mut tensors = Tensors::new();
    let mut zeros = |name: &str, shape: &[usize]| {
        tensors.insert(name.to_owned(), (shape.to_vec(), vec![0.0; shape.iter().product()]));
    };
    for input in &settings.modalities {
        let name = input.modality.name();
        zeros(&format!("projectors.{name}.weight"), &[PROJECTED, (input.groups * input.width) as usize]);
        zeros(&format!("projectors.{name}.bias"), &[PROJECTED]);
    }
    for linear in ["to_q", "to_k", "to_v", "to_out"] {
        zeros(&format!("encoder.layers.0.1.{linear}.weight"), &[HIDDEN, HIDDEN]);
    }
    for linear in ["ff.0.0", "ff.2"] {
        zeros(&format!("encoder.layers.1.1.{linear}.weight"), &[HIDDEN, HIDDEN]);
        zeros(&format!("encoder.layers.1.1.{linear}.bias"), &[HIDDEN]);
    }
    for sub_layer in ["encoder.layers.0", "encoder.layers.1"] {
        tensors.insert(format!("{sub_layer}.0.0.g"), (vec![1], vec![1.0]));
        tensors.insert(format!("{sub_layer}.2.residual_scale"), (vec![HIDDEN], vec![1.0; HIDDEN]));
    }
    tensors.insert("encoder.final_norm.g".to_owned(), (vec![1], vec![CONSTANT / (HIDDEN as f32).sqrt()]));

    let mut bias = vec![0.0; PROJECTED];
    bias[0] = CONSTANT;
    tensors.insert("projectors.video.bias".to_owned(), (vec![PROJECTED], bias));
    let mut weight = Array2::<f32>::zeros((PROJECTED, channels.nrows()));
    for ((feature, channel), value) in channels.indexed_iter() {
        weight[[1 + channel, feature]] = *value as f32;
    }
    let shape = vec![PROJECTED, channels.nrows()];
    tensors.insert("projectors.video.weight".to_owned(), (shape, weight.into_raw_vec_and_offset().0));

    let place = settings.modalities.iter().position(|input| input.modality == Modality::Video).expect("a video input");
    let mut head = Array2::<f32>::zeros((HIDDEN, vertices.ncols()));
    for ((channel, vertex), value) in vertices.indexed_iter() {
        head[[place * PROJECTED + 1 + channel, vertex]] = *value as f32;
    }
    let shape = vec![1, HIDDEN, vertices.ncols()];
    tensors.insert("predictor.weights".to_owned(), (shape, head.into_raw_vec_and_offset().0));
    tensors
}
