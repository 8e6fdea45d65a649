//! A loaded model, and the parts of a prediction that it does: a stimulus is laid out on a timeline, its events become
//! features, and windows of features go through the encoder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::extractors::{Event, Extractors};
use super::folded::FoldedReadouts;
use super::prediction::{FeatureReport, FeatureState, ModelIdentity};
use super::request::VertexSets;
use super::timelines::{LaidOut, TimelineCache};
use super::track::Track;
use super::{Error, PredictionRequest};
use crate::catalogue::ResolvedModel;
use crate::encoder::{Artefact, BrainEncoder, Latents, Readout, Settings, WindowFeatures};
use crate::features::cache::FeatureCache;
use crate::features::grid::Window;
use crate::features::{Compute, DeviceChoice, Modality, Precision};
use crate::stimulus::{Content, SharedShelf, Shelf, Source, Timeline, Tools};

/// Most windows of a forward.
const LARGEST_BATCH: usize = 32;
/// A batch is doubled where a window's share of the forward falls to this part of what it was.
const WORTHWHILE: f64 = 0.9;

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
    /// What sequences show, which is shown again and again.
    shelf: SharedShelf,
    identity: ModelIdentity,
    folded: FoldedReadouts,
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
            shelf: SharedShelf::new(config.cache.clone()),
            identity: identity.clone(),
            folded: FoldedReadouts::default(),
        })
    }

    /// Sends silence through the encoder: the first forward is slow, and shows whether it works at all. Returns how many
    /// windows are worth a forward together: a batch is doubled while that makes a window cheaper by a tenth.
    pub(super) fn warm_up(&self) -> Result<usize, Error> {
        let silence: WindowFeatures = self.settings().modalities.iter().map(|_| None).collect();
        let readouts = self.readouts(&self.subjects(&[]), None)?;
        let seconds_a_window = |windows: usize| {
            let begun = Instant::now();
            let latents = self.forward(&vec![silence.clone(); windows])?;
            (0..windows).for_each(|window| drop(latents.read(window, &readouts)));
            Ok::<_, Error>(begun.elapsed().as_secs_f64() / windows as f64)
        };
        seconds_a_window(1)?;
        let (mut budget, mut seconds) = (1, seconds_a_window(1)?);
        while budget < LARGEST_BATCH {
            let doubled = seconds_a_window(2 * budget)?;
            if doubled > WORTHWHILE * seconds {
                break;
            }
            (budget, seconds) = (2 * budget, doubled);
        }
        Ok(budget)
    }

    /// The subjects asked for; where none is, the model's default: the average one, or else its first.
    pub(super) fn subjects(&self, asked: &[String]) -> Vec<String> {
        if asked.is_empty() { self.encoder.settings().default_subject().into_iter().collect() } else { asked.to_vec() }
    }

    /// What the responses to the windows of a batch are read from.
    pub(super) fn forward(&self, windows: &[WindowFeatures]) -> Result<Latents, Error> {
        Ok(self.encoder.latents(windows)?)
    }

    /// How the responses of subjects are read off: every vertex, or the means of sets of them.
    pub(super) fn readouts(&self, subjects: &[String], means_of: Option<&VertexSets>) -> Result<Vec<Readout>, Error> {
        let whole = self.encoder.readouts(subjects)?;
        let Some(sets) = means_of else { return Ok(whole) };
        Ok(subjects.iter().zip(whole).map(|(subject, whole)| self.folded.get(subject, sets, &whole)).collect())
    }

    pub(super) fn settings(&self) -> &Settings {
        self.encoder.settings()
    }

    pub(super) fn identity(&self) -> &ModelIdentity {
        &self.identity
    }

    /// Where a stimulus is decoded to: a sequence where others find it, anything else into a folder of its own in `folder`.
    pub(super) fn shelf(&self, source: &Source, folder: &Path) -> std::io::Result<Arc<(Shelf, TempDir)>> {
        if let Source::Sequence { .. } = source {
            return self.shelf.current();
        }
        let own = tempfile::tempdir_in(folder)?;
        Ok(Arc::new((Shelf::new(own.path()), own)))
    }

    /// The stimulus in time: as it was laid out before, where that is all that is needed, or else anew.
    pub(super) fn lay_out(
        &self,
        request: &PredictionRequest,
        stimulus: Content,
        shelf: &Shelf,
        cancel: &CancellationToken,
    ) -> Result<LaidOut, Error> {
        let wanted = || Modality::ALL.into_iter().filter(|modality| request.takes(*modality));
        let has_features = |timeline: &Timeline| self.extractors.are_cached(timeline, wanted(), &self.cache);
        self.timelines.get_or_lay_out(stimulus, has_features, || request.source.lay_out(&self.tools, shelf, cancel))
    }

    /// The whole timeline in windows of the model's length; the last one reaches past the end, into silence.
    pub(super) fn windows(&self, timeline: &Timeline, overlap_s: f64) -> Vec<Window> {
        let settings = self.encoder.settings();
        let samples = settings.window_samples() as usize;
        let window = |start_s| Window { start_s, samples, hz: settings.feature_hz };
        timeline.windows(settings.window_s(), overlap_s).into_iter().map(|stretch| window(stretch.start_s)).collect()
    }

    /// In the encoder's order; `None` for what the timeline lacks or the request masks.
    pub(super) fn tracks(&self, timeline: &Timeline, request: &PredictionRequest) -> Vec<Option<Track<'_>>> {
        let track = |modality| {
            let events = if request.takes(modality) { Event::of(timeline, modality) } else { Vec::new() };
            (!events.is_empty()).then(|| Track::new(modality, events, &self.extractors, &self.cache, request.overlap_s))
        };
        self.encoder.settings().modalities.iter().map(|input| track(input.modality)).collect()
    }

    pub(super) fn reports(
        &self,
        tracks: &[Option<Track>],
        request: &PredictionRequest,
    ) -> BTreeMap<Modality, FeatureReport> {
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
