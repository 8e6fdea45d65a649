//! What is asked of the pipeline.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Error;
use crate::encoder::Settings;
use crate::features::Modality;
use crate::stimulus::Source;

/// A stimulus, and the brains that are to see it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct PredictionRequest {
    pub source: Source,
    /// What the stimulus is called in file names. The response does not depend on it.
    pub task: String,
    /// Names of the model's subjects; empty for its default, the average subject where there is one.
    pub subjects: Vec<String>,
    /// The modalities that reach the encoder; the others are zeros after their projector. `None` for all. None of them is
    /// the response to nothing, which [`Self::check`] refuses to users and [`Self::null`] asks for.
    pub modalities: Option<Vec<Modality>>,
    /// Seconds that a window shares with the one before it; there, their responses are faded into each other. 0 as in
    /// the published pipeline.
    #[serde(default)]
    pub overlap_s: f64,
    pub save_features: bool,
    #[serde(skip)]
    pub output: Output,
    /// Rows that are wanted of the result, where not all are: the others are never read off the encoder and stay 0. Windows
    /// that overlap need all of theirs.
    #[serde(skip)]
    pub rows: Option<BTreeSet<usize>>,
}

/// What is read off the encoder for every second.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Output {
    /// The response of every vertex, of each subject.
    #[default]
    Responses,
    /// The mean responses of sets of vertices, of each subject.
    MeansOf(VertexSets),
    /// The transformer's state, which all heads read from: one row for [`STATE`] in place of subjects.
    State,
}

/// What stands in the place of a subject where the encoder's state is read.
pub const STATE: &str = "state";

/// Sets of vertices, by their places in a response row.
pub type VertexSets = Arc<Vec<Vec<i64>>>;

impl PredictionRequest {
    /// The same with every modality masked: what the model predicts for nothing, the time alone. It is run unchecked.
    pub fn null(&self) -> Self {
        Self { modalities: Some(Vec::new()), ..self.clone() }
    }

    /// The scans that are wanted of a window of so many, which begins at a row of the result; `None` for all.
    pub(super) fn scans(&self, first: usize, scans: usize) -> Option<Vec<usize>> {
        let rows = self.rows.as_ref().filter(|_| self.overlap_s == 0.0)?;
        Some(rows.range(first..first + scans).map(|row| row - first).collect())
    }

    /// Whether features of this modality are to reach the encoder.
    pub(super) fn takes(&self, modality: Modality) -> bool {
        self.modalities.as_ref().is_none_or(|modalities| modalities.contains(&modality))
    }

    /// Whose rows the result has: the subjects asked for; where none is, the model's default: the average one, or else its
    /// first.
    pub(super) fn names(&self, settings: &Settings) -> Vec<String> {
        match self.output {
            Output::State => vec![STATE.to_owned()],
            Output::Responses | Output::MeansOf(_) if self.subjects.is_empty() => {
                settings.default_subject().into_iter().collect()
            }
            Output::Responses | Output::MeansOf(_) => self.subjects.clone(),
        }
    }

    /// Refuses subjects that are not known, a request that masks everything, and an overlap that windows cannot have.
    pub(super) fn check(&self, settings: &Settings, known: &[String]) -> Result<(), Error> {
        if self.modalities.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::NoModality);
        }
        let (tr_s, limit) = (settings.tr_s, settings.window_s() / 2.0);
        if !(0.0..=limit).contains(&self.overlap_s) || self.overlap_s % tr_s != 0.0 {
            return Err(Error::Overlap { given: self.overlap_s, tr_s, limit });
        }
        match self.subjects.iter().find(|subject| !known.contains(subject)) {
            Some(name) => Err(Error::UnknownSubject { name: name.clone(), known: known.to_vec() }),
            None => Ok(()),
        }
    }

    /// 32 hexadecimal digits over model, stimulus and parameters. `own_heads` are those of the subjects asked for that are not
    /// the model's.
    pub(super) fn key(&self, model_revision: &str, own_heads: &[String]) -> Result<String, Error> {
        let mut modalities = self.modalities.clone();
        if let Some(modalities) = &mut modalities {
            modalities.sort();
            modalities.dedup();
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.source.content()?.as_bytes());
        hasher.update(
            format!(
                "{model_revision}\n{:?}\n{modalities:?}\n{}\n{}",
                self.subjects, self.save_features, self.overlap_s
            )
            .as_bytes(),
        );
        for head in own_heads {
            hasher.update(head.as_bytes());
        }
        Ok(hasher.finalize().to_hex()[..32].to_owned())
    }
}
