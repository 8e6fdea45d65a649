//! A stimulus seen, heard and read, in every choice of these: eight predictions of one timeline, and what they say of how
//! the senses come together.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ndarray::{Array1, Array2, ArrayView1, Axis};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::map_folder::{MapFolder, write_report};
use super::{Error, Progress, Scanner, Step};
use crate::brain::Surfaces;
use crate::experiment::multisensory::{Subset, dominance, max_rule, rgb, super_additivity};
use crate::export::{Names, Origin, Statistic, png};
use crate::features::Modality;
use crate::predict::{
    FeatureReport, FeatureState, ModelIdentity, Prediction, PredictionRequest, StimulusIdentity, files,
};

/// A report of this name lies beside the files.
const REPORT: &str = "multisensory.json";
const PROXY: &str = "A masking proxy: one model, from which modalities are taken away by zeros after their projector, as \
                     dropout did in its training. TRIBE v2's paper trained a model for each set of modalities and scored \
                     it against people (section 2.8, Fig. 7); these maps are not that figure.";

/// What the eight predictions show.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MultisensoryReport {
    /// Always true: no value here was measured.
    pub is_prediction: bool,
    /// What these maps are not.
    pub proxy: String,
    pub model: ModelIdentity,
    pub stimulus: StimulusIdentity,
    /// Seconds with an event, over which maps are means.
    pub seconds: usize,
    /// Of the prediction from all modalities; the others take theirs from the cache.
    pub features: BTreeMap<Modality, FeatureReport>,
    pub subjects: Vec<SubjectSenses>,
    /// What was done for want of better, in sentences.
    pub notes: Vec<String>,
    pub files: Vec<String>,
}

/// The maps of one subject in numbers of vertices.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct SubjectSenses {
    pub subject: String,
    /// Mean over time and vertices under each set of modalities.
    pub means: BTreeMap<&'static str, f64>,
    /// Where AV - max(A, V) is above 0.
    pub over_max_rule: usize,
    /// Where AV - A - V + null is above 0.
    pub super_additive: usize,
    /// Where each modality alone explains the full response best; `none` where nothing varies.
    pub dominant: BTreeMap<&'static str, usize>,
}

impl Scanner {
    /// Predicts the request's timeline eight times, from every set of modalities and from none, and writes: the mean of
    /// each over the seconds with an event; the max rule; super-additivity, the response to nothing subtracted; dominance
    /// (0 nothing, 1 text, 2 audio, 3 video); and red, green and blue for the text, audio and video maps, each above the
    /// response to nothing and scaled to 1. The request's own modalities do not matter.
    ///
    /// The response from all modalities and those from one are held in memory, 82 kB a second each on fsaverage5.
    pub fn multisensory(
        &self,
        request: &PredictionRequest,
        folder: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<MultisensoryReport, Error> {
        self.predictor.check(&PredictionRequest { modalities: None, ..request.clone() })?;
        let surfaces = self.anatomy.surfaces()?;
        let workdir = tempfile::tempdir_in(folder).map_err(Error::file(folder))?;
        let predicted = Predicted::from_every_set(self, request, workdir.path(), listen, cancel)?;
        let full = predicted.full();
        let (mut subjects, mut written) = (Vec::new(), Vec::new());
        for subject in &full.subjects {
            let (senses, files) = Senses::read(&predicted, &subject.name)?.write(&predicted, &surfaces, folder)?;
            subjects.push(senses);
            written.extend(files);
        }
        let report = MultisensoryReport {
            is_prediction: true,
            proxy: PROXY.to_owned(),
            model: full.model.clone(),
            stimulus: full.stimulus.clone(),
            seconds: full.kept.iter().filter(|kept| **kept).count(),
            features: full.features.clone(),
            subjects,
            notes: notes(full),
            files: written,
        };
        write_report(folder, REPORT, &report)?;
        Ok(report)
    }
}

/// What the stimulus lacks, after what was done for want of better.
fn notes(full: &Prediction) -> Vec<String> {
    let absent = full.features.iter().filter(|(_, report)| report.state == FeatureState::Absent);
    let without = |(modality, _): (&Modality, &FeatureReport)| {
        format!("the stimulus has no {0}: what is predicted from {0} alone is the response to nothing", modality.name())
    };
    full.notes.iter().cloned().chain(absent.map(without)).collect()
}

/// A prediction from every set of modalities, each in a folder.
struct Predicted(BTreeMap<Subset, (Prediction, PathBuf)>);

impl Predicted {
    /// The full set comes first: the others find its features in the cache.
    fn from_every_set(
        scanner: &Scanner,
        request: &PredictionRequest,
        workdir: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let total = Subset::ALL.len();
        let mut predicted = BTreeMap::new();
        for (done, subset) in Subset::ALL.into_iter().rev().enumerate() {
            listen(Progress { step: Step::Predict, done, total });
            let request = match subset {
                Subset::Null => request.null(),
                _ => PredictionRequest { modalities: Some(subset.modalities().to_vec()), ..request.clone() },
            };
            let folder = workdir.join(subset.name());
            std::fs::create_dir(&folder).map_err(Error::file(&folder))?;
            let prediction = scanner.predictor.run_blocking(request, folder.clone(), |_| (), cancel.clone())?;
            predicted.insert(subset, (prediction, folder));
        }
        listen(Progress { step: Step::Predict, done: total, total });
        Ok(Self(predicted))
    }

    /// The prediction from all modalities.
    fn full(&self) -> &Prediction {
        &self.0[&Subset::TAV].0
    }

    /// The response `(time, vertex)` in the seconds with an event.
    fn response(&self, subset: Subset, subject: &str) -> Result<Array2<f32>, Error> {
        let (prediction, folder) = &self.0[&subset];
        let kept: Vec<usize> = (0..prediction.seconds).filter(|second| prediction.kept[*second]).collect();
        Ok(prediction.response(folder, subject)?.select(Axis(0), &kept))
    }
}

/// The maps of one subject.
struct Senses {
    subject: String,
    means: BTreeMap<Subset, Array1<f32>>,
    max_rule: Array1<f32>,
    super_additivity: Array1<f32>,
    dominant: Vec<Option<Modality>>,
    /// `(vertex, 3)`: text, audio, video.
    colours: Array2<f32>,
}

impl Senses {
    fn read(predicted: &Predicted, subject: &str) -> Result<Self, Error> {
        let mut means = BTreeMap::new();
        for subset in Subset::ALL {
            means.insert(subset, mean(&predicted.response(subset, subject)?));
        }
        let alone = Subset::SINGLE.map(|subset| predicted.response(subset, subject));
        let [text, audio, video] = alone;
        let (text, audio, video) = (text?, audio?, video?);
        let full = predicted.response(Subset::TAV, subject)?;
        let dominant = dominance([text.view(), audio.view(), video.view()], full.view())?.modalities;
        let of = |subset: Subset| means[&subset].view();
        let [text, audio, video] = Subset::SINGLE.map(|subset| &means[&subset] - &means[&Subset::Null]);
        Ok(Self {
            subject: subject.to_owned(),
            max_rule: max_rule(of(Subset::A), of(Subset::V), of(Subset::AV))?,
            super_additivity: super_additivity(of(Subset::A), of(Subset::V), of(Subset::AV), of(Subset::Null))?,
            dominant,
            colours: rgb(text.view(), audio.view(), video.view())?,
            means,
        })
    }

    /// Writes every map, and pictures of those that no single prediction has.
    fn write(
        &self,
        predicted: &Predicted,
        surfaces: &Surfaces,
        folder: &Path,
    ) -> Result<(SubjectSenses, Vec<String>), Error> {
        let provenance = files::provenance(predicted.full(), &self.subject)?;
        let mut maps = MapFolder::new(folder, Names::new(&provenance), Origin::from(&provenance), surfaces);
        for (subset, mean) in &self.means {
            maps.add(subset.name(), Statistic::Value, mean.to_vec())?;
        }
        let dominant =
            self.dominant.iter().map(|modality| modality.map_or(0.0, |modality| modality as u8 as f32 + 1.0));
        maps.add("dominance", Statistic::Value, dominant.collect())?;
        let bold = "predicted BOLD (arbitrary units)";
        let above_nothing = "predicted BOLD above that to nothing, over its largest";
        let [red, green, blue] = [0, 1, 2].map(|channel| self.colours.column(channel));
        let drawn: [(&str, &str, &str, ArrayView1<f32>); 5] = [
            ("max rule", "AV - max(A, V)", bold, self.max_rule.view()),
            ("super-additivity", "AV - A - V + null", bold, self.super_additivity.view()),
            ("text (red)", "text alone, red of RGB", above_nothing, red),
            ("audio (green)", "audio alone, green of RGB", above_nothing, green),
            ("video (blue)", "video alone, blue of RGB", above_nothing, blue),
        ];
        for (name, what, unit, values) in drawn {
            let values = values.to_vec();
            maps.draw(name, Statistic::Value, &values, png::Caption { what, unit })?;
            maps.add(name, Statistic::Value, values)?;
        }
        Ok((self.numbers(), maps.finish()?))
    }

    fn numbers(&self) -> SubjectSenses {
        let above = |map: &Array1<f32>| map.iter().filter(|value| **value > 0.0).count();
        let mean = |map: &Array1<f32>| map.iter().map(|value| f64::from(*value)).sum::<f64>() / map.len() as f64;
        let mut dominant: BTreeMap<&str, usize> = Modality::ALL.map(|modality| (modality.name(), 0)).into();
        for modality in &self.dominant {
            *dominant.entry(modality.map_or("none", Modality::name)).or_default() += 1;
        }
        SubjectSenses {
            subject: self.subject.clone(),
            means: self.means.iter().map(|(subset, map)| (subset.name(), mean(map))).collect(),
            over_max_rule: above(&self.max_rule),
            super_additive: above(&self.super_additivity),
            dominant,
        }
    }
}

/// Over time.
fn mean(response: &Array2<f32>) -> Array1<f32> {
    let sum = |column: ArrayView1<f32>| column.iter().map(|value| f64::from(*value)).sum::<f64>();
    response.map_axis(Axis(0), |column| (sum(column) / column.len().max(1) as f64) as f32)
}
