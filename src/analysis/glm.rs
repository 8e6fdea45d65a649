//! The general linear model of a response: what each regressor adds to each vertex, and the noise that is left.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

use super::autocorrelation::{BINS, binned, whiten};
use super::estimable::Estimator;
use super::finite::refuse_not_finite;
use super::{DesignMatrix, Error};

/// Vertices that are computed at once; memory beyond the result is proportional to it.
const BLOCK: usize = 1024;

/// How the noise of neighbouring rows is related.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NoiseModel {
    /// Not at all: ordinary least squares.
    Ols,
    /// An autoregressive process of the first order, its coefficient estimated for each vertex.
    #[default]
    Ar1,
}

/// A design that can be fitted. The fit is that of nilearn 0.14.1's `run_glm`, the response taken as it is: nilearn's
/// `FirstLevelModel` does the same with `signal_scaling=False`, and its default, percent of the mean, has no meaning for
/// a response in units of standard deviations.
#[derive(Clone, Debug)]
pub struct Glm {
    design: DesignMatrix,
    noise: NoiseModel,
    ols: Estimator,
}

/// Effects of all regressors on all vertices.
#[derive(Clone, Debug)]
pub struct GlmFit {
    columns: Vec<String>,
    /// `(column, vertex)`.
    effects: Array2<f64>,
    /// Variance of the (whitened) residuals, a vertex each.
    dispersion: Array1<f64>,
    /// Autocorrelation in units of `1 / BINS`, a vertex each.
    bins: Vec<i32>,
    /// Covariance of the effects for noise of variance 1, by autocorrelation.
    covariances: BTreeMap<i32, Array2<f64>>,
    degrees_of_freedom: f64,
}

/// The design and its estimator, whitened for one autocorrelation.
struct Whitened {
    design: Array2<f64>,
    estimator: Estimator,
}

/// Effects `(column, vertex)` and residuals `(time, vertex)` of some vertices.
struct Explained {
    effects: Array2<f64>,
    residuals: Array2<f64>,
}

impl Glm {
    /// Fails where the design is singular, with the columns that depend on each other, or leaves no degree of freedom.
    pub fn new(design: DesignMatrix, noise: NoiseModel) -> Result<Self, Error> {
        let (rows, columns) = design.values().dim();
        if rows <= columns {
            return Err(Error::TooFewRows { rows, columns });
        }
        let ols = Estimator::new(design.values(), design.columns())?;
        Ok(Self { design, noise, ols })
    }

    pub fn design(&self) -> &DesignMatrix {
        &self.design
    }

    /// Fits `response` `(time, vertex)`, a row for each row of the design. No vertex depends on another one, so that a
    /// response that does not fit into memory can be handed over a range of vertices at a time.
    pub fn fit(&self, response: ArrayView2<'_, f32>) -> Result<GlmFit, Error> {
        let (rows, vertices) = response.dim();
        let (expected, columns) = self.design.values().dim();
        if rows != expected {
            return Err(Error::Rows { found: rows, expected });
        }
        refuse_not_finite(response)?;
        let mut fit = GlmFit {
            columns: self.design.columns().to_vec(),
            effects: Array2::zeros((columns, vertices)),
            dispersion: Array1::zeros(vertices),
            bins: vec![0; vertices],
            covariances: BTreeMap::new(),
            degrees_of_freedom: (rows - columns) as f64,
        };
        let mut whitened = BTreeMap::new();
        for (index, block) in response.axis_chunks_iter(Axis(1), BLOCK).enumerate() {
            let first = index * BLOCK;
            let block = block.mapv(f64::from);
            match self.noise {
                NoiseModel::Ols => {
                    let all: Vec<usize> = (0..block.ncols()).collect();
                    fit.put(first, &all, &self.by_ols(&block), 0);
                }
                NoiseModel::Ar1 => self.fit_ar1(&block, first, &mut whitened, &mut fit)?,
            }
        }
        fit.covariances = whitened.into_iter().map(|(bin, model)| (bin, model.estimator.covariance)).collect();
        if self.noise == NoiseModel::Ols {
            fit.covariances.insert(0, self.ols.covariance.clone());
        }
        Ok(fit)
    }

    fn by_ols(&self, block: &Array2<f64>) -> Explained {
        explain(block, self.design.values(), &self.ols)
    }

    /// Vertices with the same autocorrelation are whitened and fitted together.
    fn fit_ar1(
        &self,
        block: &Array2<f64>,
        first: usize,
        whitened: &mut BTreeMap<i32, Whitened>,
        fit: &mut GlmFit,
    ) -> Result<(), Error> {
        let mut vertices: BTreeMap<i32, Vec<usize>> = BTreeMap::new();
        for (vertex, bin) in binned(&self.by_ols(block).residuals).into_iter().enumerate() {
            vertices.entry(bin).or_default().push(vertex);
        }
        for (bin, vertices) in vertices {
            let model = match whitened.entry(bin) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.whiten(bin)?),
            };
            let response = whiten(block.select(Axis(1), &vertices), bin);
            let explained = explain(&response, model.design.view(), &model.estimator);
            fit.put(first, &vertices, &explained, bin);
        }
        Ok(())
    }

    fn whiten(&self, bin: i32) -> Result<Whitened, Error> {
        let design = whiten(self.design.values().to_owned(), bin);
        let estimator = Estimator::new(design.view(), self.design.columns())?;
        Ok(Whitened { design, estimator })
    }
}

impl GlmFit {
    /// Names of the regressors.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// Effects of all regressors, `(column, vertex)`, in the unit of the response for a regressor of height 1.
    pub fn effects(&self) -> ArrayView2<'_, f64> {
        self.effects.view()
    }

    /// The autocorrelation that the noise of a vertex was taken to have, 0 with ordinary least squares.
    pub fn autocorrelations(&self) -> impl Iterator<Item = f64> {
        self.bins.iter().map(|&bin| f64::from(bin) / BINS)
    }

    /// Rows less columns.
    pub fn degrees_of_freedom(&self) -> f64 {
        self.degrees_of_freedom
    }

    /// Effect and variance of a weighted sum of regressors (a weight a column), a vertex each.
    pub(super) fn weighted(&self, weights: &Array1<f64>) -> (Array1<f64>, Array1<f64>) {
        let variance = |covariance: &Array2<f64>| weights.dot(&covariance.dot(weights));
        let variances: BTreeMap<i32, f64> = self.covariances.iter().map(|(&bin, c)| (bin, variance(c))).collect();
        let variance = self.bins.iter().zip(&self.dispersion).map(|(bin, dispersion)| variances[bin] * dispersion);
        (weights.dot(&self.effects), variance.collect())
    }

    /// Writes the results of `vertices`, counted from `first`.
    fn put(&mut self, first: usize, vertices: &[usize], explained: &Explained, bin: i32) {
        let squares = explained.residuals.mapv(|residual| residual * residual).sum_axis(Axis(0));
        for (index, vertex) in vertices.iter().enumerate() {
            let vertex = first + vertex;
            self.effects.column_mut(vertex).assign(&explained.effects.column(index));
            self.dispersion[vertex] = squares[index] / self.degrees_of_freedom;
            self.bins[vertex] = bin;
        }
    }
}

fn explain(response: &Array2<f64>, design: ArrayView2<'_, f64>, estimator: &Estimator) -> Explained {
    let effects = estimator.inverse.dot(response);
    let residuals = response - &design.dot(&effects);
    Explained { effects, residuals }
}

#[cfg(test)]
mod tests {
    use ndarray::s;
    use rand_chacha::ChaCha8Rng;
    use rand_chacha::rand_core::{Rng, SeedableRng};

    use super::*;

    fn design(rows: usize) -> DesignMatrix {
        let values = Array2::from_shape_fn((rows, 3), |(row, column)| match column {
            0 => (row as f64 * 0.7).sin(),
            1 => (row as f64 * 0.31).cos(),
            _ => 1.0,
        });
        DesignMatrix::new(["a", "b", "constant"].map(str::to_owned).to_vec(), values).unwrap()
    }

    /// `3 a − 2 b + 10` and autocorrelated noise `(time, vertex)`.
    fn response(rows: usize, vertices: usize, autocorrelation: f64, seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut uniform = || f64::from(rng.next_u32()) / f64::from(u32::MAX) - 0.5;
        let design = design(rows);
        let signal = design.values().dot(&ndarray::arr1(&[3.0, -2.0, 10.0]));
        let mut noise = vec![0.0; vertices];
        Array2::from_shape_fn((rows, vertices), |(row, vertex)| {
            noise[vertex] = autocorrelation * noise[vertex] + uniform();
            (signal[row] + noise[vertex]) as f32
        })
    }

    #[test]
    fn planted_effects_are_found() {
        for noise in [NoiseModel::Ols, NoiseModel::Ar1] {
            let fit = Glm::new(design(400), noise).unwrap().fit(response(400, 20, 0.0, 1).view()).unwrap();
            for (effects, planted) in fit.effects().rows().into_iter().zip([3.0, -2.0, 10.0]) {
                assert!(effects.iter().all(|effect| (effect - planted).abs() < 0.15), "{effects}");
            }
        }
    }

    #[test]
    fn the_autocorrelation_of_the_noise_is_found() {
        let glm = Glm::new(design(2000), NoiseModel::Ar1).unwrap();
        let fit = glm.fit(response(2000, 30, 0.6, 2).view()).unwrap();
        assert!(fit.autocorrelations().all(|found| (found - 0.6).abs() < 0.08));
        let fit = glm.fit(response(2000, 30, -0.3, 2).view()).unwrap();
        assert!(fit.autocorrelations().all(|found| (found + 0.3).abs() < 0.08));
    }

    #[test]
    fn a_cortex_may_come_in_pieces() {
        let glm = Glm::new(design(60), NoiseModel::Ar1).unwrap();
        let response = response(60, BLOCK + 30, 0.4, 3);
        let whole = glm.fit(response.view()).unwrap();
        let piece = glm.fit(response.slice(s![.., BLOCK - 10..])).unwrap();
        assert!(whole.autocorrelations().skip(BLOCK - 10).eq(piece.autocorrelations()));
        let difference = &whole.effects().slice(s![.., BLOCK - 10..]) - &piece.effects();
        assert!(difference.iter().all(|value| value.abs() < 1e-12));
    }

    #[test]
    fn a_vertex_that_never_changes_has_no_variance() {
        let fit = Glm::new(design(60), NoiseModel::Ar1).unwrap().fit(Array2::zeros((60, 1)).view()).unwrap();
        assert_eq!(fit.weighted(&ndarray::arr1(&[1.0, 0.0, 0.0])), (ndarray::arr1(&[0.0]), ndarray::arr1(&[0.0])));
    }

    #[test]
    fn a_design_without_freedom_is_refused() {
        let refusal = Glm::new(design(3), NoiseModel::Ols).unwrap_err();
        assert_eq!(refusal, Error::TooFewRows { rows: 3, columns: 3 });
    }

    #[test]
    fn a_value_that_is_not_finite_is_refused_with_its_place() {
        let mut response = response(60, BLOCK + 2, 0.0, 4);
        response[(7, BLOCK + 1)] = f32::NAN;
        let refusal = Glm::new(design(60), NoiseModel::Ols).unwrap().fit(response.view()).unwrap_err();
        assert_eq!(refusal, Error::NotFinite { row: 7, vertex: BLOCK + 1 });
        let refusal = Glm::new(design(61), NoiseModel::Ols).unwrap().fit(response.view()).unwrap_err();
        assert_eq!(refusal, Error::Rows { found: 60, expected: 61 });
    }
}
