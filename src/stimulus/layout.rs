//! How stimuli are laid out on a timeline.
//!
//! The words of a recording come from its transcript, or from the operator's transcriber, or not at all, and
//! a note says which. They are placed and read in context before sounds and films are cut into stretches.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{
    Error, Film, FilmSource, Manipulation, Note, Sound, Timeline,
    container::Container,
    content_of, context,
    error::name_of,
    events::Event,
    frames, masker, reading,
    shelf::{Label, Shelf},
    source::{TextTiming, Tools},
    still, tempo,
    transcript::{self, Sentence},
    waveform::{self, Tape},
};

/// How long what is in a file lasts (s) at `speech_rate` times its rate: a film, a sound, or a text that is spoken; `None`
/// for a picture, which is held as long as one likes. Sound is decoded or spoken into `folder`.
pub fn length_s(
    file: &Path,
    speech_rate: f64,
    tools: &Tools,
    folder: &Path,
    cancel: &CancellationToken,
) -> Result<Option<f64>, Error> {
    let silent = Tools { transcriber: None, ..tools.clone() };
    let shelf = Shelf::new(folder);
    let mut layout = Layout::new(&silent, &shelf, cancel);
    let manipulation = Manipulation { speech_rate, ..Manipulation::default() };
    let (onset, duration, stimulus, transcript) = (0.0, None, file.to_owned(), None);
    let shown = layout.stimulus(&Event { onset, duration, stimulus, transcript, manipulation })?;
    if matches!(&shown.film, Some(Film { source: FilmSource::Still, .. })) {
        return Ok(None);
    }
    layout.place(&shown, 0.0);
    Ok(Some(layout.timeline.end()))
}

/// A stimulus from its own second 0.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    sound: Option<Sound>,
    film: Option<Film>,
    sentences: Vec<Sentence>,
}

impl Shown {
    /// The same from another file that holds the same.
    fn of_file(mut self, path: &Path) -> Shown {
        if let Some(film) = &mut self.film {
            film.path = path.to_owned();
        }
        self
    }

    /// Only its first `seconds`.
    fn cut(mut self, seconds: f64) -> Shown {
        if let Some(sound) = &mut self.sound {
            sound.duration = sound.duration.min(seconds);
        }
        if let Some(film) = &mut self.film {
            film.duration = film.duration.min(seconds);
        }
        for sentence in &mut self.sentences {
            sentence.words.retain(|word| word.start < seconds);
        }
        self
    }
}

/// The timeline while it is laid out.
pub(super) struct Layout<'a> {
    tools: &'a Tools,
    shelf: &'a Shelf,
    cancel: &'a CancellationToken,
    pub(super) timeline: Timeline,
    sentences: Vec<Sentence>,
    notes: Vec<Note>,
}

impl<'a> Layout<'a> {
    pub(super) fn new(tools: &'a Tools, shelf: &'a Shelf, cancel: &'a CancellationToken) -> Layout<'a> {
        let (timeline, sentences, notes) = Default::default();
        Layout { tools, shelf, cancel, timeline, sentences, notes }
    }

    pub(super) fn film(&mut self, path: &Path, transcript: Option<&Path>) -> Result<Shown, Error> {
        let (tools, name) = (self.tools, name_of(path));
        let media = tools.ffmpeg.probe(path)?;
        let video = media.video.ok_or_else(|| Error::NoVideo { name: name.clone() })?;
        let duration = media.duration_s.filter(|duration| *duration > 0.0);
        let duration = duration.ok_or_else(|| Error::NoDuration { name: name.clone() })?;
        self.check_length(&name, duration)?;
        let film = Film {
            path: path.to_path_buf(),
            content: content_of(path)?,
            start: 0.0,
            duration,
            offset: 0.0,
            source: FilmSource::Video { fps: video.fps },
            width: video.width,
            height: video.height,
            retouch: None,
        };
        frames::check(&tools.ffmpeg, &film)?;
        let sound = match media.audio {
            Some(_) => Some(waveform::decode_track(&tools.ffmpeg, path, duration, self.tape())?.sound()),
            None => {
                self.note(format!("{name} has no sound: audio is absent"));
                None
            }
        };
        let sentences = self.words(path, transcript, sound.is_some(), duration)?;
        Ok(Shown { sound, film: Some(film), sentences })
    }

    pub(super) fn sound(&mut self, path: &Path, transcript: Option<&Path>) -> Result<Shown, Error> {
        let (tools, name) = (self.tools, name_of(path));
        let (container, media) = (Container::of(path)?, tools.ffmpeg.probe(path)?);
        let stream = media.audio.ok_or_else(|| Error::NoAudio { name: name.clone() })?;
        let stated_s = media.duration_s.filter(|_| container.states_length());
        self.check_length(&name, stated_s.unwrap_or(0.0))?;
        let recording = waveform::decode_file(&tools.ffmpeg, path, stream, stated_s, self.tape())?;
        let sentences = self.words(path, transcript, true, recording.duration())?;
        Ok(Shown { sound: Some(recording.sound()), film: None, sentences })
    }

    pub(super) fn text(&mut self, path: &Path, timing: TextTiming) -> Result<Shown, Error> {
        let (text, name) = (transcript::read_text(path)?, name_of(path));
        if text.trim().is_empty() {
            return Err(Error::NoWord { name });
        }
        let (sound, sentences, note) = match timing {
            TextTiming::Estimated => {
                let (sentences, note) = reading::read(&text);
                (None, sentences, note)
            }
            TextTiming::Spoken => {
                let (recording, sentences, note) = self.tools.speech.speak(&text, &name, &self.tape())?;
                (Some(recording.sound()), sentences, note)
            }
        };
        self.note(note.as_str());
        Ok(Shown { sound, film: None, sentences })
    }

    pub(super) fn picture(&mut self, path: &Path, duration_s: f64) -> Result<Shown, Error> {
        let film = still::hold(&self.tools.ffmpeg, path, duration_s)?;
        Ok(Shown { film: Some(film), ..Shown::default() })
    }

    /// The words of a recording of `end` seconds.
    fn words(
        &mut self,
        path: &Path,
        transcript: Option<&Path>,
        is_heard: bool,
        end: f64,
    ) -> Result<Vec<Sentence>, Error> {
        let (sentences, notes) = match (transcript, &self.tools.transcriber) {
            (Some(transcript), _) => transcript::read(transcript)?,
            (None, Some(transcriber)) if is_heard => transcriber.transcribe(path, self.cancel)?,
            (None, _) => {
                let reason = if is_heard { "no transcript and no transcriber" } else { "no transcript and no sound" };
                (Vec::new(), vec![Note::new(format!("{}: {reason}: text is absent", name_of(path)))])
            }
        };
        for note in notes {
            self.note(note.as_str());
        }
        let past = sentences.iter().flat_map(|sentence| &sentence.words).find(|word| word.start >= end);
        match past {
            Some(word) => Err(Error::WordPastEnd { word: word.text.clone(), start: word.start, end }),
            None => Ok(sentences),
        }
    }

    pub(super) fn event(&mut self, event: &Event) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let label = Label::of(event)?;
        let shown = match self.shelf.get(&label) {
            Some((shown, notes)) => {
                notes.iter().for_each(|note| self.note(note.as_str()));
                shown.of_file(&event.stimulus)
            }
            None => {
                let before = std::mem::take(&mut self.notes);
                let shown = self.stimulus(event)?;
                let own = std::mem::replace(&mut self.notes, before);
                own.iter().for_each(|note| self.note(note.as_str()));
                self.shelf.put(label, shown.clone(), own);
                shown
            }
        };
        let shown = match event.duration {
            Some(duration) => self.shown_for(shown, duration),
            None => shown,
        };
        self.place(&shown, event.onset);
        Ok(())
    }

    /// What the file of an event shows: a picture, a film, a sound or a text, by what is in it, changed as the event says.
    fn stimulus(&mut self, event: &Event) -> Result<Shown, Error> {
        let path = event.stimulus.as_path();
        let transcript = event.transcript.as_deref();
        let rate = event.manipulation.speech_rate;
        let mut shown = match Container::of(path) {
            Err(Error::TextNotMedia { .. }) => self.text(path, TextTiming::Spoken),
            Err(error) => Err(error),
            Ok(container) if container.is_still() => self.picture(path, still::STILL_S),
            Ok(_) if self.tools.ffmpeg.probe(path)?.video.is_none() => self.sound(path, transcript),
            Ok(_) if rate != 1.0 => Err(Error::FilmRate { name: name_of(path), rate }),
            Ok(_) => self.film(path, transcript),
        }?;
        if rate != 1.0 {
            shown = self.at_rate(shown, &name_of(path), rate)?;
        }
        shown.film = shown.film.map(|film| film.retouched(&event.manipulation));
        shown.sound = shown.sound.map(|sound| self.masked(sound, &name_of(path), &event.manipulation)).transpose()?;
        Ok(shown)
    }

    /// A sound that plays `rate` times as fast, and its words with it.
    fn at_rate(&self, mut shown: Shown, name: &str, rate: f64) -> Result<Shown, Error> {
        if let Some(sound) = &shown.sound {
            shown.sound = Some(tempo::stretch(&self.tools.ffmpeg, sound, name, rate, self.tape())?);
        }
        for word in shown.sentences.iter_mut().flat_map(|sentence| &mut sentence.words) {
            (word.start, word.duration) = (word.start / rate, word.duration / rate);
        }
        Ok(shown)
    }

    /// A sound under noise, where it is to be.
    fn masked(&mut self, sound: Sound, name: &str, by: &Manipulation) -> Result<Sound, Error> {
        let Some(snr_db) = by.snr_db else { return Ok(sound) };
        let masked = masker::mask(&sound, name, snr_db, by.seed, self.tape())?;
        if masked.is_none() {
            self.note(format!("{name} is silent, so that no noise is weaker than it: none is added"));
        }
        Ok(masked.unwrap_or(sound))
    }

    /// A picture is held for `duration` seconds; what has a length of its own is cut to it.
    fn shown_for(&self, mut shown: Shown, duration: f64) -> Shown {
        if let Some(film @ Film { source: FilmSource::Still, .. }) = &mut shown.film {
            film.duration = duration;
        }
        shown.cut(duration)
    }

    /// Adds a stimulus to the timeline from second `onset`.
    pub(super) fn place(&mut self, shown: &Shown, onset: f64) {
        let sounds = shown.sound.iter().map(|sound| Sound { start: onset, ..sound.clone() });
        self.timeline.sounds.extend(sounds.flat_map(|sound| sound.chunks().collect::<Vec<_>>()));
        let films = shown.film.iter().map(|film| Film { start: onset, ..film.clone() });
        self.timeline.films.extend(films.flat_map(|film| film.chunks().collect::<Vec<_>>()));
        for mut sentence in shown.sentences.iter().cloned() {
            sentence.words.iter_mut().for_each(|word| word.start += onset);
            self.sentences.push(sentence);
        }
    }

    pub(super) fn finish(mut self) -> Result<(Timeline, Vec<Note>), Error> {
        let onset = |sentence: &Sentence| sentence.words.first().map_or(f64::INFINITY, |word| word.start);
        self.sentences.retain(|sentence| !sentence.words.is_empty());
        self.sentences.sort_by(|a, b| onset(a).total_cmp(&onset(b)));
        let (words, notes) = context::in_context(&self.sentences)?;
        self.timeline.words = words;
        self.notes.extend(notes);
        self.check_length("the timeline", self.timeline.end())?;
        Ok((self.timeline, self.notes))
    }

    fn check_length(&self, name: &str, seconds: f64) -> Result<(), Error> {
        let limit = self.tools.limits.duration_s;
        if seconds > limit { Err(Error::TooLong { name: name.into(), seconds, limit }) } else { Ok(()) }
    }

    /// For one more sound.
    fn tape(&self) -> Tape<'a> {
        Tape { path: self.shelf.sound(), limit_s: self.tools.limits.duration_s, cancel: self.cancel }
    }

    /// Adds a note, once.
    fn note(&mut self, text: impl Into<String>) {
        let note = Note::new(text);
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }
}

#[cfg(test)]
mod tests;
