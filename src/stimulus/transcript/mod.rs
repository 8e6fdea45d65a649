//! Transcripts: which word was said when, and in which sentence.
//!
//! A transcript is a table (TSV or CSV), WhisperX's JSON, or subtitles (SRT or WebVTT); which one is seen
//! from its text. Times are seconds from the start of the recording and never decrease.

mod subtitles;
mod table;
mod whisperx;

use std::{fs::File, io::Read, path::Path};

use super::{Error, Note, error::name_of};

/// Bytes a transcript may have.
const FILE_BYTES: u64 = 64 << 20;
/// Bytes a line of a table or of subtitles may have.
const LINE_BYTES: usize = 1 << 20;

/// A word and when it is said.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimedWord {
    pub(super) text: String,
    /// Onset (s).
    pub(super) start: f64,
    /// Length (s).
    pub(super) duration: f64,
}

/// A sentence as it is written, and the words of it that have times.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sentence {
    pub(super) text: String,
    pub(super) words: Vec<TimedWord>,
}

/// Reads a transcript file.
pub(super) fn read(path: &Path) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
    let name = name_of(path);
    parse(&read_text(path)?, &name)
}

/// Reads a transcript; `name` is what errors call it.
pub(super) fn parse(text: &str, name: &str) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
    let start = text.trim_start();
    let (sentences, notes) = if start.starts_with('{') {
        whisperx::parse(text, name)?
    } else {
        check_lines(text, name)?;
        let has_cue_times = text.lines().take(20).any(|line| line.contains("-->"));
        if start.starts_with("WEBVTT") || has_cue_times {
            subtitles::parse(text, name)?
        } else {
            (table::parse(text, name)?, Vec::new())
        }
    };
    if sentences.iter().all(|sentence| sentence.words.is_empty()) {
        return Err(Error::NoWord { name: name.into() });
    }
    Ok((sentences, notes))
}

/// A file of UTF-8 text, without its byte order mark.
pub(super) fn read_text(path: &Path) -> Result<String, Error> {
    let name = name_of(path);
    let file = File::open(path).map_err(Error::read(path))?;
    let mut bytes = Vec::new();
    file.take(FILE_BYTES + 1).read_to_end(&mut bytes).map_err(Error::read(path))?;
    match bytes.len() as u64 {
        0 => return Err(Error::Empty { name }),
        bytes if bytes > FILE_BYTES => return Err(Error::TooLarge { name, bytes, limit: FILE_BYTES }),
        _ => {}
    }
    let text = String::from_utf8(bytes).map_err(|_| Error::NotUtf8 { name })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn check_lines(text: &str, name: &str) -> Result<(), Error> {
    match text.lines().position(|line| line.len() > LINE_BYTES) {
        Some(index) => Err(Error::LineTooLong { name: name.into(), line: index + 1, limit: LINE_BYTES }),
        None => Ok(()),
    }
}

/// Checks one word after another: that it says something, that its times are times, and that they do not decrease.
pub(super) struct WordOrder<'a> {
    name: &'a str,
    previous: f64,
}

impl<'a> WordOrder<'a> {
    pub(super) fn new(name: &'a str) -> WordOrder<'a> {
        WordOrder { name, previous: 0.0 }
    }

    fn word(&mut self, text: &str, start: f64, duration: f64, place: &str) -> Result<TimedWord, Error> {
        let (name, text) = (self.name.to_owned(), text.trim());
        let bad = |column, value: f64| Error::BadNumber {
            name: name.clone(),
            place: place.into(),
            column,
            value: value.to_string(),
            rule: "give a number of seconds of at least 0",
        };
        if text.is_empty() {
            return Err(Error::EmptyWord { name, place: place.into() });
        }
        if !(start.is_finite() && start >= 0.0) {
            return Err(bad("start", start));
        }
        if !(duration.is_finite() && duration >= 0.0) {
            return Err(bad("duration", duration));
        }
        if start < self.previous {
            return Err(Error::TimeDecreases { name, place: place.into(), start, previous: self.previous });
        }
        self.previous = start;
        Ok(TimedWord { text: text.into(), start, duration })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_form_is_seen_from_the_text() {
        let table = "text\tstart\tduration\nHello\t0.5\t0.2\n";
        let json = r#"{"segments":[{"text":"Hello","words":[{"word":"Hello","start":0.5,"end":0.7}]}]}"#;
        let srt = "1\n00:00:00,500 --> 00:00:00,700\nHello\n";
        let vtt = "WEBVTT\n\n00:00.500 --> 00:00.700\nHello\n";
        for text in [table, json, srt, vtt] {
            let (sentences, _) = parse(text, "words").unwrap();
            let word = &sentences[0].words[0];
            assert_eq!((word.text.as_str(), word.start), ("Hello", 0.5), "{text}");
            assert!((word.duration - 0.2).abs() < 1e-9, "{text}");
        }
    }

    #[test]
    fn a_line_of_ten_megabytes_is_refused() {
        let text = format!("text\tstart\tduration\n{}\t0\t1\n", "a".repeat(10_000_000));
        assert!(matches!(parse(&text, "words.tsv"), Err(Error::LineTooLong { line: 2, .. })));
    }

    #[test]
    fn bytes_that_are_no_text_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("words.tsv");
        std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
        assert!(matches!(read(&path), Err(Error::NotUtf8 { .. })));
        std::fs::write(&path, []).unwrap();
        assert!(matches!(read(&path), Err(Error::Empty { .. })));
    }

    proptest! {
        #[test]
        fn any_text_is_answered_and_times_never_decrease(
            text in "(text|start|duration|sentence|\\t|,|\\n|-->|WEBVTT|[0-9:.,-]{1,8}|NaN|\\PC){0,40}"
        ) {
            if let Ok((sentences, _)) = parse(&text, "words") {
                let starts: Vec<f64> = sentences.iter().flat_map(|s| &s.words).map(|word| word.start).collect();
                prop_assert!(starts.is_sorted() && starts.iter().all(|start| *start >= 0.0));
            }
        }

        #[test]
        fn any_times_in_any_form_are_answered(
            form in 0_usize..4, times in proptest::collection::vec((-1e3_f64..1e6, any::<f64>()), 1..6)
        ) {
            let row = |(start, end): &(f64, f64)| match form {
                0 => format!("word\t{start}\t{end}\n"),
                1 => format!("{{\"word\": \"word\", \"start\": {start}, \"end\": {end}}},"),
                2 => format!("{:02}:{:02}.{:03} --> 00:{:02}.5\nword\n\n", start / 60.0, start % 60.0, 5, start % 60.0),
                _ => format!("00:00:{start:.0},1 --> 00:{end:.0}:00,2\n<i>word</i>\n\n"),
            };
            let rows: String = times.iter().map(row).collect();
            let text = match form {
                0 => format!("text\tstart\tduration\n{rows}"),
                1 => format!("{{\"segments\": [{{\"text\": \"\", \"words\": [{}]}}]}}", rows.trim_end_matches(',')),
                _ => format!("WEBVTT\n\n{rows}"),
            };
            if let Ok((sentences, _)) = parse(&text, "words") {
                let words: Vec<&TimedWord> = sentences.iter().flat_map(|sentence| &sentence.words).collect();
                prop_assert!(words.is_sorted_by_key(|word| word.start));
                prop_assert!(words.iter().all(|word| word.start >= 0.0 && word.duration.is_finite()));
            }
        }
    }
}
