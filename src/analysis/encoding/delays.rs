//! Finite impulse responses: a response at one time is explained by features at several times before it.

use ndarray::{Array2, ArrayView2, s};

use super::Error;

/// By how many samples features are delayed. A negative delay looks ahead, which is of use where a response was already
/// shifted back by its haemodynamic lag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delays(Vec<isize>);

impl Delays {
    /// # Errors
    /// [`Error::NoDelay`] for an empty list.
    pub fn new(samples: impl IntoIterator<Item = isize>) -> Result<Self, Error> {
        let samples: Vec<isize> = samples.into_iter().collect();
        if samples.is_empty() { Err(Error::NoDelay) } else { Ok(Self(samples)) }
    }

    pub fn samples(&self) -> &[isize] {
        &self.0
    }

    /// The columns that `features` features make.
    pub fn width(&self, features: usize) -> usize {
        features * self.0.len()
    }

    /// Delays the features of one run, `(time, feature)` → `(time, feature × delay)`: all features at the first delay, then
    /// all at the second. Beyond the ends of the run features are 0, so that no run speaks into the next.
    pub fn apply(&self, run: ArrayView2<'_, f32>) -> Array2<f32> {
        let (rows, features) = run.dim();
        let mut delayed = Array2::zeros((rows, self.width(features)));
        for (index, &delay) in self.0.iter().enumerate() {
            let moved = delay.unsigned_abs().min(rows);
            let (from, to) = if delay >= 0 { (0..rows - moved, moved..rows) } else { (moved..rows, 0..rows - moved) };
            let columns = index * features..(index + 1) * features;
            delayed.slice_mut(s![to, columns]).assign(&run.slice(s![from, ..]));
        }
        delayed
    }
}

/// Delays of 1–9 samples: at 1 Hz the 1–9 s of TRIBE v2's linear baseline.
impl Default for Delays {
    fn default() -> Self {
        Self((1..=9).collect())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::*;

    #[test]
    fn features_come_later_and_nothing_comes_before_a_run() {
        let run = arr2(&[[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]]);
        let delayed = Delays::new([0, 2, -1, 7]).unwrap().apply(run.view());
        let expected = arr2(&[
            [1.0, 10.0, 0.0, 0.0, 2.0, 20.0, 0.0, 0.0],
            [2.0, 20.0, 0.0, 0.0, 3.0, 30.0, 0.0, 0.0],
            [3.0, 30.0, 1.0, 10.0, 0.0, 0.0, 0.0, 0.0],
        ]);
        assert_eq!(delayed, expected);
    }

    #[test]
    fn the_default_is_one_to_nine_and_none_is_refused() {
        assert_eq!(Delays::default().width(3), 27);
        assert_eq!(Delays::new([]), Err(Error::NoDelay));
    }
}
