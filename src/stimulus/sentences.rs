//! Sentences by rule, as spaCy's sentencizer has them: one ends with a `.`, `!` or `?`, and with the
//! quotes and brackets that close after it. Abbreviations, initials and ellipses do not end one.

use super::transcript::{Sentence, TimedWord};

const TERMINATORS: &[char] =
    &['.', '!', '?', '։', '؟', '۔', '।', '॥', '‼', '‽', '⁇', '⁈', '⁉', '。', '．', '！', '？', '｡'];
const CLOSERS: &[char] = &['"', '\'', ')', ']', '}', '”', '’', '»', '›', '」', '』'];
const OPENERS: &[char] = &['"', '\'', '(', '[', '{', '“', '‘', '«', '‹', '¿', '¡'];
const ABBREVIATIONS: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "gen", "gov", "sen", "rep", "rev", "messrs", "mt",
    "co", "corp", "inc", "ltd", "adm", "bros", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep", "sept", "oct",
    "nov", "dec",
];

/// Timed words in sentences, each sentence its words joined by spaces.
pub(super) fn of_words(words: Vec<TimedWord>) -> Vec<Sentence> {
    let sentence = |words: &[TimedWord]| {
        let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        Sentence { text: texts.join(" "), words: words.to_vec() }
    };
    words.chunk_by(|word, next| !ends(&word.text) || closes(&next.text)).map(sentence).collect()
}

/// The words of a plain text, sentence by sentence.
pub(super) fn of_text(text: &str) -> Vec<Vec<&str>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.chunk_by(|word, next| !ends(word) || closes(next)).map(<[&str]>::to_vec).collect()
}

/// Whether a word is the last one of its sentence.
fn ends(word: &str) -> bool {
    let bare = word.trim_end_matches(CLOSERS);
    let stem = bare.trim_end_matches(TERMINATORS);
    let terminator = &bare[stem.len()..];
    match terminator {
        "" | ".." | "..." => false,
        "." => !is_abbreviation(stem.trim_start_matches(OPENERS)),
        _ => true,
    }
}

/// Whether a piece of text has nothing but punctuation, which stays with the sentence before it.
fn closes(word: &str) -> bool {
    !word.contains(char::is_alphanumeric)
}

fn is_abbreviation(stem: &str) -> bool {
    let mut characters = stem.chars();
    let is_initial = matches!((characters.next(), characters.next()), (Some(c), None) if c.is_uppercase());
    let parts = |mut text: std::str::Split<char>| text.all(|part| part.chars().count() == 1);
    let is_dotted = stem.contains('.') && parts(stem.split('.'));
    is_initial && stem != "I" || is_dotted || ABBREVIATIONS.contains(&stem.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<String> {
        of_text(text).iter().map(|words| words.join(" ")).collect()
    }

    #[test]
    fn sentences_end_with_their_punctuation() {
        assert_eq!(
            split("Who's there? Nay, answer me!  Stand \n and unfold yourself."),
            ["Who's there?", "Nay, answer me!", "Stand and unfold yourself."]
        );
        assert_eq!(
            split("He said \"Stop.\" Then (he left.) So what?! Am I. Yes"),
            ["He said \"Stop.\"", "Then (he left.)", "So what?!", "Am I.", "Yes"]
        );
    }

    #[test]
    fn abbreviations_numbers_and_ellipses_end_nothing() {
        assert_eq!(split("Mr. J. Smith of the U.S. paid 3.50 e.g. to ... me. Well").len(), 2);
    }

    proptest! {
        #[test]
        fn no_word_is_lost(text in "\\PC{0,80}") {
            let words: Vec<&str> = of_text(&text).concat();
            prop_assert_eq!(words, text.split_whitespace().collect::<Vec<_>>());
        }
    }
}
