//! Directions of the feature space whose answers to pictures are known: one for each colour, and many for none.

use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, concatenate, s, stack};

/// Added to the variance of every direction, as a share of the mean variance.
const SHRINKAGE: f64 = 1e-3;

/// Directions `(feature, channel)`.
pub(crate) struct Readout {
    /// The answer of channel k is 1 for the mean picture of colour k, and 0 for the mean pictures of the others: of all such
    /// directions the ones that vary least within colours.
    pub(crate) colours: Array2<f64>,
    /// Those in which pictures of one colour vary most, of variance 1. The mean pictures of all colours have the answer 0.
    pub(crate) nuisances: Array2<f64>,
}

impl Readout {
    /// `features` holds for each colour `(picture, feature)`.
    pub(crate) fn of(features: &[Array2<f64>], nuisances: usize) -> Self {
        let means: Vec<Array1<f64>> = features.iter().map(|of| of.mean_axis(Axis(0)).expect("pictures")).collect();
        let within: Vec<Array2<f64>> = features.iter().zip(&means).map(|(of, mean)| of - mean).collect();
        let views: Vec<ArrayView2<'_, f64>> = within.iter().map(|of| of.view()).collect();
        let within = concatenate(Axis(0), &views).expect("features of one width");
        let covariance = within.t().dot(&within) / within.nrows() as f64;
        let columns: Vec<ArrayView1<'_, f64>> = means.iter().map(|mean| mean.view()).collect();
        let means: Array2<f64> = stack(Axis(1), &columns).expect("one width");

        let shrinkage = SHRINKAGE * covariance.diag().mean().expect("features");
        let whitened = inverse(&covariance, shrinkage).dot(&means);
        let colours = whitened.dot(&inverse(&means.t().dot(&whitened), 0.0));

        let shared = means.dot(&inverse(&means.t().dot(&means), 0.0)).dot(&means.t());
        let rest = Array2::eye(shared.nrows()) - shared;
        let (variances, directions) = eigen(&rest.dot(&covariance).dot(&rest));
        let greatest = directions.ncols() - nuisances;
        let scale = variances.slice(s![greatest..]).mapv(|variance| variance.sqrt().recip());
        Self { colours, nuisances: &directions.slice(s![.., greatest..]) * &scale }
    }

    /// All channels, those of the colours first: `(feature, channel)`.
    pub(crate) fn channels(&self) -> Array2<f64> {
        concatenate(Axis(1), &[self.colours.view(), self.nuisances.view()]).expect("one width")
    }
}

/// The inverse of a symmetric matrix to whose diagonal `shrinkage` is added.
fn inverse(matrix: &Array2<f64>, shrinkage: f64) -> Array2<f64> {
    let (values, vectors) = eigen(matrix);
    (&vectors * &values.mapv(|value| (value + shrinkage).recip())).dot(&vectors.t())
}

/// Ascending eigenvalues of a symmetric matrix, and its eigenvectors as columns.
fn eigen(matrix: &Array2<f64>) -> (Array1<f64>, Array2<f64>) {
    let n = matrix.nrows();
    let found = Mat::from_fn(n, n, |i, j| matrix[[i, j]]).self_adjoint_eigen(Side::Lower).expect("a finite matrix");
    let values = Array1::from_shape_fn(n, |axis| found.S().column_vector()[axis]);
    (values, Array2::from_shape_fn((n, n), |(row, axis)| found.U()[(row, axis)]))
}
