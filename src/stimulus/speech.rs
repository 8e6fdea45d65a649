//! Text spoken by espeak-ng, run as a child process that gets the text on its standard input.
//!
//! The text is spoken sentence by sentence, so the onset and end of every sentence are exact: those of its
//! first and last audible samples. Within a sentence, the words share that span in proportion to the
//! phonemes that espeak-ng gives each of them when it is spoken alone.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    Error, Note,
    child::Child,
    child::last_line,
    ffmpeg,
    probe::AudioStream,
    sentences, sharing,
    transcript::{Sentence, TimedWord},
    waveform::{Recorder, Recording, Tape},
};

/// How long espeak-ng may take to give its next block.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bytes that one sentence may take as sound, or the phonemes of a text as text.
const OUTPUT_BYTES: usize = 256 << 20;
/// A sample above this level is heard (of 32768).
const AUDIBLE: i16 = 64;
/// Between the symbols of phonemes.
const PHONEME_SEPARATOR: char = '_';
const HEADER_BYTES: usize = 44;
/// A 16-bit sample of this value would be at full scale.
const FULL_SCALE: f32 = 32768.0;

/// Where espeak-ng is, and with which voice it speaks.
#[derive(Clone, Debug)]
pub struct Speech {
    program: PathBuf,
    voice: String,
}

/// A text as it was spoken.
#[derive(Clone, Debug, PartialEq)]
pub struct Recital {
    pub sample_rate: u32,
    /// One channel, full scale at ±1.
    pub samples: Vec<f32>,
    pub words: Vec<SpokenWord>,
}

/// A word of it.
#[derive(Clone, Debug, PartialEq)]
pub struct SpokenWord {
    pub text: String,
    /// Onset (s).
    pub start: f64,
    /// Length (s).
    pub duration: f64,
    /// The sentence that it is part of.
    pub sentence: String,
}

/// One sentence as sound.
struct Utterance {
    sample_rate: u32,
    samples: Vec<i16>,
}

impl Speech {
    /// espeak-ng at the path given, or at `ENCORTEX_ESPEAK`, or on the `PATH`, the first that is set, with one of
    /// its voices (`en-us`). Whether it runs shows when a text is spoken.
    pub fn locate(explicit: Option<&Path>, voice: &str) -> Speech {
        Speech { program: ffmpeg::locate("espeak-ng", "ENCORTEX_ESPEAK", explicit), voice: voice.into() }
    }

    /// The same program with another of its voices.
    pub fn with_voice(&self, voice: &str) -> Speech {
        Speech { voice: voice.into(), ..self.clone() }
    }

    /// Speaks a text into memory.
    ///
    /// # Errors
    /// [`Error::ProgramMissing`] where espeak-ng does not run, [`Error::Failed`] where it gives no sound, and
    /// [`Error::NoWord`] for a text without a word.
    pub fn recite(&self, text: &str) -> Result<Recital, Error> {
        let mut recital = Recital { sample_rate: 0, samples: Vec::new(), words: Vec::new() };
        self.each_sentence(text, |utterance, sentence| {
            recital.sample_rate = utterance.sample_rate;
            recital.samples.extend(utterance.samples.iter().map(|sample| f32::from(*sample) / FULL_SCALE));
            recital.words.extend(sentence.words.into_iter().map(|word| SpokenWord {
                text: word.text,
                start: word.start,
                duration: word.duration,
                sentence: sentence.text.clone(),
            }));
            Ok(())
        })?;
        if recital.words.is_empty() { Err(Error::NoWord { name: text.into() }) } else { Ok(recital) }
    }

    /// Speaks a text onto a tape; gives its sentences with times and how they were found.
    pub(super) fn speak(&self, text: &str, name: &str, to: &Tape) -> Result<(Recording, Vec<Sentence>, Note), Error> {
        let mut recorder: Option<Recorder> = None;
        let mut spoken = Vec::new();
        let unit = self.each_sentence(text, |utterance, sentence| {
            let stream = AudioStream { sample_rate: utterance.sample_rate, channels: 1 };
            let recorder = match &mut recorder {
                Some(recorder) => recorder,
                None => recorder.insert(Recorder::new(name.into(), stream, to.clone())?),
            };
            spoken.push(sentence);
            recorder.write(&utterance.floats())
        })?;
        let recording = recorder.ok_or_else(|| Error::NoWord { name: name.into() })?.finish()?;
        let voice = &self.voice;
        let note = format!(
            "the text is spoken by espeak-ng (voice {voice}): sentence times are exact, words share them by {unit}"
        );
        Ok((recording, spoken, Note::new(note)))
    }

    /// Speaks a text sentence by sentence, each given with the times that its words have in the whole text. Returns the
    /// unit by which words share the time of their sentence.
    fn each_sentence(
        &self,
        text: &str,
        mut take: impl FnMut(Utterance, Sentence) -> Result<(), Error>,
    ) -> Result<&'static str, Error> {
        let sentences = sentences::of_text(text);
        let (weights, unit) = self.weights(&sentences.concat())?;
        let mut weights = weights.into_iter();
        let mut reached = 0.0;
        for words in sentences {
            let utterance = self.utter(&words.join(" "))?;
            let (first, last) = utterance.audible_s();
            let weights: Vec<usize> = weights.by_ref().take(words.len()).collect();
            let times = sharing::share(reached + first, reached + last, &weights);
            let timed = |(word, (start, duration)): (&&str, _)| TimedWord { text: (*word).into(), start, duration };
            let timed = words.iter().zip(times).map(timed).collect();
            reached += utterance.duration();
            take(utterance, Sentence { text: words.join(" "), words: timed })?;
        }
        Ok(unit)
    }

    fn utter(&self, sentence: &str) -> Result<Utterance, Error> {
        let wave = self.run(&["--stdout"], sentence.into())?;
        let rate = wave.get(24..28).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
        match (rate, wave.get(HEADER_BYTES..)) {
            (Some(sample_rate), Some(samples)) if sample_rate > 0 => {
                let samples = samples.as_chunks().0.iter().map(|bytes| i16::from_le_bytes(*bytes)).collect();
                Ok(Utterance { sample_rate, samples })
            }
            _ => Err(Error::Failed { program: "espeak-ng".into(), reason: "it gave no sound".into() }),
        }
    }

    /// What each word weighs within its sentence, and in which unit: phonemes, or letters where espeak-ng
    /// does not answer word by word.
    fn weights(&self, words: &[&str]) -> Result<(Vec<usize>, &'static str), Error> {
        let alone: Vec<String> = words.iter().map(|word| speakable(word)).collect();
        let said: Vec<&str> = alone.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
        let separator = format!("--sep={PHONEME_SEPARATOR}");
        let answer = self.run(&["-q", "-x", &separator], said.join("\n\n"))?;
        let answer = String::from_utf8_lossy(&answer);
        let counts: Vec<usize> = answer.lines().map(phonemes).filter(|count| *count > 0).collect();
        if counts.len() != said.len() {
            return Ok((words.iter().map(|word| sharing::letters(word)).collect(), "letters"));
        }
        let mut counts = counts.into_iter();
        let weight = |word: &String| if word.is_empty() { 0 } else { counts.next().unwrap_or(0) };
        Ok((alone.iter().map(weight).collect(), "phonemes"))
    }

    fn run(&self, options: &[&str], text: String) -> Result<Vec<u8>, Error> {
        let mut command = Command::new(&self.program);
        command.args(["-v", &self.voice, "-b", "1", "--stdin"]).args(options);
        let missing = |_| Error::ProgramMissing { program: "espeak-ng", variable: "ENCORTEX_ESPEAK" };
        let child = Child::start(command, text.into_bytes(), 64 * 1024, PATIENCE).map_err(missing)?;
        let (output, ended) = child.output(OUTPUT_BYTES)?;
        match ended.success {
            true => Ok(output),
            false => Err(Error::Failed { program: "espeak-ng".into(), reason: last_line(&ended.diagnostics) }),
        }
    }
}

impl Utterance {
    /// Little-endian float32 samples, full scale at ±1.
    fn floats(&self) -> Vec<u8> {
        self.samples.iter().flat_map(|sample| (f32::from(*sample) / FULL_SCALE).to_le_bytes()).collect()
    }

    /// Length (s).
    fn duration(&self) -> f64 {
        self.seconds(self.samples.len())
    }

    /// When the sound begins and ends to be heard (s).
    fn audible_s(&self) -> (f64, f64) {
        let heard = |sample: &i16| sample.saturating_abs() > AUDIBLE;
        let first = self.samples.iter().position(heard).unwrap_or(0);
        let last = self.samples.iter().rposition(heard).map_or(self.samples.len(), |last| last + 1);
        (self.seconds(first), self.seconds(last))
    }

    fn seconds(&self, samples: usize) -> f64 {
        samples as f64 / f64::from(self.sample_rate)
    }
}

/// A word without the punctuation at which espeak-ng would pause.
fn speakable(word: &str) -> String {
    let spoken = |c: char| c.is_alphanumeric() || c == '\'' || c == '’';
    let text: String = word.chars().map(|c| if spoken(c) { c } else { ' ' }).collect();
    if text.contains(char::is_alphanumeric) { text.trim().to_owned() } else { String::new() }
}

/// How many phonemes a line of espeak-ng's answer holds.
fn phonemes(line: &str) -> usize {
    let symbols = line.split(|c: char| c == PHONEME_SEPARATOR || c.is_whitespace());
    symbols.filter(|symbol| symbol.contains(char::is_alphanumeric) || symbol.contains('@')).count()
}

#[cfg(test)]
mod tests {
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn tape<'a>(folder: &Path, limit_s: f64, cancel: &'a CancellationToken) -> Tape<'a> {
        Tape { path: folder.join("speech.f32"), limit_s, cancel }
    }

    fn speech() -> Option<Speech> {
        let speech = Speech::locate(None, "en-us");
        if speech.run(&["--version"], String::new()).is_err() {
            eprintln!("SKIPPED: espeak-ng is absent");
            return None;
        }
        Some(speech)
    }

    #[test]
    fn longer_words_take_longer_and_sentences_do_not_overlap() {
        let Some(speech) = speech() else { return };
        let folder = tempfile::tempdir().unwrap();
        let text = "Extraordinary hippopotamuses ran. \n It was 3.14 — wasn't it?";
        let (recording, sentences, note) =
            speech.speak(text, "text", &tape(folder.path(), 60.0, &CancellationToken::new())).unwrap();
        assert!(note.as_str().contains("phonemes"), "{note}");
        assert_eq!(sentences.len(), 2);
        let words = &sentences[0].words;
        assert!(words[0].duration > 2.0 * words[2].duration, "{words:?}");
        let end = words[2].start + words[2].duration;
        assert!(end <= sentences[1].words[0].start);
        let last = sentences[1].words.last().unwrap();
        assert!(last.start + last.duration <= recording.duration());
        let waveform = recording.sound().waveform().unwrap();
        assert_eq!(waveform.dim(), (1, recording.samples as usize));
        assert!(waveform.iter().any(|value| value.abs() > 0.05));
    }

    #[test]
    fn a_text_spoken_into_memory_is_the_one_on_the_tape() {
        let Some(speech) = speech() else { return };
        let folder = tempfile::tempdir().unwrap();
        let text = "The old ferry sank. Nobody saw it.";
        let recital = speech.recite(text).unwrap();
        let cancel = CancellationToken::new();
        let tape = tape(folder.path(), 60.0, &cancel);
        let (recording, sentences, _) = speech.speak(text, "text", &tape).unwrap();
        assert_eq!(recording.sound().waveform().unwrap().row(0).to_vec(), recital.samples);
        let words: Vec<TimedWord> = sentences.into_iter().flat_map(|sentence| sentence.words).collect();
        assert_eq!(words.len(), recital.words.len());
        assert!(words.iter().zip(&recital.words).all(|(a, b)| (&a.text, a.start) == (&b.text, b.start)));
        assert_eq!(recital.words[6].sentence, "Nobody saw it.");
        assert_ne!(speech.with_voice("en-us+f2").recite(text).unwrap().samples, recital.samples);
        assert!(matches!(speech.recite("\n"), Err(Error::NoWord { .. })));
    }

    #[test]
    fn a_text_that_takes_too_long_is_refused() {
        let Some(speech) = speech() else { return };
        let folder = tempfile::tempdir().unwrap();
        let error = speech
            .speak(&"word ".repeat(100), "text", &tape(folder.path(), 2.0, &CancellationToken::new()))
            .err()
            .unwrap();
        assert!(matches!(error, Error::TooLong { limit: 2.0, .. }), "{error}");
    }

    #[test]
    fn a_missing_program_is_named_with_the_way_out() {
        let speech = Speech::locate(Some(Path::new("no-such-folder/espeak-ng")), "en-us");
        let folder = tempfile::tempdir().unwrap();
        let error = speech.speak("Hello", "text", &tape(folder.path(), 60.0, &CancellationToken::new())).err().unwrap();
        assert!(error.to_string().contains("ENCORTEX_ESPEAK"), "{error}");
    }
}
