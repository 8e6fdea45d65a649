//! Noise whose rows depend on the row before them: how much they do, and how to take it out.

use ndarray::{Array2, Axis, s};

/// Autocorrelations are cut to multiples of one over this, as nilearn's `run_glm` does by default.
pub(super) const BINS: f64 = 100.0;

/// Yule–Walker coefficients of the first order, cut towards 0 to whole bins. The residuals of a design with a constant
/// have a mean of 0, so that none is subtracted.
pub(super) fn binned(residuals: &Array2<f64>) -> Vec<i32> {
    let rows = residuals.nrows();
    let squares = residuals.mapv(|residual| residual * residual).sum_axis(Axis(0));
    let products = (&residuals.slice(s![..-1, ..]) * &residuals.slice(s![1.., ..])).sum_axis(Axis(0));
    let unbiased = rows as f64 / (rows - 1) as f64;
    let bin = |(product, square): (&f64, &f64)| {
        if *square > 0.0 { (product / square * unbiased * BINS).trunc() as i32 } else { 0 }
    };
    products.iter().zip(&squares).map(bin).collect()
}

/// Takes from each row what the row before it predicts. The first row stays, as in nilearn.
pub(super) fn whiten(mut rows: Array2<f64>, bin: i32) -> Array2<f64> {
    let coefficient = f64::from(bin) / BINS;
    for row in (1..rows.nrows()).rev() {
        let (before, mut from) = rows.view_mut().split_at(Axis(0), row);
        from.row_mut(0).scaled_add(-coefficient, &before.row(row - 1));
    }
    rows
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn coefficients_are_cut_towards_zero() {
        let residuals = arr2(&[[1.0, 1.0, 0.0], [1.0, -1.0, 0.0], [-1.0, -1.0, 0.0]]);
        assert_eq!(binned(&residuals), [0, 0, 0]);
        let residuals = arr2(&[[3.0, 3.0], [2.0, -2.0], [1.0, 1.0]]);
        // ±(6 + 2) / 14 · 3 / 2 = ±0.857
        assert_eq!(binned(&residuals), [85, -85]);
    }

    #[test]
    fn what_the_row_before_predicts_is_taken_out() {
        let rows = arr2(&[[8.0], [4.0], [2.0], [2.0]]);
        assert_eq!(whiten(rows, 50), arr2(&[[8.0], [0.0], [0.0], [1.0]]));
    }
}
