//! What the films of one split may show and play, dealt so that everything comes about as often.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Category;
use super::deck::Deck;
use super::trials::Block;
use crate::simulation::grammar::TextKind;

/// A text that was spoken.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Utterance {
    pub kind: TextKind,
    pub duration_s: f64,
    /// Onset of the first word and end of the last one (s).
    pub words_s: (f64, f64),
}

/// The numbers of the stimuli that a split has for itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Supplies {
    pub pictures: BTreeMap<Category, Vec<usize>>,
    pub portraits: Vec<usize>,
    /// Number and length (s).
    pub sounds: Vec<(usize, f64)>,
    pub utterances: Vec<(usize, Utterance)>,
}

/// The supplies of a split as decks.
#[derive(Clone, Debug)]
pub struct Stock {
    pictures: BTreeMap<Category, Deck<usize>>,
    portraits: Deck<usize>,
    sounds: Deck<(usize, f64)>,
    utterances: BTreeMap<TextKind, Deck<(usize, Utterance)>>,
    blocks: Deck<Block>,
}

impl Stock {
    pub fn new(supplies: &Supplies) -> Self {
        let decks = |(category, numbers): (&Category, &Vec<usize>)| (*category, Deck::new(numbers.iter().copied()));
        let of_kind = |kind: TextKind| {
            let own = supplies.utterances.iter().copied().filter(move |(_, utterance)| utterance.kind == kind);
            (kind, Deck::new(own))
        };
        Self {
            pictures: supplies.pictures.iter().map(decks).collect(),
            portraits: Deck::new(supplies.portraits.iter().copied()),
            sounds: Deck::new(supplies.sounds.iter().copied()),
            utterances: TextKind::ALL.map(of_kind).into(),
            blocks: Deck::new(Block::ALL),
        }
    }

    pub(super) fn picture(&mut self, category: Category, rng: &mut ChaCha8Rng) -> Option<usize> {
        self.pictures.get_mut(&category)?.deal(rng)
    }

    pub(super) fn portrait(&mut self, rng: &mut ChaCha8Rng) -> Option<usize> {
        self.portraits.deal(rng)
    }

    /// Number and length (s).
    pub(super) fn sound(&mut self, rng: &mut ChaCha8Rng) -> Option<(usize, f64)> {
        self.sounds.deal(rng)
    }

    pub(super) fn utterance(&mut self, kind: TextKind, rng: &mut ChaCha8Rng) -> Option<(usize, Utterance)> {
        self.utterances.get_mut(&kind)?.deal(rng)
    }

    /// A plain utterance, for voices and lips.
    pub(super) fn sentence(&mut self, rng: &mut ChaCha8Rng) -> Option<(usize, Utterance)> {
        self.utterance(TextKind::Sentence, rng)
    }

    pub(super) fn block(&mut self, rng: &mut ChaCha8Rng) -> Block {
        self.blocks.deal(rng).unwrap_or(Block::Pictures)
    }
}

/// A pattern's seed.
pub(super) fn pattern(rng: &mut ChaCha8Rng) -> u64 {
    rng.random()
}
