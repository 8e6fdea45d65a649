//! Linear interpolation of a run at evenly spaced times.

use ndarray::{Array2, ArrayView2, Axis, Zip};

/// How far a time may lie beyond a scan and still be that scan's (in repetition times): rounding.
const ROUNDING: f64 = 1e-6;

/// Rows of `(scan, output)` at `first_s + step_s · i`, `i < count`, where scan `k` lies at `tr_s · k`. Returns the first `i`
/// that lies within the scans, and the rows from there to the last that does.
pub(super) fn resample(
    values: ArrayView2<f32>,
    tr_s: f64,
    first_s: f64,
    step_s: f64,
    count: usize,
) -> (usize, Array2<f32>) {
    let last = values.nrows() as f64 - 1.0;
    let place = |row: usize| (first_s + step_s * row as f64) / tr_s;
    let is_within = |row: &usize| (-ROUNDING..=last + ROUNDING).contains(&place(*row));
    let within: Vec<usize> = (0..count).filter(is_within).collect();
    let mut resampled = Array2::zeros((within.len(), values.ncols()));
    for (&row, target) in within.iter().zip(resampled.outer_iter_mut()) {
        let place = place(row).clamp(0.0, last);
        let below = place.floor();
        let part = (place - below) as f32;
        let [before, after] = [below, place.ceil()].map(|scan| values.index_axis(Axis(0), scan as usize));
        Zip::from(target)
            .and(before)
            .and(after)
            .for_each(|value, &before, &after| *value = before + part * (after - before));
    }
    (within.first().copied().unwrap_or(0), resampled)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rows_lie_between_the_scans_around_them() {
        let values = array![[0.0f32, 10.0], [2.0, 30.0], [4.0, 10.0]];
        let (first, rows) = resample(values.view(), 2.0, 0.0, 1.0, 9);
        assert_eq!((first, rows), (0, array![[0.0, 10.0], [1.0, 20.0], [2.0, 30.0], [3.0, 20.0], [4.0, 10.0]]));
    }

    #[test]
    fn rows_before_and_after_the_scans_are_left_out() {
        let values = array![[0.0f32], [1.0], [2.0], [3.0]];
        let (first, rows) = resample(values.view(), 1.0, -2.0, 1.0, 5);
        assert_eq!((first, rows), (2, array![[0.0], [1.0], [2.0]]));
        assert_eq!(resample(values.view(), 1.0, 7.0, 1.0, 5).1.nrows(), 0);
        let (first, rows) = resample(values.view(), 1.0, 2.5, 1.0, 5);
        assert_eq!((first, rows), (0, array![[2.5]]));
    }

    proptest! {
        #[test]
        fn a_line_is_a_line_at_any_times(tr_s in 0.3..3.0f64, first_s in -20.0..20.0f64, step_s in 0.2..2.0f64) {
            let values = Array2::from_shape_fn((30, 1), |(scan, _)| (scan as f64 * tr_s) as f32);
            let (first, rows) = resample(values.view(), tr_s, first_s, step_s, 80);
            for (row, value) in rows.iter().enumerate() {
                prop_assert!((f64::from(*value) - (first_s + step_s * (first + row) as f64)).abs() < 1e-3);
            }
        }
    }
}
