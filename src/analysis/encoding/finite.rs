//! Values that are not finite are refused with their place before they spread.

use ndarray::ArrayView2;

use super::Error;

pub(super) fn check(what: &'static str, values: ArrayView2<'_, f32>) -> Result<(), Error> {
    match values.indexed_iter().find(|(_, value)| !value.is_finite()) {
        Some(((row, column), &value)) => Err(Error::NotFinite { what, row, column, value }),
        None => Ok(()),
    }
}
