//! The response around onsets: its value at a moment after each, and its mean course over stimuli.
//!
//! Time here is that of the rows, which is the stimulus's: row `i` answers second `i · tr_s` of the stimulus and is
//! measured as BOLD a lag later (5 s for TRIBE v2). What is read 0 s after an onset was measured 5 s after it in the
//! scanner, and a peak 5 s after an onset *in rows* is one 10 s after it in the scanner.

use std::collections::BTreeMap;
use std::ops::Range;

use ndarray::{Array1, Array2, ArrayView2};
use serde::{Deserialize, Serialize};

use super::Error;

/// A row this close (s) to the end of a window counts as inside it.
const ROUNDING_S: f64 = 1e-6;

/// Which part of the response to an onset is its estimate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// So many seconds after the onset, linearly between rows.
    At { after_s: f64 },
    /// The mean of the rows from one time after the onset to another, both ends included (s).
    Mean { from_s: f64, to_s: f64 },
}

impl Moment {
    /// Rows that are read for an onset (s, time of rows); those before the first are left out.
    pub fn rows(self, onset_s: f64, tr_s: f64) -> Range<usize> {
        let (from_s, to_s) = match self {
            Self::At { after_s } => (after_s, after_s),
            Self::Mean { from_s, to_s } => (from_s, to_s),
        };
        let row = |after_s: f64| ((onset_s + after_s) / tr_s).max(0.0);
        (row(from_s - ROUNDING_S).floor() as usize)..(row(to_s + ROUNDING_S).ceil() as usize + 1)
    }
}

/// A stimulus and when it was shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Presentation {
    /// Presentations of the same stimulus are averaged before stimuli are.
    pub stimulus: String,
    /// In time of rows (s).
    pub onset_s: f64,
}

/// The response around the onsets of a condition. Its spread is that between stimuli.
#[derive(Clone, Debug)]
pub struct EvokedResponse {
    /// After the onset, in time of rows (s); negative before it.
    pub after_s: Vec<f64>,
    /// `(time after onset, vertex)`, over stimuli.
    pub mean: Array2<f64>,
    /// Standard deviation over stimuli, `(time after onset, vertex)`; NaN where `n` is 1.
    pub sd: Array2<f64>,
    /// Stimuli whose response reaches to each time after the onset, at least 1.
    pub n: Vec<usize>,
}

/// A response whose rows are `tr_s` apart, the first one at 0 s.
#[derive(Clone, Copy)]
struct Course<'a> {
    rows: ArrayView2<'a, f32>,
    tr_s: f64,
}

/// The response `(time, vertex)` at a moment after an onset (s, time of rows), a value a vertex.
///
/// Fails where the moment lies outside the rows, or a window holds none.
pub fn peak(response: ArrayView2<'_, f32>, tr_s: f64, onset_s: f64, moment: Moment) -> Result<Array1<f32>, Error> {
    let course = Course::new(response, tr_s)?;
    let outside = |after_s| Error::OutsideResponse { onset_s, after_s, last_s: course.last_s() };
    let value = match moment {
        Moment::At { after_s } => course.at(onset_s + after_s).ok_or_else(|| outside(after_s))?,
        Moment::Mean { from_s, to_s } => {
            if let Some(after_s) = [from_s, to_s].into_iter().find(|after_s| !course.reaches(onset_s + after_s)) {
                return Err(outside(after_s));
            }
            let rows = course.between(onset_s + from_s, onset_s + to_s);
            rows.ok_or(Error::EmptyWindow { onset_s, from_s, to_s, tr_s })?
        }
    };
    Ok(value.mapv(|value| value as f32))
}

/// The mean response `(time, vertex)` around presentations and its spread over stimuli, at each of `after_s` seconds from
/// the onsets on. A presentation counts at those times that the rows reach to; a time that none reaches is an error.
pub fn evoked_response(
    response: ArrayView2<'_, f32>,
    tr_s: f64,
    presentations: &[Presentation],
    after_s: &[f64],
) -> Result<EvokedResponse, Error> {
    let course = Course::new(response, tr_s)?;
    let mut stimuli: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for presentation in presentations {
        stimuli.entry(&presentation.stimulus).or_default().push(presentation.onset_s);
    }
    let shape = (after_s.len(), response.ncols());
    let mut evoked = EvokedResponse {
        after_s: after_s.to_vec(),
        mean: Array2::zeros(shape),
        sd: Array2::zeros(shape),
        n: Vec::new(),
    };
    for (index, &after) in after_s.iter().enumerate() {
        let mut spread = Spread::new(response.ncols());
        for onsets in stimuli.values() {
            let values: Vec<_> = onsets.iter().filter_map(|onset| course.at(onset + after)).collect();
            if let Some(sum) = values.iter().cloned().reduce(|sum, value| sum + value) {
                spread.add(sum / values.len() as f64);
            }
        }
        if spread.n == 0 {
            let onset_s = presentations.first().map_or(0.0, |presentation| presentation.onset_s);
            return Err(Error::OutsideResponse { onset_s, after_s: after, last_s: course.last_s() });
        }
        evoked.n.push(spread.n);
        evoked.sd.row_mut(index).assign(&spread.sd());
        evoked.mean.row_mut(index).assign(&spread.mean);
    }
    Ok(evoked)
}

impl<'a> Course<'a> {
    fn new(rows: ArrayView2<'a, f32>, tr_s: f64) -> Result<Self, Error> {
        if tr_s.is_finite() && tr_s > 0.0 {
            Ok(Self { rows, tr_s })
        } else {
            Err(Error::RepetitionTime { found: tr_s })
        }
    }

    fn last_s(&self) -> f64 {
        self.rows.nrows().saturating_sub(1) as f64 * self.tr_s
    }

    fn reaches(&self, time_s: f64) -> bool {
        self.rows.nrows() > 0 && time_s >= -ROUNDING_S && time_s <= self.last_s() + ROUNDING_S
    }

    /// Linearly between two rows; `None` outside them.
    fn at(&self, time_s: f64) -> Option<Array1<f64>> {
        if !self.reaches(time_s) {
            return None;
        }
        let last = self.rows.nrows() - 1;
        let place = (time_s / self.tr_s).clamp(0.0, last as f64);
        let below = place.floor() as usize;
        let share = place - below as f64;
        let mut value = self.rows.row(below).mapv(f64::from);
        if share > 0.0 {
            value.zip_mut_with(&self.rows.row(below + 1), |value, &next| *value += share * (f64::from(next) - *value));
        }
        Some(value)
    }

    /// The mean of the rows between two times that the rows reach to; `None` where there is none.
    fn between(&self, from_s: f64, to_s: f64) -> Option<Array1<f64>> {
        let first = ((from_s - ROUNDING_S) / self.tr_s).ceil().max(0.0) as usize;
        let end = ((to_s + ROUNDING_S) / self.tr_s).floor() as usize + 1;
        let rows = (first..end.min(self.rows.nrows())).map(|row| self.rows.row(row).mapv(f64::from));
        let count = rows.len() as f64;
        rows.reduce(|sum, row| sum + row).map(|sum| sum / count)
    }
}

/// Mean and sum of squared deviations, a value after the other (Welford, Technometrics 4, 1962).
struct Spread {
    n: usize,
    mean: Array1<f64>,
    squares: Array1<f64>,
}

impl Spread {
    fn new(vertices: usize) -> Self {
        Self { n: 0, mean: Array1::zeros(vertices), squares: Array1::zeros(vertices) }
    }

    fn add(&mut self, value: Array1<f64>) {
        self.n += 1;
        let before = &value - &self.mean;
        self.mean.scaled_add(1.0 / self.n as f64, &before);
        self.squares += &(before * (value - &self.mean));
    }

    fn sd(&self) -> Array1<f64> {
        self.squares.mapv(|squares| if self.n > 1 { (squares / (self.n - 1) as f64).sqrt() } else { f64::NAN })
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{arr1, arr2};
    use proptest::prelude::*;

    use super::*;

    /// Row `i` holds `i²` and `−i`.
    fn rows(count: usize) -> Array2<f32> {
        Array2::from_shape_fn((count, 2), |(row, vertex)| if vertex == 0 { (row * row) as f32 } else { -(row as f32) })
    }

    fn shown(stimulus: &str, onset_s: f64) -> Presentation {
        Presentation { stimulus: stimulus.to_owned(), onset_s }
    }

    proptest! {
        #[test]
        fn only_the_rows_of_a_moment_are_read(onset_s in 0.0..8.0_f64, from_s in -2.0..4.0_f64, to_s in 0.0..4.0_f64, tr_s in 0.5..2.0_f64) {
            for moment in [Moment::At { after_s: from_s }, Moment::Mean { from_s, to_s: from_s + to_s }] {
                let mut response = rows(20);
                let read = moment.rows(onset_s, tr_s);
                for (row, mut values) in response.rows_mut().into_iter().enumerate() {
                    if !read.contains(&row) {
                        values.fill(f32::NAN);
                    }
                }
                if let Ok(value) = peak(response.view(), tr_s, onset_s, moment) {
                    prop_assert!(value.iter().all(|value| value.is_finite()));
                }
            }
        }
    }

    #[test]
    fn the_response_is_read_between_rows() {
        let at = |onset, after_s| peak(rows(10).view(), 1.0, onset, Moment::At { after_s }).unwrap();
        assert_eq!(at(1.0, 5.0), arr1(&[36.0, -6.0]));
        assert_eq!(at(1.5, 5.0), arr1(&[42.5, -6.5]));
        assert_eq!(at(9.0, 0.0), arr1(&[81.0, -9.0]));
        let slow = peak(rows(10).view(), 2.0, 1.0, Moment::At { after_s: 5.0 }).unwrap();
        assert_eq!(slow, arr1(&[9.0, -3.0]), "second 6 is row 3 where rows are 2 s apart");
    }

    #[test]
    fn a_window_is_the_mean_of_its_rows() {
        let mean = |from_s, to_s| peak(rows(10).view(), 1.0, 1.0, Moment::Mean { from_s, to_s });
        assert_eq!(mean(3.0, 5.0).unwrap(), arr1(&[(16.0 + 25.0 + 36.0) / 3.0, -5.0]));
        assert_eq!(mean(2.5, 3.5).unwrap(), arr1(&[16.0, -4.0]));
        assert_eq!(mean(3.2, 3.4), Err(Error::EmptyWindow { onset_s: 1.0, from_s: 3.2, to_s: 3.4, tr_s: 1.0 }));
    }

    #[test]
    fn what_lies_outside_the_rows_is_refused() {
        let refusal = peak(rows(10).view(), 1.0, 6.0, Moment::At { after_s: 5.0 }).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "the response has nothing 5 s after the onset at 6 s: its rows reach from 0 to 9 s of the stimulus"
        );
        let window = Moment::Mean { from_s: 2.0, to_s: 4.0 };
        let refusal = peak(rows(10).view(), 1.0, 6.0, window).unwrap_err();
        assert_eq!(refusal, Error::OutsideResponse { onset_s: 6.0, after_s: 4.0, last_s: 9.0 });
        assert_eq!(peak(rows(2).view(), 0.0, 0.0, window), Err(Error::RepetitionTime { found: 0.0 }));
    }

    #[test]
    fn stimuli_are_averaged_after_their_repetitions() {
        let response = arr2(&[[1.0], [3.0], [8.0], [0.0]]);
        let presentations = [shown("a", 0.0), shown("a", 1.0), shown("b", 2.0)];
        let evoked = evoked_response(response.view(), 1.0, &presentations, &[0.0, 1.0]).unwrap();
        assert_eq!(evoked.n, [2, 2]);
        assert_eq!(evoked.mean, arr2(&[[5.0], [2.75]]));
        assert!((evoked.sd[(0, 0)] - 18_f64.sqrt()).abs() < 1e-12);
    }

    #[test]
    fn a_presentation_counts_as_far_as_the_rows_reach() {
        let response = arr2(&[[1.0], [3.0], [8.0], [0.0]]);
        let presentations = [shown("a", 0.0), shown("b", 2.0)];
        let evoked = evoked_response(response.view(), 1.0, &presentations, &[-1.0, 1.0, 2.0]).unwrap();
        assert_eq!(evoked.n, [1, 2, 1]);
        assert_eq!(evoked.mean, arr2(&[[3.0], [1.5], [8.0]]));
        assert!(evoked.sd[(0, 0)].is_nan());
        let refusal = evoked_response(response.view(), 1.0, &presentations, &[4.0]).unwrap_err();
        assert_eq!(refusal, Error::OutsideResponse { onset_s: 0.0, after_s: 4.0, last_s: 3.0 });
    }

    proptest! {
        #[test]
        fn no_moment_panics(onset: f64, from_s: f64, to_s: f64, tr_s in 1e-3_f64..1e3, count in 0_usize..5) {
            let rows = rows(count);
            let _ = peak(rows.view(), tr_s, onset, Moment::At { after_s: from_s });
            let _ = peak(rows.view(), tr_s, onset, Moment::Mean { from_s, to_s });
        }
    }
}
