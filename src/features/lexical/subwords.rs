//! A word as the sum of its letter sequences, each a fixed random vector: words that share a stem are alike.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

/// Values of a word.
pub const WIDTH: usize = 64;
/// Lengths of the sequences, the marks of begin and end among their letters.
const SHORTEST: usize = 3;
const LONGEST: usize = 5;

/// The vector of a word, of length 1; 0 for one without a letter. Case and marks change nothing.
pub fn embed(word: &str) -> [f32; WIDTH] {
    let letters = word.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let mut sum = [0.0; WIDTH];
    if letters.is_empty() {
        return sum;
    }
    let marked: Vec<char> = format!("<{letters}>").chars().collect();
    let sequences = (SHORTEST..=LONGEST).flat_map(|length| marked.windows(length));
    for sequence in sequences.chain([marked.as_slice()]) {
        let part = direction(&sequence.iter().collect::<String>());
        sum.iter_mut().zip(part).for_each(|(sum, part)| *sum += part);
    }
    let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
    sum.map(|value| value / length)
}

/// The direction of a sequence of letters: normal deviates, seeded by its hash.
fn direction(sequence: &str) -> [f32; WIDTH] {
    let mut random = ChaCha8Rng::from_seed(*blake3::hash(sequence.as_bytes()).as_bytes());
    std::array::from_fn(|_| StandardNormal.sample(&mut random))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn likeness(one: &str, other: &str) -> f32 {
        embed(one).iter().zip(embed(other)).map(|(one, other)| one * other).sum()
    }

    #[test]
    fn words_that_share_letters_are_alike_and_others_are_not() {
        assert!(likeness("listening", "listened") > 0.4);
        assert!(likeness("listening", "quartz").abs() < 0.35);
        assert_eq!(embed("Fish!"), embed("fish"));
    }

    proptest! {
        #[test]
        fn any_word_has_the_length_of_one_or_none(word in "\\PC*") {
            let length = embed(&word).iter().map(|value| value * value).sum::<f32>().sqrt();
            prop_assert!(length == 0.0 || (length - 1.0).abs() < 1e-4, "{length}");
        }
    }
}
