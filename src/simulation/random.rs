//! Random generators that depend on a seed and a name only, so that no part of the cohort shifts another.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// The generator of one part, such as `sub-01 noise film03 run-02`.
pub(super) fn generator(seed: u64, part: &str) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(*blake3::hash(format!("{seed} {part}").as_bytes()).as_bytes())
}
