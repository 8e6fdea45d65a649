//! Many features that go together, as few that do not: the principal components of a band.

use ndarray::{Array1, Array2, ArrayView2, Axis};

use super::spectrum::eigen;
use super::{Error, finite};

/// Deviations below this share of the largest value are rounding.
const CONSTANT: f64 = 1e-7;
/// Sums of squares below this share of the largest are rounding of single precision.
const ROUNDING: f64 = 1e-6;

/// The directions in which samples vary most, each feature standardised before, so that none counts by its unit alone.
///
/// All components are divided by one number, so that their variances have the mean 1 and keep their proportions: what one
/// ridge penalty means does not depend on how many features there were.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalComponents {
    means: Array1<f32>,
    /// `(feature, component)`: from features less their means to components; 0 for a feature that never changes.
    axes: Array2<f32>,
    explained: f64,
}

impl PrincipalComponents {
    /// The first components of `samples` `(sample, feature)`, at most `most` of them and no more than there are. Costs the
    /// cube of the number of samples, whatever the number of features.
    ///
    /// # Errors
    /// [`Error::TooFewRows`], [`Error::NotFinite`], and [`Error::ConstantFeatures`] where nothing changes.
    pub fn of(samples: ArrayView2<'_, f32>, most: usize) -> Result<Self, Error> {
        let rows = samples.nrows();
        if rows < 2 {
            return Err(Error::TooFewRows { found: rows });
        }
        finite::check("features", samples)?;
        let means = samples.mapv(f64::from).mean_axis(Axis(0)).unwrap_or_default().mapv(|mean| mean as f32);
        let mut standardised = &samples - &means;
        let scales: Array1<f32> = samples.columns().into_iter().zip(standardised.columns()).map(scale).collect();
        standardised *= &scales;

        let (vectors, values) = eigen(standardised.dot(&standardised.t()).mapv(f64::from).view(), &|_| 1.0)?;
        let mut order: Vec<usize> = (0..rows).collect();
        order.sort_by(|&one, &other| values[other].total_cmp(&values[one]));
        let least = values[order[0]] * ROUNDING;
        let kept: Vec<usize> = order.into_iter().filter(|&axis| values[axis] > least).take(most).collect();
        if kept.is_empty() {
            return Err(Error::ConstantFeatures);
        }
        let squares: f64 = kept.iter().map(|&axis| values[axis]).sum();
        let spread = (squares / (rows * kept.len()) as f64).sqrt();
        let vectors = Array2::from_shape_fn((rows, kept.len()), |(row, place)| {
            (vectors[[row, kept[place]]] / (values[kept[place]].sqrt() * spread)) as f32
        });
        let axes = standardised.t().dot(&vectors) * scales.insert_axis(Axis(1));
        Ok(Self { means, axes, explained: squares / values.sum() })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.axes.ncols()
    }

    /// The share of the standardised features' variance that is along them.
    pub fn explained(&self) -> f64 {
        self.explained
    }

    /// Features `(time, feature)` as components `(time, component)`.
    ///
    /// # Errors
    /// [`Error::Shape`] for another number of features.
    pub fn apply(&self, features: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        super::error::expect("a run", "features", features.ncols(), self.means.len())?;
        Ok((&features - &self.means).dot(&self.axes))
    }
}

/// What brings a feature to unit variance, 0 where it never changes.
fn scale((raw, centred): (ndarray::ArrayView1<'_, f32>, ndarray::ArrayView1<'_, f32>)) -> f32 {
    let square = |value: &f32| f64::from(*value).powi(2);
    let deviation = (centred.iter().map(square).sum::<f64>() / centred.len() as f64).sqrt();
    let largest = raw.iter().fold(0.0, |largest: f64, value| largest.max(f64::from(value.abs())));
    if deviation > CONSTANT * largest { deviation.recip() as f32 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    /// Two courses that drive all features, in other units each, with a little noise; the last feature never changes.
    fn samples() -> Array2<f32> {
        let mut samples = normal(120, 2, 1).dot(&normal(2, 30, 2)) + normal(120, 30, 3) * 0.05;
        for (feature, mut column) in samples.columns_mut().into_iter().enumerate() {
            column *= 10f32.powi(feature as i32 % 5);
            column += 3.0;
        }
        samples.column_mut(29).fill(3.0);
        samples
    }

    #[test]
    fn few_components_hold_what_many_features_share() {
        let samples = samples();
        let found = PrincipalComponents::of(samples.view(), 2).unwrap();
        assert!(found.count() == 2 && found.explained() > 0.95, "{}", found.explained());
        let components = found.apply(samples.view()).unwrap();
        let covariance = components.t().dot(&components) / 120.0;
        assert!(covariance[[0, 1]].abs() < 1e-3 && covariance[[0, 0]] > covariance[[1, 1]], "{covariance}");
        assert!((covariance.diag().mean().unwrap() - 1.0).abs() < 1e-3, "{covariance}");
    }

    #[test]
    fn there_are_no_more_components_than_directions() {
        let found = PrincipalComponents::of(samples().slice(ndarray::s![..6, ..]), 40).unwrap();
        assert!(found.count() == 5 && (found.explained() - 1.0).abs() < 1e-4);
    }

    #[test]
    fn features_that_never_change_and_another_width_are_refused() {
        let constant = Array2::from_elem((9, 3), 0.1);
        assert_eq!(PrincipalComponents::of(constant.view(), 2), Err(Error::ConstantFeatures));
        let narrow = samples().slice(ndarray::s![.., ..4]).to_owned();
        let refusal = PrincipalComponents::of(samples().view(), 2).unwrap().apply(narrow.view()).unwrap_err();
        assert_eq!(refusal, Error::Shape { what: "a run", axis: "features", found: 4, expected: 30 });
    }
}
