//! The text that precedes each word: what the language model reads.
//!
//! Each sentence is capitalised and loses its final `.`, and the sentences are joined by `". "`. A word is
//! found in its own sentence, whatever its case, accents and punctuation, and its context is the text from
//! the start of the timeline up to its end, of at most the last 1024 words.

use std::collections::VecDeque;

use tokenizers::NormalizedString;

use super::{Error, Note, Word, transcript::Sentence, transcript::TimedWord};

/// Words that a context holds.
const CONTEXT_WORDS: usize = 1024;
/// Words of a sentence that may differ from the words of the transcript.
const DIFFERING_WORDS: usize = 4000;
/// Words that a note names.
const NAMED_WORDS: usize = 5;

/// Words with their contexts, in order, and a note on those that their sentence does not hold.
pub(super) fn in_context(sentences: &[Sentence]) -> Result<(Vec<Word>, Vec<Note>), Error> {
    let mut context = Context::default();
    let mut words = Vec::new();
    let mut lost = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        let text = standing(&sentence.text, index + 1 == sentences.len());
        context.begin_sentence();
        for (word, position) in sentence.words.iter().zip(locate(&sentence.words, &text)?) {
            match position {
                Some(position) => words.push(context.word(word, position, &text)),
                None => lost.push(word.text.as_str()),
            }
        }
        context.end_sentence(&text);
    }
    Ok((words, note_on(&lost).into_iter().collect()))
}

/// A sentence as it stands in the full text, by characters.
fn standing(sentence: &str, is_last: bool) -> Vec<char> {
    let capitalised = capitalised(sentence.trim());
    let bare = capitalised.strip_suffix('.').unwrap_or(&capitalised);
    bare.chars().chain(if is_last { "" } else { ". " }.chars()).collect()
}

/// The first character in upper case and all others in lower case, as Python's `str.capitalize` does.
fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let mut upper = first.to_uppercase();
    let head: String = upper.next().into_iter().chain(upper.flat_map(char::to_lowercase)).collect();
    head + &rest.as_str().to_lowercase()
}

/// The text so far, in pieces: each runs from the end of the word before to the end of its word.
#[derive(Default)]
struct Context {
    pieces: VecDeque<String>,
    /// Up to which character of the sentence the pieces reach.
    reached: usize,
}

impl Context {
    fn begin_sentence(&mut self) {
        self.reached = 0;
    }

    /// Adds the word that stands at character `position` of its sentence.
    fn word(&mut self, word: &TimedWord, position: usize, sentence: &[char]) -> Word {
        let end = (position + word.text.chars().count()).min(sentence.len());
        self.pieces.push_back(sentence[self.reached.min(end)..end].iter().collect());
        self.reached = end;
        if self.pieces.len() > CONTEXT_WORDS {
            self.pieces.pop_front();
        }
        Word {
            text: word.text.clone(),
            start: word.start,
            duration: word.duration,
            context: self.pieces.iter().map(String::as_str).collect(),
            surface: sentence[position..end].iter().collect(),
        }
    }

    /// Gives what is left of a sentence to its last word.
    fn end_sentence(&mut self, sentence: &[char]) {
        if let (true, Some(last)) = (self.reached > 0, self.pieces.back_mut()) {
            last.extend(&sentence[self.reached..]);
        }
    }
}

/// Letters and digits in a row, without case and accents, and at which character they begin.
#[derive(Debug, PartialEq)]
struct Run {
    letters: String,
    position: usize,
}

fn runs(text: &[char]) -> Vec<Run> {
    let mut position = 0;
    let mut runs = Vec::new();
    for piece in text.chunk_by(|a, b| a.is_alphanumeric() == b.is_alphanumeric()) {
        if piece[0].is_alphanumeric() {
            runs.push(Run { letters: folded(piece), position });
        }
        position += piece.len();
    }
    runs
}

fn folded(letters: &[char]) -> String {
    let mut text = NormalizedString::from(letters.iter().collect::<String>());
    text.nfd().filter(|c| c.is_alphanumeric()).lowercase();
    text.get().to_owned()
}

/// At which character of its sentence each word stands: the longest common subsequence of both.
fn locate(words: &[TimedWord], sentence: &[char]) -> Result<Vec<Option<usize>>, Error> {
    let mut wanted = Vec::new();
    let mut first_runs = Vec::new();
    for word in words {
        let runs = runs(&word.text.chars().collect::<Vec<_>>());
        first_runs.push((!runs.is_empty()).then_some(wanted.len()));
        wanted.extend(runs.into_iter().map(|run| run.letters));
    }
    let standing = runs(sentence);
    let letters: Vec<&str> = standing.iter().map(|run| run.letters.as_str()).collect();
    let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
    let matched = common_subsequence(&wanted, &letters)?;
    let position = |(word, run): (&TimedWord, Option<usize>)| {
        Some(with_opening(&word.text, standing[matched[run?]?].position, sentence))
    };
    Ok(words.iter().zip(first_runs).map(position).collect())
}

/// Where a word begins whose first letter stands at `position`: before the quotes and brackets that open both.
fn with_opening(word: &str, position: usize, sentence: &[char]) -> usize {
    let opening: Vec<char> = word.chars().take_while(|c| !c.is_alphanumeric()).collect();
    if sentence[..position].ends_with(&opening) { position - opening.len() } else { position }
}

/// For each element of `a`, its partner in the longest common subsequence with `b`.
fn common_subsequence(a: &[&str], b: &[&str]) -> Result<Vec<Option<usize>>, Error> {
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let mut partners: Vec<Option<usize>> = (0..same).map(Some).collect();
    let (a, b) = (&a[same..], &b[same..]);
    if a.len().max(b.len()) > DIFFERING_WORDS {
        return Err(Error::SentenceTooLong { words: a.len().max(b.len()), limit: DIFFERING_WORDS });
    }
    let width = b.len() + 1;
    let mut longest = vec![0_u16; (a.len() + 1) * width];
    for (i, one) in a.iter().enumerate().rev() {
        for (j, other) in b.iter().enumerate().rev() {
            let (here, below) = (i * width + j, (i + 1) * width + j);
            longest[here] = if one == other { longest[below + 1] + 1 } else { longest[below].max(longest[here + 1]) };
        }
    }
    let mut j = 0;
    for (i, one) in a.iter().enumerate() {
        let worth = longest[i * width + j];
        if longest[(i + 1) * width + j] == worth {
            partners.push(None);
            continue;
        }
        while b[j] != *one || longest[(i + 1) * width + j + 1] + 1 != worth {
            j += 1;
        }
        partners.push(Some(same + j));
        j += 1;
    }
    Ok(partners)
}

fn note_on(lost: &[&str]) -> Option<Note> {
    let named: Vec<&str> = lost.iter().take(NAMED_WORDS).copied().collect();
    let more = if lost.len() > NAMED_WORDS { ", …" } else { "" };
    let text = format!("{} words are not in their sentences and were dropped: {}{more}", lost.len(), named.join(", "));
    (!lost.is_empty()).then(|| Note::new(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stimulus::{clips, transcript};

    fn sentence(text: &str, words: &[&str]) -> Sentence {
        let timed = |(i, word): (usize, &&str)| TimedWord { text: (*word).into(), start: i as f64, duration: 1.0 };
        Sentence { text: text.into(), words: words.iter().enumerate().map(timed).collect() }
    }

    fn contexts(sentences: &[Sentence]) -> Vec<(String, String)> {
        let (words, _) = in_context(sentences).unwrap();
        words.into_iter().map(|word| (word.context, word.surface)).collect()
    }

    #[test]
    fn contexts_carry_the_punctuation_between_words() {
        let sentences =
            [sentence("WHO'S there?", &["Who's", "there?"]), sentence("nay, Answer me.", &["Nay,", "answer", "me."])];
        let expected = [
            ("Who's", "Who's"),
            ("Who's there?", "there?"),
            ("Who's there?. Nay,", "Nay,"),
            ("Who's there?. Nay, answer", "answer"),
            ("Who's there?. Nay, answer me", "me"),
        ];
        let found = contexts(&sentences);
        let found: Vec<(&str, &str)> = found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn words_are_found_whatever_their_accents_and_lost_ones_are_named() {
        let sentences = [sentence("Le café est fermé", &["cafe", "uh", "EST", "—", "ferme"])];
        let (words, notes) = in_context(&sentences).unwrap();
        let surfaces: Vec<&str> = words.iter().map(|word| word.surface.as_str()).collect();
        assert_eq!(surfaces, ["café", "est", "fermé"]);
        assert_eq!(words[0].context, "Le café");
        assert!(notes[0].as_str().contains("2 words") && notes[0].as_str().contains("uh, —"), "{notes:?}");
    }

    #[test]
    fn a_context_holds_the_last_1024_words() {
        let words: Vec<String> = (0..1030).map(|i| format!("w{i}")).collect();
        let texts: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = contexts(&[sentence(&words.join(" "), &texts)]);
        assert!(found[1023].0.starts_with("W0 w1"));
        assert_eq!(found[1024].0.split_whitespace().count(), 1024);
        assert!(found[1029].0.starts_with(" w6 w7"));
    }

    #[test]
    fn sentences_are_capitalised_as_python_does() {
        assert_eq!(capitalised("hELLO World"), "Hello world");
        assert_eq!(capitalised("ßeta"), "Sseta");
        assert_eq!(capitalised(""), "");
    }

    #[test]
    fn contexts_equal_the_reference() {
        let Some(golden) = clips::golden() else { return };
        for name in ["clip", "hamlet"] {
            let (sentences, _) = transcript::read(&golden.join(format!("stimuli/{name}.tsv"))).unwrap();
            let (words, notes) = in_context(&sentences).unwrap();
            assert!(notes.is_empty());
            let expected = golden.join(format!("expected/{name}.events.tsv"));
            let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').from_path(expected).unwrap();
            let rows: Vec<csv::StringRecord> =
                reader.records().map(Result::unwrap).filter(|row| &row[0] == "Word").collect();
            assert_eq!(rows.len(), words.len());
            for (row, word) in rows.iter().zip(&words) {
                let (start, duration): (f64, f64) = (row[1].parse().unwrap(), row[2].parse().unwrap());
                assert_eq!((word.start, word.duration), (start, duration));
                assert_eq!((&row[6], &row[9]), (word.text.as_str(), word.context.as_str()));
                let position = row[8].parse::<f64>().unwrap() as usize;
                let surface: String = row[7].chars().skip(position).take(word.text.chars().count()).collect();
                assert_eq!(surface, word.surface);
            }
        }
    }

    proptest! {
        #[test]
        fn a_context_ends_with_its_word(
            words in proptest::collection::vec("\"?[a-zé]{1,5}[,.]?", 1..30), cut in 0_usize..5
        ) {
            let texts: Vec<&str> = words.iter().map(String::as_str).collect();
            let text = words[cut.min(words.len() - 1)..].join(" ");
            let (found, _) = in_context(&[sentence(&text, &texts), sentence("End", &["End"])]).unwrap();
            for word in found {
                prop_assert!(word.context.ends_with(&word.surface), "{word:?}");
            }
        }
    }
}
