//! One map a trial, of a general linear model in which every trial has a regressor of its own.
//!
//! "Least squares, all" of Mumford et al. (NeuroImage 59, 2012), after Rissman et al. (NeuroImage 23, 2004): what remains
//! of the response when all trials are explained says nothing about other stimuli, and how the estimates of a condition
//! differ from stimulus to stimulus does.

use std::fmt;

use ndarray::Array1;

use super::Error;
use super::glm::{frames, options};
use super::scans::Scans;
use super::trial_maps::TrialMaps;
use crate::analysis::{self, DesignMatrix, Event, Glm, NoiseModel, Trial};
use crate::experiment::GlmEstimate;

/// A trial's regressor.
struct Column(usize);

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "trial {:06}", self.0)
    }
}

/// Estimates every trial; `None` where a run has too few scans for that, or trials that cannot be told apart.
pub(super) fn fit(scans: &Scans, subject: &str, estimate: &GlmEstimate) -> Result<Option<TrialMaps>, Error> {
    let mut maps = Vec::new();
    for run in 0..scans.runs.len() {
        let event = |(number, placed): (usize, super::scans::Placed)| Event {
            condition: Column(number).to_string(),
            onset_s: placed.trial.onset_s,
            duration_s: placed.trial.duration_s,
        };
        let events: Vec<Event> = scans.trials(run).enumerate().map(event).collect();
        let mut model: Option<Glm> = None;
        for mask in 0..scans.masks() {
            let response = scans.response(run, mask, subject)?;
            let model = match &mut model {
                Some(model) => model,
                empty => {
                    let design =
                        DesignMatrix::from_events(&events, &frames(scans, response.nrows()), options(estimate))?;
                    // Errors are not read off the residuals, so their autocorrelation need not be known.
                    match Glm::new(design, NoiseModel::Ols) {
                        Ok(model) => empty.insert(model),
                        Err(analysis::Error::TooFewRows { .. } | analysis::Error::Singular { .. }) => return Ok(None),
                        Err(error) => return Err(error.into()),
                    }
                }
            };
            let fit = model.fit(response.view())?;
            for (number, placed) in scans.trials(run).enumerate().filter(|(_, placed)| placed.mask == mask) {
                let map = fit.contrast(&[(Column(number).to_string(), 1.0)])?.effect;
                let trial = Trial { condition: placed.condition.to_owned(), stimulus: placed.stimulus };
                maps.push((trial, Array1::from_iter(map.iter().map(|effect| *effect as f32))));
            }
        }
    }
    Ok(Some(TrialMaps::of(maps, scans.prediction().vertices)))
}
