//! One map a trial, and contrasts of conditions over their stimuli.

use ndarray::{Array1, Array2, Axis};

use super::Error;
use super::maps::Maps;
use crate::analysis::{self, StimulusEstimates, Trial};

/// The trials of an experiment and what was estimated for each of them.
pub(super) struct TrialMaps {
    pub(super) trials: Vec<Trial>,
    /// `(trial, vertex)`.
    pub(super) estimates: Array2<f32>,
}

impl TrialMaps {
    /// From the map of each trial.
    pub(super) fn of(maps: Vec<(Trial, Array1<f32>)>, vertices: usize) -> Self {
        let mut estimates = Array2::zeros((maps.len(), vertices));
        let mut trials = Vec::with_capacity(maps.len());
        for ((trial, map), mut row) in maps.into_iter().zip(estimates.rows_mut()) {
            row.assign(&map);
            trials.push(trial);
        }
        Self { trials, estimates }
    }

    /// A contrast over stimuli; its effect alone where a condition has but one stimulus.
    pub(super) fn contrast(&self, weights: &[(String, f64)]) -> Result<Maps, Error> {
        let by_stimulus = StimulusEstimates::new(&self.trials, self.estimates.view())?;
        match by_stimulus.contrast(weights) {
            Ok(contrast) => Ok(Maps::tested(contrast.effect, contrast.t, contrast.degrees_of_freedom)),
            Err(analysis::Error::TooFewStimuli { .. }) => Ok(Maps::effect_alone(effect(&by_stimulus, weights))),
            Err(error) => Err(error.into()),
        }
    }
}

/// The weighted sum of the conditions' means.
fn effect(estimates: &StimulusEstimates, weights: &[(String, f64)]) -> Array1<f64> {
    let mean = |(condition, weight): &(String, f64)| {
        let stimuli = estimates.of(condition)?.mapv(f64::from);
        Some(stimuli.mean_axis(Axis(0))? * *weight)
    };
    weights.iter().filter_map(mean).reduce(|sum, part| sum + part).unwrap_or_default()
}
