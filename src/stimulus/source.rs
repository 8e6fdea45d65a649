//! What the user gave, and what is needed to lay it out on a timeline.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::{
    Content, Error, Ffmpeg, Note, Speech, Timeline, Transcriber, content_of,
    events::{self, Event},
    layout::Layout,
    shelf::Shelf,
};

/// A stimulus as the user gave it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// A film, with its sound where it has one.
    Video { path: PathBuf, transcript: Option<PathBuf> },
    /// A sound.
    Audio { path: PathBuf, transcript: Option<PathBuf> },
    /// A file of plain UTF-8 text.
    Text { path: PathBuf, timing: TextTiming },
    /// A picture, held for `duration_s` seconds.
    Image { path: PathBuf, duration_s: f64 },
    /// A BIDS `events.tsv`, and the files it may name: those of `files`, by name, or those in its own folder.
    Events { path: PathBuf, files: Option<BTreeMap<String, PathBuf>> },
    /// Stimuli that a program places on one timeline, which lasts from second 0 to `length_s`, whatever is shown.
    Sequence { events: Vec<Event>, length_s: f64 },
}

/// When the words of a text are perceived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextTiming {
    /// The text is spoken, and heard.
    #[default]
    Spoken,
    /// The text is read at [`super::WORDS_PER_SECOND`], and there is no sound.
    Estimated,
}

/// What a stimulus may be at most.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Length of the timeline (s).
    pub duration_s: f64,
}

/// The programs that decode, speak and transcribe, and the limits of what they are given.
#[derive(Clone, Debug)]
pub struct Tools {
    pub ffmpeg: Ffmpeg,
    pub speech: Speech,
    pub transcriber: Option<Transcriber>,
    pub limits: Limits,
}

impl Source {
    /// The name of the kind of stimulus: `video`, `audio`, `text`, `image`, `events` or `sequence`.
    pub fn kind(&self) -> &'static str {
        match self {
            Source::Video { .. } => "video",
            Source::Audio { .. } => "audio",
            Source::Text { .. } => "text",
            Source::Image { .. } => "image",
            Source::Events { .. } => "events",
            Source::Sequence { .. } => "sequence",
        }
    }

    /// Every file that is named here; those that an `events.tsv` names are not.
    pub fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Source::Video { path, transcript } | Source::Audio { path, transcript } => {
                std::iter::once(path).chain(transcript).collect()
            }
            Source::Text { path, .. } | Source::Image { path, .. } => vec![path],
            Source::Events { path, files } => {
                std::iter::once(path).chain(files.iter_mut().flat_map(BTreeMap::values_mut)).collect()
            }
            Source::Sequence { events, .. } => events
                .iter_mut()
                .flat_map(|event| std::iter::once(&mut event.stimulus).chain(&mut event.transcript))
                .collect(),
        }
    }

    /// The files that are shown, played or read, those that an `events.tsv` names among them; transcripts are not.
    ///
    /// # Errors
    /// When an `events.tsv` cannot be read.
    pub fn media(&self) -> Result<Vec<PathBuf>, Error> {
        Ok(match self {
            Source::Video { path, .. } | Source::Audio { path, .. } => vec![path.clone()],
            Source::Text { path, .. } | Source::Image { path, .. } => vec![path.clone()],
            Source::Events { path, files } => {
                events::read(path, files.as_ref())?.into_iter().map(|event| event.stimulus).collect()
            }
            Source::Sequence { events, .. } => events.iter().map(|event| event.stimulus.clone()).collect(),
        })
    }

    /// BLAKE3 of everything given: the hashes of the files, and the settings of how they are shown.
    pub fn content(&self) -> Result<Content, Error> {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.kind().as_bytes());
        let mut files = Vec::new();
        match self {
            Source::Video { path, transcript } | Source::Audio { path, transcript } => {
                files.push(path.clone());
                files.extend(transcript.clone());
            }
            Source::Text { path, timing } => {
                hasher.update(&[u8::from(*timing == TextTiming::Estimated)]);
                files.push(path.clone());
            }
            Source::Image { path, duration_s } => {
                hasher.update(&duration_s.to_le_bytes());
                files.push(path.clone());
            }
            Source::Events { path, files: given } => {
                files.push(path.clone());
                for event in events::read(path, given.as_ref())? {
                    files.push(event.stimulus);
                    files.extend(event.transcript);
                }
            }
            Source::Sequence { events, length_s } => {
                hasher.update(&length_s.to_le_bytes());
                for event in events {
                    hasher.update(
                        format!("{} {:?} {}", event.onset, event.duration, event.transcript.is_some()).as_bytes(),
                    );
                    if let Some(change) = event.manipulation.fingerprint() {
                        hasher.update(change.as_bytes());
                    }
                    files.push(event.stimulus.clone());
                    files.extend(event.transcript.clone());
                }
            }
        }
        for file in files {
            hasher.update(content_of(&file)?.as_bytes());
        }
        Ok(hasher.finalize())
    }

    /// Lays the stimulus out in time, and says what its owner should know. Sound is decoded or spoken onto `shelf`, which
    /// must outlive the timeline. Ends with [`Error::Cancelled`] soon after `cancel` is.
    pub fn lay_out(
        &self,
        tools: &Tools,
        shelf: &Shelf,
        cancel: &CancellationToken,
    ) -> Result<(Timeline, Vec<Note>), Error> {
        let mut layout = Layout::new(tools, shelf, cancel);
        let shown = match self {
            Source::Video { path, transcript } => layout.film(path, transcript.as_deref())?,
            Source::Audio { path, transcript } => layout.sound(path, transcript.as_deref())?,
            Source::Text { path, timing } => layout.text(path, *timing)?,
            Source::Image { path, duration_s } => layout.picture(path, *duration_s)?,
            Source::Events { path, files } => {
                for event in events::read(path, files.as_ref())? {
                    layout.event(&event)?;
                }
                return layout.finish();
            }
            Source::Sequence { events, length_s } => {
                events.iter().try_for_each(|event| layout.event(event))?;
                layout.timeline.lasts = Some((0.0, *length_s));
                return layout.finish();
            }
        };
        layout.place(&shown, 0.0);
        layout.finish()
    }
}
