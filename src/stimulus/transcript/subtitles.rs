//! Transcripts as subtitles, SubRip or WebVTT: the time of each cue is shared out among its words in
//! proportion to their letters, and a note says so.

use std::sync::LazyLock;

use regex::Regex;

use super::{Error, Note, Sentence, WordOrder};
use crate::stimulus::{sentences, sharing};

static TIMES: LazyLock<Regex> = LazyLock::new(|| {
    let clock = r"(?:(\d{1,4}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})";
    Regex::new(&format!(r"^\s*{clock}\s*-->\s*{clock}")).expect("the pattern is constant")
});
static MARKUP: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"<[^>]*>|\{\\[^}]*\}").expect("the pattern is constant"));

/// A caption and when it is shown.
struct Cue {
    line: usize,
    /// Onset and end (s).
    start: f64,
    end: f64,
    words: Vec<String>,
}

pub(super) fn parse(text: &str, name: &str) -> Result<(Vec<Sentence>, Vec<Note>), Error> {
    let mut order = WordOrder::new(name);
    let mut words = Vec::new();
    for cue in one_after_another(cues(text, name)?, name)? {
        let letters: Vec<usize> = cue.words.iter().map(|word| sharing::letters(word)).collect();
        let place = format!("line {}", cue.line);
        for (word, (start, duration)) in cue.words.iter().zip(sharing::share(cue.start, cue.end, &letters)) {
            words.push(order.word(word, start, duration, &place)?);
        }
    }
    let note = format!("{name} times whole captions: each one's time is shared among its words by their letters");
    Ok((sentences::of_words(words), vec![Note::new(note)]))
}

fn cues(text: &str, name: &str) -> Result<Vec<Cue>, Error> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut inside = false;
    for (index, line) in text.lines().enumerate() {
        if line.contains("-->") {
            cues.push(cue(line, index + 1, name)?);
            inside = true;
        } else if line.trim().is_empty() {
            inside = false;
        } else if let (true, Some(cue)) = (inside, cues.last_mut()) {
            cue.words.extend(plain(line).split_whitespace().filter(|word| says_something(word)).map(String::from));
        }
    }
    Ok(cues)
}

fn cue(line: &str, number: usize, name: &str) -> Result<Cue, Error> {
    let malformed = |problem: &str| Error::Malformed {
        name: name.into(),
        place: format!("line {number}"),
        problem: problem.into(),
    };
    let parts = TIMES.captures(line).ok_or_else(|| malformed("its times are not hh:mm:ss,mmm --> hh:mm:ss,mmm"))?;
    let part = |group: usize| parts.get(group).and_then(|text| text.as_str().parse::<f64>().ok()).unwrap_or(0.0);
    let fraction = |group: usize| part(group) / 10_f64.powi(parts[group].len() as i32);
    let clock = |first: usize| part(first) * 3600.0 + part(first + 1) * 60.0 + part(first + 2) + fraction(first + 3);
    let (start, end) = (clock(1), clock(5));
    if end < start {
        return Err(malformed("the caption ends before it starts"));
    }
    Ok(Cue { line: number, start, end, words: Vec::new() })
}

/// Cues in which each ends before the next starts: those that start together are one, the others are cut short.
fn one_after_another(cues: Vec<Cue>, name: &str) -> Result<Vec<Cue>, Error> {
    let mut ordered: Vec<Cue> = Vec::new();
    for cue in cues {
        match ordered.last_mut() {
            Some(last) if cue.start < last.start => {
                let place = format!("line {}", cue.line);
                let (start, previous) = (cue.start, last.start);
                return Err(Error::TimeDecreases { name: name.into(), place, start, previous });
            }
            Some(last) if cue.start == last.start => {
                last.end = last.end.max(cue.end);
                last.words.extend(cue.words);
            }
            Some(last) => {
                last.end = last.end.min(cue.start);
                ordered.push(cue);
            }
            None => ordered.push(cue),
        }
    }
    Ok(ordered)
}

/// A line of a caption without markup.
fn plain(line: &str) -> String {
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    let text = MARKUP.replace_all(line, "").into_owned();
    entities.into_iter().fold(text, |text, (entity, character)| text.replace(entity, character))
}

/// Whether a piece of a caption is a word, and not a dash or a music sign.
fn says_something(word: &str) -> bool {
    word.contains(char::is_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_a_caption_is_shared_by_letters() {
        let first = "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>- I</i> am\r\n{\\an8}here.\r\n\r\n";
        let srt = format!("{first}2\r\n00:01:00,500 --> 00:01:01,500\r\nTom &amp; I\r\n");
        let (sentences, notes) = parse(&srt, "words.srt").unwrap();
        let words: Vec<(&str, f64)> =
            sentences.iter().flat_map(|s| &s.words).map(|word| (word.text.as_str(), word.start)).collect();
        assert_eq!(words[0], ("I", 1.0));
        assert!((words[1].1 - (1.0 + 1.0 / 7.0)).abs() < 1e-9);
        assert!((words[2].1 - (1.0 + 3.0 / 7.0)).abs() < 1e-9);
        assert_eq!(words[3], ("Tom", 60.5));
        assert_eq!(sentences.len(), 2);
        assert!(notes[0].as_str().contains("letters"));
    }

    #[test]
    fn captions_that_overlap_are_cut_short_and_equal_starts_are_one() {
        let cues = [("00:01.000 --> 00:09.000", "one"), ("00:02.000 --> 00:03.000", "two")];
        let vtt = cues.map(|(times, text)| format!("{times}\n{text}\n\n")).concat();
        let vtt = format!("WEBVTT\n\nNOTE a remark\n\n{vtt}00:02.000 --> 00:04.000\nsix\n");
        let (sentences, _) = parse(&vtt, "words.vtt").unwrap();
        let words: Vec<(f64, f64)> =
            sentences.iter().flat_map(|s| &s.words).map(|word| (word.start, word.duration)).collect();
        assert_eq!(words, [(1.0, 1.0), (2.0, 1.0), (3.0, 1.0)]);
    }

    #[test]
    fn bad_times_are_named_by_line() {
        let error = |text: &str| parse(text, "words.srt").err().unwrap().to_string();
        assert!(error("1\n00:00:05 --> soon\nHi\n").contains("line 2"));
        assert!(error("1\n00:00:05,000 --> 00:00:04,000\nHi\n").contains("ends before"));
        assert!(error("00:05.000 --> 00:06.000\nHi\n\n00:01.000 --> 00:02.000\nHo\n").contains("back in time"));
    }
}
