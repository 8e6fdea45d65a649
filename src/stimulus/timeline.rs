//! A timeline: every sound, film and word with its onset and duration, in seconds, and how it is cut.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Retouch;

/// BLAKE3 of a stimulus: what caches and results are named by.
pub type Content = blake3::Hash;

/// Sounds and films are cut at multiples of this (s) …
const CHUNK_S: f64 = 60.0;
/// … unless less than this (s) would be left on a side of the cut.
const CHUNK_REST_S: f64 = 30.0;

/// A stretch of sound, encoded on its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sound {
    /// A file of interleaved little-endian float32 samples, decoded from what the user gave.
    pub path: PathBuf,
    /// BLAKE3 of the rate, the channels and all samples of the file.
    pub content: Content,
    /// Onset on the timeline (s).
    pub start: f64,
    /// Length (s).
    pub duration: f64,
    /// Where the stretch begins inside the file (s).
    pub offset: f64,
    /// Hz.
    pub sample_rate: u32,
    pub channels: u16,
}

/// Where the frames of a film come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum FilmSource {
    /// A video file at its constant frame rate (frames/s).
    Video { fps: f64 },
    /// One picture, held.
    Still,
}

/// A stretch of film, encoded on its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Film {
    pub path: PathBuf,
    /// BLAKE3 of the file's bytes, and of what changes its frames.
    pub content: Content,
    /// Onset on the timeline (s).
    pub start: f64,
    /// Length (s).
    pub duration: f64,
    /// Where the stretch begins inside the file (s).
    pub offset: f64,
    pub source: FilmSource,
    /// Pixels, after rotation.
    pub width: u32,
    pub height: u32,
    /// What is done to its frames.
    #[serde(default)]
    pub retouch: Option<Retouch>,
}

/// A word that is heard or read, with all that precedes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Word {
    /// The word as the transcript has it, punctuation included.
    pub text: String,
    /// Onset on the timeline (s).
    pub start: f64,
    /// Length (s).
    pub duration: f64,
    /// The text from the start of the timeline up to and including the word.
    pub context: String,
    /// The word as it stands at the end of `context`.
    pub surface: String,
}

/// A stimulus laid out in time, cut where the extractors are to cut it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Timeline {
    pub sounds: Vec<Sound>,
    pub films: Vec<Film>,
    /// In the order of the text.
    pub words: Vec<Word>,
    /// Where it begins and ends (s), where that is more than its events say.
    #[serde(default)]
    pub lasts: Option<(f64, f64)>,
}

/// A stretch of the timeline that the brain encoder sees at once.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Window {
    /// Onset on the timeline (s).
    pub start_s: f64,
    /// Length (s).
    pub duration_s: f64,
}

impl Timeline {
    /// Where it begins (s): the onset of the first event, 0 where there is none.
    pub fn start(&self) -> f64 {
        self.spans().chain(self.lasts).map(|(start, _)| start).reduce(f64::min).unwrap_or(0.0)
    }

    /// Where it ends (s): when the last event is over, 0 where there is none.
    pub fn end(&self) -> f64 {
        self.spans().chain(self.lasts).map(|(_, end)| end).reduce(f64::max).unwrap_or(0.0)
    }

    /// Windows of `window_s` seconds that cover the timeline from its start, each sharing `overlap_s` seconds with the
    /// one before it. The last one may reach past the end.
    pub fn windows(&self, window_s: f64, overlap_s: f64) -> Vec<Window> {
        let (start, end) = (self.start(), self.end());
        let stride_s = window_s - overlap_s;
        let after_first = ((end - start - window_s) / stride_s - 1e-9).ceil().max(0.0) as usize;
        let count = if end > start { 1 + after_first } else { 0 };
        (0..count).map(|i| Window { start_s: start + i as f64 * stride_s, duration_s: window_s }).collect()
    }

    /// Whether something happens in the `length_s` seconds from `start_s`: a sound, a film, a word, or the
    /// text, which lasts from the onset of its first word to the end of its last one.
    pub fn has_event(&self, start_s: f64, length_s: f64) -> bool {
        self.spans().any(|(start, end)| start < start_s + length_s && end > start_s)
    }

    /// Onset and end (s) of every event.
    fn spans(&self) -> impl Iterator<Item = (f64, f64)> {
        let sounds = self.sounds.iter().map(|sound| (sound.start, sound.start + sound.duration));
        let films = self.films.iter().map(|film| (film.start, film.start + film.duration));
        let words = self.words.iter().map(|word| (word.start, word.start + word.duration));
        let text = words.clone().reduce(|(start, end), word| (start.min(word.0), end.max(word.1)));
        sounds.chain(films).chain(words).chain(text)
    }
}

impl Sound {
    /// The stretches in which the sound is encoded.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Sound> {
        chunks(self.duration).into_iter().map(|(onset, duration)| Sound {
            start: self.start + onset,
            offset: self.offset + onset,
            duration,
            ..self.clone()
        })
    }
}

impl Film {
    /// The stretches in which the film is encoded.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Film> {
        chunks(self.duration).into_iter().map(|(onset, duration)| Film {
            start: self.start + onset,
            offset: self.offset + onset,
            duration,
            ..self.clone()
        })
    }
}

/// Onset and length (s) of the stretches of `duration` seconds: cut at multiples of 60 s, where 30 s are left
/// before and after the cut.
fn chunks(duration: f64) -> Vec<(f64, f64)> {
    let last_cut = ((duration - CHUNK_REST_S) / CHUNK_S).floor().max(0.0) as usize;
    let onsets = (0..=last_cut).map(|i| i as f64 * CHUNK_S);
    let ends = (1..=last_cut).map(|i| i as f64 * CHUNK_S).chain([duration]);
    onsets.zip(ends).map(|(onset, end)| (onset, end - onset)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(start: f64, duration: f64) -> Word {
        Word { text: "word".into(), start, duration, context: "word".into(), surface: "word".into() }
    }

    #[test]
    fn cuts_leave_half_a_minute_on_both_sides() {
        assert_eq!(chunks(98.0), [(0.0, 60.0), (60.0, 38.0)]);
        assert_eq!(chunks(80.0), [(0.0, 80.0)]);
        assert_eq!(chunks(90.0), [(0.0, 60.0), (60.0, 30.0)]);
        assert_eq!(chunks(149.9), [(0.0, 60.0), (60.0, 89.9)]);
        assert_eq!(chunks(0.5), [(0.0, 0.5)]);
    }

    #[test]
    fn windows_begin_with_the_first_event_and_cover_the_last() {
        let timeline = Timeline { words: vec![word(5.0, 1.0), word(204.0, 1.5)], ..Timeline::default() };
        let starts =
            |overlap_s| timeline.windows(100.0, overlap_s).iter().map(|window| window.start_s).collect::<Vec<_>>();
        assert_eq!(starts(0.0), [5.0, 105.0, 205.0]);
        assert_eq!(starts(20.0), [5.0, 85.0, 165.0]);
        assert!(Timeline::default().windows(100.0, 0.0).is_empty());
    }

    #[test]
    fn the_silence_between_two_words_belongs_to_the_text() {
        let timeline = Timeline { words: vec![word(5.0, 1.0), word(9.0, 0.5)], ..Timeline::default() };
        assert!(!timeline.has_event(4.0, 1.0));
        assert!(timeline.has_event(7.0, 1.0));
        assert!(timeline.has_event(9.0, 1.0));
        assert!(!timeline.has_event(9.5, 1.0));
    }

    proptest! {
        #[test]
        fn chunks_follow_each_other_and_cover_everything(duration in 0.01_f64..20_000.0) {
            let chunks = chunks(duration);
            let mut reached = 0.0;
            for (onset, length) in &chunks {
                prop_assert_eq!(*onset, reached);
                prop_assert!(chunks.len() == 1 || *length >= CHUNK_REST_S);
                prop_assert!(*length < CHUNK_S + CHUNK_REST_S + 1e-9);
                reached = onset + length;
            }
            prop_assert!((reached - duration).abs() < 1e-9);
        }
    }
}
