//! What a linear model needs to know of its data: sums of products, which do not grow with the length of the data.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, s};

use super::cores::{BLOCK, joined, on_all_cores};
use super::error::expect;
use super::product::product;
use super::{Error, finite};

/// The most features of a model; its Gram matrix takes 0.5 GB.
const MOST_FEATURES: usize = 8192;

/// First and second moments of features and outputs, about their means, over all rows that were added.
///
/// For `p` features and `v` outputs they take `8 p² + 4 p v` bytes: 100 MB for 1,152 features and 20,484 outputs, whatever
/// the number of rows. Each run is centred before its products are taken, and runs are put together by the update of Chan,
/// Golub and LeVeque (American Statistician 37, 1983), so that single precision suffices for products with outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub(super) rows: usize,
    pub(super) feature_means: Array1<f64>,
    pub(super) output_means: Array1<f64>,
    /// `(feature, feature)`: sums of products of the features.
    pub(super) gram: Array2<f64>,
    /// `(output, feature)`: sums of products of outputs and features.
    pub(super) cross: Array2<f32>,
    /// Sums of squares of the outputs.
    pub(super) squares: Array1<f64>,
}

impl Moments {
    /// Of no rows yet.
    ///
    /// # Errors
    /// [`Error::Nothing`] without features or outputs, [`Error::TooManyFeatures`] with over 8,192.
    pub fn new(features: usize, outputs: usize) -> Result<Self, Error> {
        if features == 0 || outputs == 0 {
            return Err(Error::Nothing { features, outputs });
        }
        if features > MOST_FEATURES {
            return Err(Error::TooManyFeatures { found: features, limit: MOST_FEATURES });
        }
        Ok(Self {
            rows: 0,
            feature_means: Array1::zeros(features),
            output_means: Array1::zeros(outputs),
            gram: Array2::zeros((features, features)),
            cross: Array2::zeros((outputs, features)),
            squares: Array1::zeros(outputs),
        })
    }

    /// The moments of one run, as [`Moments::add`] takes it.
    ///
    /// # Errors
    /// As [`Moments::new`] and [`Moments::add`].
    pub fn of(features: ArrayView2<'_, f32>, responses: ArrayView2<'_, f32>) -> Result<Self, Error> {
        let mut moments = Self::new(features.ncols(), responses.ncols())?;
        moments.add(features, responses)?;
        Ok(moments)
    }

    /// Adds a run, or a stretch of one: features `(time, feature)` and responses `(time, output)`.
    ///
    /// # Errors
    /// [`Error::Rows`] where their lengths differ, [`Error::TooFewRows`], [`Error::Shape`], and [`Error::NotFinite`] with the
    /// place: outputs that lack values are masked before ([`Standardised`](super::Standardised)).
    pub fn add(&mut self, features: ArrayView2<'_, f32>, responses: ArrayView2<'_, f32>) -> Result<(), Error> {
        let rows = features.nrows();
        if rows != responses.nrows() {
            return Err(Error::Rows { what: "the features of a run", found: rows, expected: responses.nrows() });
        }
        if rows < 2 {
            return Err(Error::TooFewRows { found: rows });
        }
        expect("a run", "features", features.ncols(), self.features())?;
        expect("a run", "outputs", responses.ncols(), self.outputs())?;
        finite::check("the features of a run", features)?;
        finite::check("the responses of a run", responses)?;

        let (feature_means, output_means) = (means(features), means(responses));
        let features = features.mapv(f64::from) - &feature_means;
        self.gram += &features.t().dot(&features);
        let features = features.mapv(|value| value as f32);
        let blocks = self.cross.axis_chunks_iter_mut(Axis(0), BLOCK).zip(responses.axis_chunks_iter(Axis(1), BLOCK));
        let blocks = blocks.zip(output_means.axis_chunks_iter(Axis(0), BLOCK));
        let squares = on_all_cores(blocks, |((mut cross, responses), means)| {
            let responses = &responses - &means.mapv(|mean| mean as f32);
            cross += &product(responses.t(), features.view());
            let square = |value: &f32| f64::from(*value).powi(2);
            Ok(responses.map_axis(Axis(0), |series| series.iter().map(square).sum()))
        })?;
        self.squares += &joined(Axis(0), &squares);
        self.put_together(rows, &feature_means, &output_means);
        Ok(())
    }

    /// Adds the rows of others.
    ///
    /// # Errors
    /// [`Error::Shape`] where they have other features or outputs.
    pub fn merge(&mut self, other: &Self) -> Result<(), Error> {
        expect("moments", "features", other.features(), self.features())?;
        expect("moments", "outputs", other.outputs(), self.outputs())?;
        self.gram += &other.gram;
        self.cross += &other.cross;
        self.squares += &other.squares;
        self.put_together(other.rows, &other.feature_means, &other.output_means);
        Ok(())
    }

    /// Products that were summed about two means, that of the rows so far and that of `rows` new ones, become products about
    /// the mean of both.
    fn put_together(&mut self, rows: usize, feature_means: &Array1<f64>, output_means: &Array1<f64>) {
        let all = self.rows + rows;
        if self.rows > 0 && rows > 0 {
            let weight = (self.rows * rows) as f64 / all as f64;
            let apart = feature_means - &self.feature_means;
            let output_apart = output_means - &self.output_means;
            self.gram += &(outer(apart.view(), apart.view()) * weight);
            for (mut cross, output_apart) in self.cross.outer_iter_mut().zip(&output_apart) {
                cross.zip_mut_with(&apart, |sum, apart| *sum += (apart * output_apart * weight) as f32);
            }
            self.squares += &output_apart.mapv(|apart| apart * apart * weight);
        }
        let share = rows as f64 / all.max(1) as f64;
        self.feature_means.zip_mut_with(feature_means, |mean, new| *mean += (new - *mean) * share);
        self.output_means.zip_mut_with(output_means, |mean, new| *mean += (new - *mean) * share);
        self.rows = all;
    }

    /// The moments of some of the features, in the order given.
    pub fn select(&self, features: &[usize]) -> Self {
        Self {
            rows: self.rows,
            feature_means: self.feature_means.select(Axis(0), features),
            output_means: self.output_means.clone(),
            gram: self.gram.select(Axis(0), features).select(Axis(1), features),
            cross: self.cross.select(Axis(1), features),
            squares: self.squares.clone(),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn features(&self) -> usize {
        self.gram.nrows()
    }

    pub fn outputs(&self) -> usize {
        self.cross.nrows()
    }

    /// Products of features with some outputs, `(output, feature)`.
    pub(super) fn cross_of(&self, outputs: std::ops::Range<usize>) -> ArrayView2<'_, f32> {
        self.cross.slice(s![outputs, ..])
    }
}

fn means(rows: ArrayView2<'_, f32>) -> Array1<f64> {
    let mut sums = Array1::zeros(rows.ncols());
    for row in rows.outer_iter() {
        sums.zip_mut_with(&row, |sum, &value| *sum += f64::from(value));
    }
    sums / rows.nrows() as f64
}

pub(super) fn outer(a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> Array2<f64> {
    a.insert_axis(Axis(1)).dot(&b.insert_axis(Axis(0)))
}

#[cfg(test)]
mod tests {
    use ndarray::concatenate;

    use super::super::fixtures::normal;
    use super::*;

    fn near(a: &Moments, b: &Moments) -> bool {
        let close = |difference: f64| difference.abs() < 2e-3;
        a.rows == b.rows
            && (&a.gram - &b.gram).iter().all(|&difference| close(difference))
            && (&a.cross - &b.cross).iter().all(|&difference| close(difference.into()))
            && (&a.squares - &b.squares).iter().all(|&difference| close(difference))
            && (&a.output_means - &b.output_means).iter().all(|&difference| close(difference))
    }

    #[test]
    fn runs_add_up_to_what_they_are_together() {
        let runs: Vec<_> = (0..3).map(|run| (normal(40, 5, run) + run as f32, normal(40, 7, 9 + run) - 4.0)).collect();
        let mut added = Moments::new(5, 7).unwrap();
        let mut merged = Moments::new(5, 7).unwrap();
        for (features, responses) in &runs {
            added.add(features.view(), responses.view()).unwrap();
            merged.merge(&Moments::of(features.view(), responses.view()).unwrap()).unwrap();
        }
        let features = concatenate![Axis(0), runs[0].0, runs[1].0, runs[2].0];
        let responses = concatenate![Axis(0), runs[0].1, runs[1].1, runs[2].1];
        let whole = Moments::of(features.view(), responses.view()).unwrap();
        assert!(near(&added, &whole) && near(&merged, &whole));
    }

    #[test]
    fn a_large_mean_costs_no_digits() {
        let (features, responses) = (normal(200, 3, 1), normal(200, 2, 2));
        let moments = Moments::of((&features + 1000.0).view(), (&responses + 8000.0).view()).unwrap();
        let expected = Moments::of(features.view(), responses.view()).unwrap();
        assert!((&moments.cross - &expected.cross).iter().all(|difference| difference.abs() < 0.2));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut moments = Moments::new(2, 3).unwrap();
        let add = |moments: &mut Moments, rows, features, responses: Array2<f32>| {
            moments.add(normal(rows, features, 0).view(), responses.view()).unwrap_err().to_string()
        };
        assert_eq!(
            add(&mut moments, 9, 2, normal(8, 3, 0)),
            "the features of a run have 9 rows and the measured responses 8: both have one a sample"
        );
        assert_eq!(add(&mut moments, 9, 2, normal(9, 4, 0)), "a run has 4 outputs and 3 are needed");
        let mut lacking = normal(9, 3, 0);
        lacking[[4, 2]] = f32::NAN;
        assert_eq!(
            add(&mut moments, 9, 2, lacking),
            "the responses of a run are NaN at row 4, column 2: values are finite"
        );
        assert_eq!(Moments::new(9000, 1), Err(Error::TooManyFeatures { found: 9000, limit: 8192 }));
        assert_eq!(moments.rows(), 0, "a refused run leaves nothing behind");
    }
}
