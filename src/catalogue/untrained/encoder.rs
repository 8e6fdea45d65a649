//! An untrained brain encoder of TRIBE v2's form.

use std::path::Path;

use serde_json::json;

use super::recipe::{Part, Recipe};
use super::{Error, write_json, write_weights};
use crate::catalogue::manifest::Manifest;
use crate::catalogue::survey::BESIDE;
use crate::encoder::{Architecture, BrainEncoder, ModalitySettings, Settings, Subject};
use crate::features::{BuiltIn, LayerGroups, LayerSelection, Modality};

/// Where the layer groups of the published model begin and end.
const LAYER_FRACTIONS: [f64; 3] = [0.5, 0.75, 1.0];
/// The hidden states that the published model looks at, at most.
const CACHED_LAYERS: usize = 20;

pub(super) fn write(manifest: &Manifest, recipe: &Recipe, folder: &Path) -> Result<(), Error> {
    let settings = settings(manifest, recipe)?;
    write_json(&folder.join("model.json"), &json!(settings))?;
    write_weights(folder, recipe.seed, |weights| BrainEncoder::new(weights, settings).map(drop))
}

fn settings(manifest: &Manifest, recipe: &Recipe) -> Result<Settings, Error> {
    let Recipe { text, audio, video, encoder, .. } = recipe;
    let subjects: Vec<Subject> =
        manifest.subjects.iter().zip(0..).map(|(name, row)| Subject { name: name.clone(), row }).collect();
    let text = match text {
        Part::BuiltIn(source) => built_in(Modality::Text, source)?,
        Part::Model(size) => model(Modality::Text, size.layers, size.width, Some(CACHED_LAYERS)),
    };
    let audio = match audio {
        Part::BuiltIn(source) => built_in(Modality::Audio, source)?,
        Part::Model(size) => model(Modality::Audio, size.layers, size.width, None),
    };
    let video = match video {
        Part::BuiltIn(source) => built_in(Modality::Video, source)?,
        Part::Model(size) => ModalitySettings {
            clip_duration_s: Some(4.0),
            ..model(Modality::Video, size.layers, size.width, Some(CACHED_LAYERS))
        },
    };
    Ok(Settings {
        feature_hz: 2.0,
        window_trs: 100,
        tr_s: 1.0,
        lag_s: 5.0,
        mesh: Some(manifest.mesh.clone()),
        modalities: vec![text, audio, video],
        architecture: Architecture {
            hidden: encoder.hidden as i64,
            depth: encoder.depth as i64,
            heads: encoder.heads as i64,
            feed_forward_multiplier: 4,
            max_samples: 1024,
            time_position_embedding: true,
            low_rank: Some(encoder.low_rank as i64),
            subject_rows: subjects.len() as i64,
            subject_bias: true,
            outputs: manifest.vertices as i64,
            output_timesteps: 100,
        },
        subjects,
        trained: manifest.trained,
        simulated: manifest.simulated,
    })
}

/// What a built-in extractor gives.
fn built_in(modality: Modality, source: &str) -> Result<ModalitySettings, Error> {
    let unknown = || Error::NotBuiltIn { asked: source.to_owned(), modality: modality.name() };
    let extractor = BuiltIn::named(source, modality).ok_or_else(unknown)??;
    Ok(ModalitySettings {
        modality,
        groups: 1,
        width: extractor.width() as i64,
        extractor: source.to_owned(),
        layers: LayerSelection { fractions: vec![1.0], cached_layers: None },
        clip_duration_s: None,
    })
}

/// What a model beside the encoder gives.
fn model(modality: Modality, layers: usize, width: usize, cached_layers: Option<usize>) -> ModalitySettings {
    let layers_used = LayerSelection { fractions: LAYER_FRACTIONS.to_vec(), cached_layers };
    let groups = LayerGroups::new(layers + 1, &layers_used).groups().len();
    ModalitySettings {
        modality,
        groups: groups as i64,
        width: width as i64,
        extractor: format!("{BESIDE}{}", modality.name()),
        layers: layers_used,
        clip_duration_s: None,
    }
}
