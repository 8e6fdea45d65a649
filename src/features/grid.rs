//! The grid that all features share: samples at a fixed rate, window after window, filled by overlap-add.

use std::ops::Range;

use ndarray::{ArrayViewMut3, Axis, Slice};

use super::Features;

/// The sample that a time falls on, halves rounded to even. Times before zero give negative samples.
pub fn to_index(seconds: f64, hz: f64) -> i64 {
    (seconds * hz).round_ties_even() as i64
}

/// A stretch of the grid: `samples` at `hz` from `start_s` on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// Onset on the timeline (s).
    pub start_s: f64,
    pub samples: usize,
    /// Sampling rate (Hz).
    pub hz: f64,
}

/// What an event and a window have in common (s).
#[derive(Clone, Copy)]
struct Overlap {
    start_s: f64,
    length_s: f64,
}

impl Window {
    fn end_s(&self) -> f64 {
        self.start_s + self.samples as f64 / self.hz
    }

    /// The stretch of the event inside the window, or `None` where they share nothing or only touch. An event
    /// without duration is a point, shared by the window that it lies in.
    fn overlap(&self, (start_s, duration_s): (f64, f64)) -> Option<Overlap> {
        let begin = self.start_s.max(start_s);
        let end = self.end_s().min(start_s + duration_s);
        let is_point_inside = duration_s == 0.0 && begin == start_s && begin < self.end_s();
        (begin < end || is_point_inside).then_some(Overlap { start_s: begin, length_s: end - begin })
    }
}

impl Overlap {
    /// The samples it covers, at least one, of a row of `samples` that starts at `origin_s`: where they would
    /// run past the end, they begin earlier.
    fn samples(self, origin_s: f64, hz: f64, samples: usize) -> Range<usize> {
        let length = (to_index(self.length_s, hz).max(1) as usize).min(samples);
        let start = (to_index(self.start_s - origin_s, hz).max(0) as usize).min(samples - length);
        start..start + length
    }
}

/// Adds the features of an event, already sampled at the window's rate, where the event meets the window.
///
/// `grid` is `(group, width, sample)` of that window, `event` the onset and duration (s) on the timeline, and
/// `features` `(group, width, sample)` from the event's onset on.
pub fn add_series(grid: &mut ArrayViewMut3<f32>, window: &Window, event: (f64, f64), features: &Features) {
    let samples = features.len_of(Axis(2));
    let Some(overlap) = window.overlap(event).filter(|_| samples > 0) else { return };
    let to = overlap.samples(window.start_s, window.hz, window.samples);
    let from = overlap.samples(event.0, window.hz, samples);
    let length = to.len().min(from.len());
    let mut target = grid.slice_axis_mut(Axis(2), Slice::from(to.start..to.start + length));
    target += &features.slice_axis(Axis(2), Slice::from(from.start..from.start + length));
}

/// Adds one vector a word to every sample that the word covers, at least one. Words that share a sample are summed.
///
/// `grid` is `(group, width, sample)` of the window, `words` the onset and duration (s) of each word on the
/// timeline, and `features` `(group, width, word)`.
pub fn add_words(grid: &mut ArrayViewMut3<f32>, window: &Window, words: &[(f64, f64)], features: &Features) {
    for (&word, vector) in words.iter().zip(features.axis_iter(Axis(2))) {
        if let Some(overlap) = window.overlap(word) {
            for sample in overlap.samples(window.start_s, window.hz, window.samples) {
                let mut target = grid.index_axis_mut(Axis(2), sample);
                target += &vector;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array, Array3, s};
    use proptest::prelude::*;

    use super::*;

    const WINDOW: Window = Window { start_s: 10.0, samples: 8, hz: 2.0 };

    /// Features whose value at an item is its number, counted from 1.
    fn counted(items: usize) -> Features {
        Array::from_shape_fn((1, 1, items), |(_, _, item)| (item + 1) as f32)
    }

    fn series(window: Window, event: (f64, f64), features: &Features) -> Vec<f32> {
        let mut grid = Array3::zeros((1, 1, window.samples));
        add_series(&mut grid.view_mut(), &window, event, features);
        grid.slice(s![0, 0, ..]).to_vec()
    }

    fn words(window: Window, words: &[(f64, f64)]) -> Vec<f32> {
        let mut grid = Array3::zeros((1, 1, window.samples));
        add_words(&mut grid.view_mut(), &window, words, &counted(words.len()));
        grid.slice(s![0, 0, ..]).to_vec()
    }

    #[test]
    fn halves_round_to_even() {
        assert_eq!([0.25, 0.75, 1.25, -0.25, -0.75].map(|seconds| to_index(seconds, 2.0)), [0, 2, 2, 0, -2]);
    }

    #[test]
    fn a_series_is_clipped_to_the_window() {
        assert_eq!(series(WINDOW, (9.0, 2.0), &counted(4)), [3., 4., 0., 0., 0., 0., 0., 0.]);
        assert_eq!(series(WINDOW, (11.0, 1.5), &counted(3)), [0., 0., 1., 2., 3., 0., 0., 0.]);
        assert_eq!(series(WINDOW, (13.0, 2.0), &counted(4)), [0., 0., 0., 0., 0., 0., 1., 2.]);
        assert_eq!(series(WINDOW, (9.0, 6.0), &counted(12)), [3., 4., 5., 6., 7., 8., 9., 10.]);
    }

    #[test]
    fn events_that_only_touch_share_nothing() {
        assert_eq!(series(WINDOW, (8.0, 2.0), &counted(4)), [0.; 8]);
        assert_eq!(series(WINDOW, (14.0, 2.0), &counted(4)), [0.; 8]);
        assert_eq!(words(WINDOW, &[(9.0, 1.0), (14.0, 1.0), (14.0, 0.0), (2.0, 0.0)]), [0.; 8]);
    }

    #[test]
    fn a_word_covers_at_least_one_sample() {
        assert_eq!(words(WINDOW, &[(11.0, 0.1), (12.0, 0.0)]), [0., 0., 1., 0., 2., 0., 0., 0.]);
    }

    #[test]
    fn a_word_past_the_end_moves_back() {
        assert_eq!(words(WINDOW, &[(13.9, 0.1)]), [0., 0., 0., 0., 0., 0., 0., 1.]);
        assert_eq!(words(WINDOW, &[(13.3, 5.0)]), [0., 0., 0., 0., 0., 0., 0., 1.]);
    }

    #[test]
    fn a_series_whose_rounded_parts_pass_its_end_is_read_from_earlier() {
        assert_eq!(series(WINDOW, (9.7, 1.2), &counted(2)), [1., 2., 0., 0., 0., 0., 0., 0.]);
    }

    #[test]
    fn words_in_one_sample_are_summed() {
        assert_eq!(words(WINDOW, &[(10.0, 1.0), (10.5, 0.5), (10.6, 0.1)]), [1., 6., 0., 0., 0., 0., 0., 0.]);
    }

    #[test]
    fn an_event_without_samples_adds_nothing() {
        assert_eq!(series(WINDOW, (11.0, 0.2), &counted(0)), [0.; 8]);
    }

    /// The rule as it is written down, sample by sample, in whole numbers.
    fn naive(window: Window, event: (f64, f64), sample: i64) -> bool {
        let window_stop = window.start_s + window.samples as f64 / window.hz;
        let overlap_start = f64::max(window.start_s, event.0);
        let overlap_stop = f64::min(window_stop, event.0 + event.1);
        if overlap_stop <= overlap_start {
            return false;
        }
        let mut start = to_index(overlap_start - window.start_s, window.hz);
        let length = i64::max(1, to_index(overlap_stop - overlap_start, window.hz));
        if start + length > window.samples as i64 {
            start = window.samples as i64 - length;
        }
        (start..start + length).contains(&sample)
    }

    proptest! {
        #[test]
        fn words_lie_where_the_rule_says(
            start in -5.0..120.0f64,
            events in prop::collection::vec((-10.0..130.0f64, 0.001..20.0f64), 0..8),
        ) {
            let window = Window { start_s: start, samples: 40, hz: 2.0 };
            let expected: Vec<f32> = (0..40)
                .map(|sample| (0..events.len()).filter(|&word| naive(window, events[word], sample)).map(|word| (word + 1) as f32).sum())
                .collect();
            prop_assert_eq!(words(window, &events), expected);
        }

        #[test]
        fn on_whole_samples_a_series_covers_its_own_and_no_other(
            start in 0..60i64, onset in 0..100i64, samples in 1..60usize,
        ) {
            let window = Window { start_s: start as f64 / 2.0, samples: 40, hz: 2.0 };
            let event = (onset as f64 / 2.0, samples as f64 / 2.0);
            let expected: Vec<f32> = (start..start + 40)
                .map(|sample| if (onset..onset + samples as i64).contains(&sample) { (sample - onset + 1) as f32 } else { 0.0 })
                .collect();
            prop_assert_eq!(series(window, event, &counted(samples)), expected);
        }

        #[test]
        fn no_event_reaches_outside(start in -1e6..1e6f64, onset in -1e6..1e6f64, duration in 0.0..1e4f64, items in 0..50usize) {
            series(Window { start_s: start, samples: 20, hz: 2.0 }, (onset, duration), &counted(items));
        }
    }
}
