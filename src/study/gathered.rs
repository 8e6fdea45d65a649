//! The runs that a head is fitted to, kept as sums.
//!
//! Measured responses have lost the line through each run, which is the scanner's drift. The states that they are regressed on
//! lose theirs too: a weight would else be paid for a drift that is no longer there to be explained (Frisch & Waugh, Econometrica
//! 1, 1933). A head reads states as they are, so its bias is what brings their mean to 0. Penalties are counted in the variance of
//! the states, of which no two encoders have the same.

use ndarray::{Array1, Array2, ArrayView2, Axis};
use tokio_util::sync::CancellationToken;

use super::Error;
use super::states::Aligned;
use crate::analysis::encoding::{LinearModel, Ridge, Runs};
use crate::encoder::OwnHead;

/// Groups that runs are dealt to when penalties are chosen.
const GROUPS: usize = 5;

/// Sums over runs.
pub(super) struct Gathered {
    runs: Runs,
    /// Of the states as they are, over all rows.
    sum: Array1<f64>,
    /// Of the squares of the states without their lines, over all rows and channels.
    squares: f64,
    rows: usize,
}

impl Gathered {
    pub(super) fn new(hidden: usize, outputs: usize) -> Result<Self, Error> {
        Ok(Self { runs: Runs::new(hidden, outputs, GROUPS)?, sum: Array1::zeros(hidden), squares: 0.0, rows: 0 })
    }

    pub(super) fn add(&mut self, run: &Aligned) -> Result<(), Error> {
        let states = without_line(run.states.view());
        self.runs.add(states.view(), run.measured.view())?;
        self.squares += states.iter().map(|state| f64::from(*state).powi(2)).sum::<f64>();
        self.sum += &run.states.mapv(f64::from).sum_axis(Axis(0));
        self.rows += run.states.nrows();
        Ok(())
    }

    /// Rows of all runs.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// The head of least penalised error, near the average one. The penalties of `ridge` are for states of variance 1.
    pub(super) fn head(
        &self,
        ridge: &Ridge,
        average: Option<&OwnHead>,
        cancel: &CancellationToken,
    ) -> Result<LinearModel, Error> {
        let variance = self.squares / (self.rows * self.sum.len()).max(1) as f64;
        let penalties = ridge.penalties.iter().map(|penalty| penalty * variance).collect();
        let ridge = Ridge { penalties, criterion: ridge.criterion };
        let fitted = ridge.fit(&self.runs, average.map(|head| head.weight.view()), cancel)?.model;
        let mean = self.sum.mapv(|sum| (sum / self.rows.max(1) as f64) as f32);
        let bias = -fitted.weights().dot(&mean);
        Ok(LinearModel::new(fitted.weights().to_owned(), bias)?)
    }
}

/// A run less the least-squares line over time of each column.
fn without_line(run: ArrayView2<f32>) -> Array2<f32> {
    let rows = run.nrows();
    let time = Array1::from_shape_fn(rows, |row| row as f32 - (rows as f32 - 1.0) / 2.0);
    let slopes = run.t().dot(&time) / time.dot(&time).max(f32::MIN_POSITIVE);
    let mean = run.mean_axis(Axis(0)).unwrap_or_default();
    let line = time.insert_axis(Axis(1)).dot(&slopes.insert_axis(Axis(0)));
    &run - &line - &mean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(states: Array2<f32>, weights: &Array2<f32>) -> Aligned {
        let measured = without_line(states.dot(&weights.t()).view());
        Aligned { content: [0; 32], first: 0, states, measured }
    }

    #[test]
    fn weights_are_found_behind_a_drift_that_only_the_states_have() {
        let weights = Array2::from_shape_fn((4, 3), |(output, state)| (1 + output * 3 + state) as f32 * 0.1);
        let mut gathered = Gathered::new(3, 4).unwrap();
        for number in 0..4 {
            let states = Array2::from_shape_fn((60, 3), |(row, state)| {
                let wave = ((row * (state + 2) + 7 * number) as f32 * 0.37).sin();
                wave + 5.0 + 0.3 * (state as f32 - 1.0) * row as f32
            });
            gathered.add(&run(states, &weights)).unwrap();
        }
        let ridge = Ridge { penalties: vec![1e-3, 1e3], ..Ridge::default() };
        let head = gathered.head(&ridge, None, &CancellationToken::new()).unwrap();
        let largest = (&head.weights() - &weights).iter().fold(0.0, |largest: f32, error| largest.max(error.abs()));
        assert!(largest < 0.01, "{largest}");
        assert_eq!(gathered.rows(), 240);
    }
}
