//! Least squares of a design matrix: which columns can be told apart, and the matrix that estimates them.

use faer::Mat;
use ndarray::{Array2, ArrayView2};

use super::Error;

/// Columns of length 1 that are independent have no singular value as small as this beside the greatest.
const SINGULAR: f64 = 1e-10;
/// A column has a part in a dependence when its share of it is greater than this.
const SHARE: f64 = 1e-6;

/// The Moore–Penrose inverse of a design, and the covariance of the effects for noise of variance 1.
#[derive(Clone, Debug)]
pub(super) struct Estimator {
    /// `(column, time)`: times a response, the effects.
    pub inverse: Array2<f64>,
    /// `(column, column)`.
    pub covariance: Array2<f64>,
}

impl Estimator {
    /// Fails where `design` `(time, column)` is singular, with the names of all columns that take part in a dependence.
    pub(super) fn new(design: ArrayView2<'_, f64>, names: &[String]) -> Result<Self, Error> {
        let lengths: Vec<f64> = design.columns().into_iter().map(|column| column.dot(&column).sqrt()).collect();
        // A column of zeros stays one, and is found below.
        let scale: Vec<f64> = lengths.iter().map(|&length| if length > 0.0 { 1.0 / length } else { 1.0 }).collect();
        let scaled = Mat::from_fn(design.nrows(), design.ncols(), |row, column| design[(row, column)] * scale[column]);
        let everything = || Error::Singular { columns: names.to_vec() };
        let svd = scaled.thin_svd().map_err(|_| everything())?;
        let (u, v) = (svd.U(), svd.V());
        let values: Vec<f64> = svd.S().column_vector().iter().copied().collect();
        let limit = SINGULAR * values.first().copied().unwrap_or(0.0);
        let dependences: Vec<usize> = (0..values.len()).filter(|&index| values[index] <= limit).collect();
        if !dependences.is_empty() {
            let takes_part = |column: &usize| dependences.iter().any(|&null| v[(*column, null)].abs() > SHARE);
            let columns = (0..names.len()).filter(takes_part).map(|column| names[column].clone()).collect();
            return Err(Error::Singular { columns });
        }
        let directions =
            Mat::from_fn(v.nrows(), v.ncols(), |row, column| v[(row, column)] * scale[row] / values[column]);
        let inverse = &directions * u.transpose();
        let inverse = Array2::from_shape_fn((inverse.nrows(), inverse.ncols()), |place| inverse[place]);
        let covariance = &directions * directions.transpose();
        let covariance = Array2::from_shape_fn((covariance.nrows(), covariance.ncols()), |place| covariance[place]);
        Ok(Self { inverse, covariance })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|column| format!("c{column}")).collect()
    }

    fn independent() -> Array2<f64> {
        Array2::from_shape_fn((30, 4), |(row, column)| ((row * (column + 2)) as f64).sin() * 10f64.powi(column as i32))
    }

    #[test]
    fn the_inverse_undoes_the_design() {
        let design = independent();
        let estimator = Estimator::new(design.view(), &names(4)).unwrap();
        let identity = estimator.inverse.dot(&design);
        let gram = design.t().dot(&design).dot(&estimator.covariance);
        for (place, _) in identity.indexed_iter() {
            let expected = f64::from(u8::from(place.0 == place.1));
            assert!((identity[place] - expected).abs() < 1e-9 && (gram[place] - expected).abs() < 1e-6);
        }
    }

    #[test]
    fn all_columns_of_a_dependence_are_named_and_no_others() {
        let mut design = independent();
        let sum = &design.column(0) + &design.column(2);
        design.slice_mut(s![.., 3]).assign(&sum);
        let refusal = Estimator::new(design.view(), &names(4)).unwrap_err();
        assert_eq!(refusal, Error::Singular { columns: vec!["c0".into(), "c2".into(), "c3".into()] });
    }

    #[test]
    fn a_column_of_zeros_is_named() {
        let mut design = independent();
        design.column_mut(1).fill(0.0);
        let refusal = Estimator::new(design.view(), &names(4)).unwrap_err();
        assert_eq!(refusal, Error::Singular { columns: vec!["c1".into()] });
    }
}
