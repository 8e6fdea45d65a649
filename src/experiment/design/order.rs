//! Seeded random orders in which nothing follows itself.

use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The generator of a run: one stream of the seed for each.
pub(super) fn generator(seed: u64, run: u32) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(run.into());
    generator
}

/// A random sequence that holds each label `i` `counts[i]` times and none twice in a row.
///
/// Each step draws among the labels that may follow, by how often they are left, unless one is left so often that it
/// must come now. Labels of `not_first` do not begin where another can. `None` where one label outnumbers all others
/// by two or more, so that it would have to follow itself.
pub(super) fn without_repeats(counts: &[usize], not_first: &[bool], generator: &mut ChaCha8Rng) -> Option<Vec<usize>> {
    let mut left = counts.to_vec();
    let mut remaining: usize = counts.iter().sum();
    if left.iter().any(|count| 2 * count > remaining + 1) {
        return None;
    }
    let mut order: Vec<usize> = Vec::with_capacity(remaining);
    while remaining > 0 {
        let most = (0..left.len()).max_by_key(|label| left[*label])?;
        let next = if 2 * left[most] > remaining {
            most
        } else {
            let last = order.last().copied();
            let may_follow = |label: &usize| match last {
                Some(last) => *label != last,
                None => !not_first.get(*label).copied().unwrap_or(false),
            };
            let candidates: Vec<usize> = (0..left.len()).filter(|label| left[*label] > 0).filter(may_follow).collect();
            let total: usize = candidates.iter().map(|label| left[*label]).sum();
            if total == 0 { most } else { draw(&candidates, &left, generator.random_range(0..total)) }
        };
        left[next] -= 1;
        remaining -= 1;
        order.push(next);
    }
    Some(order)
}

/// The candidate whose share of all that is left holds the ticket.
fn draw(candidates: &[usize], left: &[usize], mut ticket: usize) -> usize {
    for &label in candidates {
        if ticket < left[label] {
            return label;
        }
        ticket -= left[label];
    }
    candidates.last().copied().unwrap_or_default()
}

/// Deals cards `0..n` in random order, each once before any comes again, and none twice in a row.
pub(super) struct Deck {
    cards: Vec<usize>,
    /// How many of the cards were dealt since they were shuffled.
    dealt: usize,
    last: Option<usize>,
}

impl Deck {
    pub(super) fn new(size: usize) -> Self {
        Self { cards: (0..size).collect(), dealt: size, last: None }
    }

    /// The next card; 0 of an empty deck.
    pub(super) fn deal(&mut self, generator: &mut ChaCha8Rng) -> usize {
        if self.dealt == self.cards.len() {
            self.cards.shuffle(generator);
            if self.cards.len() > 1 && self.cards.first().copied() == self.last {
                let other = generator.random_range(1..self.cards.len());
                self.cards.swap(0, other);
            }
            self.dealt = 0;
        }
        let card = self.cards.get(self.dealt).copied().unwrap_or_default();
        self.dealt += 1;
        self.last = Some(card);
        card
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn has_repeats(order: &[usize]) -> bool {
        order.windows(2).any(|pair| pair[0] == pair[1])
    }

    #[test]
    fn a_label_that_outnumbers_the_others_cannot_be_kept_apart() {
        let order = |counts: &[usize]| without_repeats(counts, &[], &mut generator(1, 0));
        assert_eq!(order(&[3, 2]), Some(vec![0, 1, 0, 1, 0]));
        assert_eq!(order(&[4, 2]), None);
        assert_eq!(order(&[]), Some(vec![]));
    }

    #[test]
    fn an_order_is_the_same_for_ever() {
        let mut generator = generator(1, 2);
        let order = without_repeats(&[3, 3, 3], &[], &mut generator).unwrap();
        let mut deck = Deck::new(5);
        let dealt: Vec<usize> = (0..5).map(|_| deck.deal(&mut generator)).collect();
        assert_eq!((order, dealt), (vec![1, 2, 1, 2, 0, 1, 0, 2, 0], vec![2, 0, 1, 3, 4]));
    }

    #[test]
    fn every_first_label_is_as_likely_as_it_is_frequent() {
        let first = |seed| without_repeats(&[2, 4, 4], &[], &mut generator(seed, 0)).unwrap()[0];
        let share = (0..4000).filter(|seed| first(*seed) == 0).count() as f64 / 4000.0;
        assert!((share - 0.2).abs() < 0.02, "{share}");
    }

    proptest! {
        #[test]
        fn an_order_holds_all_and_repeats_nothing(
            counts in vec(0_usize..12, 0..8), seed: u64, silent in vec(any::<bool>(), 8),
        ) {
            let total: usize = counts.iter().sum();
            let is_possible = counts.iter().all(|count| 2 * count <= total + 1);
            let order = without_repeats(&counts, &silent, &mut generator(seed, 0));
            prop_assert_eq!(order.is_some(), is_possible);
            if let Some(order) = order {
                let found: Vec<usize> =
                    (0..counts.len()).map(|label| order.iter().filter(|found| **found == label).count()).collect();
                prop_assert_eq!(&found, &counts);
                prop_assert!(!has_repeats(&order));
            }
        }

        #[test]
        fn a_deck_deals_each_card_once_a_cycle(size in 1_usize..9, seed: u64) {
            let (mut deck, mut generator) = (Deck::new(size), generator(seed, 3));
            let dealt: Vec<usize> = (0..size * 5).map(|_| deck.deal(&mut generator)).collect();
            for cycle in dealt.chunks(size) {
                let mut cycle = cycle.to_vec();
                cycle.sort_unstable();
                prop_assert_eq!(cycle, (0..size).collect::<Vec<_>>());
            }
            prop_assert!(size == 1 || !has_repeats(&dealt));
        }
    }
}
