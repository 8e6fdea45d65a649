//! Arrays of the data sets: half-precision npy, which ndarray-npy does not read, and what is done with groups of rows.

use std::error::Error;
use std::fs;
use std::path::Path;

use half::f16;
use ndarray::{Array1, Array2, ArrayD, Axis, IxDyn, ShapeBuilder};

/// A little-endian float16 array of this shape, as `numpy.save` writes it.
pub(crate) fn half_precision(path: &Path, shape: &[usize]) -> Result<ArrayD<f32>, Box<dyn Error>> {
    let bytes = fs::read(path)?;
    let length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    let header = std::str::from_utf8(&bytes[10..10 + length])?;
    assert!(header.contains("'<f2'"), "{} is not of half precision: {header}", path.display());
    let values = bytes[10 + length..].chunks_exact(2).map(|pair| f16::from_le_bytes([pair[0], pair[1]]).to_f32());
    let is_fortran = header.contains("'fortran_order': True");
    Ok(ArrayD::from_shape_vec(IxDyn(shape).set_f(is_fortran), values.collect())?)
}

/// Rows `(row, column)` less the means of some of them and over their standard deviations.
pub(crate) fn standardised_by(rows: &Array2<f32>, known: &[usize]) -> Array2<f32> {
    let known = rows.select(Axis(0), known);
    let mean = known.mean_axis(Axis(0)).expect("some rows are known");
    let deviation = known.std_axis(Axis(0), 0.0).mapv(|deviation| if deviation > 0.0 { deviation } else { 1.0 });
    (rows - &mean) / deviation
}

/// The mean of those that are numbers.
pub(crate) fn mean<'a>(values: impl IntoIterator<Item = &'a f32>) -> f64 {
    let values: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).map(|&value| value.into()).collect();
    values.iter().sum::<f64>() / values.len() as f64
}

pub(crate) fn median(values: &Array1<f32>) -> f64 {
    let mut values: Vec<f32> = values.iter().copied().filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f32::total_cmp);
    let middle = values.len() / 2;
    f64::from(values[middle] + values[(values.len() - 1) / 2]) / 2.0
}
