//! Slow drifts are taken out of a run by a Savitzky–Golay filter, and what is left is standardised.

use faer::linalg::solvers::Solve;
use faer::{Mat, Side};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis, Zip, s};

use super::Error;

/// A drift is the polynomial that fits a window about each sample best (Savitzky & Golay, Analytical Chemistry 36, 1964);
/// within half a window of an end, the polynomial of the window at that end. Equal to `scipy.signal.savgol_filter` with
/// `mode="interp"`. Encoding studies of the Gallant and Huth laboratories take out drifts of order 2 in 120 s or 3 in 240 s.
#[derive(Clone, Debug, PartialEq)]
pub struct SavitzkyGolay {
    window: usize,
    /// `(sample of the window, sample of the window)`: what a window is like without what is not polynomial.
    projection: Array2<f64>,
}

impl SavitzkyGolay {
    /// # Errors
    /// [`Error::Filter`] where the window (samples) is even, or not longer than the order.
    pub fn new(window: usize, order: usize) -> Result<Self, Error> {
        if window.is_multiple_of(2) || window <= order {
            return Err(Error::Filter { window, order });
        }
        let half = (window / 2) as f64;
        let power = |sample: usize, power: usize| ((sample as f64 - half) / half.max(1.0)).powi(power as i32);
        let powers = Mat::from_fn(window, order + 1, power);
        let normal = powers.transpose() * &powers;
        let inverse = normal.llt(Side::Lower).map_err(|_| Error::Filter { window, order })?.solve(powers.transpose());
        let projection = &powers * inverse;
        Ok(Self { window, projection: Array2::from_shape_fn((window, window), |place| projection[place]) })
    }

    /// The window of `seconds` at one sample every `tr_s` seconds, as near as an odd number comes.
    ///
    /// # Errors
    /// As [`SavitzkyGolay::new`].
    pub fn of_seconds(seconds: f64, tr_s: f64, order: usize) -> Result<Self, Error> {
        Self::new((seconds / tr_s / 2.0).round() as usize * 2 + 1, order)
    }

    /// A run `(time, column)` less its drift.
    ///
    /// # Errors
    /// [`Error::TooFew`] where the run is shorter than the window.
    pub fn detrend(&self, run: ArrayView2<'_, f32>) -> Result<Array2<f32>, Error> {
        if run.nrows() < self.window {
            return Err(Error::TooFew { what: "rows of a run", found: run.nrows(), needed: self.window });
        }
        let mut detrended = run.to_owned();
        for (series, mut left) in run.columns().into_iter().zip(detrended.columns_mut()) {
            let series = series.mapv(f64::from);
            Zip::from(&mut left).and(&self.drift(series.view())).for_each(|value, &drift| *value -= drift as f32);
        }
        Ok(detrended)
    }

    fn drift(&self, series: ArrayView1<'_, f64>) -> Array1<f64> {
        let (rows, half) = (series.len(), self.window / 2);
        let mut drift = Array1::zeros(rows);
        let middle = self.projection.row(half);
        for (at, window) in series.windows(self.window).into_iter().enumerate() {
            drift[at + half] = middle.dot(&window);
        }
        let ends = [(0, 0..half), (rows - self.window, half + 1..self.window)];
        for (start, samples) in ends {
            let window = series.slice(s![start..start + self.window]);
            let fitted = self.projection.slice(s![samples.clone(), ..]).dot(&window);
            drift.slice_mut(s![start + samples.start..start + samples.end]).assign(&fitted);
        }
        drift
    }
}

/// A run whose columns have mean 0 and variance 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardised {
    /// `(time, column)`; 0 in columns that are masked.
    pub values: Array2<f32>,
    /// Whether a column never changes, or holds a value that is not finite.
    pub masked: Vec<bool>,
}

impl Standardised {
    /// Standardises `run` `(time, column)`.
    pub fn new(run: ArrayView2<'_, f32>) -> Self {
        let mut values = run.to_owned();
        let standardise = |mut column: ndarray::ArrayViewMut1<'_, f32>| {
            let exact = column.mapv(f64::from);
            let mean = exact.mean().unwrap_or(0.0);
            let deviation = exact.std(0.0);
            let is_masked = !deviation.is_finite() || deviation <= CONSTANT * mean.abs();
            let scale = if is_masked { 0.0 } else { deviation.recip() };
            Zip::from(&mut column).and(&exact).for_each(|value, &exact| {
                *value = if is_masked { 0.0 } else { ((exact - mean) * scale) as f32 };
            });
            is_masked
        };
        let masked = values.axis_iter_mut(Axis(1)).map(standardise).collect();
        Self { values, masked }
    }

    /// How many columns are masked.
    pub fn masked_count(&self) -> usize {
        self.masked.iter().filter(|masked| **masked).count()
    }
}

/// Deviations below this share of the mean are rounding of single precision.
const CONSTANT: f64 = 1e-7;

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn a_polynomial_of_its_order_is_all_drift() {
        let cubic = Array2::from_shape_fn((60, 1), |(time, _)| {
            let time = time as f32 / 30.0 - 1.0;
            2.0 - time + 3.0 * time * time - time.powi(3)
        });
        let left = SavitzkyGolay::new(21, 3).unwrap().detrend(cubic.view()).unwrap();
        assert!(left.iter().all(|value| value.abs() < 1e-6));
    }

    #[test]
    fn fast_changes_stay() {
        let fast = Array2::from_shape_fn((400, 1), |(time, _)| (time as f32 * 1.3).sin());
        let left = SavitzkyGolay::of_seconds(240.0, 1.5, 3).unwrap().detrend(fast.view()).unwrap();
        assert!((&left - &fast).iter().all(|difference| difference.abs() < 0.1));
    }

    #[test]
    fn an_even_window_and_a_short_run_are_refused() {
        assert_eq!(SavitzkyGolay::new(20, 3), Err(Error::Filter { window: 20, order: 3 }));
        let refusal = SavitzkyGolay::new(21, 3).unwrap().detrend(Array2::zeros((20, 1)).view()).unwrap_err();
        assert_eq!(refusal.to_string(), "20 rows of a run were given: 21 or more are needed");
    }

    #[test]
    fn what_never_changes_or_is_not_finite_is_masked() {
        let run = arr2(&[[1.0, 7.3, f32::NAN], [3.0, 7.3, 1.0]]);
        let standardised = Standardised::new(run.view());
        assert_eq!(standardised.values, arr2(&[[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]]));
        assert_eq!((standardised.masked.as_slice(), standardised.masked_count()), ([false, true, true].as_slice(), 2));
    }
}
