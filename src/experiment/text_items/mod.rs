//! Texts made from sentences by a seeded rule: lists of their words, and pseudo-words in their syntax.

mod function_words;
mod pseudo_words;
mod word_list;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How texts are made from sentences.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TextRule {
    /// The words of all sentences, dealt out anew.
    WordList,
    /// The sentences with their content words replaced by words that mean nothing (jabberwocky).
    PseudoWords,
}

/// One text for each sentence, as long as it; the same sentences and the same seed make the same texts.
pub fn derive(rule: TextRule, sentences: &[String], seed: u64) -> Vec<String> {
    match rule {
        TextRule::WordList => word_list::of(sentences, seed),
        TextRule::PseudoWords => pseudo_words::of(sentences, seed),
    }
}

/// The texts of a file of items: its lines, without empty ones.
pub fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// What is before a word's letters, the word, and what is after it. A word begins and ends with a letter or a digit.
fn trimmed(token: &str) -> (&str, &str, &str) {
    let is_edge = |character: char| !character.is_alphanumeric();
    let rest = token.trim_start_matches(is_edge);
    let word = rest.trim_end_matches(is_edge);
    (&token[..token.len() - rest.len()], word, &rest[word.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_texts_are_the_same_for_ever() {
        let sentences = lines("The old ferry crossed the bay.\nMy brother likes strong coffee.");
        let expected = ["crossed likes bay ferry brother strong", "coffee the the old my"];
        assert_eq!(derive(TextRule::WordList, &sentences, 1), expected);
    }

    #[test]
    fn derived_sentences_are_the_same_for_ever() {
        let sentences = lines("The old ferry crossed the bay.\nMy brother likes strong coffee.");
        let expected = ["The ang boffo brerror the fee.", "My creffod bewor gkkeld birray."];
        assert_eq!(derive(TextRule::PseudoWords, &sentences, 1), expected);
    }

    #[test]
    fn a_word_is_what_stands_between_punctuation() {
        assert_eq!(trimmed("“don't,”"), ("“", "don't", ",”"));
        assert_eq!(trimmed("--"), ("--", "", ""));
        assert_eq!(lines(" a b \n\n c\r\n"), ["a b", "c"]);
    }
}
