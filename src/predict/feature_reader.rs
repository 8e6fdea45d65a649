//! The features of whole stimuli, for those who learn from them: the same extractors, grid and cache as predictions have.

use std::path::Path;

use ndarray::Array3;
use tokio_util::sync::CancellationToken;

use super::extractors::{Event, Extractors};
use super::timelines::TimelineCache;
use super::track::Track;
use super::{Error, PipelineConfig, Stage};
use crate::encoder::ModalitySettings;
use crate::features::cache::FeatureCache;
use crate::features::grid::Window;
use crate::features::{Cancelled, Compute, ExtractorSource, LayerSelection, Modality};
use crate::stimulus::{Shelf, Source, Timeline, Tools};

/// The layers and the length of a clip (s) of the published model's extractors.
const LAYER_FRACTIONS: [f64; 3] = [0.5, 0.75, 1.0];
const CACHED_LAYERS: usize = 20;
const CLIP_S: f64 = 4.0;

/// An extractor as the settings of a model name it, found on this machine.
#[derive(Clone, Debug)]
pub struct NamedExtractor {
    pub name: String,
    pub source: ExtractorSource,
}

/// What sees, hears and reads for a model that is to be trained. It runs forwards on the thread of its caller, which must
/// have a name.
pub struct FeatureReader {
    extractors: Extractors,
    modalities: Vec<ModalitySettings>,
    tools: Tools,
    cache: FeatureCache,
    timelines: TimelineCache,
}

/// The features of a stimulus.
#[derive(Clone, Debug)]
pub struct StimulusFeatures {
    /// Where the stimulus begins and ends on its timeline (s).
    pub start_s: f64,
    pub end_s: f64,
    /// Of each modality in the order of [`FeatureReader::modalities`], `(layer group, width, sample)` from `start_s` on; `None`
    /// is a modality that the stimulus is without.
    pub features: Vec<Option<Array3<f32>>>,
    /// What its owner should know.
    pub notes: Vec<String>,
}

impl FeatureReader {
    /// Opens the extractors of text, audio and video. Those of the hub give the layers that the published model has of them.
    pub fn open(
        text: NamedExtractor,
        audio: NamedExtractor,
        video: NamedExtractor,
        config: &PipelineConfig,
    ) -> Result<Self, Error> {
        let compute = Compute::new(config.device, config.precision)?;
        let layers = [
            layers(&text.source, Some(CACHED_LAYERS)),
            layers(&audio.source, None),
            layers(&video.source, Some(CACHED_LAYERS)),
        ];
        let clip_s = video.source.folder().map(|_| CLIP_S);
        let extractors = Extractors::of(
            (&text.source, &layers[0]),
            (&audio.source, &layers[1]),
            (&video.source, &layers[2], clip_s),
            compute,
            config.tools.ffmpeg.clone(),
        )?;
        let settings = |((modality, extractor), layers): ((Modality, NamedExtractor), LayerSelection)| {
            let (groups, width) = extractors.dims(modality);
            ModalitySettings {
                modality,
                groups: groups as i64,
                width: width as i64,
                extractor: extractor.name,
                layers,
                clip_duration_s: clip_s.filter(|_| modality == Modality::Video),
            }
        };
        let modalities = Modality::ALL.into_iter().zip([text, audio, video]).zip(layers).map(settings).collect();
        Ok(Self {
            modalities,
            extractors,
            tools: config.tools.clone(),
            cache: FeatureCache::open(config.cache.join("features"))?,
            timelines: TimelineCache::open(config.cache.join("timelines"), &config.tools)?,
        })
    }

    /// What the settings of a model say of these features, in the order text, audio, video.
    pub fn modalities(&self) -> &[ModalitySettings] {
        &self.modalities
    }

    /// The features of a stimulus at `hz`, from the cache or made and put there. `folder` holds decoded sounds for a while;
    /// `tell` hears how much of a stage is done.
    pub fn read(
        &self,
        source: &Source,
        hz: f64,
        folder: &Path,
        tell: &mut dyn FnMut(Stage, f64),
        cancel: &CancellationToken,
    ) -> Result<StimulusFeatures, Error> {
        tell(Stage::Timeline, 0.0);
        let sounds = tempfile::tempdir_in(folder).map_err(Error::file(folder))?;
        let shelf = Shelf::new(sounds.path());
        let has_features =
            |timeline: &Timeline| self.extractors.are_cached(timeline, Modality::ALL.into_iter(), &self.cache);
        let lay_out = || source.lay_out(&self.tools, &shelf, cancel);
        let laid_out = self.timelines.get_or_lay_out(source.content()?, has_features, lay_out)?;
        let timeline = &laid_out.timeline;
        let (start_s, end_s) = (timeline.start(), timeline.end());
        let whole = Window { start_s, samples: ((end_s - start_s) * hz).ceil() as usize, hz };
        let mut features = Vec::new();
        for modality in Modality::ALL {
            let events = Event::of(timeline, modality);
            if events.is_empty() {
                features.push(None);
                continue;
            }
            let mut tick = |fraction| {
                tell(Stage::from(modality), fraction);
                if cancel.is_cancelled() { Err(Cancelled) } else { Ok(()) }
            };
            let mut track = Track::new(modality, events, &self.extractors, &self.cache, 0.0);
            features.push(Some(track.window(&whole, &mut tick)?));
        }
        Ok(StimulusFeatures {
            start_s,
            end_s,
            features,
            notes: laid_out.notes.iter().map(ToString::to_string).collect(),
        })
    }
}

/// The layers of an extractor: all there is of one that is built in, the published model's groups of another.
fn layers(source: &ExtractorSource, cached_layers: Option<usize>) -> LayerSelection {
    match source {
        ExtractorSource::BuiltIn(_) => LayerSelection { fractions: vec![1.0], cached_layers: None },
        ExtractorSource::Folder(_) => LayerSelection { fractions: LAYER_FRACTIONS.to_vec(), cached_layers },
    }
}
