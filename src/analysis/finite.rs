//! No statistic is made of values that are not finite: one would spread to every map that it takes part in.

use ndarray::ArrayView2;

use super::Error;

/// Refuses `(row, vertex)` where a value is not finite, with the place of the first.
pub(super) fn refuse_not_finite<T: Copy + Into<f64>>(rows: ArrayView2<'_, T>) -> Result<(), Error> {
    match rows.indexed_iter().find(|&(_, &value)| !value.into().is_finite()) {
        Some(((row, vertex), _)) => Err(Error::NotFinite { row, vertex }),
        None => Ok(()),
    }
}
