//! Independent components of a matrix of features over the cortex, by FastICA.
//!
//! Vertices are the samples and features the mixtures, so that each component is a map (TRIBE v2 paper, section 5.10: the
//! weights of a subject's head). The algorithm is the symmetric one of Hyvärinen & Oja (2000, Neural Networks 13) with the
//! log cosh contrast, in the form of scikit-learn's `FastICA(algorithm="parallel", whiten="unit-variance")`.

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, Par, Side};
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::ComparisonError as Error;
use super::correlation::{Correlation, pearson};
use super::top_fraction::top;

/// Vertices whose features are held in double precision at once.
const BLOCK: usize = 1024;

/// How components are looked for. The default is scikit-learn's, with five components.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FastIca {
    pub components: usize,
    pub max_iterations: usize,
    /// The iteration ends when no row of the unmixing matrix turns by more than this (1 − |cosine|).
    pub tolerance: f64,
    /// Of the unmixing matrix that the iteration starts from.
    pub seed: u64,
}

impl Default for FastIca {
    fn default() -> Self {
        Self { components: 5, max_iterations: 200, tolerance: 1e-4, seed: 0 }
    }
}

/// Independent components, those that explain most variance first, each with its long tail on the positive side. Neither
/// order nor sign has a meaning to the algorithm.
#[derive(Clone, Debug, PartialEq)]
pub struct Components {
    /// `(component, vertex)`, of mean 0 and variance 1.
    pub maps: Array2<f64>,
    /// The share of the features' variance that each explains.
    pub explained: Vec<f64>,
    /// Whether the iteration ended by itself. If not, the maps are where it stood after the last iteration allowed.
    pub converged: bool,
    pub iterations: usize,
    /// How far the unmixing matrix turned in the last iteration (1 − |cosine|, the largest of its rows).
    pub change: f64,
}

impl FastIca {
    /// The components of `(vertex, feature)`.
    ///
    /// The features are whitened by the eigenvectors of their covariance, not by a singular value decomposition of the
    /// matrix, which with many more vertices than features is slower and needs the matrix again: beside the matrix this
    /// needs memory for about a dozen squares of the features and `2 × components` maps (20,484 × 1,152 single-precision
    /// values take 94 MB, and 140 MB while they are decomposed). Directions whose singular value is under about 10⁻⁷ of the
    /// largest are lost to rounding by that, and refused.
    pub fn fit<T: Copy + Into<f64>>(&self, matrix: ArrayView2<'_, T>) -> Result<Components, Error> {
        let (vertices, features) = matrix.dim();
        let limit = features.min(vertices.saturating_sub(1));
        if !(1..=limit).contains(&self.components) {
            return Err(Error::ComponentCount { asked: self.components, vertices, features, limit });
        }
        let means = means(matrix)?;
        let whitening = Whitening::new(matrix, &means, self.components)?;
        let whitened = whitening.apply(matrix, &means);
        let unmixing = self.unmix(&whitened)?;
        let mut maps = unmixing.rows.dot(&whitened);
        for mut map in maps.rows_mut() {
            let deviation = map.std(0.0);
            let skewness = map.iter().map(|value| value.powi(3)).sum::<f64>();
            map.mapv_inplace(|value| value / deviation.copysign(skewness));
        }
        let explained = whitening.explained(&unmixing.rows);
        let mut order: Vec<usize> = (0..self.components).collect();
        order.sort_by(|&a, &b| explained[b].total_cmp(&explained[a]));
        Ok(Components {
            maps: maps.select(Axis(0), &order),
            explained: order.into_iter().map(|component| explained[component]).collect(),
            converged: unmixing.change < self.tolerance,
            iterations: unmixing.iterations,
            change: unmixing.change,
        })
    }

    /// Turns white mixtures `(component, vertex)` until they are independent.
    fn unmix(&self, whitened: &Array2<f64>) -> Result<Unmixing, Error> {
        let mut generator = ChaCha20Rng::seed_from_u64(self.seed);
        let start =
            Array2::from_shape_simple_fn((self.components, self.components), || StandardNormal.sample(&mut generator));
        let mut unmixing = Unmixing { rows: decorrelated(&start)?, iterations: 0, change: f64::INFINITY };
        let vertices = whitened.ncols() as f64;
        while unmixing.iterations < self.max_iterations && unmixing.change >= self.tolerance {
            let slopes = unmixing.rows.dot(whitened).mapv_into(f64::tanh);
            let curvatures = slopes.map_axis(Axis(1), |row| row.iter().map(|slope| 1.0 - slope * slope).sum::<f64>());
            let step = slopes.dot(&whitened.t()) - &unmixing.rows * &curvatures.insert_axis(Axis(1));
            let rows = decorrelated(&(step / vertices))?;
            let cosines = (&rows * &unmixing.rows).sum_axis(Axis(1));
            unmixing = Unmixing {
                rows,
                iterations: unmixing.iterations + 1,
                change: cosines.iter().map(|cosine| (cosine.abs() - 1.0).abs()).fold(0.0, f64::max),
            };
        }
        Ok(unmixing)
    }
}

impl Components {
    /// Where each component is largest: `(component, vertex)`, true at the `fraction` of its vertices.
    pub fn top(&self, fraction: f64) -> Result<Array2<bool>, Error> {
        let mut is_top = Array2::default(self.maps.dim());
        for (map, mut row) in self.maps.rows().into_iter().zip(is_top.rows_mut()) {
            row.assign(&Array1::from(top(&map.to_vec(), fraction)?));
        }
        Ok(is_top)
    }

    /// Pearson's correlation of each component with a map, without its sign, which means nothing.
    pub fn correlations(&self, reference: &[f64], mask: Option<&[bool]>) -> Result<Vec<Correlation>, Error> {
        let unsigned = |correlation: Correlation| Correlation { r: correlation.r.abs(), ..correlation };
        self.maps.rows().into_iter().map(|map| Ok(unsigned(pearson(&map.to_vec(), reference, mask)?))).collect()
    }
}

struct Unmixing {
    /// `(component, white mixture)`, orthonormal.
    rows: Array2<f64>,
    iterations: usize,
    change: f64,
}

fn means<T: Copy + Into<f64>>(matrix: ArrayView2<'_, T>) -> Result<Array1<f64>, Error> {
    let mut sums = Array1::zeros(matrix.ncols());
    for (vertex, row) in matrix.rows().into_iter().enumerate() {
        for (feature, (sum, value)) in sums.iter_mut().zip(row).enumerate() {
            let value: f64 = (*value).into();
            if !value.is_finite() {
                return Err(Error::NotFinite { vertex, feature, value });
            }
            *sum += value;
        }
    }
    Ok(sums / matrix.nrows() as f64)
}

/// Some rows of the matrix, less the means of its features.
fn centred<T: Copy + Into<f64>>(rows: ArrayView2<'_, T>, means: &Array1<f64>) -> Array2<f64> {
    rows.mapv(Into::into) - means
}

/// The principal axes along which the features vary most.
struct Whitening {
    /// `(feature, axis)`, each of length 1.
    axes: Array2<f64>,
    /// Sum of squares along each axis, over vertices.
    squares: Array1<f64>,
    /// Sum of squares of all features.
    total: f64,
}

impl Whitening {
    fn new<T: Copy + Into<f64>>(matrix: ArrayView2<'_, T>, means: &Array1<f64>, count: usize) -> Result<Self, Error> {
        let features = matrix.ncols();
        let mut gram = Mat::<f64>::zeros(features, features);
        for rows in matrix.axis_chunks_iter(Axis(0), BLOCK) {
            let rows = centred(rows, means);
            let rows = Mat::from_fn(rows.nrows(), features, |row, feature| rows[[row, feature]]);
            triangular::matmul(
                gram.as_mut(),
                BlockStructure::TriangularLower,
                Accum::Add,
                rows.transpose(),
                BlockStructure::Rectangular,
                rows.as_ref(),
                BlockStructure::Rectangular,
                1.0,
                Par::Seq,
            );
        }
        let eigen = gram.self_adjoint_eigen(Side::Lower).map_err(|_| Error::Eigen)?;
        let ascending = eigen.S().column_vector();
        let squares: Vec<f64> = (0..features).rev().map(|axis| ascending[axis].max(0.0)).collect();
        let rounding = squares[0] * features as f64 * f64::EPSILON;
        let rank = squares.iter().filter(|square| **square > rounding).count();
        if rank < count {
            return Err(Error::RankDeficient { rank, asked: count });
        }
        // The signs are scikit-learn's: the first feature's entry is positive.
        let axes = Array2::from_shape_fn((features, count), |(feature, axis)| {
            let axis = features - 1 - axis;
            eigen.U()[(feature, axis)] * 1f64.copysign(eigen.U()[(0, axis)])
        });
        Ok(Self { axes, total: squares.iter().sum(), squares: squares.into_iter().take(count).collect() })
    }

    /// The features along the axes, scaled to variance 1: `(axis, vertex)`.
    fn apply<T: Copy + Into<f64>>(&self, matrix: ArrayView2<'_, T>, means: &Array1<f64>) -> Array2<f64> {
        let vertices = matrix.nrows();
        let scaled = &self.axes * &self.squares.mapv(|square| (vertices as f64 / square).sqrt());
        let mut whitened = Array2::zeros((self.squares.len(), vertices));
        for (block, rows) in matrix.axis_chunks_iter(Axis(0), BLOCK).enumerate() {
            let from = block * BLOCK;
            let values = centred(rows, means).dot(&scaled);
            whitened.slice_mut(s![.., from..from + rows.nrows()]).assign(&values.t());
        }
        whitened
    }

    /// The share of the features' variance that each row of an orthonormal unmixing matrix explains.
    fn explained(&self, unmixing: &Array2<f64>) -> Vec<f64> {
        (unmixing.mapv(|weight| weight * weight).dot(&self.squares) / self.total).to_vec()
    }
}

/// The orthonormal rows nearest to those given: (W Wᵀ)^(−1/2) W.
fn decorrelated(rows: &Array2<f64>) -> Result<Array2<f64>, Error> {
    let products = rows.dot(&rows.t());
    let n = rows.nrows();
    let eigen =
        Mat::from_fn(n, n, |i, j| products[[i, j]]).self_adjoint_eigen(Side::Lower).map_err(|_| Error::Eigen)?;
    let axes = Array2::from_shape_fn((n, n), |(row, axis)| eigen.U()[(row, axis)]);
    let values = Array1::from_shape_fn(n, |axis| eigen.S().column_vector()[axis].max(f64::MIN_POSITIVE).sqrt().recip());
    Ok((&axes * &values).dot(&axes.t()).dot(rows))
}

#[cfg(test)]
mod tests {
    use rand_distr::Uniform;

    use super::*;

    const VERTICES: usize = 3_000;

    /// Independent maps of heavy and of light tails, and mixtures of them with a little noise.
    fn mixtures(features: usize) -> (Array2<f64>, Array2<f64>) {
        let mut generator = ChaCha20Rng::seed_from_u64(3);
        let uniform = Uniform::new(-1.7, 1.7).unwrap();
        let mut sources = Array2::zeros((3, VERTICES));
        for vertex in 0..VERTICES {
            let normal: f64 = StandardNormal.sample(&mut generator);
            sources[[0, vertex]] = normal.powi(3);
            sources[[1, vertex]] = uniform.sample(&mut generator);
            sources[[2, vertex]] = f64::exp(StandardNormal.sample(&mut generator));
        }
        let mixing = Array2::from_shape_fn((features, 3), |(feature, source)| {
            ((feature * 3 + 1) as f64 * (source * 5 + 2) as f64).sin()
        });
        let mut noise = || -> f64 { StandardNormal.sample(&mut generator) };
        let matrix = mixing.dot(&sources).t().mapv(|value| value + 4.0 + 0.01 * noise());
        (sources, matrix)
    }

    fn ica(components: usize) -> FastIca {
        FastIca { components, ..FastIca::default() }
    }

    #[test]
    fn each_source_is_found_once() {
        let (sources, matrix) = mixtures(8);
        let found = ica(3).fit(matrix.view()).unwrap();
        assert!(found.converged && found.iterations < 50, "{} iterations", found.iterations);
        let mut matches: Vec<usize> = (0..3)
            .map(|source| {
                let r = found.correlations(&sources.row(source).to_vec(), None).unwrap();
                r.iter()
                    .position(|correlation| correlation.r > 0.99)
                    .unwrap_or_else(|| panic!("source {source}: {r:?}"))
            })
            .collect();
        matches.sort_unstable();
        assert_eq!(matches, [0, 1, 2]);
    }

    #[test]
    fn maps_are_uncorrelated_of_unit_variance_and_their_long_tail_is_positive() {
        let (_, matrix) = mixtures(8);
        let found = ica(3).fit(matrix.view()).unwrap();
        let covariance = found.maps.dot(&found.maps.t()) / VERTICES as f64;
        for ((i, j), value) in covariance.indexed_iter() {
            assert!((value - f64::from(u8::from(i == j))).abs() < 1e-9, "({i}, {j}): {value}");
        }
        assert!(found.maps.rows().into_iter().all(|map| map.iter().map(|value| value.powi(3)).sum::<f64>() > 0.0));
        let explained = &found.explained;
        assert!(explained.is_sorted_by(|a, b| a >= b));
        assert!((0.99..=1.0).contains(&explained.iter().sum::<f64>()), "{explained:?}");
    }

    #[test]
    fn an_iteration_that_is_cut_short_says_so() {
        let (_, matrix) = mixtures(8);
        let cut = FastIca { max_iterations: 1, ..ica(3) }.fit(matrix.view()).unwrap();
        assert!(!cut.converged && cut.iterations == 1 && cut.change >= 1e-4);
    }

    #[test]
    fn single_precision_gives_the_same_components() {
        let (_, matrix) = mixtures(8);
        let single = ica(3).fit(matrix.mapv(|value| value as f32).view()).unwrap();
        let double = ica(3).fit(matrix.view()).unwrap();
        assert!((single.maps - double.maps).iter().all(|difference| difference.abs() < 1e-3));
    }

    #[test]
    fn the_top_holds_the_fraction_asked_for() {
        let (_, matrix) = mixtures(8);
        let top = ica(3).fit(matrix.view()).unwrap().top(0.1).unwrap();
        assert!(top.rows().into_iter().all(|row| row.iter().filter(|is_top| **is_top).count() == VERTICES / 10));
    }

    #[test]
    fn what_cannot_be_decomposed_is_refused() {
        let (_, mut matrix) = mixtures(8);
        let refusal = ica(9).fit(matrix.view()).unwrap_err();
        assert!(matches!(refusal, Error::ComponentCount { asked: 9, limit: 8, .. }));
        let flat = Array2::from_shape_fn((50, 8), |(vertex, feature)| (vertex * (feature + 1)) as f64);
        assert!(matches!(ica(2).fit(flat.view()), Err(Error::RankDeficient { rank: 1, asked: 2 })));
        matrix[[7, 2]] = f64::NAN;
        assert!(matches!(ica(3).fit(matrix.view()), Err(Error::NotFinite { vertex: 7, feature: 2, .. })));
    }
}
