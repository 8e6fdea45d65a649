//! `config.yaml` of a training run: the few keys that a prediction depends on.
//!
//! The file was written by Python with Python's tags. They are ignored, so nothing in it is ever executed, and
//! so are the keys of training. Settings that ask for a part that is not built here are refused by name.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::Error;
use super::checkpoint::BuildArguments;
use super::settings::{AVERAGE, Architecture, ModalitySettings, Settings, Subject};
use crate::features::Modality;
use crate::features::layers::LayerSelection;

/// The parts of `config.yaml` that are read.
#[derive(Debug, Deserialize)]
pub(super) struct Config {
    data: Data,
    brain_model_config: BrainModel,
}

#[derive(Debug, Deserialize)]
struct Data {
    frequency: f64,
    duration_trs: i64,
    neuro: Neuro,
    layers_to_use: Vec<f64>,
    layer_aggregation: String,
    text_feature: Option<Extractor>,
    audio_feature: Option<Extractor>,
    video_feature: Option<VideoExtractor>,
    subject_id: SubjectId,
}

/// The recordings: scans in a second (Hz), the lag that was taken out of them (s), and where they live.
#[derive(Debug, Deserialize)]
struct Neuro {
    frequency: f64,
    offset: f64,
    projection: Option<Projection>,
}

#[derive(Debug, Deserialize)]
struct Projection {
    mesh: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Extractor {
    model_name: String,
    cache_n_layers: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct VideoExtractor {
    image: Extractor,
    clip_duration: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct SubjectId {
    predefined_mapping: Option<BTreeMap<String, i64>>,
}

/// The model's own settings, kept whole so that each can be compared with what is built here.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
struct BrainModel(Value);

#[derive(Deserialize)]
struct Sizes {
    hidden: i64,
    max_seq_len: i64,
    low_rank_head: Option<i64>,
    time_pos_embedding: bool,
    encoder: EncoderSizes,
    subject_layers: SubjectLayers,
}

#[derive(Deserialize)]
struct EncoderSizes {
    depth: i64,
    heads: i64,
    ff_mult: i64,
}

#[derive(Deserialize)]
struct SubjectLayers {
    bias: bool,
    subject_dropout: Option<f64>,
}

impl Config {
    pub(super) fn read(path: &Path) -> Result<Self, Error> {
        let path_text = || path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read { path: path_text(), source })?;
        Self::parse(&text).map_err(|source| Error::Config { path: path_text(), source: Box::new(source) })
    }

    fn parse(text: &str) -> Result<Self, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }

    /// The settings of the model that was built with these arguments and has so many rows in its subject head.
    pub(super) fn settings(self, build: &BuildArguments, subject_rows: i64) -> Result<Settings, Error> {
        require("data.layer_aggregation", &json!(self.data.layer_aggregation), &json!("group_mean"))?;
        let sizes = self.brain_model_config.sizes()?;
        let settings = Settings {
            feature_hz: self.data.frequency,
            window_trs: self.data.duration_trs,
            tr_s: 1.0 / self.data.neuro.frequency,
            lag_s: self.data.neuro.offset,
            mesh: self.data.neuro.projection.as_ref().and_then(|projection| projection.mesh.clone()),
            modalities: build.feature_dims.iter().map(|dims| self.data.modality(dims)).collect::<Result<_, _>>()?,
            architecture: Architecture {
                hidden: sizes.hidden,
                depth: sizes.encoder.depth,
                heads: sizes.encoder.heads,
                feed_forward_multiplier: sizes.encoder.ff_mult,
                max_samples: sizes.max_seq_len,
                time_position_embedding: sizes.time_pos_embedding,
                low_rank: sizes.low_rank_head,
                subject_rows,
                subject_bias: sizes.subject_layers.bias,
                outputs: build.outputs,
                output_timesteps: build.output_timesteps,
            },
            subjects: self.data.subject_id.subjects(subject_rows, sizes.subject_layers.subject_dropout.is_some()),
            trained: true,
        };
        settings.check()
    }
}

impl Data {
    fn modality(&self, (name, groups, width): &(String, i64, i64)) -> Result<ModalitySettings, Error> {
        let (modality, extractor, clip_duration_s) = match name.as_str() {
            "text" => (Modality::Text, self.text_feature.as_ref(), None),
            "audio" => (Modality::Audio, self.audio_feature.as_ref(), None),
            "video" => {
                let video = self.video_feature.as_ref();
                (Modality::Video, video.map(|video| &video.image), video.and_then(|video| video.clip_duration))
            }
            _ => {
                return Err(Error::Settings {
                    reason: format!("it has features of {name}; text, audio and video are known"),
                });
            }
        };
        let extractor =
            extractor.ok_or_else(|| Error::Settings { reason: format!("it does not say what extracts {name}") })?;
        // The training pipeline keeps all layers of its audio model, whatever its settings say.
        let cached_layers = extractor.cache_n_layers.filter(|_| modality != Modality::Audio);
        Ok(ModalitySettings {
            modality,
            groups: *groups,
            width: *width,
            extractor: extractor.model_name.clone(),
            layers: LayerSelection { fractions: self.layers_to_use.clone(), cached_layers },
            clip_duration_s,
        })
    }
}

impl SubjectId {
    /// The named subjects that have a row, in order of rows, then the average subject: with subject dropout the
    /// last row was trained on everyone.
    fn subjects(self, rows: i64, subject_dropout: bool) -> Vec<Subject> {
        let own_rows = if subject_dropout { rows - 1 } else { rows };
        let named = self.predefined_mapping.unwrap_or_default().into_iter().map(|(name, row)| Subject { name, row });
        let mut subjects: Vec<Subject> = named.filter(|subject| (0..own_rows).contains(&subject.row)).collect();
        subjects.sort_by_key(|subject| subject.row);
        subjects.extend(subject_dropout.then(|| Subject { name: AVERAGE.into(), row: own_rows }));
        subjects
    }
}

impl BrainModel {
    fn sizes(&self) -> Result<Sizes, Error> {
        for (key, expected) in [
            ("linear_baseline", json!(false)),
            ("projector.hidden_sizes", Value::Null),
            ("combiner", Value::Null),
            ("temporal_smoothing", Value::Null),
            ("subject_embedding", json!(false)),
            ("extractor_aggregation", json!("cat")),
            ("layer_aggregation", json!("cat")),
            ("encoder.cross_attend", json!(false)),
            ("encoder.causal", json!(false)),
            ("encoder.use_scalenorm", json!(true)),
            ("encoder.use_rmsnorm", json!(false)),
            ("encoder.rel_pos_bias", json!(false)),
            ("encoder.alibi_pos_bias", json!(false)),
            ("encoder.rotary_pos_emb", json!(true)),
            ("encoder.rotary_xpos", json!(false)),
            ("encoder.residual_attn", json!(false)),
            ("encoder.scale_residual", json!(true)),
            ("subject_layers.mode", json!("gather")),
        ] {
            let pointer = format!("/{}", key.replace('.', "/"));
            let value = self.0.pointer(&pointer).unwrap_or(&Value::Null);
            require(&format!("brain_model_config.{key}"), value, &expected)?;
        }
        Sizes::deserialize(&self.0).map_err(|error| Error::Settings { reason: format!("brain_model_config: {error}") })
    }
}

/// A key that is absent is one that the model does not use.
fn require(key: &str, value: &Value, expected: &Value) -> Result<(), Error> {
    if value == expected || (value.is_null() && expected == &Value::Bool(false)) {
        return Ok(());
    }
    Err(Error::Unsupported { key: key.into(), value: value.to_string(), supported: expected.to_string() })
}
