//! The permutation loop: counts how often chance reaches an observed statistic, at its own vertex and at any.

use ndarray::{Array1, Array2, ArrayView2, Axis, s};

use tokio_util::sync::CancellationToken;

use super::{Error, PermutationTest};

/// Permutations and vertices that are computed at once; memory beyond the data is proportional to their product.
const BATCH: usize = 128;
const BLOCK: usize = 1024;
/// A statistic that falls short of the observed one by less than this share is one as large.
const ROUNDING: f64 = 1e-9;

/// How rows are permuted and what is computed from them.
pub(super) struct Permutations<Draw, Statistic> {
    /// The observed order, which is number 0, and all others.
    pub count: usize,
    /// Numbers in what `draw` returns.
    pub width: usize,
    /// A permutation by its number, as coefficients of the rows.
    pub draw: Draw,
    /// `(permutation, width)` and `(row, vertex)` → `(permutation, vertex)`.
    pub statistic: Statistic,
}

impl<Draw, Statistic> Permutations<Draw, Statistic>
where
    Draw: Fn(usize) -> Vec<f64>,
    Statistic: Fn(&Array2<f64>, &Array2<f64>) -> Array2<f64>,
{
    /// The test of `rows` `(row, vertex)`, both tails. The token is looked at from block to block.
    pub(super) fn test(&self, rows: ArrayView2<'_, f32>, cancel: &CancellationToken) -> Result<PermutationTest, Error> {
        let vertices = rows.ncols();
        let mut t = Array1::zeros(vertices);
        let mut reached = Array1::<usize>::zeros(vertices);
        let mut greatest = vec![0.0_f64; self.count];
        for first in (0..self.count).step_by(BATCH) {
            let batch = self.batch(first);
            for (index, block) in rows.axis_chunks_iter(Axis(1), BLOCK).enumerate() {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let place = s![index * BLOCK..index * BLOCK + block.ncols()];
                let statistics = (self.statistic)(&batch, &block.mapv(f64::from));
                if first == 0 {
                    t.slice_mut(place).assign(&statistics.row(0));
                }
                let observed = t.slice(place).mapv(least_as_large);
                let mut reached = reached.slice_mut(place);
                for (permutation, statistics) in statistics.rows().into_iter().enumerate() {
                    let greatest = &mut greatest[first + permutation];
                    for ((statistic, observed), reached) in statistics.iter().zip(&observed).zip(&mut reached) {
                        *greatest = greatest.max(statistic.abs());
                        *reached += usize::from(statistic.abs() >= *observed);
                    }
                }
            }
        }
        greatest.sort_unstable_by(f64::total_cmp);
        let share = |reached: usize| reached as f64 / self.count as f64;
        let p_fwer = t.mapv(|t| share(self.count - greatest.partition_point(|&other| other < least_as_large(t))));
        Ok(PermutationTest { t, p: reached.mapv(share), p_fwer, permutations: self.count })
    }

    fn batch(&self, first: usize) -> Array2<f64> {
        let numbers = first..self.count.min(first + BATCH);
        let shape = (numbers.len(), self.width);
        let coefficients = numbers.flat_map(&self.draw).collect();
        Array2::from_shape_vec(shape, coefficients).expect("every permutation has the same width. This is a bug.")
    }
}

fn least_as_large(observed: f64) -> f64 {
    observed.abs() * (1.0 - ROUNDING)
}
