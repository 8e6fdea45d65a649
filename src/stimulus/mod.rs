//! What is shown, played or read to the brain: media decoding, transcripts, events and timelines.
//!
//! Everything from outside is decoded here, by `ffmpeg` and `espeak-ng` child processes, and leaves as
//! a [`Timeline`]: events with onsets and durations in seconds. Nothing here knows what a feature is.
//! Start reading at [`Source::lay_out`].

mod child;
#[cfg(test)]
mod clips;
mod container;
mod content;
mod context;
mod error;
mod events;
mod ffmpeg;
mod film_writer;
mod frames;
mod layout;
mod manipulation;
mod masker;
mod note;
mod probe;
mod reading;
mod retouch;
mod sentences;
mod sharing;
mod shelf;
mod source;
mod speech;
mod still;
mod tempo;
mod timeline;
mod transcriber;
mod transcript;
mod waveform;

pub use content::content_of;
pub use error::Error;
pub use events::Event;
pub use ffmpeg::Ffmpeg;
pub use film_writer::{FilmShape, FilmWriter, Track};
pub use frames::Frames;
pub use layout::length_s;
pub use manipulation::Manipulation;
pub use note::Note;
pub use probe::{AudioStream, Media, VideoStream};
pub use reading::WORDS_PER_SECOND;
pub use retouch::Retouch;
pub use shelf::{SharedShelf, Shelf};
pub use source::{Limits, Source, TextTiming, Tools};
pub use speech::{Recital, Speech, SpokenWord};
pub use still::STILL_S;
pub use timeline::{Content, Film, FilmSource, Sound, Timeline, Window, Word};
pub use transcriber::Transcriber;
