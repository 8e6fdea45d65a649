//! A span of time shared out among words.

/// Onset and length (s) of each part of the span, in proportion to `weights`; evenly where all are 0.
pub(super) fn share(start: f64, end: f64, weights: &[usize]) -> Vec<(f64, f64)> {
    let even = weights.iter().all(|weight| *weight == 0);
    let weight = |weight: &usize| if even { 1.0 } else { *weight as f64 };
    let total: f64 = weights.iter().map(weight).sum();
    let mut before = 0.0;
    let part = |one: &usize| {
        let onset = start + (end - start) * before / total;
        before += weight(one);
        (onset, start + (end - start) * before / total - onset)
    };
    weights.iter().map(part).collect()
}

/// How many letters and digits a word has.
pub(super) fn letters(word: &str) -> usize {
    word.chars().filter(|c| c.is_alphanumeric()).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_follow_each_other_and_fill_the_span(
            start in 0.0_f64..1e4, length in 0.0_f64..1e3, weights in proptest::collection::vec(0_usize..50, 1..20)
        ) {
            let parts = share(start, start + length, &weights);
            let mut reached = start;
            for (onset, duration) in parts {
                prop_assert!((onset - reached).abs() < 1e-6 && duration >= -1e-9);
                reached = onset + duration;
            }
            prop_assert!((reached - start - length).abs() < 1e-6);
        }
    }
}
