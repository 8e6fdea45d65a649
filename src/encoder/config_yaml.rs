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
            simulated: false,
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CONFIG: &str = "
infra:
    folder: !!python/object/apply:pathlib.PosixPath
    - /
    - cache
    excludes: !!python/tuple
    - __pycache__
    command: !!python/object/apply:os.system [touch executed]
data:
    frequency: 2.0
    duration_trs: 100
    neuro: {frequency: 0.5, offset: 5.0, projection: {mesh: fsaverage5}}
    layers_to_use: &layers !!python/tuple [0.5, 0.75, 1.0]
    layer_aggregation: group_mean
    text_feature: {model_name: some/text, layers: *layers, cache_n_layers: 20}
    audio_feature: {model_name: some/audio, layers: *layers, cache_n_layers: 20}
    video_feature: {image: {model_name: some/video, cache_n_layers: 20}, clip_duration: 4.0}
    subject_id:
        predefined_mapping: {B/2: 1, A/1: 0, C/3: 2, D/4: 3}
brain_model_config:
    hidden: 264
    max_seq_len: 1024
    low_rank_head: 48
    time_pos_embedding: true
    linear_baseline: false
    combiner: null
    temporal_smoothing: null
    subject_embedding: false
    extractor_aggregation: cat
    layer_aggregation: cat
    encoder: {depth: 1, heads: 8, ff_mult: 4, use_scalenorm: true, rotary_pos_emb: true, scale_residual: true}
    subject_layers: {bias: true, mode: gather, subject_dropout: 0.1}
";

    fn build_arguments() -> BuildArguments {
        let dims = [("video", 24), ("text", 32), ("audio", 32)].map(|(name, width)| (name.to_owned(), 2, width));
        BuildArguments { feature_dims: dims.to_vec(), outputs: 642, output_timesteps: 100 }
    }

    fn settings(text: &str, rows: i64) -> Result<Settings, Error> {
        Config::parse(text).unwrap().settings(&build_arguments(), rows)
    }

    fn names(settings: &Settings) -> Vec<(&str, i64)> {
        settings.subjects.iter().map(|subject| (subject.name.as_str(), subject.row)).collect()
    }

    #[test]
    fn python_tags_are_ignored_and_modalities_keep_their_order() {
        let settings = settings(CONFIG, 3).unwrap();
        assert_eq!(
            settings.modalities.iter().map(|input| input.modality.name()).collect::<Vec<_>>(),
            ["video", "text", "audio"]
        );
        assert_eq!((settings.tr_s, settings.lag_s, settings.window_samples()), (2.0, 5.0, 400));
        assert_eq!(settings.mesh.as_deref(), Some("fsaverage5"));
        assert_eq!(settings.modalities[0].clip_duration_s, Some(4.0));
        assert_eq!(settings.modalities[1].layers.cached_layers, Some(20));
        assert_eq!(settings.modalities[1].layers.fractions, [0.5, 0.75, 1.0]);
        assert_eq!(settings.modalities[2].layers.cached_layers, None, "audio keeps all its layers");
        assert!(!std::path::Path::new("executed").exists());
    }

    #[test]
    fn subjects_are_those_with_a_row_and_the_last_row_is_the_average() {
        assert_eq!(names(&settings(CONFIG, 3).unwrap()), [("A/1", 0), ("B/2", 1), (AVERAGE, 2)]);
        assert_eq!(names(&settings(CONFIG, 1).unwrap()), [(AVERAGE, 0)]);
        let without_dropout = CONFIG.replace("subject_dropout: 0.1", "subject_dropout: null");
        assert_eq!(names(&settings(&without_dropout, 2).unwrap()), [("A/1", 0), ("B/2", 1)]);
    }

    #[test]
    fn parts_that_are_not_built_are_refused_by_key_and_value() {
        for (from, to, key) in [
            (
                "temporal_smoothing: null",
                "temporal_smoothing: {kernel_size: 9}",
                "brain_model_config.temporal_smoothing",
            ),
            ("combiner: null", "combiner: {name: Mlp}", "brain_model_config.combiner"),
            ("subject_embedding: false", "subject_embedding: true", "brain_model_config.subject_embedding"),
            ("linear_baseline: false", "linear_baseline: true", "brain_model_config.linear_baseline"),
            ("use_scalenorm: true", "use_scalenorm: false", "brain_model_config.encoder.use_scalenorm"),
            ("group_mean", "mean", "data.layer_aggregation"),
        ] {
            let refusal = settings(&CONFIG.replace(from, to), 3).unwrap_err().to_string();
            assert!(refusal.contains(key), "{key}: {refusal}");
        }
    }

    #[test]
    fn sizes_that_do_not_fit_together_are_refused() {
        for (from, to, reason) in [
            ("hidden: 264", "hidden: 265", "265"),
            ("hidden: 264", "hidden: -264", "-264"),
            ("heads: 8", "heads: 24", "24 heads"),
            ("hidden: 264", "hidden: 528", "heads of 66"),
            ("duration_trs: 100", "duration_trs: 1000", "4000 samples"),
            ("offset: 5.0, ", "offset: .nan, ", "lag_s"),
            ("frequency: 0.5", "frequency: 0", "tr_s"),
        ] {
            let refusal = settings(&CONFIG.replace(from, to), 3).unwrap_err().to_string();
            assert!(refusal.contains(reason), "{to}: {refusal}");
        }
    }

    #[test]
    fn released_settings_are_read() {
        let Ok(text) = std::fs::read_to_string("../shared/golden/tribe_tiny_subjects/config.yaml") else {
            eprintln!("SKIPPED: ../shared is absent");
            return;
        };
        let settings = settings(&text, 26).unwrap();
        assert_eq!(settings.subjects.len(), 26);
        assert_eq!(settings.modalities[0].extractor, "facebook/vjepa2-vitg-fpc64-256");
    }

    proptest! {
        #[test]
        fn broken_configurations_never_panic(position in any::<prop::sample::Index>(), noise in "[ -~\\n]{0,12}") {
            let mut text = CONFIG.to_owned();
            text.insert_str(position.index(CONFIG.len()), &noise);
            if let Ok(config) = Config::parse(&text) {
                let _ = config.settings(&build_arguments(), 3);
            }
        }
    }
}
