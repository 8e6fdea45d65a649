//! A timeline: every sound, film and word with its onset and duration, in seconds.

use std::path::PathBuf;

/// BLAKE3 of a stimulus file's bytes: what caches and results are named by.
pub type Content = blake3::Hash;

/// A stretch of sound, encoded on its own.
#[derive(Clone, Debug)]
pub struct Sound {
    pub path: PathBuf,
    pub content: Content,
    /// Onset on the timeline (s).
    pub start: f64,
    /// Length (s).
    pub duration: f64,
    /// Where the stretch begins inside the file (s).
    pub offset: f64,
    pub sample_rate: u32,
    pub channels: u16,
}

/// Where the frames of a film come from.
#[derive(Clone, Debug)]
pub enum FilmSource {
    /// A video file at its constant frame rate (frames/s).
    Video { fps: f64 },
    /// One picture, held.
    Still,
}

/// A stretch of film, encoded on its own.
#[derive(Clone, Debug)]
pub struct Film {
    pub path: PathBuf,
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
}

/// A word that is heard or read, with all that precedes it.
#[derive(Clone, Debug, PartialEq)]
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
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub sounds: Vec<Sound>,
    pub films: Vec<Film>,
    pub words: Vec<Word>,
}

impl Film {
    /// The number in the file of the frame shown `seconds` into this stretch: floor(fps · t + 1e-5), and 0 for a
    /// still.
    pub fn frame_number(&self, seconds: f64) -> usize {
        match self.source {
            FilmSource::Video { fps } => (fps * (self.offset + seconds) + 1e-5).floor().max(0.0) as usize,
            FilmSource::Still => 0,
        }
    }

    /// The number of the first frame of this stretch.
    pub fn first_frame(&self) -> usize {
        self.frame_number(0.0)
    }
}
