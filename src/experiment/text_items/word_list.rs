//! Word lists: the words of sentences without their syntax.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::trimmed;

/// The rule: words lose the punctuation around them, and the first word of a sentence its capital unless it is `I`. All
/// words of all sentences are shuffled, and dealt out in lists that are as long as the sentences, in words.
pub(super) fn of(sentences: &[String], seed: u64) -> Vec<String> {
    let words: Vec<Vec<String>> = sentences.iter().map(|sentence| words(sentence)).collect();
    let mut all: Vec<String> = words.iter().flatten().cloned().collect();
    all.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut rest = all.as_slice();
    let mut lists = Vec::with_capacity(words.len());
    for sentence in &words {
        let (list, left) = rest.split_at(sentence.len());
        lists.push(list.join(" "));
        rest = left;
    }
    lists
}

fn words(sentence: &str) -> Vec<String> {
    let words = sentence.split_whitespace().map(|token| trimmed(token).1).filter(|word| !word.is_empty());
    words.enumerate().map(|(i, word)| if i == 0 { without_capital(word) } else { word.to_owned() }).collect()
}

/// The word in lower case, unless it is `I`, as in `I'm`, or has capitals beyond its first letter.
fn without_capital(word: &str) -> String {
    let is_pronoun = word == "I" || word.starts_with("I'") || word.starts_with("I’");
    let has_more_capitals = word.chars().skip(1).any(char::is_uppercase);
    if is_pronoun || has_more_capitals { word.to_owned() } else { word.to_lowercase() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sentences(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn words_are_mixed_across_sentences_and_lists_keep_their_lengths() {
        let sentences = sentences(&["The old ferry crossed the bay.", "I saw two boys, flying a kite!"]);
        let lists = of(&sentences, 1);
        let count = |text: &String| text.split(' ').count();
        assert_eq!((count(&lists[0]), count(&lists[1])), (6, 7));
        let sorted = |text: &str| {
            let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
            words.sort();
            words
        };
        let expected = sorted("the old ferry crossed the bay I saw two boys flying a kite");
        assert_eq!(sorted(&lists.join(" ")), expected);
        assert_ne!(sorted(&lists[0]), sorted("the old ferry crossed the bay"));
        assert_ne!(lists, of(&sentences, 2));
        assert_eq!(lists, of(&sentences, 1));
    }

    proptest! {
        #[test]
        fn any_sentences_make_as_many_lists(texts in proptest::collection::vec("\\PC{0,40}", 0..8), seed: u64) {
            let lists = of(&texts, seed);
            prop_assert_eq!(lists.len(), texts.len());
            for (list, text) in lists.iter().zip(&texts) {
                prop_assert_eq!(list.split_whitespace().count(), words(text).len());
            }
        }
    }
}
