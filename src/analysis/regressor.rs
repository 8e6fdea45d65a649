//! What the events of a condition predict at each frame: a train of boxes convolved with haemodynamic kernels.

use ndarray::{Array2, ArrayViewMut2, Axis};

use super::hrf::OVERSAMPLING;

/// The grid starts this long before the first frame (s), so that events shortly before it count.
const LEAD_S: f64 = 24.0;

/// The times at which events and kernels are sampled, `OVERSAMPLING` a frame, evenly from `start` to `stop` (s).
struct Grid {
    start: f64,
    stop: f64,
    step: f64,
    samples: usize,
}

/// A change of the stimulus's amplitude at a sample of the grid.
struct Step {
    sample: usize,
    height: f64,
}

/// Regressors `(time, kernel)` of one condition, each column without what the columns before it explain.
///
/// The result is that of nilearn 0.14.1's `compute_regressor`: events are rounded to the grid, of which one without
/// duration covers a sample. A convolution of boxes with a kernel is the difference of the kernel's running sums at
/// onset and offset, so that no signal is made on the grid. `events` are pairs of onset and duration (s).
pub(super) fn convolved(
    events: impl IntoIterator<Item = (f64, f64)>,
    kernels: &[(&str, Vec<f64>)],
    frame_times: &[f64],
) -> Array2<f64> {
    let grid = Grid::new(frame_times);
    let steps: Vec<Step> = events.into_iter().flat_map(|(onset, duration)| grid.steps(onset, duration)).collect();
    let mut regressors = Array2::zeros((frame_times.len(), kernels.len()));
    for (mut column, (_, kernel)) in regressors.columns_mut().into_iter().zip(kernels) {
        let sums = running_sums(kernel);
        let signal = |sample: usize| -> f64 {
            let passed = steps.iter().filter(|step| step.sample <= sample);
            passed.map(|step| step.height * sums[(sample - step.sample).min(sums.len() - 1)]).sum()
        };
        for (value, &time) in column.iter_mut().zip(frame_times) {
            *value = grid.interpolate(time, signal);
        }
    }
    orthogonalize(regressors.view_mut());
    regressors
}

impl Grid {
    /// `frame_times` are two or more, increasing and not negative.
    fn new(frame_times: &[f64]) -> Self {
        let intervals = (frame_times.len() - 1) as f64;
        let (first, last) = (frame_times[0], frame_times[frame_times.len() - 1]);
        let stop = last * (1.0 + 1.0 / intervals);
        let start = first - LEAD_S;
        let samples = intervals / (last - first) * ((stop - first + LEAD_S) * OVERSAMPLING as f64) + 1.0;
        let samples = samples.round_ties_even() as usize;
        Self { start, stop, step: (stop - start) / (samples - 1) as f64, samples }
    }

    fn time(&self, sample: usize) -> f64 {
        if sample + 1 == self.samples { self.stop } else { sample as f64 * self.step + self.start }
    }

    /// The first sample that is not before `time`; the number of samples where all are.
    fn position(&self, time: f64) -> usize {
        let (mut low, mut high) = (0, self.samples);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.time(middle) < time { low = middle + 1 } else { high = middle }
        }
        low
    }

    fn steps(&self, onset: f64, duration: f64) -> [Step; 2] {
        let last = self.samples - 1;
        let on = self.position(onset).min(last);
        let off = self.position(onset + duration).min(last);
        let off = if off == on && off < last { off + 1 } else { off };
        [Step { sample: on, height: 1.0 }, Step { sample: off, height: -1.0 }]
    }

    /// A signal that is known at the samples, at any time between them.
    fn interpolate(&self, time: f64, signal: impl Fn(usize) -> f64) -> f64 {
        let above = self.position(time).clamp(1, self.samples - 1);
        let (low, high) = (self.time(above - 1), self.time(above));
        let (from, to) = (signal(above - 1), signal(above));
        from + (to - from) / (high - low) * (time - low)
    }
}

fn running_sums(kernel: &[f64]) -> Vec<f64> {
    let add = |sum: &mut f64, value: &f64| {
        *sum += value;
        Some(*sum)
    };
    kernel.iter().scan(0.0, add).collect()
}

fn orthogonalize(mut columns: ArrayViewMut2<'_, f64>) {
    for later in 1..columns.ncols() {
        let (before, mut rest) = columns.view_mut().split_at(Axis(1), later);
        let mut column = rest.column_mut(0);
        for earlier in before.columns() {
            let norm = earlier.dot(&earlier);
            if norm > 0.0 {
                let share = column.dot(&earlier) / norm;
                column.scaled_add(-share, &earlier);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Derivatives, Hrf};
    use super::*;

    fn seconds(range: std::ops::Range<usize>) -> Vec<f64> {
        range.map(|second| second as f64).collect()
    }

    fn response(events: &[(f64, f64)], frame_times: &[f64]) -> Vec<f64> {
        let kernels = Hrf::Glover.kernels(Derivatives::None, 1.0);
        convolved(events.iter().copied(), &kernels, frame_times).into_raw_vec_and_offset().0
    }

    #[test]
    fn the_response_to_a_second_peaks_five_to_six_seconds_after_its_onset() {
        let values = response(&[(10.0, 1.0)], &seconds(0..40));
        let highest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        assert!((15..=16).contains(&highest), "{highest}");
        assert!(values[..10].iter().all(|value| *value == 0.0));
    }

    #[test]
    fn a_long_block_reaches_one() {
        let values = response(&[(0.0, 60.0)], &seconds(0..60));
        assert!((values[50] - 1.0).abs() < 1e-9);
    }

    #[test]
    fn responses_to_two_events_add_up() {
        let frames = seconds(0..60);
        let both = response(&[(5.0, 2.0), (9.5, 0.0)], &frames);
        let one = response(&[(5.0, 2.0)], &frames);
        let other = response(&[(9.5, 0.0)], &frames);
        for (sum, (a, b)) in both.iter().zip(one.iter().zip(&other)) {
            assert!((sum - (a + b)).abs() < 1e-12);
        }
    }

    #[test]
    fn an_event_after_the_last_frame_predicts_nothing() {
        assert!(response(&[(500.0, 3.0)], &seconds(5..60)).iter().all(|value| *value == 0.0));
    }

    #[test]
    fn derivatives_are_orthogonal_to_the_response() {
        let kernels = Hrf::Spm.kernels(Derivatives::TimeAndDispersion, 1.0);
        let columns = convolved([(3.0, 1.0), (20.3, 4.0)], &kernels, &seconds(5..80));
        let product = columns.t().dot(&columns);
        for (i, j) in [(0, 1), (0, 2), (1, 2)] {
            assert!(product[(i, j)].abs() < 1e-12 * (product[(i, i)] * product[(j, j)]).sqrt().max(1e-12));
        }
    }
}
