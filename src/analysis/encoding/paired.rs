//! Whether one model's scores are better than another's.

use ndarray::{Array1, ArrayView2, Axis};

use super::Error;
use super::error::expect;
use crate::analysis::{OneSample, false_discovery_rate};

/// A paired t-test of two models, an output each.
#[derive(Clone, Debug, PartialEq)]
pub struct PairedTest {
    /// Pairs that both have a score for; outputs with fewer than two are NaN everywhere.
    pub pairs: Array1<usize>,
    /// Mean of the first model's scores less the second's.
    pub difference: Array1<f64>,
    pub t: Array1<f64>,
    /// Of both tails.
    pub p: Array1<f64>,
    /// Benjamini–Hochberg over the outputs that were tested.
    pub q: Array1<f64>,
}

impl PairedTest {
    /// Of scores `(pair, output)` of two models. A pair is a subject and an output a vertex or region; with one subject, a
    /// pair may be an output: then p is about outputs, which are not independent of each other.
    ///
    /// # Errors
    /// [`Error::Shape`] where the models have other pairs or outputs, and [`Error::TooFew`] for fewer than two pairs.
    pub fn new(first: ArrayView2<'_, f32>, second: ArrayView2<'_, f32>) -> Result<Self, Error> {
        expect("the second model", "pairs", second.nrows(), first.nrows())?;
        expect("the second model", "outputs", second.ncols(), first.ncols())?;
        if first.nrows() < 2 {
            return Err(Error::TooFew { what: "pairs", found: first.nrows(), needed: 2 });
        }
        let outputs = first.ncols();
        let nothing = || Array1::from_elem(outputs, f64::NAN);
        let mut test =
            Self { pairs: Array1::zeros(outputs), difference: nothing(), t: nothing(), p: nothing(), q: nothing() };
        let mut tested = Vec::new();
        for (output, (first, second)) in first.columns().into_iter().zip(second.columns()).enumerate() {
            let differences: Vec<f32> =
                first.iter().zip(second).map(|(first, second)| first - second).filter(|d| d.is_finite()).collect();
            test.pairs[output] = differences.len();
            if differences.len() < 2 {
                continue;
            }
            let found = OneSample::new(Array1::from(differences).insert_axis(Axis(1)).view())?;
            (test.difference[output], test.t[output], test.p[output]) = (found.mean[0], found.t[0], found.p[0]);
            tested.push(output);
        }
        let corrected = false_discovery_rate(&tested.iter().map(|&output| test.p[output]).collect::<Vec<_>>())?;
        for (output, corrected) in tested.into_iter().zip(corrected) {
            test.q[output] = corrected;
        }
        Ok(test)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn a_better_model_is_found_where_it_is_better() {
        let second = normal(12, 20, 1) * 0.1;
        let mut first = &second + &(normal(12, 20, 2) * 0.02);
        first.column_mut(5).mapv_inplace(|r| r + 0.1);
        first[[3, 9]] = f32::NAN;
        let test = PairedTest::new(first.view(), second.view()).unwrap();
        let found: Vec<usize> = (0..20).filter(|&output| test.q[output] < 0.001).collect();
        assert_eq!((found.as_slice(), test.pairs[9], test.pairs[5]), ([5].as_slice(), 11, 12));
        assert!((test.difference[5] - 0.1).abs() < 0.02);
    }

    #[test]
    fn an_output_that_nobody_scored_is_not_tested() {
        let mut first = normal(4, 2, 1);
        first.column_mut(0).fill(f32::NAN);
        let test = PairedTest::new(first.view(), normal(4, 2, 2).view()).unwrap();
        assert!(test.p[0].is_nan() && test.q[0].is_nan() && (test.q[1] - test.p[1]).abs() < 1e-15);
        assert!(PairedTest::new(normal(1, 2, 0).view(), normal(1, 2, 1).view()).is_err());
    }
}
