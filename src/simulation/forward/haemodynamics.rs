//! From neural courses to BOLD: the canonical response, earlier or later by a population and a subject.

use ndarray::{Array2, ArrayView1, Axis};

use crate::analysis::Hrf;
use crate::simulation::channel::COURSE_HZ;

/// When Glover's response is largest (s).
const CANONICAL_PEAK_S: f64 = 5.0;
/// Samples a second of the canonical response as `analysis/` gives it for a repetition time of 1 s.
const CANONICAL_HZ: f64 = 50.0;
/// A response is over after so long (s).
const KERNEL_S: f64 = 32.0;

/// Glover's response at [`COURSE_HZ`], its time stretched so that it is largest at `peak_s`; the sum is 1.
fn kernel(peak_s: f64) -> Vec<f64> {
    let canonical = Hrf::Glover.response(1.0);
    let at = |second: f64| {
        let place = second * CANONICAL_PEAK_S / peak_s * CANONICAL_HZ;
        let (below, part) = (place.floor() as usize, place.fract());
        let value = |sample: usize| canonical.get(sample).copied().unwrap_or(0.0);
        value(below) * (1.0 - part) + value(below + 1) * part
    };
    let values: Vec<f64> = (0..(KERNEL_S * COURSE_HZ) as usize).map(|sample| at(sample as f64 / COURSE_HZ)).collect();
    let sum: f64 = values.iter().sum();
    values.into_iter().map(|value| value / sum).collect()
}

/// Neural courses `(sample, population)` at [`COURSE_HZ`] as BOLD `(scan, population)`, scan *i* at `i · tr_s` seconds.
/// `peaks_s` holds the time to peak of each population.
pub(super) fn bold(neural: &Array2<f64>, peaks_s: &[f64], tr_s: f64) -> Array2<f64> {
    let scans = (neural.nrows() as f64 / COURSE_HZ / tr_s).round() as usize;
    let mut bold = Array2::zeros((scans, neural.ncols()));
    for ((mut column, course), &peak_s) in bold.columns_mut().into_iter().zip(neural.axis_iter(Axis(1))).zip(peaks_s) {
        let kernel = kernel(peak_s);
        for (scan, value) in column.iter_mut().enumerate() {
            *value = convolved(course, &kernel, (scan as f64 * tr_s * COURSE_HZ).round() as usize);
        }
    }
    bold
}

/// The convolution at one sample.
fn convolved(course: ArrayView1<f64>, kernel: &[f64], at: usize) -> f64 {
    let last = at.min(course.len());
    (at.saturating_sub(kernel.len() - 1)..last).map(|sample| course[sample] * kernel[at - sample]).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_event_is_largest_when_it_is_said_to_be() {
        let mut neural = Array2::zeros((400, 3));
        neural.row_mut(20).fill(1.0);
        let peaks_s = [4.5, 5.0, 6.0];
        let bold = bold(&neural, &peaks_s, 0.1);
        for (column, peak_s) in bold.columns().into_iter().zip(peaks_s) {
            let largest = column.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
            assert!((largest as f64 / 10.0 - 2.0 - peak_s).abs() <= 0.2, "{largest}");
            assert!(column.iter().take(20).all(|value| *value == 0.0));
        }
    }

    #[test]
    fn what_lasts_reaches_its_own_amount() {
        let bold = bold(&Array2::from_elem((800, 1), 0.7), &[5.2], 1.0);
        assert_eq!(bold.dim(), (80, 1));
        assert!((bold[[60, 0]] - 0.7).abs() < 1e-9 && bold[[0, 0]] == 0.0);
    }
}
