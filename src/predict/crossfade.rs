//! Windows that share seconds: where two of them speak, the later one is faded in as the earlier one is faded out.

use ndarray::{Array3, Axis, Slice};

/// Joins responses `(subject, time, vertex)` that come window after window and share `shared` rows each.
pub(super) struct Crossfade {
    shared: usize,
    /// The last rows of the window before, which the next one speaks for too.
    held: Option<Array3<f32>>,
}

impl Crossfade {
    pub(super) fn new(shared: usize) -> Self {
        Self { shared, held: None }
    }

    /// The rows that are final once this window is known: all of its own, but those that the next one shares.
    pub(super) fn join(&mut self, mut window: Array3<f32>, is_last: bool) -> Array3<f32> {
        if let Some(before) = self.held.take() {
            let mut begin = window.slice_axis_mut(Axis(1), Slice::from(..self.shared));
            for (row, (mut now, then)) in begin.axis_iter_mut(Axis(1)).zip(before.axis_iter(Axis(1))).enumerate() {
                let weight = (row + 1) as f32 / (self.shared + 1) as f32;
                now.zip_mut_with(&then, |now, then| *now = weight * *now + (1.0 - weight) * then);
            }
        }
        let end = window.len_of(Axis(1));
        let ready = if is_last { end } else { end - self.shared };
        if ready < end {
            self.held = Some(window.slice_axis(Axis(1), Slice::from(ready..)).to_owned());
            window = window.slice_axis(Axis(1), Slice::from(..ready)).to_owned();
        }
        window
    }
}

#[cfg(test)]
mod tests {
    use ndarray::concatenate;
    use proptest::prelude::*;

    use super::*;

    /// All windows at once.
    fn joined(windows: &[Array3<f32>], shared: usize) -> Array3<f32> {
        let mut crossfade = Crossfade::new(shared);
        let rows: Vec<_> = (windows.iter().enumerate())
            .map(|(i, window)| crossfade.join(window.clone(), i + 1 == windows.len()))
            .collect();
        concatenate(Axis(1), &rows.iter().map(|rows| rows.view()).collect::<Vec<_>>())
            .expect("rows of the same subjects")
    }

    fn window(values: &[f32]) -> Array3<f32> {
        Array3::from_shape_vec((1, values.len(), 1), values.to_vec()).unwrap()
    }

    #[test]
    fn without_shared_rows_windows_follow_each_other_untouched() {
        let rows = joined(&[window(&[1.0, 2.0]), window(&[3.0, 4.0])], 0);
        assert_eq!(rows.into_raw_vec_and_offset().0, [1.0, 2.0, 3.0, 4.0]);
    }

    #[test]
    fn shared_rows_go_over_from_the_earlier_window_to_the_later_one() {
        let rows = joined(&[window(&[0.0; 3]), window(&[4.0; 3]), window(&[8.0; 3])], 1);
        assert_eq!(rows.into_raw_vec_and_offset().0, [0.0, 0.0, 2.0, 4.0, 6.0, 8.0, 8.0]);
    }

    proptest! {
        #[test]
        fn windows_of_one_signal_give_that_signal(rows in 2usize..12, windows in 1usize..5, part in 0usize..=6) {
            let shared = part.min(rows / 2);
            let stride = rows - shared;
            let cut = |i: usize| Array3::from_shape_fn((2, rows, 3), |(s, t, v)| ((i * stride + t) * 6 + s * 3 + v) as f32);
            let whole = joined(&(0..windows).map(cut).collect::<Vec<_>>(), shared);
            prop_assert_eq!(whole.len_of(Axis(1)), windows * stride + shared);
            for ((s, t, v), value) in whole.indexed_iter() {
                prop_assert!((value - (t * 6 + s * 3 + v) as f32).abs() < 1e-3);
            }
        }
    }
}
