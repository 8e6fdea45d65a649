//! What a model is: its sizes, its subjects, and the features it wants. This is `model.json`.

use serde::{Deserialize, Serialize};

use super::Error;
use super::subject_head::SubjectRow;
use crate::brain::Mesh;
use crate::export::Training;
use crate::features::Modality;
use crate::features::layers::LayerSelection;

/// What the subject who stands for all is called.
pub const AVERAGE: &str = "average";

/// The largest of any size in a model's settings.
const LARGEST: i64 = 1 << 20;

/// All that is to be known of a model beside its weights.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Samples of a feature in a second (Hz).
    pub feature_hz: f64,
    /// Scans that one window predicts.
    pub window_trs: i64,
    /// Time between two scans (s).
    pub tr_s: f64,
    /// How long after the stimulus the predicted response comes (s).
    pub lag_s: f64,
    /// The surface whose vertices are predicted; `None` where the outputs are not vertices.
    pub mesh: Option<String>,
    /// In the order in which their projections are concatenated.
    pub modalities: Vec<ModalitySettings>,
    pub architecture: Architecture,
    /// Whose responses can be predicted, the average subject among them if the model has one.
    pub subjects: Vec<Subject>,
    /// Whether the weights were trained, or are random.
    pub trained: bool,
    /// Whether what they were trained on was simulated.
    #[serde(default)]
    pub simulated: bool,
}

/// The features of one modality and where they come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModalitySettings {
    pub modality: Modality,
    /// Layer groups.
    pub groups: i64,
    /// Width of the features of one layer group.
    pub width: i64,
    /// The Hugging Face repository of the model that extracts them.
    pub extractor: String,
    pub layers: LayerSelection,
    /// How much film one feature sees (s); for video only.
    pub clip_duration_s: Option<f64>,
}

/// The sizes of the encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    pub hidden: i64,
    pub depth: i64,
    pub heads: i64,
    /// Width of a feed-forward's inner layer, in hidden widths.
    pub feed_forward_multiplier: i64,
    /// The most samples that positions are known for.
    pub max_samples: i64,
    pub time_position_embedding: bool,
    /// Width of the layer before the subject head; `None` where there is no such layer.
    pub low_rank: Option<i64>,
    /// Rows of the subject head.
    pub subject_rows: i64,
    pub subject_bias: bool,
    pub outputs: i64,
    pub output_timesteps: i64,
}

/// A subject and the row of the subject head that is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    pub name: String,
    pub row: i64,
}

impl Subject {
    /// Their row, for those who hold a model's settings and not the model.
    pub fn subject_row(&self) -> SubjectRow {
        SubjectRow(self.row)
    }
}

impl Settings {
    /// Whose response is predicted where nobody is named: the average subject, or else the first.
    pub fn default_subject(&self) -> Option<String> {
        let average = self.subjects.iter().find(|subject| subject.name == AVERAGE);
        average.or(self.subjects.first()).map(|subject| subject.name.clone())
    }

    /// What the weights were learned from.
    pub fn training(&self) -> Training {
        Training::new(self.trained, self.simulated)
    }

    /// Outputs that are vertices of the mesh, both hemispheres together; all of them where no mesh is named.
    pub fn vertices(&self) -> usize {
        let outputs = self.architecture.outputs as usize;
        let named = Mesh::ALL.into_iter().find(|mesh| self.mesh.as_deref() == Some(&*mesh.to_string()));
        named.map_or(outputs, |mesh| mesh.vertices().min(outputs))
    }

    /// Outputs after the vertices: voxels of the subcortex, where the model predicts it.
    pub fn voxels(&self) -> usize {
        self.architecture.outputs as usize - self.vertices()
    }

    /// Whether the subject head has a row of this name.
    pub fn has_subject(&self, name: &str) -> bool {
        self.subjects.iter().any(|subject| subject.name == name)
    }

    /// The features of this modality, where the model takes any.
    pub fn modality(&self, modality: Modality) -> Option<&ModalitySettings> {
        self.modalities.iter().find(|input| input.modality == modality)
    }

    /// Samples of a feature in one window.
    pub fn window_samples(&self) -> i64 {
        (self.window_trs as f64 * self.tr_s * self.feature_hz).round_ties_even() as i64
    }

    /// How long one window is (s).
    pub fn window_s(&self) -> f64 {
        self.window_trs as f64 * self.tr_s
    }

    /// Refuses settings that no model can be built from.
    pub(super) fn check(self) -> Result<Self, Error> {
        let refuse = |reason: String| Err(Error::Settings { reason });
        for (name, size) in self.sizes() {
            if !(1..=LARGEST).contains(&size) {
                return refuse(format!("{name} is {size}; it must be from 1 to {LARGEST}"));
            }
        }
        for (name, value) in [("feature_hz", self.feature_hz), ("tr_s", self.tr_s)] {
            if !(value.is_finite() && value > 0.0) {
                return refuse(format!("{name} is {value}; it must be above 0"));
            }
        }
        if !self.lag_s.is_finite() {
            return refuse(format!("lag_s is {}; it must be a number of seconds", self.lag_s));
        }
        let Architecture { hidden, heads, max_samples, subject_rows, .. } = self.architecture;
        let modalities = self.modalities.len() as i64;
        if modalities == 0 || hidden % modalities != 0 {
            return refuse(format!("a hidden width of {hidden} cannot be shared by {modalities} modalities"));
        }
        if hidden % heads != 0 || self.architecture.rotary_width() > hidden / heads {
            return refuse(format!("a hidden width of {hidden} cannot be split into {heads} heads of at least 32"));
        }
        if self.architecture.rotary_width() % 2 != 0 {
            return refuse(format!("heads of {} have no even number of channels to turn", hidden / heads));
        }
        if !(1..=max_samples).contains(&self.window_samples()) {
            return refuse(format!(
                "a window of {} samples is not within the {max_samples} positions",
                self.window_samples()
            ));
        }
        if let Some(subject) = self.subjects.iter().find(|subject| !(0..subject_rows).contains(&subject.row)) {
            return refuse(format!(
                "subject {} has row {} of a head of {subject_rows} rows",
                subject.name, subject.row
            ));
        }
        Ok(self)
    }

    fn sizes(&self) -> Vec<(String, i64)> {
        let model = &self.architecture;
        let mut sizes = vec![
            ("window_trs".to_owned(), self.window_trs),
            ("hidden".to_owned(), model.hidden),
            ("depth".to_owned(), model.depth),
            ("heads".to_owned(), model.heads),
            ("feed_forward_multiplier".to_owned(), model.feed_forward_multiplier),
            ("max_samples".to_owned(), model.max_samples),
            ("subject_rows".to_owned(), model.subject_rows),
            ("outputs".to_owned(), model.outputs),
            ("output_timesteps".to_owned(), model.output_timesteps),
        ];
        sizes.extend(model.low_rank.map(|width| ("low_rank".to_owned(), width)));
        for modality in &self.modalities {
            sizes.push((format!("groups of {:?}", modality.modality), modality.groups));
            sizes.push((format!("width of {:?}", modality.modality), modality.width));
        }
        sizes
    }
}

impl Architecture {
    /// Channels of a head that the rotary embedding turns: half of them or 32, whichever is more.
    pub fn rotary_width(&self) -> i64 {
        (self.hidden / self.heads / 2).max(32)
    }
}
