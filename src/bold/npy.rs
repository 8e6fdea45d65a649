//! Runs in NumPy's format.
//!
//! The ndarray-npy crate reads the header; the values are decoded here, so that they must be in the file before room is
//! made for them, and so that any kind of number is taken.

use std::path::Path;

use half::f16;
use ndarray::{Array2, ShapeBuilder};
use ndarray_npy::npy::header::Header;

use super::Error;

/// Reads `(time, output)` of so many outputs from the bytes of a `.npy` file. A file of `(output, time)` is turned; where
/// both axes would do, the first is time.
pub(super) fn read(path: &Path, bytes: &[u8], outputs: usize) -> Result<Array2<f32>, Error> {
    let refuse = |reason: String| Error::Npy { path: path.to_owned(), reason };
    let mut rest = bytes;
    let header = Header::from_reader(&mut rest).map_err(|error| refuse(error.to_string()))?;
    let &[rows, columns] = header.shape.as_slice() else {
        return Err(Error::Shape { path: path.to_owned(), shape: header.shape, outputs });
    };
    let kind = header.type_descriptor.to_string();
    let values = decode(&kind, rest).ok_or_else(|| {
        refuse(format!("its numbers are {kind}; little-endian floats and whole numbers of 16 to 64 bits can be read"))
    })?;
    let expected = rows.checked_mul(columns);
    if expected != Some(values.len()) {
        return Err(refuse(format!("it holds {} values where its header says {rows} × {columns}", values.len())));
    }
    let is_fortran = header.layout.is_fortran();
    let array = Array2::from_shape_vec((rows, columns).set_f(is_fortran), values);
    oriented(path, array.map_err(|error| refuse(error.to_string()))?, outputs)
}

/// `(time, output)` of an array that may be turned.
pub(super) fn oriented(path: &Path, array: Array2<f32>, outputs: usize) -> Result<Array2<f32>, Error> {
    match array.dim() {
        (_, columns) if columns == outputs => Ok(array),
        (rows, _) if rows == outputs => Ok(array.reversed_axes()),
        (rows, columns) => Err(Error::Shape { path: path.to_owned(), shape: vec![rows, columns], outputs }),
    }
}

/// Values of a kind of number, as NumPy writes it; `None` where it is not known.
fn decode(kind: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match kind.trim_matches('\'') {
        "<f2" => numbers(bytes, |number| f16::from_le_bytes(number).to_f32()),
        "<f4" => numbers(bytes, f32::from_le_bytes),
        "<f8" => numbers(bytes, |number| f64::from_le_bytes(number) as f32),
        "<i2" => numbers(bytes, |number| f32::from(i16::from_le_bytes(number))),
        "<u2" => numbers(bytes, |number| f32::from(u16::from_le_bytes(number))),
        "<i4" => numbers(bytes, |number| i32::from_le_bytes(number) as f32),
        "<i8" => numbers(bytes, |number| i64::from_le_bytes(number) as f32),
        _ => return None,
    })
}

fn numbers<const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|number| read(*number)).collect()
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use ndarray_npy::WriteNpyExt;
    use proptest::prelude::*;

    use super::*;

    fn of(bytes: &[u8], outputs: usize) -> Result<Array2<f32>, Error> {
        read(Path::new("run.npy"), bytes, outputs)
    }

    #[test]
    fn either_order_of_axes_and_of_memory_is_read() {
        let values = array![[1.0f32, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let (mut standard, mut fortran, mut wide) = (Vec::new(), Vec::new(), Vec::new());
        values.write_npy(&mut standard).unwrap();
        values.t().to_owned().reversed_axes().write_npy(&mut fortran).unwrap();
        values.mapv(f64::from).write_npy(&mut wide).unwrap();
        for file in [&standard, &fortran, &wide] {
            assert_eq!(of(file, 3).unwrap(), values);
            assert_eq!(of(file, 2).unwrap(), values.t());
        }
        let refusal = of(&standard, 7).unwrap_err().to_string();
        assert_eq!(
            refusal,
            "the array in run.npy has the shape [2, 3]: (time, output) or (output, time) of 7 outputs is needed"
        );
    }

    #[test]
    fn half_precision_is_read() {
        let mut file = Vec::new();
        array![[1.0f32, 2.0]].write_npy(&mut file).unwrap();
        let start = file.len() - 8;
        file.truncate(start);
        let kind = file.windows(3).position(|bytes| bytes == b"<f4").unwrap();
        file[kind + 2] = b'2';
        file.extend([f16::from_f32(-0.5), f16::from_f32(3.0)].into_iter().flat_map(f16::to_le_bytes));
        assert_eq!(of(&file, 2).unwrap(), array![[-0.5, 3.0]]);
    }

    #[test]
    fn a_file_that_is_cut_short_or_holds_something_else_is_refused() {
        let mut file = Vec::new();
        array![[1.0f32, 2.0], [3.0, 4.0]].write_npy(&mut file).unwrap();
        assert!(of(&file[..file.len() - 4], 2).unwrap_err().to_string().contains("it holds 3 values"));
        let mut line = Vec::new();
        array![1.0f32, 2.0].write_npy(&mut line).unwrap();
        assert!(matches!(of(&line, 2), Err(Error::Shape { .. })));
        let mut truths = Vec::new();
        array![[true, false]].write_npy(&mut truths).unwrap();
        assert!(of(&truths, 2).unwrap_err().to_string().contains("its numbers are '|b1'"));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = of(&bytes, 3);
        }

        #[test]
        fn a_damaged_file_never_panics(at in 0usize..150, byte in any::<u8>(), length in 0usize..160) {
            let mut file = Vec::new();
            array![[1.0f32, 2.0], [3.0, 4.0]].write_npy(&mut file).unwrap();
            let at = at % file.len();
            file[at] = byte;
            file.truncate(length);
            let _ = of(&file, 2);
        }
    }
}
