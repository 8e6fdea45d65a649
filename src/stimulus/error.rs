//! What can be wrong with a stimulus, each case as one sentence: the value, the limit, the way out.

use std::{io, path::Path, time::Duration};

use super::child::last_line;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{program} is not found; install it, or set {variable} to its path")]
    ProgramMissing { program: &'static str, variable: &'static str },
    #[error("{program} could not be started")]
    Spawn {
        program: String,
        #[source]
        source: io::Error,
    },
    #[error("{program} gave nothing for {} s and was stopped; the file may be damaged, re-encode it", limit.as_secs())]
    Stalled { program: String, limit: Duration },
    #[error("cancelled")]
    Cancelled,
    #[error("{program} failed: {reason}")]
    Failed { program: String, reason: String },
    #[error("{name} could not be read")]
    Read {
        name: String,
        #[source]
        source: io::Error,
    },
    #[error("{name} could not be written")]
    Write {
        name: String,
        #[source]
        source: io::Error,
    },

    #[error("{name} is empty; give a file that holds a stimulus")]
    Empty { name: String },
    #[error("{name} is {found}, not media: it could make the decoder open other files; give the media file itself")]
    Playlist { name: String, found: &'static str },
    #[error("{name} is text, not media; give it as text, or give a media file")]
    TextNotMedia { name: String },
    #[error("{name} is in no format that is read here; convert it to one of {}", super::container::ACCEPTED)]
    UnknownContainer { name: String },
    #[error("{name} is {found}, but {wanted} is wanted")]
    WrongContainer { name: String, found: &'static str, wanted: &'static str },
    #[error("{name} cannot be decoded ({reason}); it may be truncated or damaged, re-encode it")]
    Undecodable { name: String, reason: String },
    #[error(
        "{name} states {stated_s:.2} s but only {held_s:.2} s can be decoded; it is truncated or damaged, re-encode it"
    )]
    Truncated { name: String, stated_s: f64, held_s: f64 },
    #[error("{name} has no video stream; give a film with frames, or give it as audio")]
    NoVideo { name: String },
    #[error(
        "{name} is a film, whose picture would not keep up with its sound at {rate} times its rate; leave speech_rate out \
         for it, or give its sound alone"
    )]
    FilmRate { name: String, rate: f64 },
    #[error("{name} has no audio stream; give a file with sound")]
    NoAudio { name: String },
    #[error("{name} holds no frame; give a film with at least one")]
    NoFrame { name: String },
    #[error("{name} holds no sample; give a sound longer than 0 s")]
    NoSample { name: String },
    #[error("{name} does not say how long it is; remux it, for example to mp4")]
    NoDuration { name: String },
    #[error("{name} does not say its {what}; re-encode it")]
    NotStated { name: String, what: &'static str },
    #[error("{name} has frames of {width} × {height} pixels, the limit is {limit} pixels in all; scale it down")]
    FrameSize { name: String, width: u32, height: u32, limit: u64 },
    #[error("{name} runs at {fps} frames/s, {minimum} to {maximum} are accepted; re-encode it")]
    FrameRate { name: String, fps: f64, minimum: f64, maximum: f64 },
    #[error("{name} is sampled at {rate} Hz, {minimum} to {maximum} Hz are accepted; resample it")]
    SampleRate { name: String, rate: u32, minimum: u32, maximum: u32 },
    #[error("{name} has {channels} audio channels, 1 to {maximum} are accepted; mix it down")]
    Channels { name: String, channels: u32, maximum: u16 },
    #[error("{name} holds a sample that is not a finite number, {second:.3} s in; repair the sound")]
    NotFinite { name: String, second: f64 },
    #[error("{name} lasts {seconds:.2} s, the limit is {limit} s; cut it, or raise the limit")]
    TooLong { name: String, seconds: f64, limit: f64 },
    #[error("a duration of {seconds} s is asked for; it must be a number above 0")]
    BadDuration { seconds: f64 },
    #[error("{name} holds {bytes} bytes, the limit is {limit}; split it")]
    TooLarge { name: String, bytes: u64, limit: u64 },

    #[error("{name} is not UTF-8 text; save it as UTF-8")]
    NotUtf8 { name: String },
    #[error("{name} has a line of more than {limit} bytes (line {line}); break it up")]
    LineTooLong { name: String, line: usize, limit: usize },
    #[error("{name} has no column {column}; its columns must include {wanted}")]
    NoColumn { name: String, column: &'static str, wanted: &'static str },
    #[error("{name} is malformed at {place}: {problem}")]
    Malformed { name: String, place: String, problem: String },
    #[error("{name} has {value:?} for {column} at {place}; {rule}")]
    BadNumber { name: String, place: String, column: &'static str, value: String, rule: &'static str },
    #[error("{name} has an empty word at {place}; remove it")]
    EmptyWord { name: String, place: String },
    #[error("{name} goes back in time at {place}: {start} s follows {previous} s; sort it by start")]
    TimeDecreases { name: String, place: String, start: f64, previous: f64 },
    #[error("{name} holds no word; give a transcript with words, or none")]
    NoWord { name: String },
    #[error(
        "the word {word:?} starts at {start} s, past the end of the stimulus at {end:.2} s; correct the transcript"
    )]
    WordPastEnd { word: String, start: f64, end: f64 },
    #[error(
        "a sentence of {words} words differs from the words of the transcript; the limit is {limit} words; split it"
    )]
    SentenceTooLong { words: usize, limit: usize },

    #[error("{name} names the file {file:?} at {place}, which leads out of its folder; name files inside it")]
    OutsideFolder { name: String, place: String, file: String },
    #[error("{name} names the file {file:?} at {place}, which was not given; give it too")]
    UnknownFile { name: String, place: String, file: String },
    #[error("{name} places no stimulus; give a stim_file to at least one event")]
    NoStimulus { name: String },
}

/// The last part of a path: what messages call a file, since the folder is nobody's business.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

impl Error {
    /// What ffmpeg says of a file that it cannot decode, without the folder of the file.
    pub(super) fn undecodable(path: &Path, diagnostics: &str) -> Error {
        let name = name_of(path);
        let said = last_line(diagnostics).replace(&format!("file:{}", path.display()), &name);
        let reason = said.strip_prefix(&format!("{name}: ")).map_or(said.clone(), str::to_owned);
        Error::Undecodable { name, reason }
    }

    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let name = name_of(path);
        move |source| Error::Read { name, source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(io::Error) -> Error {
        let name = name_of(path);
        move |source| Error::Write { name, source }
    }
}
