//! The texts of the language conditions: drawn, derived by the rules of `experiment/text_items`, and none of them twice.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Grammar;
use crate::experiment::text_items::{TextRule, derive};
use crate::simulation::channel::Channel;
use crate::simulation::random::generator;

/// How often a text is drawn anew that was drawn before.
const TRIES: usize = 1000;

/// A condition of the language localizers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextKind {
    Sentence,
    /// Words of sentences, dealt out anew.
    WordList,
    /// Sentences with pseudo-words in place of their content words.
    PseudoSentence,
    /// Word lists of pseudo-words.
    PseudoList,
    Complex,
    Simple,
    EmotionalPain,
    PhysicalPain,
    Belief,
    Photo,
}

/// A text and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub kind: TextKind,
    pub text: String,
}

impl TextKind {
    pub const ALL: [Self; 10] = [
        Self::Sentence,
        Self::WordList,
        Self::PseudoSentence,
        Self::PseudoList,
        Self::Complex,
        Self::Simple,
        Self::EmotionalPain,
        Self::PhysicalPain,
        Self::Belief,
        Self::Photo,
    ];

    /// As `trial_type` in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sentence => "sentence",
            Self::WordList => "word_list",
            Self::PseudoSentence => "pseudo_sentence",
            Self::PseudoList => "pseudo_list",
            Self::Complex => "complex",
            Self::Simple => "simple",
            Self::EmotionalPain => "emotional_pain",
            Self::PhysicalPain => "physical_pain",
            Self::Belief => "belief",
            Self::Photo => "photo",
        }
    }

    /// Whether it is several sentences long.
    pub fn is_story(self) -> bool {
        matches!(self, Self::EmotionalPain | Self::PhysicalPain | Self::Belief | Self::Photo)
    }

    /// What its words are to the brain.
    pub fn channels(self) -> &'static [Channel] {
        match self {
            Self::Sentence | Self::Simple | Self::PhysicalPain | Self::Photo => &[Channel::Sentences],
            Self::WordList => &[Channel::WordLists],
            Self::PseudoSentence => &[Channel::PseudoSentences],
            Self::PseudoList => &[Channel::PseudoLists],
            Self::Complex => &[Channel::Sentences, Channel::Complexity],
            Self::EmotionalPain => &[Channel::Sentences, Channel::EmotionalPain],
            Self::Belief => &[Channel::Sentences, Channel::Belief],
        }
    }

    /// The symbol of `rules.txt` that it is drawn from, before a rule is applied.
    fn symbol(self) -> &'static str {
        match self {
            Self::Sentence | Self::WordList | Self::PseudoSentence | Self::PseudoList => "sentence",
            Self::Complex => "complex",
            Self::Simple => "simple",
            Self::EmotionalPain => "emotional",
            Self::PhysicalPain => "physical",
            Self::Belief => "belief",
            Self::Photo => "photo",
        }
    }

    fn rules(self) -> &'static [TextRule] {
        match self {
            Self::WordList => &[TextRule::WordList],
            Self::PseudoSentence => &[TextRule::PseudoWords],
            Self::PseudoList => &[TextRule::PseudoWords, TextRule::WordList],
            _ => &[],
        }
    }
}

/// So many texts of each kind, kind after kind. No text comes twice, and the sentences that lists and pseudo-words are made
/// of are not shown themselves.
pub fn texts(counts: &[(TextKind, usize)], seed: u64) -> Vec<Text> {
    let mut drawn = BTreeSet::new();
    let mut texts = Vec::new();
    for &(kind, count) in counts {
        let mut rng = generator(seed, kind.name());
        let mut batch = Vec::with_capacity(count);
        for _ in 0..count {
            let fresh = (0..TRIES).map(|_| Grammar::embedded().draw(kind.symbol(), &mut rng));
            let text = fresh.into_iter().find(|text| drawn.insert(text.clone()));
            batch.push(text.expect("the grammar makes far more texts than are asked for. This is a bug."));
        }
        let made = kind.rules().iter().fold(batch, |batch, rule| derive(*rule, &batch, seed));
        texts.extend(made.into_iter().map(|text| Text { kind, text }));
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::localizer::Library;

    fn many() -> Vec<Text> {
        texts(&TextKind::ALL.map(|kind| (kind, 500)), 1)
    }

    #[test]
    fn thousands_of_texts_are_drawn_and_none_comes_twice() {
        let texts = many();
        let distinct: BTreeSet<_> = texts.iter().map(|text| &text.text).collect();
        assert_eq!((texts.len(), distinct.len()), (5000, 5000));
        assert_eq!(texts, many());
    }

    #[test]
    fn texts_of_localizers_are_held_out_and_their_words_are_known() {
        let library = Library::embedded().unwrap();
        let bare = |text: &str| {
            let letters = text.to_lowercase();
            letters
                .split(|letter: char| !letter.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join(" ")
        };
        let texts = many();
        let made: BTreeSet<String> = texts.iter().map(|text| bare(&text.text)).collect();
        let words: BTreeSet<&str> = made.iter().flat_map(|text| text.split(' ')).collect();
        let (mut shared, mut all) = (0, 0);
        for item in library.item_lists().flat_map(|list| library.items(list).unwrap()) {
            for sentence in item.split_inclusive(['.', '!', '?']).map(bare).chain([bare(item)]) {
                assert!(!made.contains(&sentence), "a localizer's text is made: {item}");
            }
            for sentence in bare(item).split(' ') {
                all += 1;
                shared += usize::from(words.contains(sentence));
            }
        }
        assert!(2 * shared > all, "of {all} words of the localizers only {shared} are in the cohort's texts");
    }

    #[test]
    fn kinds_differ_in_what_they_say() {
        let texts = many();
        let share = |kind: TextKind, words: &[&str]| {
            let own: Vec<_> = texts.iter().filter(|text| text.kind == kind).collect();
            let with = own.iter().filter(|text| words.iter().any(|word| text.text.contains(word))).count();
            with as f64 / own.len() as f64
        };
        let minds =
            ["think", "believe", "sure", "convinced", "certain", "assume", "suppose", "doubt", "expect", "imagine"];
        assert!(share(TextKind::Belief, &minds) > 0.9 && share(TextKind::Photo, &minds) < 0.05);
        let bodies = ["cut", "broke", "swell", "swelled", "blister", "bled", "skin", "nail", "fingers", "back"];
        assert!(share(TextKind::PhysicalPain, &bodies) > 0.9 && share(TextKind::EmotionalPain, &bodies) < 0.3);
        let count = |kind: TextKind| {
            let own: Vec<_> = texts.iter().filter(|text| text.kind == kind).collect();
            own.iter().map(|text| text.text.split(' ').count()).sum::<usize>() as f64 / own.len() as f64
        };
        assert!((count(TextKind::Complex) - count(TextKind::Simple)).abs() < 1.0);
        assert!((7.0..14.0).contains(&count(TextKind::Sentence)) && count(TextKind::Belief) > 20.0);
        for text in &texts {
            let is_list = matches!(text.kind, TextKind::WordList | TextKind::PseudoList);
            assert_ne!(text.text.contains('.'), is_list, "{text:?}");
        }
    }
}
