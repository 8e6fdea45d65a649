//! Where windows end, and how trials keep clear of that.

use super::super::Error;

/// Room for rounding (s).
const EPSILON_S: f64 = 1e-9;

/// The windows that a model sees at once, and what is read of a trial.
///
/// Windows tile a run from its start, which is the onset of its first trial: `[0, window_s)`, `[window_s, 2 window_s)`
/// …
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Windows {
    /// s.
    pub window_s: f64,
    /// Time between two rows of a response (s).
    pub tr_s: f64,
    /// The last second after a trial's onset that is read for this trial (s), counted in the rows of the response.
    pub settle_s: f64,
}

impl Windows {
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_fine =
            self.window_s.is_finite() && self.tr_s > 0.0 && self.window_s >= self.tr_s && self.settle_s.is_finite();
        if is_fine { Ok(()) } else { Err(Error::Windows { window_s: self.window_s, tr_s: self.tr_s }) }
    }

    /// How long after its onset a trial of this duration is of concern (s): it is over, and the row after the last one
    /// that is read has passed, so that a value between two rows is one within the window.
    pub(super) fn needed_s(&self, duration_s: f64) -> f64 {
        let read_s = if self.settle_s > 0.0 { self.settle_s + self.tr_s } else { 0.0 };
        duration_s.max(read_s)
    }

    /// The first onset, not before `earliest_s`, at which a stretch does not straddle the end of a window (s).
    ///
    /// The stretch is shown for `shown_s`, which must fit, and of concern for `needed_s`, which fits when possible.
    /// `None` where it is shown for longer than a window.
    pub(super) fn clear_onset(&self, earliest_s: f64, shown_s: f64, needed_s: f64) -> Option<f64> {
        if shown_s > self.window_s + EPSILON_S {
            return None;
        }
        let wanted_s = if needed_s > self.window_s + EPSILON_S { shown_s } else { needed_s.max(shown_s) };
        let window = ((earliest_s + EPSILON_S) / self.window_s).floor();
        let end_s = (window + 1.0) * self.window_s;
        Some(if earliest_s + wanted_s <= end_s + EPSILON_S { earliest_s } else { end_s })
    }

    /// Whether a stretch crosses the end of a window.
    pub(super) fn straddles(&self, onset_s: f64, shown_s: f64) -> bool {
        self.clear_onset(onset_s, shown_s, shown_s) != Some(onset_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    #[test]
    fn a_trial_is_moved_when_its_peak_would_lie_in_the_next_window() {
        let onset = |earliest| WINDOWS.clear_onset(earliest, 1.0, WINDOWS.needed_s(1.0)).unwrap();
        assert_eq!(onset(88.0), 88.0);
        assert_eq!(onset(94.0), 94.0);
        assert_eq!(onset(94.5), 100.0);
        assert_eq!(onset(96.0), 100.0);
        assert_eq!(onset(100.0), 100.0);
    }

    #[test]
    fn what_fills_a_window_begins_with_it_and_what_is_longer_does_not_fit() {
        assert_eq!(WINDOWS.clear_onset(3.0, 100.0, 106.0), Some(100.0));
        assert_eq!(WINDOWS.clear_onset(0.0, 98.0, 104.0), Some(0.0));
        assert_eq!(WINDOWS.clear_onset(0.0, 100.5, 100.5), None);
        assert!(WINDOWS.straddles(99.5, 1.0));
        assert!(!WINDOWS.straddles(99.0, 1.0));
    }

    #[test]
    fn windows_that_are_no_length_of_time_are_refused() {
        for (window_s, tr_s) in [(0.0, 1.0), (f64::NAN, 1.0), (100.0, 0.0), (f64::INFINITY, 1.0), (1.0, 2.0)] {
            assert!(Windows { window_s, tr_s, settle_s: 5.0 }.check().is_err(), "{window_s} {tr_s}");
        }
    }
}
