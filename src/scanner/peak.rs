//! One map a trial, read off the response at a moment after its onset.

use ndarray::{Array1, Array2};

use super::Error;
use super::maps::Maps;
use super::scans::{Placed, Scans};
use crate::analysis::{self, Moment, StimulusEstimates, Trial};

/// The trials of an experiment and what was read for each of them.
pub(super) struct PeakEstimates {
    pub(super) trials: Vec<Trial>,
    /// `(trial, vertex)`.
    pub(super) estimates: Array2<f32>,
}

impl PeakEstimates {
    /// Reads from `from_s` to `to_s` seconds of the scan after every onset; both are the same for one time. Trials whose
    /// moment lies outside their run are left out.
    ///
    /// A row of a response is earlier than its scan by the model's lag: the response 5 s after an onset, for a lag of 5 s,
    /// is the row of the onset.
    pub(super) fn read(scans: &Scans, subject: &str, (from_s, to_s): (f64, f64)) -> Result<Self, Error> {
        let (tr_s, lag_s) = (scans.prediction().tr_s, scans.prediction().lag_s);
        let moment = if from_s == to_s {
            Moment::At { after_s: from_s - lag_s }
        } else {
            Moment::Mean { from_s: from_s - lag_s, to_s: to_s - lag_s }
        };
        let mut trials = Vec::new();
        let mut maps: Vec<(usize, Array1<f32>)> = Vec::new();
        for run in 0..scans.runs.len() {
            for mask in 0..scans.masks() {
                let response = scans.response(run, mask, subject)?;
                for Placed { condition, stimulus, trial, .. } in scans.trials(run).filter(|placed| placed.mask == mask)
                {
                    match analysis::peak(response.view(), tr_s, trial.onset_s, moment) {
                        Ok(map) => {
                            maps.push((trials.len(), map));
                            trials.push(Trial { condition: condition.to_owned(), stimulus });
                        }
                        Err(analysis::Error::OutsideResponse { .. }) => (),
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        let vertices = scans.prediction().vertices;
        let mut estimates = Array2::zeros((trials.len(), vertices));
        for (row, map) in maps {
            estimates.row_mut(row).assign(&map);
        }
        Ok(Self { trials, estimates })
    }

    /// A contrast over stimuli; its effect alone where a condition has but one stimulus.
    pub(super) fn contrast(&self, weights: &[(String, f64)]) -> Result<Maps, Error> {
        let by_stimulus = StimulusEstimates::new(&self.trials, self.estimates.view())?;
        match by_stimulus.contrast(weights) {
            Ok(contrast) => {
                Ok(Maps { effect: contrast.effect, t: Some(contrast.t), z: Some(contrast.z), p: Some(contrast.p) })
            }
            Err(analysis::Error::TooFewStimuli { .. }) => Ok(Maps::effect_alone(effect(&by_stimulus, weights))),
            Err(error) => Err(error.into()),
        }
    }
}

/// The weighted sum of the conditions' means.
fn effect(estimates: &StimulusEstimates, weights: &[(String, f64)]) -> Array1<f64> {
    let mean = |(condition, weight): &(String, f64)| {
        let stimuli = estimates.of(condition)?.mapv(f64::from);
        Some(stimuli.mean_axis(ndarray::Axis(0))? * *weight)
    };
    weights.iter().filter_map(mean).reduce(|sum, part| sum + part).unwrap_or_default()
}
