//! The general linear model of an experiment: every run of every set of modalities fitted, contrasts over all of them.
//!
//! Effects are those of one regressor a condition. What they are tested against is asked for: how the estimates of single
//! trials differ between stimuli, or the noise of the scans.

use ndarray::Array1;

use super::Error;
use super::maps::Maps;
use super::scans::Scans;
use super::single_trials;
use super::trial_maps::TrialMaps;
use crate::analysis::{
    Contrast, Derivatives, DesignMatrix, DesignOptions, Event, Glm, GlmFit, Hrf, NoiseModel, fixed_effects, frame_times,
};
use crate::experiment;
use crate::experiment::{Drift, GlmEstimate, Noise, Variance};

/// The fits of all runs.
pub(super) struct GlmEstimates<'a> {
    scans: &'a Scans,
    /// By run, then by set of modalities.
    fits: Vec<Vec<GlmFit>>,
    variance: Variance,
    /// Where the variance is between stimuli and each of them can be estimated.
    trials: Option<TrialMaps>,
}

impl<'a> GlmEstimates<'a> {
    /// Fits a subject's responses. The design is on the clock of the scanner, on which a row is later than its stimulus by
    /// the model's lag.
    pub(super) fn fit(scans: &'a Scans, subject: &str, estimate: &GlmEstimate) -> Result<Self, Error> {
        let mut fits = Vec::with_capacity(scans.runs.len());
        for run in 0..scans.runs.len() {
            let events: Vec<Event> = scans
                .trials(run)
                .map(|placed| Event {
                    condition: placed.condition.to_owned(),
                    onset_s: placed.trial.onset_s,
                    duration_s: placed.trial.duration_s,
                })
                .collect();
            let mut of_run = Vec::with_capacity(scans.masks());
            for mask in 0..scans.masks() {
                let response = scans.response(run, mask, subject)?;
                let times = frames(scans, response.nrows());
                let design = DesignMatrix::from_events(&events, &times, options(estimate))?;
                of_run.push(Glm::new(design, noise(estimate))?.fit(response.view())?);
            }
            fits.push(of_run);
        }
        let trials = match estimate.variance {
            Variance::Stimuli => single_trials::fit(scans, subject, estimate)?,
            Variance::Scans => None,
        };
        Ok(Self { scans, fits, variance: estimate.variance, trials })
    }

    /// A contrast over all runs. Conditions that reach the encoder by other modalities are read from fits of their own,
    /// whose effects and variances add up.
    pub(super) fn contrast(&self, weights: &[(String, f64)]) -> Result<Maps, Error> {
        let runs = self.fits.iter().map(|fits| self.of_run(fits, weights)).collect::<Result<Vec<_>, _>>()?;
        let contrast = fixed_effects(&runs)?;
        match (self.variance, &self.trials) {
            (Variance::Scans, _) => {
                let t = contrast.t();
                let degrees_of_freedom = Array1::from_elem(t.len(), contrast.degrees_of_freedom);
                Ok(Maps::tested(contrast.effect, t, degrees_of_freedom))
            }
            (Variance::Stimuli, Some(trials)) => Ok(Maps { effect: contrast.effect, ..trials.contrast(weights)? }),
            (Variance::Stimuli, None) => Ok(Maps::effect_alone(contrast.effect)),
        }
    }

    /// An estimate a trial, where there is one.
    pub(super) fn trials(&self) -> Option<&TrialMaps> {
        self.trials.as_ref()
    }

    fn of_run(&self, fits: &[GlmFit], weights: &[(String, f64)]) -> Result<Contrast, Error> {
        let mut sum: Option<Contrast> = None;
        for (mask, fit) in fits.iter().enumerate() {
            let own: Vec<(String, f64)> =
                weights.iter().filter(|(name, _)| self.scans.mask_of(name) == Some(mask)).cloned().collect();
            if own.is_empty() {
                continue;
            }
            let part = fit.contrast(&own)?;
            sum = Some(match sum {
                None => part,
                Some(mut sum) => {
                    sum.effect += &part.effect;
                    sum.variance += &part.variance;
                    sum
                }
            });
        }
        sum.ok_or(Error::Analysis(crate::analysis::Error::NoRuns))
    }
}

/// When so many rows of a response were measured, on the clock of the scanner (s).
pub(super) fn frames(scans: &Scans, rows: usize) -> Vec<f64> {
    let prediction = scans.prediction();
    frame_times(rows, prediction.start_s, prediction.tr_s, prediction.lag_s)
}

pub(super) fn options(estimate: &GlmEstimate) -> DesignOptions {
    DesignOptions {
        hrf: match estimate.hrf {
            experiment::Hrf::Glover => Hrf::Glover,
            experiment::Hrf::Spm => Hrf::Spm,
        },
        derivatives: match (estimate.time_derivative, estimate.dispersion_derivative) {
            (false, false) => Derivatives::None,
            (true, false) => Derivatives::Time,
            (_, true) => Derivatives::TimeAndDispersion,
        },
        high_pass_hz: match estimate.drift {
            Drift::Cosine => estimate.high_pass_hz,
            Drift::None => 0.0,
        },
    }
}

fn noise(estimate: &GlmEstimate) -> NoiseModel {
    match estimate.noise {
        Noise::Ar1 => NoiseModel::Ar1,
        Noise::Ols => NoiseModel::Ols,
    }
}
