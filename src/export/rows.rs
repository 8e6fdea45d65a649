//! A matrix that is read a row or a block of columns at a time, wherever it lies.

use std::io;
use std::ops::Range;

use super::Error;
use crate::brain::Mesh;

/// A float32 matrix, `(time, vertex)` for a response.
pub trait Rows {
    /// `(rows, columns)`.
    fn shape(&self) -> (usize, usize);

    /// Reads one row into a slice of as many values as there are columns.
    fn read_row(&mut self, row: usize, into: &mut [f32]) -> io::Result<()>;

    /// Reads some columns, transposed: `into` is `(column, row)`.
    fn read_columns(&mut self, columns: Range<usize>, into: &mut [f32]) -> io::Result<()>;
}

/// Rows that lie in memory, one after the other.
#[derive(Clone, Copy, Debug)]
pub struct SliceRows<'a> {
    values: &'a [f32],
    columns: usize,
}

impl<'a> SliceRows<'a> {
    /// `values` holds whole rows of `columns` values.
    pub fn new(values: &'a [f32], columns: usize) -> Self {
        assert!(columns > 0 && values.len().is_multiple_of(columns), "whole rows of {columns} values");
        Self { values, columns }
    }
}

impl Rows for SliceRows<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.values.len() / self.columns, self.columns)
    }

    fn read_row(&mut self, row: usize, into: &mut [f32]) -> io::Result<()> {
        into.copy_from_slice(&self.values[row * self.columns..][..self.columns]);
        Ok(())
    }

    fn read_columns(&mut self, columns: Range<usize>, into: &mut [f32]) -> io::Result<()> {
        let rows = self.values.len() / self.columns;
        for (series, column) in into.chunks_exact_mut(rows).zip(columns) {
            for (value, row) in series.iter_mut().zip(self.values.chunks_exact(self.columns)) {
                *value = row[column];
            }
        }
        Ok(())
    }
}

/// The mean over the kept seconds, a value a vertex.
pub fn mean(rows: &mut dyn Rows, kept: &[bool]) -> Result<Vec<f32>, Error> {
    let (times, vertices) = rows.shape();
    if kept.len() != times {
        return Err(Error::Kept { rows: times, kept: kept.len() });
    }
    let mut sum = vec![0f64; vertices];
    let mut row = vec![0f32; vertices];
    let mut count = 0.0;
    for time in (0..times).filter(|time| kept[*time]) {
        finite_row(rows, time, &mut row)?;
        for (sum, value) in sum.iter_mut().zip(&row) {
            *sum += f64::from(*value);
        }
        count += 1.0;
    }
    if count == 0.0 {
        return Err(Error::NothingKept);
    }
    Ok(sum.into_iter().map(|sum| (sum / count) as f32).collect())
}

/// Number of seconds of a response on this mesh.
pub(super) fn seconds(rows: &dyn Rows, mesh: Mesh) -> Result<usize, Error> {
    match rows.shape() {
        (0, _) => Err(Error::Empty),
        (_, columns) if columns != mesh.vertices() => Err(Error::RowLength { found: columns, mesh }),
        (seconds, _) => Ok(seconds),
    }
}

/// Reads a row and refuses values that are not finite.
pub(super) fn finite_row(rows: &mut dyn Rows, row: usize, into: &mut [f32]) -> Result<(), Error> {
    rows.read_row(row, into).map_err(Error::Read)?;
    match into.iter().position(|value| !value.is_finite()) {
        Some(column) => Err(Error::NotFinite { row, column, value: into[column] }),
        None => Ok(()),
    }
}

/// Reads columns and refuses values that are not finite. `into` is `(column, row)`.
pub(super) fn finite_columns(rows: &mut dyn Rows, columns: Range<usize>, into: &mut [f32]) -> Result<(), Error> {
    let times = rows.shape().0;
    let first = columns.start;
    rows.read_columns(columns, into).map_err(Error::Read)?;
    match into.iter().position(|value| !value.is_finite()) {
        Some(at) => Err(Error::NotFinite { row: at % times, column: first + at / times, value: into[at] }),
        None => Ok(()),
    }
}

/// The bytes of float32 values, little-endian.
pub(super) fn to_le_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_over_the_kept_seconds() {
        let values = [1.0, 2.0, 30.0, 40.0, 3.0, 6.0];
        let mut rows = SliceRows::new(&values, 2);
        assert_eq!(mean(&mut rows, &[true, false, true]).unwrap(), [2.0, 4.0]);
        assert!(matches!(mean(&mut rows, &[false; 3]), Err(Error::NothingKept)));
        assert!(matches!(mean(&mut rows, &[true]), Err(Error::Kept { rows: 3, kept: 1 })));
    }

    #[test]
    fn columns_are_read_transposed() {
        let mut rows = SliceRows::new(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3);
        let mut columns = [0.0; 4];
        rows.read_columns(1..3, &mut columns).unwrap();
        assert_eq!(columns, [2.0, 5.0, 3.0, 6.0]);
    }

    #[test]
    fn a_value_that_is_not_finite_is_named() {
        let mut rows = SliceRows::new(&[1.0, 2.0, 3.0, f32::NAN], 2);
        let refused = finite_row(&mut rows, 1, &mut [0.0; 2]).unwrap_err();
        assert_eq!(refused.to_string(), "value 1 of row 1 is NaN: only finite values are exported");
        assert!(matches!(
            finite_columns(&mut rows, 1..2, &mut [0.0; 2]),
            Err(Error::NotFinite { row: 1, column: 1, .. })
        ));
    }
}
