//! Cards that are dealt one after the other, and shuffled anew when all are out.

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// A deck of at least one card.
#[derive(Clone, Debug)]
pub(super) struct Deck<T> {
    cards: Vec<T>,
    dealt: usize,
}

impl<T: Copy> Deck<T> {
    pub(super) fn new(cards: impl IntoIterator<Item = T>) -> Self {
        let cards: Vec<T> = cards.into_iter().collect();
        Self { dealt: cards.len(), cards }
    }

    /// The next card; `None` where the deck has none at all.
    pub(super) fn deal(&mut self, rng: &mut ChaCha8Rng) -> Option<T> {
        if self.dealt >= self.cards.len() {
            self.cards.shuffle(rng);
            self.dealt = 0;
        }
        let card = self.cards.get(self.dealt).copied();
        self.dealt += 1;
        card
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::random::generator;

    #[test]
    fn every_card_comes_once_before_one_comes_again() {
        let mut rng = generator(1, "deck");
        let mut deck = Deck::new(0..5);
        for _ in 0..3 {
            let mut dealt: Vec<i32> = (0..5).filter_map(|_| deck.deal(&mut rng)).collect();
            dealt.sort_unstable();
            assert_eq!(dealt, [0, 1, 2, 3, 4]);
        }
        assert_eq!(Deck::<u8>::new([]).deal(&mut rng), None);
    }
}
