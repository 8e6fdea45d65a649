//! How well predicted responses match measured ones, an output at a time, over runs that come one after the other.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::error::expect;
use super::{Error, finite};

/// A score for each output, NaN where predicted or measured responses never change.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Rows that were scored.
    pub rows: usize,
    /// Pearson's correlation.
    pub r: Array1<f32>,
    /// The coefficient of determination, 1 − Σ (y − ŷ)² / Σ (y − ȳ)²; below 0 where the mean would be the better prediction.
    pub r_squared: Array1<f32>,
}

impl Scores {
    /// How many outputs have no correlation.
    pub fn masked(&self) -> usize {
        self.r.iter().filter(|r| r.is_nan()).count()
    }

    /// The mean correlation of the outputs that have one; NaN where none has.
    pub fn mean_r(&self) -> f32 {
        let (sum, count) = self.r.iter().filter(|r| !r.is_nan()).fold((0.0, 0), |(sum, count), r| (sum + r, count + 1));
        sum / count as f32
    }
}

/// Sums from which scores are made, `5 × 8` bytes an output, whatever the number of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoreSums {
    rows: usize,
    /// `(sum, output)`: of ŷ, y, ŷ², y² and ŷ y, about the values of the first row.
    sums: Array2<f64>,
    /// `(predicted and measured, output)`: the first row.
    first: Option<Array2<f64>>,
}

impl ScoreSums {
    pub fn new(outputs: usize) -> Self {
        Self { rows: 0, sums: Array2::zeros((5, outputs)), first: None }
    }

    /// Adds rows of a run, both `(time, output)`.
    ///
    /// # Errors
    /// [`Error::Rows`] with both lengths, [`Error::Shape`] and [`Error::NotFinite`].
    pub fn add(&mut self, predicted: ArrayView2<'_, f32>, measured: ArrayView2<'_, f32>) -> Result<(), Error> {
        if predicted.nrows() != measured.nrows() {
            return Err(Error::Rows {
                what: "predicted responses",
                found: predicted.nrows(),
                expected: measured.nrows(),
            });
        }
        expect("the prediction", "outputs", predicted.ncols(), self.sums.ncols())?;
        expect("the measurement", "outputs", measured.ncols(), self.sums.ncols())?;
        finite::check("predicted responses", predicted)?;
        finite::check("measured responses", measured)?;
        for (predicted, measured) in predicted.outer_iter().zip(measured.outer_iter()) {
            let first = self
                .first
                .get_or_insert_with(|| ndarray::stack![Axis(0), predicted.mapv(f64::from), measured.mapv(f64::from)]);
            let outputs = self.sums.columns_mut().into_iter().zip(first.columns()).zip(predicted.iter().zip(measured));
            for ((mut sums, first), (&predicted, &measured)) in outputs {
                let (p, y) = (f64::from(predicted) - first[0], f64::from(measured) - first[1]);
                sums += &ndarray::arr1(&[p, y, p * p, y * y, p * y]);
            }
        }
        self.rows += predicted.nrows();
        Ok(())
    }

    /// The scores of all rows so far.
    pub fn scores(&self) -> Scores {
        let n = self.rows as f64;
        let score = |output: usize| {
            let [p, y, pp, yy, py] = [0, 1, 2, 3, 4].map(|sum| self.sums[[sum, output]]);
            let (predicted, measured, shared) = (pp - p * p / n, yy - y * y / n, py - p * y / n);
            let first = self.first.as_ref().map_or([0.0; 2], |first| [first[[0, output]], first[[1, output]]]);
            let changes = |square: f64, raw: f64| square > CONSTANT * raw;
            if !changes(measured, yy) {
                return (f32::NAN, f32::NAN);
            }
            let offset = (first[1] + y / n) - (first[0] + p / n);
            let left = measured - 2.0 * shared + predicted + n * offset * offset;
            let r = if changes(predicted, pp) {
                (shared / (predicted * measured).sqrt()).clamp(-1.0, 1.0)
            } else {
                f64::NAN
            };
            (r as f32, (1.0 - left / measured) as f32)
        };
        let (r, r_squared): (Vec<f32>, Vec<f32>) = (0..self.sums.ncols()).map(score).unzip();
        Scores { rows: self.rows, r: r.into(), r_squared: r_squared.into() }
    }
}

/// Squares about the mean below this share of those about the first value are rounding.
const CONSTANT: f64 = 1e-12;

/// The scores of one run: predicted and measured responses `(time, output)`.
///
/// # Errors
/// As [`ScoreSums::add`].
pub fn score(predicted: ArrayView2<'_, f32>, measured: ArrayView2<'_, f32>) -> Result<Scores, Error> {
    let mut sums = ScoreSums::new(measured.ncols());
    sums.add(predicted, measured)?;
    Ok(sums.scores())
}

#[cfg(test)]
mod tests {
    use ndarray::{arr2, s};

    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn runs_are_scored_as_one() {
        let (predicted, measured) = (normal(60, 4, 1) + 800.0, normal(60, 4, 2) + 800.0);
        let mut sums = ScoreSums::new(4);
        for rows in [s![..25, ..], s![25.., ..]] {
            sums.add(predicted.slice(rows), measured.slice(rows)).unwrap();
        }
        assert_eq!(sums.scores(), score(predicted.view(), measured.view()).unwrap());
    }

    #[test]
    fn r_sees_no_scale_and_r_squared_does() {
        let measured = arr2(&[[1.0], [2.0], [4.0]]);
        let scores = score((&measured * 2.0 + 1.0).view(), measured.view()).unwrap();
        assert!((scores.r[0] - 1.0).abs() < 1e-6);
        assert!((scores.r_squared[0] - (1.0 - 38.0 / (14.0 / 3.0))).abs() < 1e-4, "{scores:?}");
    }

    #[test]
    fn what_never_changes_has_no_score_and_is_counted() {
        let measured = arr2(&[[1.0, 0.1], [2.0, 0.1], [4.0, 0.1]]);
        let scores = score(arr2(&[[3.0, 1.0], [3.0, 2.0], [3.0, 3.0]]).view(), measured.view()).unwrap();
        assert!(scores.r.iter().all(|r| r.is_nan()) && scores.masked() == 2 && scores.mean_r().is_nan());
        assert!(scores.r_squared[0] < 0.0 && scores.r_squared[1].is_nan());
    }

    #[test]
    fn two_lengths_are_named() {
        let refusal = score(normal(5, 2, 0).view(), normal(6, 2, 0).view()).unwrap_err().to_string();
        assert!(refusal.contains("5 rows") && refusal.contains('6'), "{refusal}");
    }
}
