//! Large products of matrices by faer, whose kernels are as wide as the processor's registers.

use faer::linalg::matmul::matmul;
use faer::{Accum, Par};
use faer_ext::IntoFaer;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

/// `a b`, on the thread that asks for it.
pub(super) fn product(a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut made = Array2::zeros((a.nrows(), b.ncols()));
    product_into(made.view_mut(), a, b);
    made
}

/// The same, in memory that is there: where products follow one another, the system would map and clear new memory for each.
pub(super) fn product_into(made: ArrayViewMut2<'_, f32>, a: ArrayView2<'_, f32>, b: ArrayView2<'_, f32>) {
    matmul(made.into_faer(), Accum::Replace, a.into_faer(), b.into_faer(), 1.0, Par::Seq);
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
