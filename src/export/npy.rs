//! The response as a NumPy array. Such a file has no room for its provenance: the sidecar holds it.

use std::io::Write;

use ndarray_npy::WritableElement;
use ndarray_npy::npy::header::{Header, Layout};

use super::rows::{finite_row, seconds, to_le_bytes};
use super::{Error, Rows};
use crate::brain::Mesh;

/// Writes `(time, vertex)`, float32, row by row.
pub fn write_series(to: impl Write, rows: &mut dyn Rows, mesh: Mesh) -> Result<(), Error> {
    seconds(rows, mesh)?;
    write_matrix(to, rows)
}

/// Writes `(time, voxel)` or any other matrix, float32, row by row.
pub fn write_matrix(mut to: impl Write, rows: &mut dyn Rows) -> Result<(), Error> {
    let (seconds, columns) = rows.shape();
    let shape = vec![seconds, columns];
    Header { type_descriptor: f32::type_descriptor(), layout: Layout::Standard, shape }.write(&mut to)?;
    let mut row = vec![0.0; columns];
    for time in 0..seconds {
        finite_row(rows, time, &mut row)?;
        to.write_all(&to_le_bytes(&row))?;
    }
    Ok(to.flush()?)
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use ndarray_npy::ReadNpyExt;

    use super::super::SliceRows;
    use super::super::fixtures::response;
    use super::*;

    #[test]
    fn a_response_is_read_back_exactly() {
        let values = response(3, Mesh::Fsaverage3);
        let mut file = Vec::new();
        write_series(&mut file, &mut SliceRows::new(&values, 1_284), Mesh::Fsaverage3).unwrap();
        let read = Array2::<f32>::read_npy(file.as_slice()).unwrap();
        assert_eq!(read.dim(), (3, 1_284));
        assert_eq!(read.as_slice().unwrap(), values);
    }
}
