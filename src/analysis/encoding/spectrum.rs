//! The eigenvectors of a Gram matrix, in which a ridge solution for any penalty is a division.

use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Zip, s};

use super::Error;

/// Eigenvalues below this share of the largest, a feature, are rounding.
const ROUNDING: f64 = f64::EPSILON;
/// Eigenvalues below this share of a penalty leave weights at nothing: what they all add to the prediction of the rows that
/// were fitted is less than this share of the response.
const OUT_OF_REACH: f64 = 1e-4;

/// The axes along which scaled features vary: with features `X` of scale `s`, `diag(s) Xᵀ X diag(s) = U diag(values) Uᵀ`.
#[derive(Clone, Debug)]
pub(super) struct Spectrum {
    /// `(feature, axis)`: `diag(s) U`.
    pub axes: Array2<f32>,
    /// Sums of squares along each axis, in rising order; 0 where there is nothing but rounding.
    pub values: Array1<f64>,
}

impl Spectrum {
    /// Of a Gram matrix `(feature, feature)`, its features times `scale` where one is given.
    pub(super) fn new(gram: ArrayView2<'_, f64>, scale: Option<&Array1<f64>>) -> Result<Self, Error> {
        let scale_of = |feature: usize| scale.map_or(1.0, |scale| scale[feature]);
        let (vectors, mut values) = eigen(gram, &scale_of)?;
        let axes = Array2::from_shape_fn(vectors.dim(), |(feature, axis)| {
            (vectors[[feature, axis]] * scale_of(feature)) as f32
        });
        let least = values.iter().copied().fold(0.0, f64::max) * values.len() as f64 * ROUNDING;
        values.mapv_inplace(|value| if value > least { value } else { 0.0 });
        Ok(Self { axes, values })
    }

    /// What the products of outputs with each axis are multiplied by for their weights: 1 over the penalised sum of squares.
    pub(super) fn gains(&self, penalty: f64) -> Array1<f32> {
        self.values.mapv(|value| if value > 0.0 { (value + penalty).recip() as f32 } else { 0.0 })
    }

    /// What the weights of a prior are multiplied by: the share of the penalty, which may be infinite.
    pub(super) fn trust(&self, penalty: f64) -> Array1<f32> {
        self.values.mapv(|value| (value / penalty + 1.0).recip() as f32)
    }

    /// The first axis that a penalty lets weights along, where they are drawn towards 0.
    pub(super) fn first_in_reach(&self, penalty: f64) -> usize {
        self.values.iter().take_while(|value| **value < penalty * OUT_OF_REACH).count()
    }

    /// Turns the products of outputs with the axes, or the last of them, into weights along these axes, `(output, axis)`, drawn
    /// towards `prior` along the axes, each output by its own penalty.
    pub(super) fn weigh(
        &self,
        mut products: ArrayViewMut2<'_, f32>,
        prior: Option<&Array2<f32>>,
        mut penalty_of: impl FnMut(usize) -> f64,
    ) {
        let axes = self.values.len() - products.ncols()..;
        let mut last: Option<(f64, Array1<f32>, Array1<f32>)> = None;
        for (output, mut row) in products.outer_iter_mut().enumerate() {
            let penalty = penalty_of(output);
            let (_, gains, trust) = match last.take() {
                Some(known) if known.0 == penalty => last.insert(known),
                _ => last.insert((penalty, self.gains(penalty), self.trust(penalty))),
            };
            row *= &gains.slice(s![axes.clone()]);
            if let Some(prior) = prior {
                Zip::from(&mut row)
                    .and(prior.row(output))
                    .and(&*trust)
                    .for_each(|weight, prior, trust| *weight += prior * trust);
            }
        }
    }
}

/// A matrix whose product with its own transpose is a Gram matrix: `(feature, axis)`, no wider than the Gram's rank.
pub(super) fn root(gram: ArrayView2<'_, f64>) -> Result<Array2<f32>, Error> {
    let (vectors, values) = eigen(gram, &|_| 1.0)?;
    let least = values.iter().copied().fold(0.0, f64::max) * values.len() as f64 * ROUNDING;
    let kept: Vec<usize> = (0..values.len()).filter(|&axis| values[axis] > least).collect();
    Ok(Array2::from_shape_fn((values.len(), kept.len()), |(feature, axis)| {
        (vectors[[feature, kept[axis]]] * values[kept[axis]].sqrt()) as f32
    }))
}

/// Eigenvectors, a column each, and eigenvalues.
pub(super) fn eigen(
    gram: ArrayView2<'_, f64>,
    scale_of: &impl Fn(usize) -> f64,
) -> Result<(Array2<f64>, Array1<f64>), Error> {
    let features = gram.nrows();
    let scaled = |i: usize, j: usize| gram[[i, j]] * scale_of(i) * scale_of(j);
    let eigen = Mat::from_fn(features, features, scaled).self_adjoint_eigen(Side::Lower).map_err(|_| Error::Eigen)?;
    let vectors = Array2::from_shape_fn((features, features), |place| eigen.U()[place]);
    let values = Array1::from_shape_fn(features, |axis| eigen.S().column_vector()[axis].max(0.0));
    Ok((vectors, values))
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn a_root_is_as_wide_as_the_rank_and_gives_the_gram_back() {
        let rows = normal(4, 9, 1).mapv(f64::from);
        let gram = rows.t().dot(&rows);
        let root = root(gram.view()).unwrap();
        assert_eq!(root.dim(), (9, 4));
        let again = root.dot(&root.t());
        assert!(Zip::from(&again).and(&gram).all(|&again, &gram| (f64::from(again) - gram).abs() < 1e-4));
    }

    #[test]
    fn axes_out_of_reach_of_a_penalty_can_be_left_out() {
        let spectrum = Spectrum { axes: Array2::eye(3), values: ndarray::arr1(&[0.0, 0.09, 50.0]) };
        assert_eq!([1e-6, 10.0, 1e3, 1e9].map(|penalty| spectrum.first_in_reach(penalty)), [1, 1, 2, 3]);
        let mut all = ndarray::arr2(&[[0.0, 0.2, 6.0]]);
        let mut last = all.slice(s![.., 2..]).to_owned();
        spectrum.weigh(all.view_mut(), None, |_| 1e3);
        spectrum.weigh(last.view_mut(), None, |_| 1e3);
        assert_eq!(last, all.slice(s![.., 2..]));
    }

    #[test]
    fn a_prior_stays_where_the_data_say_nothing() {
        let spectrum = Spectrum { axes: Array2::eye(2), values: ndarray::arr1(&[8.0, 0.0]) };
        let (products, prior) = (ndarray::arr2(&[[4.0, 0.0]]), ndarray::arr2(&[[3.0, 5.0]]));
        let weighed = |prior: Option<&Array2<f32>>, penalty| {
            let mut weights = products.clone();
            spectrum.weigh(weights.view_mut(), prior, |_| penalty);
            weights
        };
        assert_eq!(weighed(Some(&prior), 2.0), ndarray::arr2(&[[1.0, 5.0]]));
        assert_eq!(weighed(None, 2.0), ndarray::arr2(&[[0.4, 0.0]]));
        assert_eq!(weighed(Some(&prior), f64::INFINITY), prior);
    }
}
