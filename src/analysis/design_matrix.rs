//! The design matrix of a run: what its events, its drifts and a constant predict at each frame.

use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array2, ArrayView2, Axis, concatenate};

use super::drift::{cosines, order};
use super::finite::refuse_not_finite;
use super::regressor::convolved;
use super::{Derivatives, Error, Hrf};

/// Frames closer than this (s) are refused: the kernels grow as frames come closer.
const SHORTEST_FRAME_S: f64 = 0.01;
/// Values of a matrix, 512 MiB of them.
const LARGEST: usize = 1 << 26;

/// Something that happens in a run. The clock is the scanner's and the stimulus's at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub condition: String,
    /// From the start of the stimulus (s).
    pub onset_s: f64,
    /// An event of 0 s is an impulse (s).
    pub duration_s: f64,
}

/// How events become regressors. The default is nilearn's: Glover's response, drifts below 0.01 Hz.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DesignOptions {
    pub hrf: Hrf,
    pub derivatives: Derivatives,
    /// Drifts slower than this are modelled by cosines (Hz); at 0 none are.
    pub high_pass_hz: f64,
}

impl Default for DesignOptions {
    fn default() -> Self {
        Self { hrf: Hrf::default(), derivatives: Derivatives::default(), high_pass_hz: 0.01 }
    }
}

/// Regressors `(time, column)` with a name each.
#[derive(Clone, Debug, PartialEq)]
pub struct DesignMatrix {
    columns: Vec<String>,
    values: Array2<f64>,
}

/// The BOLD second at which each row of a predicted response is measured: row `i` answers second `start_s + i · tr_s` of
/// the stimulus, and the response is seen `lag_s` later.
///
/// An event keeps its onset on the same clock. One at second 20 meets its haemodynamic peak at BOLD second 25, which is
/// row 20 of a response that starts at 0 with a lag of 5 s: the rows of TRIBE v2 have the lag taken out of them, and the
/// canonical response puts it back.
pub fn frame_times(rows: usize, start_s: f64, tr_s: f64, lag_s: f64) -> Vec<f64> {
    (0..rows).map(|row| start_s + row as f64 * tr_s + lag_s).collect()
}

impl DesignMatrix {
    /// The matrix of nilearn 0.14.1's `make_first_level_design_matrix` with a cosine drift: for each condition in the
    /// order of names its convolved events, `*_derivative` and `*_dispersion`, then `drift_1` …, then `constant`.
    ///
    /// `frame_times` are BOLD seconds as [`frame_times`] gives them. The last digit differs from nilearn's, and a matrix
    /// that is singular stays so: [`Glm::new`](super::Glm::new) refuses it.
    pub fn from_events(events: &[Event], frame_times: &[f64], options: DesignOptions) -> Result<Self, Error> {
        let tr_s = shortest_interval(frame_times)?;
        if !(options.high_pass_hz.is_finite() && options.high_pass_hz >= 0.0) {
            return Err(Error::HighPass { found: options.high_pass_hz });
        }
        let kernels = options.hrf.kernels(options.derivatives, tr_s);
        let conditions = by_condition(events)?;
        let size = (frame_times.len(), conditions.len() * kernels.len() + order(frame_times, options.high_pass_hz) + 1);
        if size.0.saturating_mul(size.1) > LARGEST {
            return Err(Error::TooLarge { rows: size.0, columns: size.1, limit: LARGEST });
        }
        let mut columns = Vec::new();
        let mut parts = Vec::new();
        for (condition, events) in conditions {
            columns.extend(kernels.iter().map(|(ending, _)| format!("{condition}{ending}")));
            let boxes = events.iter().map(|event| (event.onset_s, event.duration_s));
            parts.push(convolved(boxes, &kernels, frame_times));
        }
        let drift = cosines(frame_times, options.high_pass_hz);
        columns.extend((1..=drift.ncols()).map(|order| format!("drift_{order}")));
        columns.push("constant".to_owned());
        parts.extend([drift, Array2::ones((frame_times.len(), 1))]);
        let parts: Vec<ArrayView2<'_, f64>> = parts.iter().map(|part| part.view()).collect();
        let values = concatenate(Axis(1), &parts).expect("all parts have a row a frame. This is a bug.");
        Self::new(columns, values)
    }

    /// A matrix from elsewhere. Names are unique, values finite.
    pub fn new(columns: Vec<String>, values: Array2<f64>) -> Result<Self, Error> {
        if columns.len() != values.ncols() {
            return Err(Error::ColumnNames { names: columns.len(), columns: values.ncols() });
        }
        let mut seen = BTreeSet::new();
        if let Some(name) = columns.iter().find(|name| !seen.insert(name.as_str())) {
            return Err(Error::RepeatedColumn { name: name.clone() });
        }
        refuse_not_finite(values.view())?;
        Ok(Self { columns, values })
    }

    /// Names of the columns.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// `(time, column)`.
    pub fn values(&self) -> ArrayView2<'_, f64> {
        self.values.view()
    }
}

fn shortest_interval(frame_times: &[f64]) -> Result<f64, Error> {
    let wrong = |problem: String| Error::FrameTimes { problem, shortest: SHORTEST_FRAME_S };
    if frame_times.len() < 2 {
        return Err(wrong(format!("are {}", frame_times.len())));
    }
    if let Some(time) = frame_times.iter().find(|time| !(time.is_finite() && **time >= 0.0)) {
        return Err(wrong(format!("hold {time} s")));
    }
    let shortest = frame_times.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    if shortest < SHORTEST_FRAME_S { Err(wrong(format!("have an interval of {shortest} s"))) } else { Ok(shortest) }
}

fn by_condition(events: &[Event]) -> Result<BTreeMap<&str, Vec<&Event>>, Error> {
    let mut conditions: BTreeMap<&str, Vec<&Event>> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let &Event { ref condition, onset_s, duration_s } = event;
        if !(onset_s.is_finite() && duration_s.is_finite() && duration_s >= 0.0) {
            return Err(Error::Event { index, condition: condition.clone(), onset_s, duration_s });
        }
        conditions.entry(condition).or_default().push(event);
    }
    Ok(conditions)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn event(condition: &str, onset_s: f64) -> Event {
        Event { condition: condition.into(), onset_s, duration_s: 1.0 }
    }

    fn highest(values: ndarray::ArrayView1<'_, f64>) -> usize {
        values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0
    }

    #[test]
    fn an_event_is_seen_in_the_row_of_its_own_second() {
        let times = frame_times(60, 0.0, 1.0, 5.0);
        assert_eq!((times[0], times[20]), (5.0, 25.0));
        let design = DesignMatrix::from_events(&[event("flash", 20.0)], &times, DesignOptions::default()).unwrap();
        let row = highest(design.values().column(0));
        assert!((20..=21).contains(&row), "with a lag of 5 s the peak is in row {row}");
        let raw = frame_times(60, 0.0, 1.0, 0.0);
        let design = DesignMatrix::from_events(&[event("flash", 20.0)], &raw, DesignOptions::default()).unwrap();
        let row = highest(design.values().column(0));
        assert!((25..=26).contains(&row), "without a lag the peak is in row {row}");
    }

    #[test]
    fn columns_come_in_the_order_of_names() {
        let events = [event("tools", 3.0), event("faces", 20.0), event("tools", 40.0)];
        let options = DesignOptions { derivatives: Derivatives::Time, ..DesignOptions::default() };
        let design = DesignMatrix::from_events(&events, &frame_times(120, 0.0, 1.0, 5.0), options).unwrap();
        let columns = ["faces", "faces_derivative", "tools", "tools_derivative", "drift_1", "drift_2", "constant"]
            .map(str::to_owned);
        assert_eq!(design.columns(), columns);
        assert_eq!(design.values().dim(), (120, 7));
    }

    #[test]
    fn a_condition_may_not_be_called_as_another_column_is() {
        let refusal = DesignMatrix::from_events(&[event("constant", 1.0)], &[0.0, 1.0], DesignOptions::default());
        assert_eq!(refusal, Err(Error::RepeatedColumn { name: "constant".into() }));
    }

    #[test]
    fn what_is_wrong_with_times_is_named() {
        let of =
            |times: &[f64]| DesignMatrix::from_events(&[], times, DesignOptions::default()).unwrap_err().to_string();
        assert!(of(&[1.0]).starts_with("the frame times are 1:"));
        assert!(of(&[0.0, 1.0, 1.0]).starts_with("the frame times have an interval of 0 s:"));
        assert!(of(&[-1.0, 1.0]).starts_with("the frame times hold -1 s:"));
        let endless = Event { condition: "rest".into(), onset_s: 2.0, duration_s: f64::INFINITY };
        let refusal = DesignMatrix::from_events(&[endless], &[0.0, 1.0], DesignOptions::default()).unwrap_err();
        assert!(
            refusal.to_string().starts_with("event 0 of condition \"rest\" has the onset 2 s and the duration inf s")
        );
    }

    #[test]
    fn a_matrix_beyond_the_limit_is_refused_before_it_is_made() {
        let times = frame_times(20_000, 0.0, 1.0, 5.0);
        let options = DesignOptions { high_pass_hz: 0.4, ..DesignOptions::default() };
        let refusal = DesignMatrix::from_events(&[], &times, options);
        assert_eq!(refusal, Err(Error::TooLarge { rows: 20_000, columns: 16_001, limit: LARGEST }));
    }

    proptest! {
        #[test]
        fn any_events_make_a_finite_matrix(
            onsets in prop::collection::vec((-1e9_f64..1e9, 0.0_f64..1e9), 0..8),
            start in 0.0_f64..1e9,
            tr in 0.05_f64..10.0,
            rows in 2_usize..40,
        ) {
            let events: Vec<Event> = onsets.iter()
                .map(|&(onset_s, duration_s)| Event { condition: "a".into(), onset_s, duration_s }).collect();
            let times = frame_times(rows, start, tr, 5.0);
            let options = DesignOptions { derivatives: Derivatives::TimeAndDispersion, ..DesignOptions::default() };
            if let Ok(design) = DesignMatrix::from_events(&events, &times, options) {
                prop_assert!(design.values().iter().all(|value| value.is_finite()));
            }
        }
    }
}
