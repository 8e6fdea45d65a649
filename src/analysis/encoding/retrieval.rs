//! Whether a predicted pattern of responses finds its own stretch of the stimulus among all others.

use ndarray::{Array2, ArrayView1, ArrayView2, Axis, s};

use super::error::expect;
use super::series::unit;
use super::{Error, finite};

/// Stretches of a stimulus, retrieved by the response to them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retrieval {
    pub segments: usize,
    /// The share of segments whose predicted pattern is most like their own measured one.
    pub top_1: f64,
    /// Mean rank of the own segment, 1 the best.
    pub mean_rank: f64,
}

impl Retrieval {
    /// Cuts predicted and measured responses, both `(time, output)`, into segments of `length` rows; what is left over at
    /// the end is not used. The pattern of a segment is all of its rows and outputs, each output standardised over time;
    /// outputs that never change are left out. Patterns are compared by Pearson's correlation. Chance is `1 / segments`.
    ///
    /// # Errors
    /// [`Error::Rows`], [`Error::Shape`], [`Error::NotFinite`], and [`Error::TooFew`] for fewer than two segments.
    pub fn new(predicted: ArrayView2<'_, f32>, measured: ArrayView2<'_, f32>, length: usize) -> Result<Self, Error> {
        let rows = measured.nrows();
        if predicted.nrows() != rows {
            return Err(Error::Rows { what: "predicted responses", found: predicted.nrows(), expected: rows });
        }
        expect("the prediction", "outputs", predicted.ncols(), measured.ncols())?;
        finite::check("predicted responses", predicted)?;
        finite::check("measured responses", measured)?;
        let segments = rows.checked_div(length).unwrap_or(0);
        if segments < 2 {
            return Err(Error::TooFew { what: "segments", found: segments, needed: 2 });
        }
        let (predicted, measured) = (unit(&predicted), unit(&measured));
        let changes = |output: &usize| !predicted[[0, *output]].is_nan() && !measured[[0, *output]].is_nan();
        let changing: Vec<usize> = (0..measured.ncols()).filter(changes).collect();
        let patterns = |series: &Array2<f64>| patterns(series.select(Axis(1), &changing).view(), segments, length);
        let alike = patterns(&predicted).dot(&patterns(&measured).t());
        // A pattern without a correlation is like no other, and its own segment comes last.
        let as_like = |(own, row): (usize, ArrayView1<'_, f64>)| row.iter().filter(|&&r| r >= row[own]).count();
        let rank = |found| if found == 0 { segments } else { found };
        let ranks: Vec<usize> = alike.outer_iter().enumerate().map(as_like).map(rank).collect();
        let share = |count: usize| count as f64 / segments as f64;
        Ok(Self {
            segments,
            top_1: share(ranks.iter().filter(|rank| **rank == 1).count()),
            mean_rank: share(ranks.iter().sum()),
        })
    }
}

/// `(segment, row and output)`, each centred and of length 1.
fn patterns(series: ArrayView2<'_, f64>, segments: usize, length: usize) -> Array2<f64> {
    let width = length * series.ncols();
    let used = series.slice(s![..segments * length, ..]).iter().copied().collect();
    let mut patterns =
        Array2::from_shape_vec((segments, width), used).expect("segments make up the rows. This is a bug.");
    for mut pattern in patterns.outer_iter_mut() {
        let mean = pattern.mean().unwrap_or(0.0);
        pattern.mapv_inplace(|value| value - mean);
        let length = pattern.dot(&pattern).sqrt();
        pattern.mapv_inplace(|value| value / length);
    }
    patterns
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn a_good_prediction_finds_its_segment_and_noise_finds_any() {
        let measured = normal(203, 30, 1);
        let good = Retrieval::new((&measured + &normal(203, 30, 2)).view(), measured.view(), 10).unwrap();
        assert_eq!((good.segments, good.top_1, good.mean_rank), (20, 1.0, 1.0));
        let noise = Retrieval::new(normal(203, 30, 3).view(), measured.view(), 10).unwrap();
        assert!(noise.top_1 <= 0.25 && (6.0..15.0).contains(&noise.mean_rank), "{noise:?}");
    }

    #[test]
    fn a_prediction_that_says_nothing_is_last() {
        let nothing = Retrieval::new(ndarray::Array2::zeros((40, 3)).view(), normal(40, 3, 1).view(), 10).unwrap();
        assert_eq!((nothing.top_1, nothing.mean_rank), (0.0, 4.0));
    }

    #[test]
    fn one_segment_is_too_few() {
        for length in [0, 11] {
            assert!(Retrieval::new(normal(20, 2, 0).view(), normal(20, 2, 1).view(), length).is_err());
        }
    }
}
