//! Series of several outputs, centred and of length 1, so that correlations are sums of products.

use ndarray::{Array1, Array2, ArrayBase, ArrayView2, Axis, Data, Ix2, Zip};

/// Deviations below this share of the largest value are rounding.
const CONSTANT: f64 = 1e-7;

/// Each column less its mean and over its length, `(time, output)`; NaN in columns that never change or hold a NaN.
pub(super) fn unit<S: Data<Elem = f32>>(series: &ArrayBase<S, Ix2>) -> Array2<f64> {
    let mut unit = series.mapv(f64::from);
    for mut column in unit.columns_mut() {
        let largest = column.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
        let mean = column.mean().unwrap_or(f64::NAN);
        column.mapv_inplace(|value| value - mean);
        let length = column.dot(&column).sqrt();
        let is_constant = length <= CONSTANT * largest * (column.len() as f64).sqrt();
        column.mapv_inplace(|value| if is_constant { f64::NAN } else { value / length });
    }
    unit
}

/// Pearson's correlation of the columns of both, `(output)`.
pub(super) fn correlations(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) -> Array1<f64> {
    (unit(&a) * unit(&b)).sum_axis(Axis(0)).mapv(|r| r.clamp(-1.0, 1.0))
}

/// Mean of the series of some members, `(member, time, output)` → `(time, output)`.
pub(super) fn mean_of(members: ndarray::ArrayView3<'_, f32>, chosen: impl IntoIterator<Item = usize>) -> Array2<f32> {
    let mut sum = Array2::<f64>::zeros((members.len_of(Axis(1)), members.len_of(Axis(2))));
    let mut count = 0.0;
    for member in chosen {
        Zip::from(&mut sum).and(members.index_axis(Axis(0), member)).for_each(|sum, &value| *sum += f64::from(value));
        count += 1.0;
    }
    sum.mapv(|sum| (sum / count) as f32)
}
