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
use super::folder::SUBCORTEX;
use super::prediction::{FeatureReport, FeatureState, ModelIdentity};
use super::timelines::{LaidOut, TimelineCache};
use super::track::Track;
use super::{Error, Output, PredictionRequest};
use crate::brain::Subcortex;
use crate::catalogue::{ResolvedModel, SubjectShelf};
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
    /// The subjects that were fitted here.
    pub own_subjects: SubjectShelf,
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
    own_subjects: SubjectShelf,
    /// The label volume of a model that predicts the subcortex; empty for others.
    subcortex: Vec<u8>,
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
            own_subjects: config.own_subjects.clone(),
            subcortex: subcortex(&model.folder, settings)?,
        })
    }

    /// Sends silence through the encoder: the first forward is slow, and shows whether it works at all. Returns how many
    /// windows are worth a forward together: a batch is doubled while that makes a window cheaper by a tenth.
    pub(super) fn warm_up(&self) -> Result<usize, Error> {
        let silence: WindowFeatures = self.settings().modalities.iter().map(|_| None).collect();
        let subject: Vec<String> = self.settings().default_subject().into_iter().collect();
        let readouts = self.readouts(&subject, &Output::Responses)?;
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

    /// What the responses to the windows of a batch are read from.
    pub(super) fn forward(&self, windows: &[WindowFeatures]) -> Result<Latents, Error> {
        Ok(self.encoder.latents(windows)?)
    }

    /// How the responses of subjects are read off: every vertex, or the means of sets of them. The state is read by nobody.
    pub(super) fn readouts(&self, subjects: &[String], output: &Output) -> Result<Vec<Readout>, Error> {
        let whole = subjects.iter().map(|subject| self.readout(subject));
        match output {
            Output::Responses => whole.map(|whole| Ok(whole?.1)).collect(),
            Output::MeansOf(sets) => {
                whole.map(|whole| whole.map(|(name, whole)| self.folded.get(&name, sets, &whole))).collect()
            }
            Output::State => Ok(Vec::new()),
        }
    }

    /// The readout of one of the model's subjects, or of one of the lab's own, and what tells it from any other.
    fn readout(&self, subject: &str) -> Result<(String, Readout), Error> {
        let own = self.own_subjects.find(subject)?.filter(|_| !self.settings().has_subject(subject));
        match own.filter(|card| card.weights_sha256 == self.identity.weights_sha256) {
            Some(card) => Ok((card.head.clone(), self.encoder.own_readout(&self.own_subjects.head(&card)?)?)),
            None => Ok((subject.to_owned(), self.encoder.readout(subject)?)),
        }
    }

    /// Values of a row of the result: vertices, or what else is read, then voxels of the subcortex.
    pub(super) fn width(&self, output: &Output, readouts: &[Readout]) -> (usize, usize) {
        match output {
            Output::Responses => (self.settings().vertices(), self.settings().voxels()),
            Output::MeansOf(_) => (readouts.first().map_or(0, Readout::outputs), 0),
            Output::State => (self.settings().architecture.hidden as usize, 0),
        }
    }

    /// Puts beside a prediction which voxels its subcortex has.
    pub(super) fn write_subcortex(&self, folder: &Path) -> Result<(), Error> {
        let path = folder.join(SUBCORTEX);
        std::fs::write(&path, &self.subcortex).map_err(Error::file(&path))
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

/// The label volume of a model that predicts the subcortex, checked against the model's outputs.
fn subcortex(folder: &Path, settings: &Settings) -> Result<Vec<u8>, Error> {
    if settings.voxels() == 0 {
        return Ok(Vec::new());
    }
    let path = folder.join(SUBCORTEX);
    let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
    let subcortex = Subcortex::from_nifti(&bytes).map_err(|source| Error::Subcortex { path: path.clone(), source })?;
    match subcortex.voxels().len() {
        found if found == settings.voxels() => Ok(bytes),
        found => Err(Error::Voxels { path, found, expected: settings.voxels() }),
    }
}
