//! What is shown, played or read to the brain: media decoding, transcripts, events and timelines.
//!
//! Everything from outside is decoded here, by `ffmpeg` and `espeak-ng` child processes, and leaves as
//! a [`Timeline`]: events with onsets and durations in seconds. Nothing here knows what a feature is.

mod timeline;

pub use timeline::{Content, Film, FilmSource, Sound, Timeline, Word};
