//! The pipeline on one page: a stimulus is laid out on a timeline, its events become features, windows of
//! features go through the encoder, and the responses are written as they come.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use ndarray::{Array3, Array4, ArrayView4, Axis};
use tokio_util::sync::CancellationToken;

use super::crossfade::Crossfade;
use super::extractors::{Event, Extractors};
use super::folder::ResultWriter;
use super::prediction::{FeatureReport, FeatureState, ModelIdentity, StimulusIdentity, SubjectResponse, Timings};
use super::timelines::{LaidOut, TimelineCache};
use super::track::Track;
use super::{Error, Prediction, PredictionRequest, Progress, Stage};
use crate::catalogue::ResolvedModel;
use crate::encoder::{Artefact, BrainEncoder, SubjectRow};
use crate::features::cache::FeatureCache;
use crate::features::grid::Window;
use crate::features::{Cancelled, Compute, DeviceChoice, Modality, Precision};
use crate::stimulus::{Content, Timeline, Tools};

/// How a model is run.
#[derive(Clone, Debug)]
pub struct PipelineConfig {
    pub device: DeviceChoice,
    pub precision: Option<Precision>,
    /// Where features and timelines are cached.
    pub cache: PathBuf,
    pub tools: Tools,
}

/// A loaded model with all that it needs to see, hear and read.
pub(super) struct Pipeline {
    encoder: BrainEncoder,
    extractors: Extractors,
    tools: Tools,
    cache: FeatureCache,
    timelines: TimelineCache,
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
    pub(super) fn load(
        model: &ResolvedModel,
        identity: &ModelIdentity,
        config: &PipelineConfig,
    ) -> Result<Self, Error> {
        let compute = Compute::new(config.device, config.precision)?;
        let artefact = Artefact::open(&model.folder)?;
        let settings = artefact.settings();
        Ok(Self {
            extractors: Extractors::open(model, settings, compute, config.tools.ffmpeg.clone())?,
            encoder: BrainEncoder::load(&artefact, compute)?,
            tools: config.tools.clone(),
            cache: FeatureCache::open(config.cache.join("features"))?,
            timelines: TimelineCache::open(config.cache.join("timelines"), &config.tools)?,
            identity: identity.clone(),
        })
    }

    /// Sends an empty window through the encoder: the first forward is slow, and shows whether it works at all.
    pub(super) fn warm_up(&self) -> Result<(), Error> {
        let silence: Vec<Option<ArrayView4<f32>>> = self.encoder.settings().modalities.iter().map(|_| None).collect();
        let subjects = self.encoder.subject_rows(&self.subjects(&[]))?;
        self.encoder.predict(&silence, 1, &subjects)?;
        Ok(())
    }

    /// The subjects asked for; where none is, the model's default: the average one, or else its first.
    fn subjects(&self, asked: &[String]) -> Vec<String> {
        if asked.is_empty() { self.encoder.settings().default_subject().into_iter().collect() } else { asked.to_vec() }
    }

    /// Predicts, writing to `folder` as windows finish.
    pub(super) fn run(
        &self,
        request: &PredictionRequest,
        folder: &Path,
        listener: &mut Listener,
    ) -> Result<Prediction, Error> {
        let begun = Instant::now();
        let subjects = self.subjects(&request.subjects);
        let heads = self.encoder.subject_rows(&subjects)?;

        listener.tell(Stage::Timeline, 0.0, 0, 0)?;
        let workdir = tempfile::tempdir_in(folder).map_err(Error::file(folder))?;
        let stimulus = request.source.content()?;
        let LaidOut { timeline, notes } = self.lay_out(request, stimulus, workdir.path(), listener.cancel)?;
        let timeline_s = begun.elapsed().as_secs_f64();

        let windows = self.windows(&timeline, request.overlap_s);
        let samples = windows.iter().map(|window| window.samples).sum();
        let mut tracks = self.tracks(&timeline, request);
        let mut results = ResultWriter::create(folder, heads.len(), &saved(&tracks, request), samples)?;
        let mut crossfade = Crossfade::new((request.overlap_s / self.encoder.settings().tr_s) as usize);
        let mut encoder_s = 0.0;
        for (done, window) in windows.iter().enumerate() {
            let features = features(&mut tracks, window, &mut |stage, fraction| {
                listener.tell(stage, fraction, done, windows.len())
            })?;
            results.append_features(&features)?;

            listener.tell(Stage::Encoder, done as f64 / windows.len() as f64, done, windows.len())?;
            let encoding = Instant::now();
            let response = self.respond(&features, &heads, done)?;
            encoder_s += encoding.elapsed().as_secs_f64();
            results.append_response(&crossfade.join(response, done + 1 == windows.len()))?;
        }
        listener.tell(Stage::Encoder, 1.0, windows.len(), windows.len())?;

        let features = self.reports(&tracks, request);
        let timings = Timings {
            timeline_s,
            features_s: features.values().map(|report| report.seconds).sum(),
            encoder_s,
            total_s: begun.elapsed().as_secs_f64(),
        };
        let settings = self.encoder.settings();
        let second = |row: usize| timeline.start() + row as f64 * settings.tr_s;
        let prediction = Prediction {
            is_prediction: true,
            model: self.identity.clone(),
            stimulus: StimulusIdentity {
                task: request.task.clone(),
                hash: stimulus.to_string(),
                duration_s: timeline.end() - timeline.start(),
            },
            subjects: SubjectResponse::in_order(subjects),
            vertices: settings.architecture.outputs as usize,
            seconds: results.rows(),
            tr_s: settings.tr_s,
            lag_s: settings.lag_s,
            start_s: timeline.start(),
            overlap_s: request.overlap_s,
            kept: (0..results.rows()).map(|row| timeline.has_event(second(row), settings.tr_s)).collect(),
            samples,
            timings,
            features,
            notes: notes.iter().map(ToString::to_string).collect(),
        };
        prediction.write(folder)?;
        Ok(prediction)
    }

    /// One window through the encoder: `(subject, time, vertex)`.
    fn respond(
        &self,
        features: &[Option<Array4<f32>>],
        heads: &[SubjectRow],
        window: usize,
    ) -> Result<Array3<f32>, Error> {
        let views: Vec<_> = features.iter().map(|features| features.as_ref().map(|features| features.view())).collect();
        let response = self.encoder.predict(&views, 1, heads)?.index_axis_move(Axis(1), 0);
        if response.iter().all(|value| value.is_finite()) { Ok(response) } else { Err(Error::NotFinite { window }) }
    }

    /// The stimulus in time: as it was laid out before, where that is all that is needed, or else anew.
    fn lay_out(
        &self,
        request: &PredictionRequest,
        stimulus: Content,
        workdir: &Path,
        cancel: &CancellationToken,
    ) -> Result<LaidOut, Error> {
        if let Some(known) = self.timelines.get(stimulus)
            && self.has_features(&known.timeline, request)?
        {
            return Ok(known);
        }
        let (timeline, notes) = request.source.lay_out(&self.tools, workdir, cancel)?;
        let laid_out = LaidOut { timeline, notes };
        self.timelines.put(stimulus, &laid_out)?;
        Ok(laid_out)
    }

    /// Whether all features that the request needs are in the cache.
    fn has_features(&self, timeline: &Timeline, request: &PredictionRequest) -> Result<bool, Error> {
        for modality in Modality::ALL.into_iter().filter(|modality| request.takes(*modality)) {
            for event in Event::of(timeline, modality) {
                if self.cache.get(&self.extractors.key(&event))?.is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The whole timeline in windows of the model's length; the last one reaches past the end, into silence.
    fn windows(&self, timeline: &Timeline, overlap_s: f64) -> Vec<Window> {
        let settings = self.encoder.settings();
        let samples = settings.window_samples() as usize;
        let window = |start_s| Window { start_s, samples, hz: settings.feature_hz };
        timeline.windows(settings.window_s(), overlap_s).into_iter().map(|stretch| window(stretch.start_s)).collect()
    }

    /// In the encoder's order; `None` for what the timeline lacks or the request masks.
    fn tracks(&self, timeline: &Timeline, request: &PredictionRequest) -> Vec<Option<Track<'_>>> {
        let track = |modality| {
            let events = if request.takes(modality) { Event::of(timeline, modality) } else { Vec::new() };
            (!events.is_empty()).then(|| Track::new(modality, events, &self.extractors, &self.cache, request.overlap_s))
        };
        self.encoder.settings().modalities.iter().map(|input| track(input.modality)).collect()
    }

    fn reports(&self, tracks: &[Option<Track>], request: &PredictionRequest) -> BTreeMap<Modality, FeatureReport> {
        let inputs = &self.encoder.settings().modalities;
        let report = |modality, track: &Option<Track>| {
            let (layer_groups, width) = self.extractors.dims(modality);
            let (state, seconds) = match track {
                Some(track) => (track.state(), track.seconds()),
                None if request.takes(modality) => (FeatureState::Absent, 0.0),
                None => (FeatureState::Masked, 0.0),
            };
            let saved = request.save_features && track.is_some();
            FeatureReport { state, saved, seconds, layer_groups, width }
        };
        inputs.iter().zip(tracks).map(|(input, track)| (input.modality, report(input.modality, track))).collect()
    }
}

/// A window of every track, in the encoder's order; `tick` hears how far each modality is.
fn features(
    tracks: &mut [Option<Track>],
    window: &Window,
    tick: &mut dyn FnMut(Stage, f64) -> Result<(), Cancelled>,
) -> Result<Vec<Option<Array4<f32>>>, Error> {
    let mut of = |track: &mut Track| {
        let stage = Stage::from(track.modality());
        track.window(window, &mut |fraction| tick(stage, fraction))
    };
    tracks.iter_mut().map(|track| track.as_mut().map(&mut of).transpose()).collect()
}

/// The modalities whose features are to be kept.
fn saved(tracks: &[Option<Track>], request: &PredictionRequest) -> Vec<Modality> {
    tracks.iter().flatten().filter(|_| request.save_features).map(Track::modality).collect()
}
