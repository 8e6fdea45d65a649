//! What a training draws: the order of windows, and what is left out of them.
//!
//! Every draw follows from the seed and a number, of an epoch or of a step. Nothing is remembered, so that there is nothing
//! to save.

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A stream of its own for each purpose and number.
pub(super) fn stream(seed: u64, purpose: &str, number: u64) -> ChaCha8Rng {
    let seed = blake3::hash(&seed.to_le_bytes());
    let key = blake3::keyed_hash(seed.as_bytes(), format!("{purpose} {number}").as_bytes());
    ChaCha8Rng::from_seed(*key.as_bytes())
}

/// Which modalities of a window reach the encoder: each that is there is left out with this probability, and where that
/// would leave none, one of them stays.
///
/// The paper keeps at least one; its code draws them independently, and then trains on windows without a stimulus.
pub(super) fn kept_modalities(is_there: &[bool], dropout: f64, rng: &mut ChaCha8Rng) -> Vec<bool> {
    let mut kept: Vec<bool> = is_there.iter().map(|is_there| *is_there && !rng.random_bool(dropout)).collect();
    if !kept.contains(&true) {
        let there: Vec<usize> = (0..is_there.len()).filter(|place| is_there[*place]).collect();
        if let Some(&place) = there.choose(rng) {
            kept[place] = true;
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_modality_stays_and_none_is_made_up() {
        let mut rng = stream(7, "dropout", 0);
        let mut left_out = 0;
        for _ in 0..2_000 {
            let kept = kept_modalities(&[true, false, true], 0.5, &mut rng);
            assert!(kept.contains(&true) && !kept[1]);
            left_out += kept.iter().filter(|kept| !**kept).count() - 1;
        }
        // Half of the time one of two is left out: a quarter for each alone, and a quarter in which both would have been.
        assert!((1_300..1_700).contains(&left_out), "{left_out}");
        assert_eq!(kept_modalities(&[false, false], 0.5, &mut rng), [false, false]);
        assert_eq!(kept_modalities(&[true, true], 0.0, &mut rng), [true, true]);
    }

    #[test]
    fn streams_are_their_own() {
        let first = |seed, purpose, number| stream(seed, purpose, number).random::<u64>();
        assert_eq!(first(1, "order", 2), first(1, "order", 2));
        assert_ne!(first(1, "order", 2), first(1, "order", 3));
        assert_ne!(first(1, "order", 2), first(1, "dropout", 2));
        assert_ne!(first(1, "order", 2), first(2, "order", 2));
    }
}
