//! Large products of matrices by faer, whose kernels are as wide as the processor's registers.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use ndarray::{Array2, ArrayView2, CowArray, Ix2};

/// `a b`, on the thread that asks for it.
pub(super) fn product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) -> Array2<f32> {
    let (rows, columns) = (a.nrows(), b.ncols());
    let (a, b) = (gapless(&a), gapless(&b));
    let mut made = vec![0.0; rows * columns];
    let into = MatMut::from_row_major_slice_mut(&mut made, rows, columns);
    matmul(into, Accum::Replace, matrix(&a), matrix(&b), 1.0, Par::Seq);
    Array2::from_shape_vec((rows, columns), made).expect("as many values as were made room for. This is a bug.")
}

/// The matrix by rows or by columns: a part of another one is copied.
fn gapless<'a>(matrix: &'a ArrayView2<'_, f32>) -> CowArray<'a, f32, Ix2> {
    if matrix.t().is_standard_layout() { CowArray::from(matrix.view()) } else { matrix.as_standard_layout() }
}

fn matrix<'a>(gapless: &'a CowArray<'_, f32, Ix2>) -> MatRef<'a, f32> {
    let (rows, columns) = gapless.dim();
    match gapless.view().to_slice() {
        Some(by_rows) => MatRef::from_row_major_slice(by_rows, rows, columns),
        None => {
            let by_columns = gapless.view().reversed_axes().to_slice();
            MatRef::from_column_major_slice(
                by_columns.expect("what is not by rows is by columns. This is a bug."),
                rows,
                columns,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::s;

    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn every_layout_has_the_same_product() {
        let (a, b) = (normal(7, 9, 1), normal(9, 5, 2));
        let expected = a.dot(&b);
        let near = |found: &Array2<f32>, expected: ArrayView2<'_, f32>| {
            found.dim() == expected.dim()
                && found.iter().zip(expected).all(|(found, wanted)| (found - wanted).abs() < 1e-5)
        };
        assert!(near(&product(a.view(), b.view()), expected.view()));
        assert!(near(&product(b.t(), a.t()), expected.t()));
        let (part, other) = (a.slice(s![.., 2..6]), b.slice(s![2..6, ..;2]));
        assert!(near(&product(part, other), part.dot(&other).view()));
        let (nothing, none) = (a.slice(s![.., ..0]), b.slice(s![..0, ..]));
        assert_eq!(product(nothing, none), Array2::<f32>::zeros((7, 5)));
    }
}
