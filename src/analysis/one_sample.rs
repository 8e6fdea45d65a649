//! Group statistics over maps: whether the mean of a vertex differs from zero by more than the maps do from each other.

use ndarray::{Array1, ArrayView2, Axis, Zip};

use super::Error;
use super::finite::refuse_not_finite;
use super::significance::{both_tails, t_statistic, z_score};

/// A one-sample t-test of each vertex, as `scipy.stats.ttest_1samp(maps, 0)`.
#[derive(Clone, Debug, PartialEq)]
pub struct OneSample {
    /// Number of maps.
    pub n: usize,
    /// In the unit of the maps.
    pub mean: Array1<f64>,
    /// Mean over its standard error; 0 where all maps are 0.
    pub t: Array1<f64>,
    /// Of both tails, with `n − 1` degrees of freedom.
    pub p: Array1<f64>,
    /// The normal deviate as improbable as t.
    pub z: Array1<f64>,
}

impl OneSample {
    /// `maps` `(map, vertex)`: a map a person, or a stimulus; two or more.
    pub fn new(maps: ArrayView2<'_, f32>) -> Result<Self, Error> {
        let n = maps.nrows();
        if n < 2 {
            return Err(Error::TooFewMaps { found: n });
        }
        refuse_not_finite(maps)?;
        let (mean, variance) = mean_and_variance(maps);
        let t = Zip::from(&mean).and(&variance).map_collect(|&mean, &variance| t_statistic(mean, variance / n as f64));
        let degrees_of_freedom = (n - 1) as f64;
        let p = t.mapv(|t| both_tails(t, degrees_of_freedom));
        let z = t.mapv(|t| z_score(t, degrees_of_freedom));
        Ok(Self { n, mean, t, p, z })
    }
}

/// Mean and unbiased variance of each column.
pub(super) fn mean_and_variance(rows: ArrayView2<'_, f32>) -> (Array1<f64>, Array1<f64>) {
    let n = rows.nrows() as f64;
    let mut mean = Array1::zeros(rows.ncols());
    for row in rows.axis_iter(Axis(0)) {
        mean.zip_mut_with(&row, |sum, &value| *sum += f64::from(value) / n);
    }
    let mut variance = Array1::zeros(rows.ncols());
    for row in rows.axis_iter(Axis(0)) {
        Zip::from(&mut variance).and(&mean).and(&row).for_each(|sum, &mean, &value| {
            let deviation: f64 = f64::from(value) - mean;
            *sum += deviation * deviation / (n - 1.0);
        });
    }
    (mean, variance)
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn the_mean_is_measured_against_the_spread_of_maps() {
        let test = OneSample::new(arr2(&[[1.0, 0.0], [2.0, 0.0], [3.0, 0.0]]).view()).unwrap();
        assert!((test.mean[0] - 2.0).abs() < 1e-12 && (test.t[0] - 12_f64.sqrt()).abs() < 1e-12);
        assert!((test.p[0] - 0.074_179_900_227).abs() < 1e-10);
        assert_eq!((test.t[1], test.p[1], test.z[1]), (0.0, 1.0, 0.0), "outside the brain there is nothing");
    }

    #[test]
    fn one_map_is_no_group() {
        assert_eq!(OneSample::new(arr2(&[[1.0]]).view()), Err(Error::TooFewMaps { found: 1 }));
        let refusal = OneSample::new(arr2(&[[1.0, 2.0], [0.0, f32::NAN]]).view());
        assert_eq!(refusal, Err(Error::NotFinite { row: 1, vertex: 1 }));
    }
}
