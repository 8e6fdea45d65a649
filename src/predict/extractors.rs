//! The three extractors of a model, and the events that each of them reads.

use ndarray::ArrayViewMut3;

use super::Error;
use crate::catalogue::ResolvedModel;
use crate::encoder::Settings;
use crate::features::cache::{CacheKey, FeatureCache};
use crate::features::grid::{self, Window};
use crate::features::{
    self, Compute, Extractor, ExtractorSource, Features, Hears, LayerSelection, Modality, Reads, Sees, Tick,
};
use crate::stimulus::{Ffmpeg, Film, Sound, Timeline, Word};

/// What an extractor turns into features in one go.
pub(super) enum Event {
    /// All words of the timeline: each depends on those before it.
    Text(Vec<Word>),
    Sound(Sound),
    Film(Film),
}

impl Event {
    /// The events of one modality, in order of their onsets.
    pub(super) fn of(timeline: &Timeline, modality: Modality) -> Vec<Self> {
        match modality {
            Modality::Text if timeline.words.is_empty() => Vec::new(),
            Modality::Text => vec![Self::Text(timeline.words.clone())],
            Modality::Audio => timeline.sounds.iter().cloned().map(Self::Sound).collect(),
            Modality::Video => timeline.films.iter().cloned().map(Self::Film).collect(),
        }
    }

    /// Onset (s).
    pub(super) fn start(&self) -> f64 {
        match self {
            Self::Text(words) => words.iter().map(|word| word.start).fold(f64::INFINITY, f64::min),
            Self::Sound(sound) => sound.start,
            Self::Film(film) => film.start,
        }
    }

    /// Offset (s).
    pub(super) fn end(&self) -> f64 {
        match self {
            Self::Text(words) => words.iter().map(|word| word.start + word.duration).fold(f64::NEG_INFINITY, f64::max),
            Self::Sound(sound) => sound.start + sound.duration,
            Self::Film(film) => film.start + film.duration,
        }
    }

    pub(super) fn duration(&self) -> f64 {
        self.end() - self.start()
    }

    /// Adds the event's features to the samples of a window that it covers.
    pub(super) fn place(&self, features: &Features, window: &Window, into: &mut ArrayViewMut3<f32>) {
        match self {
            Self::Text(words) => {
                let spans: Vec<(f64, f64)> = words.iter().map(|word| (word.start, word.duration)).collect();
                grid::add_words(into, window, &spans, features);
            }
            Self::Sound(sound) => grid::add_series(into, window, (sound.start, sound.duration), features),
            Self::Film(film) => grid::add_series(into, window, (film.start, film.duration), features),
        }
    }
}

/// The extractors of one model, on one device.
pub(super) struct Extractors {
    text: Box<dyn Reads>,
    audio: Box<dyn Hears>,
    video: Box<dyn Sees>,
    ffmpeg: Ffmpeg,
}

impl Extractors {
    pub(super) fn open(
        model: &ResolvedModel,
        settings: &Settings,
        compute: Compute,
        ffmpeg: Ffmpeg,
    ) -> Result<Self, Error> {
        let input = |modality| settings.modality(modality).ok_or(Error::NoInput(modality));
        let text = (&model.text, &input(Modality::Text)?.layers);
        let audio = (&model.audio, &input(Modality::Audio)?.layers);
        let video = input(Modality::Video)?;
        Self::of(text, audio, (&model.video, &video.layers, video.clip_duration_s), compute, ffmpeg)
    }

    /// Extractors with the layers that they give; that of film with the length of a clip (s).
    pub(super) fn of(
        text: (&ExtractorSource, &LayerSelection),
        audio: (&ExtractorSource, &LayerSelection),
        video: (&ExtractorSource, &LayerSelection, Option<f64>),
        compute: Compute,
        ffmpeg: Ffmpeg,
    ) -> Result<Self, Error> {
        Ok(Self {
            text: features::reader(text.0, text.1, compute)?,
            audio: features::hearer(audio.0, audio.1, compute)?,
            video: features::viewer(video.0, video.1, video.2, compute)?,
            ffmpeg,
        })
    }

    /// Whether the features of all events of these modalities are in the cache.
    pub(super) fn are_cached(
        &self,
        timeline: &Timeline,
        modalities: impl Iterator<Item = Modality>,
        cache: &FeatureCache,
    ) -> Result<bool, Error> {
        for modality in modalities {
            for event in Event::of(timeline, modality) {
                if cache.get(&self.key(&event))?.is_none() {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// `(layer group, width)` of a modality's features.
    pub(super) fn dims(&self, modality: Modality) -> (usize, usize) {
        let extractor = self.extractor(modality);
        (extractor.groups(), extractor.width())
    }

    fn extractor(&self, modality: Modality) -> &dyn Extractor {
        match modality {
            Modality::Text => &*self.text,
            Modality::Audio => &*self.audio,
            Modality::Video => &*self.video,
        }
    }

    /// What an event's features are called in the cache: they depend on nothing else.
    pub(super) fn key(&self, event: &Event) -> CacheKey {
        match event {
            Event::Text(words) => {
                let mut key = CacheKey::new(&*self.text);
                for word in words {
                    key.add(word.context.as_bytes());
                    key.add(word.text.as_bytes());
                }
                key
            }
            Event::Sound(sound) => stretch_key(&*self.audio, sound.content, sound.offset, sound.duration),
            Event::Film(film) => stretch_key(&*self.video, film.content, film.offset, film.duration),
        }
    }

    pub(super) fn extract(&self, event: &Event, tick: Tick) -> Result<Features, Error> {
        Ok(match event {
            Event::Text(words) => self.text.words(words, tick)?,
            Event::Sound(sound) => self.audio.sound(sound, sound.waveform()?, tick)?,
            Event::Film(film) => self.video.film(film, &mut film.frames(&self.ffmpeg)?, tick)?,
        })
    }
}

fn stretch_key(extractor: &dyn Extractor, content: blake3::Hash, offset: f64, duration: f64) -> CacheKey {
    let mut key = CacheKey::new(extractor);
    key.add(content.as_bytes());
    key.add(&offset.to_le_bytes());
    key.add(&duration.to_le_bytes());
    key
}
