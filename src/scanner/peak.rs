//! One map a trial, read off the response at a moment after its onset.

use std::collections::BTreeSet;

use super::Error;
use super::scans::{Placed, Scans};
use super::trial_maps::TrialMaps;
use crate::analysis::{self, Moment, Trial};
use crate::experiment::design::Run;
use crate::predict::Prediction;

/// What is read of the rows for a span of the scan after an onset (s).
fn moment((from_s, to_s): (f64, f64), lag_s: f64) -> Moment {
    if from_s == to_s {
        Moment::At { after_s: from_s - lag_s }
    } else {
        Moment::Mean { from_s: from_s - lag_s, to_s: to_s - lag_s }
    }
}

/// The rows of a run's response that are read for its trials.
pub(super) fn rows(run: &Run, span_s: (f64, f64), tr_s: f64, lag_s: f64) -> BTreeSet<usize> {
    let moment = moment(span_s, lag_s);
    run.trials.iter().flat_map(|trial| moment.rows(trial.onset_s, tr_s)).collect()
}

/// Reads a span of the scan after every onset, from one second to another; both are the same for one time. Trials whose
/// moment lies outside their run are left out.
///
/// A row of a response is earlier than its scan by the model's lag: the response 5 s after an onset, for a lag of 5 s,
/// is the row of the onset.
pub(super) fn read(scans: &Scans, subject: &str, span_s: (f64, f64)) -> Result<TrialMaps, Error> {
    let Prediction { tr_s, lag_s, .. } = *scans.prediction();
    let moment = moment(span_s, lag_s);
    let mut maps = Vec::new();
    for run in 0..scans.runs.len() {
        let read = rows(&scans.runs[run], span_s, tr_s, lag_s);
        for mask in 0..scans.masks() {
            let response = scans.response_at(run, mask, subject, &read)?;
            for Placed { condition, stimulus, trial, .. } in scans.trials(run).filter(|placed| placed.mask == mask) {
                match analysis::peak(response.view(), tr_s, trial.onset_s, moment) {
                    Ok(map) => maps.push((Trial { condition: condition.to_owned(), stimulus }, map)),
                    Err(analysis::Error::OutsideResponse { .. }) => (),
                    Err(error) => return Err(error.into()),
                }
            }
        }
    }
    Ok(TrialMaps::of(maps, scans.prediction().vertices))
}
