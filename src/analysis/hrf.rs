//! Canonical haemodynamic responses: what a short event makes of the BOLD signal, as a difference of two gammas.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Continuous, Gamma};

/// Samples of a kernel for each repetition time.
pub(super) const OVERSAMPLING: usize = 50;
/// Length of a kernel (s).
pub(super) const KERNEL_S: f64 = 32.0;
/// Shift (s) over which the time derivative is a difference.
const ONSET_STEP_S: f64 = 0.1;
const DISPERSION_STEP: f64 = 0.01;

/// A canonical haemodynamic response, the same numbers as nilearn 0.14.1's `glover_hrf` and `spm_hrf`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hrf {
    /// Glover, NeuroImage 9 (1999): peak near 5 s, deep undershoot.
    #[default]
    Glover,
    /// The response of the SPM software: peak near 5 s, shallow and late undershoot.
    Spm,
}

/// Which derivatives of the response get a regressor of their own, so that a response that is earlier, later or wider
/// than the canonical one is explained too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Derivatives {
    #[default]
    None,
    Time,
    TimeAndDispersion,
}

/// `gamma(delay) − ratio · gamma(undershoot)`; times and dispersions in seconds.
#[derive(Clone, Copy)]
struct GammaDifference {
    onset: f64,
    delay: f64,
    undershoot: f64,
    dispersion: f64,
    undershoot_dispersion: f64,
    ratio: f64,
}

impl Hrf {
    /// Samples every `tr_s / 50` seconds from the event on, with a sum of 1.
    pub fn response(self, tr_s: f64) -> Vec<f64> {
        self.shape().sample(tr_s)
    }

    /// How the response changes with its onset: nilearn's `*_time_derivative`, sampled as [`Self::response`].
    pub fn time_derivative(self, tr_s: f64) -> Vec<f64> {
        let shape = self.shape();
        difference(shape, GammaDifference { onset: ONSET_STEP_S, ..shape }, ONSET_STEP_S, tr_s)
    }

    /// How the response changes with its width: nilearn's `*_dispersion_derivative`, sampled as [`Self::response`].
    ///
    /// As there, the undershoot keeps a dispersion of 1 s, also that of Glover's response, which has 0.9 s otherwise.
    pub fn dispersion_derivative(self, tr_s: f64) -> Vec<f64> {
        let narrow = GammaDifference { undershoot_dispersion: 1.0, ..self.shape() };
        let wide = GammaDifference { dispersion: narrow.dispersion + DISPERSION_STEP, ..narrow };
        difference(narrow, wide, DISPERSION_STEP, tr_s)
    }

    /// The kernels that a condition is convolved with, in the order of its columns, with the endings of their names.
    pub(super) fn kernels(self, derivatives: Derivatives, tr_s: f64) -> Vec<(&'static str, Vec<f64>)> {
        let mut kernels = vec![("", self.response(tr_s))];
        if derivatives != Derivatives::None {
            kernels.push(("_derivative", self.time_derivative(tr_s)));
        }
        if derivatives == Derivatives::TimeAndDispersion {
            kernels.push(("_dispersion", self.dispersion_derivative(tr_s)));
        }
        kernels
    }

    fn shape(self) -> GammaDifference {
        match self {
            Self::Glover => GammaDifference {
                onset: 0.0,
                delay: 6.0,
                undershoot: 12.0,
                dispersion: 0.9,
                undershoot_dispersion: 0.9,
                ratio: 0.48,
            },
            Self::Spm => GammaDifference {
                onset: 0.0,
                delay: 6.0,
                undershoot: 16.0,
                dispersion: 1.0,
                undershoot_dispersion: 1.0,
                ratio: 0.167,
            },
        }
    }
}

impl GammaDifference {
    fn sample(self, tr_s: f64) -> Vec<f64> {
        let dt = tr_s / OVERSAMPLING as f64;
        let samples = (KERNEL_S / dt).round_ties_even() as usize;
        let step = KERNEL_S / (samples - 1) as f64;
        let gamma = |mean: f64, dispersion: f64| {
            Gamma::new(mean / dispersion, 1.0 / dispersion).expect("shapes and rates are positive. This is a bug.")
        };
        let peak = gamma(self.delay, self.dispersion);
        let undershoot = gamma(self.undershoot, self.undershoot_dispersion);
        // The gammas begin one sample after the event.
        let times = (0..samples).map(|sample| sample as f64 * step - self.onset - dt);
        let values: Vec<f64> = times.map(|time| peak.pdf(time) - self.ratio * undershoot.pdf(time)).collect();
        let sum: f64 = values.iter().sum();
        values.into_iter().map(|value| value / sum).collect()
    }
}

fn difference(shape: GammaDifference, changed: GammaDifference, step: f64, tr_s: f64) -> Vec<f64> {
    shape.sample(tr_s).into_iter().zip(changed.sample(tr_s)).map(|(value, changed)| (value - changed) / step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak_s(values: &[f64], tr_s: f64) -> f64 {
        let highest = values.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
        highest as f64 * tr_s / OVERSAMPLING as f64
    }

    #[test]
    fn a_response_peaks_at_five_seconds_and_sums_to_one() {
        for hrf in [Hrf::Glover, Hrf::Spm] {
            for tr_s in [0.5, 1.0, 2.0] {
                let values = hrf.response(tr_s);
                assert!((peak_s(&values, tr_s) - 5.0).abs() < 0.2, "{hrf:?} peaks at {} s", peak_s(&values, tr_s));
                assert!((values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_undershoot_of_glover_is_the_deeper_one() {
        let depth = |hrf: Hrf| {
            let values = hrf.response(1.0);
            values.iter().copied().fold(0.0, f64::min) / values.iter().copied().fold(0.0, f64::max)
        };
        assert!(depth(Hrf::Glover) < depth(Hrf::Spm) && depth(Hrf::Spm) < 0.0);
    }

    #[test]
    fn derivatives_sum_to_nothing() {
        for hrf in [Hrf::Glover, Hrf::Spm] {
            assert!(hrf.time_derivative(1.0).iter().sum::<f64>().abs() < 1e-9);
            assert!(hrf.dispersion_derivative(1.0).iter().sum::<f64>().abs() < 1e-9);
        }
    }
}
