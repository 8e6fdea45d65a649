//! The pipeline on one page: a stimulus is laid out on a timeline, its events become features, windows of
//! features go through the encoder, and the responses are written as they come.

use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::{Array4, ArrayView4, Axis, s};
use tokio_util::sync::CancellationToken;

use super::extractors::{Event, Extractors};
use super::folder::{FeaturesWriter, ResponseWriter, response_name};
use super::prediction::{FeatureReport, FeatureState, ModelIdentity, StimulusIdentity, SubjectResponse, Timings};
use super::track::Track;
use super::{Error, Prediction, PredictionRequest, Progress, Stage};
use crate::catalogue::ResolvedModel;
use crate::encoder::{Artefact, BrainEncoder, Settings, SubjectRow};
use crate::features::cache::FeatureCache;
use crate::features::grid::Window;
use crate::features::{Cancelled, Compute, DeviceChoice, Modality, Precision};
use crate::stimulus::Studio;

/// How a model is run.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    pub device: DeviceChoice,
    pub precision: Precision,
    /// Where features are cached.
    pub cache: PathBuf,
    pub studio: Studio,
}

/// A loaded model with all that it needs to see, hear and read.
pub(super) struct Pipeline {
    encoder: BrainEncoder,
    extractors: Extractors,
    studio: Studio,
    cache: FeatureCache,
    identity: ModelIdentity,
}

/// What listens to a run: hears progress and may stop it.
pub(super) struct Listener<'a> {
    pub(super) progress: &'a mut dyn FnMut(Progress),
    pub(super) cancel: &'a CancellationToken,
}

impl Listener<'_> {
    fn tell(
        &mut self,
        stage: Stage,
        fraction: f64,
        windows_done: usize,
        windows_total: usize,
    ) -> Result<(), Cancelled> {
        (self.progress)(Progress { stage, fraction, windows_done, windows_total });
        if self.cancel.is_cancelled() { Err(Cancelled) } else { Ok(()) }
    }
}

impl Pipeline {
    pub(super) fn load(model: &ResolvedModel, config: &PipelineConfig) -> Result<Self, Error> {
        let compute = Compute::new(config.device, config.precision)?;
        let artefact = Artefact::open(&model.folder)?;
        let settings = artefact.settings();
        let identity = ModelIdentity {
            name: model.name.clone(),
            trained: settings.trained,
            weights_sha256: artefact.weights_sha256()?,
            space: settings.mesh.clone(),
            licence: model.card.licence.clone(),
        };
        let extractors = Extractors::open(model, settings, compute, config.studio.ffmpeg.clone())?;
        let encoder = BrainEncoder::load(&artefact, compute)?;
        Ok(Self {
            encoder,
            extractors,
            studio: config.studio.clone(),
            cache: FeatureCache::open(config.cache.clone())?,
            identity,
        })
    }

    /// Sends an empty window through the encoder: the first forward is slow, and shows whether it works at all.
    pub(super) fn warm_up(&self) -> Result<(), Error> {
        let absent: Vec<Option<ArrayView4<f32>>> = self.encoder.settings().modalities.iter().map(|_| None).collect();
        let subjects = self.encoder.subject_rows(&[])?;
        self.encoder.predict(&absent, 1, &subjects)?;
        Ok(())
    }

    /// Predicts, writing to `folder` as windows finish.
    pub(super) fn run(
        &self,
        request: &PredictionRequest,
        folder: &Path,
        listener: &mut Listener,
    ) -> Result<Prediction, Error> {
        let begun = Instant::now();
        let settings = self.encoder.settings();
        let subjects = self.encoder.subject_rows(&request.subjects)?;
        let workdir = tempfile::tempdir_in(folder).map_err(Error::file(folder))?;

        listener.tell(Stage::Timeline, 0.0, 0, 0)?;
        let (timeline, notes) = request.source.lay_out(&self.studio, workdir.path())?;
        let timeline_s = begun.elapsed().as_secs_f64();
        let windows = Window::cut(timeline.start(), timeline.end(), settings.window_s(), settings.feature_hz);

        let asked = |modality| request.modalities.as_ref().is_none_or(|asked| asked.contains(&modality));
        let mut tracks: Vec<Option<Track>> = settings
            .modalities
            .iter()
            .map(|input| {
                let events = if asked(input.modality) { Event::of(&timeline, input.modality) } else { Vec::new() };
                (!events.is_empty()).then(|| Track::new(input.modality, events, &self.extractors, &self.cache))
            })
            .collect();
        let mut responses =
            (0..subjects.len()).map(|i| ResponseWriter::create(folder, i)).collect::<Result<Vec<_>, _>>()?;
        let mut saved = tracks
            .iter()
            .flatten()
            .filter(|_| request.save_features)
            .map(|track| {
                FeaturesWriter::create(folder, track.modality(), windows.iter().map(|window| window.samples).sum())
            })
            .collect::<Result<Vec<_>, _>>()?;

        let mut kept = Vec::new();
        let mut encoder_s = 0.0;
        for (done, window) in windows.iter().enumerate() {
            let features = tracks
                .iter_mut()
                .map(|track| {
                    track
                        .as_mut()
                        .map(|track| {
                            let stage = Stage::from(track.modality());
                            track.window(window, &mut |fraction| listener.tell(stage, fraction, done, windows.len()))
                        })
                        .transpose()
                })
                .collect::<Result<Vec<Option<Array4<f32>>>, Error>>()?;
            for (writer, features) in saved.iter_mut().zip(features.iter().flatten()) {
                writer.append(features.index_axis(Axis(0), 0))?;
            }
            listener.tell(Stage::Encoder, done as f64 / windows.len() as f64, done, windows.len())?;
            let encoding = Instant::now();
            let views: Vec<_> = features.iter().map(|features| features.as_ref().map(Array4::view)).collect();
            let response = self.encoder.predict(&views, 1, &subjects)?;
            encoder_s += encoding.elapsed().as_secs_f64();
            if !response.iter().all(|value| value.is_finite()) {
                return Err(Error::NotFinite { window: done });
            }
            for (subject, writer) in responses.iter_mut().enumerate() {
                writer.append(response.slice(s![subject, 0, .., ..]))?;
            }
            let rows = response.len_of(Axis(2));
            kept.extend(
                (0..rows).map(|row| timeline.has_event(window.start_s + row as f64 * settings.tr_s, settings.tr_s)),
            );
        }
        listener.tell(Stage::Encoder, 1.0, windows.len(), windows.len())?;

        let features: Vec<FeatureReport> = tracks.iter().flatten().map(Track::report).collect();
        let prediction = Prediction {
            is_prediction: true,
            model: self.identity.clone(),
            stimulus: StimulusIdentity {
                task: request.source.task(),
                hash: request.source.content()?.to_string(),
                duration_s: timeline.end() - timeline.start(),
            },
            subjects: subjects
                .iter()
                .enumerate()
                .map(|(i, row)| SubjectResponse { name: row.name.clone(), file: response_name(i) })
                .collect(),
            vertices: settings.outputs,
            seconds: kept.len(),
            lag_s: settings.lag_s,
            start_s: timeline.start(),
            kept,
            features: todo!(),
            notes: notes.into_iter().map(|note| note.to_string()).collect(),
            timings: Timings {
                timeline_s,
                features_s: features.iter().map(|report| report.seconds).sum(),
                encoder_s,
                total_s: begun.elapsed().as_secs_f64(),
            },
        };
        prediction.write(folder)?;
        Ok(prediction)
    }
}
