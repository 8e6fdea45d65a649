//! How much of a response repeats: what the best model could reach.

use ndarray::{Array1, Array2, ArrayView3, Axis};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::Error;
use super::series::{correlations, mean_of};

/// Random halves whose correlations are averaged.
const SPLITS: usize = 100;

/// How reliable the mean of repeats is, an output each.
#[derive(Clone, Debug, PartialEq)]
pub struct SplitHalf {
    /// Mean correlation of the means of two halves of the repeats.
    pub halves: Array1<f32>,
    /// Of the mean of all repeats, by the formula of Spearman and Brown: `2 r / (1 + r)`; NaN where an output never changes
    /// in a repeat, and 0 where halves do not agree.
    pub reliability: Array1<f32>,
}

impl SplitHalf {
    /// Splits `repeats` `(repeat, time, output)` into random halves a hundred times (where there are two repeats, once). A
    /// repeat may be a presentation to the same person, or a person.
    ///
    /// # Errors
    /// [`Error::TooFew`] for fewer than two repeats.
    pub fn new(repeats: ArrayView3<'_, f32>, seed: u64) -> Result<Self, Error> {
        let count = repeats.len_of(Axis(0));
        if count < 2 {
            return Err(Error::TooFew { what: "repeats", found: count, needed: 2 });
        }
        let splits = if count == 2 { 1 } else { SPLITS };
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut order: Vec<usize> = (0..count).collect();
        let mut sum = Array1::<f64>::zeros(repeats.len_of(Axis(2)));
        for _ in 0..splits {
            order.shuffle(&mut rng);
            let (one, other) = order.split_at(count / 2);
            let half = |members: &[usize]| mean_of(repeats, members.iter().copied());
            sum += &correlations(half(one).view(), half(other).view());
        }
        let halves = sum / splits as f64;
        let reliability = halves.mapv(|r| if r.is_nan() { r } else { 2.0 * r.max(0.0) / (1.0 + r.max(0.0)) });
        Ok(Self { halves: halves.mapv(|r| r as f32), reliability: reliability.mapv(|share| share as f32) })
    }

    /// The greatest correlation with the mean of the repeats that a model can be expected to have: the root of its
    /// reliability (the correlation of that mean with one of endless repeats).
    pub fn ceiling(&self) -> Array1<f32> {
        self.reliability.mapv(f32::sqrt)
    }

    /// `r` as a share of [`SplitHalf::ceiling`]; NaN where the ceiling is 0.
    pub fn share(&self, r: &Array1<f32>) -> Array1<f32> {
        share(r, &self.ceiling())
    }
}

/// Each score over its ceiling; NaN where the ceiling is not above 0.
pub fn share(r: &Array1<f32>, ceiling: &Array1<f32>) -> Array1<f32> {
    let over = |r: &f32, ceiling: &f32| if *ceiling > 0.0 { r / ceiling } else { f32::NAN };
    r.iter().zip(ceiling).map(|(r, ceiling)| over(r, ceiling)).collect()
}

/// Leave-one-out inter-subject correlation `(subject, output)` of responses `(subject, time, output)` to the same stimulus:
/// each subject with the mean of the others (Nastase et al., Social Cognitive and Affective Neuroscience 14, 2019). It is
/// also a subject's *group-predictivity*: how well the others predict it.
///
/// # Errors
/// [`Error::TooFew`] for fewer than two subjects.
pub fn intersubject_correlation(subjects: ArrayView3<'_, f32>) -> Result<Array2<f32>, Error> {
    let (count, _, outputs) = subjects.dim();
    if count < 2 {
        return Err(Error::TooFew { what: "subjects", found: count, needed: 2 });
    }
    let mut r = Array2::zeros((count, outputs));
    for (subject, mut row) in r.outer_iter_mut().enumerate() {
        let others = mean_of(subjects, (0..count).filter(|other| *other != subject));
        row.assign(&correlations(subjects.index_axis(Axis(0), subject), others.view()).mapv(|r| r as f32));
    }
    Ok(r)
}

#[cfg(test)]
mod tests {
    use ndarray::stack;

    use super::super::fixtures::normal;
    use super::*;

    /// Repeats of the same signal with noise of the same variance.
    fn repeats(count: u64) -> ndarray::Array3<f32> {
        let signal = normal(3000, 2, 0);
        let repeats: Vec<_> = (0..count).map(|repeat| &signal + &normal(3000, 2, 1 + repeat)).collect();
        stack(Axis(0), &repeats.iter().map(|repeat| repeat.view()).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn reliability_is_that_of_the_mean_of_all() {
        for (count, expected) in [(2, 2.0 / 3.0), (8, 8.0 / 9.0)] {
            let split = SplitHalf::new(repeats(count).view(), 0).unwrap();
            assert!(split.reliability.iter().all(|found| (found - expected).abs() < 0.03), "{split:?}");
            assert!((split.share(&split.ceiling())[0] - 1.0).abs() < 1e-6);
        }
    }

    #[test]
    fn a_subject_correlates_with_the_mean_of_the_others() {
        let r = intersubject_correlation(repeats(5).view()).unwrap();
        // A signal of variance 1 under noise of 1, and under a fourth of it.
        let expected = 1.0 / (2.0_f32 * 1.25).sqrt();
        assert!(r.iter().all(|found| (found - expected).abs() < 0.04), "{r}");
    }

    #[test]
    fn one_is_too_few_and_a_constant_has_no_ceiling() {
        assert!(SplitHalf::new(repeats(1).view(), 0).is_err() && intersubject_correlation(repeats(1).view()).is_err());
        let mut constant = repeats(3);
        constant.index_axis_mut(Axis(2), 1).fill(4.0);
        let split = SplitHalf::new(constant.view(), 0).unwrap();
        assert!(split.reliability[1].is_nan() && split.reliability[0] > 0.5);
    }
}
