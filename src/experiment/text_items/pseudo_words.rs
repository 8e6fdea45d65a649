//! Pseudo-words: sentences whose function words stay and whose content words mean nothing.

use std::collections::{BTreeMap, BTreeSet};

use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::function_words::is_function_word;
use super::trimmed;

const VOWELS: &[u8] = b"aeiou";
const CONSONANTS: &[u8] = b"bcdfghjklmnprstvw";

/// How often a word is drawn anew that turns out to be one of the sentences' own.
const TRIES: usize = 50;

/// Where in a word a run of letters stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Start,
    Middle,
    End,
    Whole,
}

/// Vowels or consonants that follow each other; `y` is a vowel but at the start of a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LetterRun<'a> {
    letters: &'a str,
    is_vowels: bool,
    place: Place,
}

/// Where a run may be exchanged: its place, its kind, and its length.
type Slot = (Place, bool, usize);

/// The rule: a content word is cut into runs of vowels and runs of consonants. Each run is exchanged for one that has
/// the same length and stands at the same place (start, middle, end) of another content word of the sentences, so that
/// length and pattern of vowels and consonants stay and the word can be spoken; where there is no other, each letter is
/// exchanged for another of its kind. Capitals and punctuation stay, and so does what follows an apostrophe. A word
/// becomes the same pseudo-word wherever it comes. No pseudo-word is a word of the sentences, or a function word; a
/// short one may be another word of English by chance. Letters beyond `a` to `z` stay.
pub(super) fn of(sentences: &[String], seed: u64) -> Vec<String> {
    let words = || sentences.iter().flat_map(|sentence| sentence.split_whitespace()).map(|token| trimmed(token).1);
    let known: BTreeSet<String> = words().map(str::to_lowercase).collect();
    let contents: BTreeSet<String> =
        words().filter(|word| !is_function_word(word)).map(|word| stem(word).to_lowercase()).collect();
    let mut exchange: BTreeMap<Slot, BTreeSet<&str>> = BTreeMap::new();
    for run in contents.iter().flat_map(|word| letter_runs(word)) {
        exchange.entry(slot(&run)).or_default().insert(run.letters);
    }
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut made: BTreeSet<String> = BTreeSet::new();
    let mut pseudo_words: BTreeMap<&str, String> = BTreeMap::new();
    for word in &contents {
        let mut drawn = pseudo_word(word, &exchange, &mut generator);
        for _ in 0..TRIES {
            if !known.contains(&drawn)
                && !contents.contains(&drawn)
                && !made.contains(&drawn)
                && !is_function_word(&drawn)
            {
                break;
            }
            drawn = pseudo_word(word, &exchange, &mut generator);
        }
        made.insert(drawn.clone());
        pseudo_words.insert(word, drawn);
    }
    let replaced = |token: &str| {
        let (before, word, after) = trimmed(token);
        if is_function_word(word) {
            return token.to_owned();
        }
        let stem = stem(word);
        let drawn = pseudo_words.get(stem.to_lowercase().as_str()).map_or(stem, String::as_str);
        format!("{before}{}{}{after}", with_capitals_of(stem, drawn), &word[stem.len()..])
    };
    let sentence = |text: &String| text.split_whitespace().map(replaced).collect::<Vec<_>>().join(" ");
    sentences.iter().map(sentence).collect()
}

/// The word up to its apostrophe.
fn stem(word: &str) -> &str {
    word.split(['\'', '’']).next().unwrap_or(word)
}

fn is_vowel(word: &str, at: usize) -> bool {
    let letter = word.as_bytes()[at];
    VOWELS.contains(&letter) || letter == b'y' && at > 0
}

/// The runs of letters `a` to `z` of a word in lower case.
fn letter_runs(word: &str) -> Vec<LetterRun<'_>> {
    let bytes = word.as_bytes();
    let mut runs = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        if !bytes[start].is_ascii_lowercase() {
            start += 1;
            continue;
        }
        let is_vowels = is_vowel(word, start);
        let continues = |at: &usize| bytes[*at].is_ascii_lowercase() && is_vowel(word, *at) == is_vowels;
        let end = start + (start..bytes.len()).take_while(continues).count();
        let place = match (start == 0, end == bytes.len()) {
            (true, true) => Place::Whole,
            (true, false) => Place::Start,
            (false, true) => Place::End,
            (false, false) => Place::Middle,
        };
        runs.push(LetterRun { letters: &word[start..end], is_vowels, place });
        start = end;
    }
    runs
}

fn slot(run: &LetterRun) -> Slot {
    (run.place, run.is_vowels, run.letters.len())
}

/// The word with every run exchanged.
fn pseudo_word(word: &str, exchange: &BTreeMap<Slot, BTreeSet<&str>>, generator: &mut ChaCha8Rng) -> String {
    let mut drawn = String::with_capacity(word.len());
    let mut rest = word;
    for run in letter_runs(word) {
        let at = rest.find(run.letters).unwrap_or(0);
        drawn.push_str(&rest[..at]);
        let others: Vec<&str> =
            exchange.get(&slot(&run)).into_iter().flatten().copied().filter(|other| *other != run.letters).collect();
        match others.choose(generator) {
            Some(other) => drawn.push_str(other),
            None => run.letters.bytes().for_each(|letter| drawn.push(other_letter(letter, run.is_vowels, generator))),
        }
        rest = &rest[at + run.letters.len()..];
    }
    drawn + rest
}

fn other_letter(letter: u8, is_vowel: bool, generator: &mut ChaCha8Rng) -> char {
    let kind = if is_vowel { VOWELS } else { CONSONANTS };
    let others: Vec<u8> = kind.iter().copied().filter(|other| *other != letter).collect();
    others.choose(generator).copied().unwrap_or(letter).into()
}

/// `drawn` in capitals where `word` has some.
fn with_capitals_of(word: &str, drawn: &str) -> String {
    let mut capitals = word.chars().map(char::is_uppercase);
    let letter = |letter: char| if capitals.next().unwrap_or(false) { letter.to_ascii_uppercase() } else { letter };
    drawn.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SENTENCES: [&str; 4] = [
        "The old ferry crossed the bay in less than an hour.",
        "My neighbour grows tomatoes on the roof of her garage.",
        "Behind the church, two boys were flying a yellow kite.",
        "Anna's brother doesn't like the strong coffee.",
    ];

    fn sentences() -> Vec<String> {
        SENTENCES.map(str::to_owned).into()
    }

    fn pattern(text: &str) -> String {
        let word = text.to_lowercase();
        let kind = |(at, letter): (usize, char)| match letter {
            'a'..='z' if is_vowel(&word, at) => 'v',
            'a'..='z' => 'c',
            other => other,
        };
        word.char_indices().map(kind).collect()
    }

    #[test]
    fn function_words_and_punctuation_stay_and_content_words_change() {
        let made = of(&sentences(), 1);
        assert!(made[0].starts_with("The ") && made[0].ends_with('.'), "{}", made[0]);
        assert!(made[2].starts_with("Behind the ") && made[2].contains(", two "), "{}", made[2]);
        assert!(
            made[3].contains("'s ") && made[3].contains(" doesn't ") && !made[3].starts_with("Anna"),
            "{}",
            made[3]
        );
        for word in ["ferry", "crossed", "neighbour", "church", "kite", "coffee", "strong"] {
            assert!(!made.join(" ").contains(word), "{word} is still there: {made:?}");
        }
        assert_ne!(made, of(&sentences(), 2));
        assert_eq!(made, of(&sentences(), 1));
    }

    #[test]
    fn length_capitals_and_pattern_stay() {
        for (made, sentence) in of(&sentences(), 3).iter().zip(SENTENCES) {
            for (drawn, word) in made.split(' ').zip(sentence.split(' ')) {
                assert_eq!(pattern(trimmed(drawn).1), pattern(trimmed(word).1), "{drawn} for {word}");
                assert_eq!(drawn.starts_with(char::is_uppercase), word.starts_with(char::is_uppercase));
            }
        }
    }

    #[test]
    fn a_word_becomes_the_same_pseudo_word_wherever_it_comes() {
        let made = of(&["Dogs chase dogs.".to_owned(), "Rabbits fear dogs'".to_owned()], 5);
        let words: Vec<&str> = made.iter().flat_map(|text| text.split(' ')).map(|token| trimmed(token).1).collect();
        assert_eq!(words[0].to_lowercase(), words[2]);
        assert_eq!(words[2], words[5]);
    }

    proptest! {
        #[test]
        fn any_text_keeps_the_number_of_its_words(
            texts in proptest::collection::vec("(\\PC|[a-z' ]){0,40}", 0..6), seed: u64,
        ) {
            let made = of(&texts, seed);
            for (made, text) in made.iter().zip(&texts) {
                prop_assert_eq!(made.split_whitespace().count(), text.split_whitespace().count());
            }
        }
    }
}
