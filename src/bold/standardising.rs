//! Detrending and z-scoring of a run, output by output.

use ndarray::ArrayViewMut2;
use serde::{Deserialize, Serialize};

/// The part of an output's size under which what varies is rounding.
const CONSTANT: f64 = 1e-6;

/// How many outputs of a run hold nothing that could be learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// The same value throughout, or a straight line.
    pub constant: usize,
    /// A scan is NaN or infinite.
    pub not_finite: usize,
}

/// Sums over the scans of one output; times are counted from the middle of the run.
#[derive(Clone, Copy, Default)]
struct Sums {
    values: f64,
    times_values: f64,
    squares: f64,
}

/// What is taken from an output and what it is multiplied by; `None` where it is masked.
#[derive(Clone, Copy)]
struct Line {
    mean: f64,
    slope: f64,
    scale: f64,
}

/// Subtracts the least-squares line over time from each column of `(scan, output)` and divides by the standard deviation of
/// what is left (over n). Columns that are masked become 0.
pub(super) fn standardise(values: &mut ArrayViewMut2<f32>) -> Masked {
    let (scans, outputs) = values.dim();
    let time = |scan: usize| scan as f64 - (scans as f64 - 1.0) / 2.0;
    let mut sums = vec![Sums::default(); outputs];
    for (scan, row) in values.outer_iter().enumerate() {
        for (sums, value) in sums.iter_mut().zip(row) {
            let value = f64::from(*value);
            sums.values += value;
            sums.times_values += time(scan) * value;
            sums.squares += value * value;
        }
    }
    let times_squared: f64 = (0..scans).map(|scan| time(scan) * time(scan)).sum();
    let mut masked = Masked::default();
    let lines: Vec<Option<Line>> =
        sums.into_iter().map(|sums| line(sums, scans as f64, times_squared, &mut masked)).collect();
    for (scan, mut row) in values.outer_iter_mut().enumerate() {
        for (value, line) in row.iter_mut().zip(&lines) {
            *value = line.map_or(0.0, |Line { mean, slope, scale }| {
                ((f64::from(*value) - mean - slope * time(scan)) * scale) as f32
            });
        }
    }
    masked
}

fn line(sums: Sums, scans: f64, times_squared: f64, masked: &mut Masked) -> Option<Line> {
    let (mean, slope) = (sums.values / scans, sums.times_values / times_squared);
    let explained = mean * mean + slope * slope * times_squared / scans;
    let size = sums.squares / scans;
    if !size.is_finite() {
        masked.not_finite += 1;
        return None;
    }
    let variance = size - explained;
    if variance <= CONSTANT * CONSTANT * size {
        masked.constant += 1;
        return None;
    }
    Some(Line { mean, slope, scale: variance.sqrt().recip() })
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_trend_is_taken_away_and_the_rest_has_unit_variance() {
        let wave = |scan: usize| (scan as f32 * 0.7).sin();
        let mut values = Array2::from_shape_fn((200, 2), |(scan, output)| {
            1e4 + 3.0 * scan as f32 * output as f32 + 40.0 * wave(scan)
        });
        assert_eq!(standardise(&mut values.view_mut()), Masked::default());
        for column in values.columns() {
            let mean = column.mean().unwrap();
            let variance = column.iter().map(|value| value * value).sum::<f32>() / 200.0;
            let trend: f32 = column.iter().enumerate().map(|(scan, value)| (scan as f32 - 99.5) * value).sum();
            assert!(
                mean.abs() < 1e-3 && (variance - 1.0).abs() < 1e-3 && trend.abs() < 1.0,
                "{mean} {variance} {trend}"
            );
        }
        let difference = &values.column(0) - &values.column(1);
        assert!(difference.iter().all(|value| value.abs() < 0.01), "a trend makes no difference");
    }

    #[test]
    fn what_holds_nothing_is_zero_and_counted() {
        let mut values = Array2::from_shape_fn((10, 4), |(scan, output)| match output {
            0 => 517.3,
            1 => 2.0 * scan as f32,
            2 if scan == 4 => f32::NAN,
            _ => (scan * scan % 7) as f32,
        });
        assert_eq!(standardise(&mut values.view_mut()), Masked { constant: 2, not_finite: 1 });
        assert!(values.columns().into_iter().take(3).all(|column| column.iter().all(|value| *value == 0.0)));
        assert!(values.column(3).iter().any(|value| value.abs() > 0.5));
    }

    proptest! {
        #[test]
        fn any_run_becomes_finite(values in prop::collection::vec(any::<f32>(), 24)) {
            let mut values = Array2::from_shape_vec((8, 3), values).unwrap();
            standardise(&mut values.view_mut());
            prop_assert!(values.iter().all(|value| value.is_finite() && value.abs() < 4.0));
        }
    }
}
