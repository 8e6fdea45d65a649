//! Slow drifts of a scanner or a model, as cosines that a design matrix takes out of the response.

use std::f64::consts::PI;

use ndarray::Array2;

/// Cosines `(time, cosine)` of every frequency of the discrete cosine transform up to `high_pass_hz`; nilearn 0.14.1's
/// `create_cosine_drift` without its last, constant column. `frame_times` (s) has two values or more.
pub(super) fn cosines(frame_times: &[f64], high_pass_hz: f64) -> Array2<f64> {
    let frames = frame_times.len();
    let order = order(frame_times, high_pass_hz);
    let norm = (2.0 / frames as f64).sqrt();
    Array2::from_shape_fn((frames, order), |(time, cosine)| {
        norm * (PI / frames as f64 * (time as f64 + 0.5) * (cosine + 1) as f64).cos()
    })
}

/// How many cosines there are.
pub(super) fn order(frame_times: &[f64], high_pass_hz: f64) -> usize {
    let frames = frame_times.len();
    let frame_s = (frame_times[frames - 1] - frame_times[0]) / (frames - 1) as f64;
    (2.0 * frames as f64 * high_pass_hz * frame_s).floor().min((frames - 1) as f64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: usize) -> Vec<f64> {
        (0..count).map(|second| second as f64).collect()
    }

    #[test]
    fn five_minutes_hold_six_cosines_below_a_hundredth_hertz() {
        assert_eq!(cosines(&seconds(300), 0.01).dim(), (300, 6));
        assert_eq!(cosines(&seconds(40), 0.01).ncols(), 0, "less than half a period fits");
    }

    #[test]
    fn cosines_are_orthonormal_and_without_a_mean() {
        let drift = cosines(&seconds(500), 0.01);
        for (i, a) in drift.columns().into_iter().enumerate() {
            assert!(a.sum().abs() < 1e-9);
            for (j, b) in drift.columns().into_iter().enumerate() {
                assert!((a.dot(&b) - f64::from(u8::from(i == j))).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn there_are_never_more_cosines_than_rows_leave() {
        assert_eq!(cosines(&seconds(10), 5.0).ncols(), 9);
    }
}
