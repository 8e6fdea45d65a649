//! What is read off the predicted response: its peak, a general linear model, or its course.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How responses become one map a trial or a condition. Times are in seconds of the scan after a trial's onset.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Estimate {
    Peak(PeakEstimate),
    Glm(GlmEstimate),
    Timecourse(TimecourseEstimate),
}

/// The response at one time after onset, or its mean over a stretch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PeakEstimate {
    /// s; 5 where nothing else is said, as in TRIBE v2's paper (arXiv 2605.04326, §5.9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_s: Option<f64>,
    /// The mean from here on (s) …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_s: Option<f64>,
    /// … up to here (s).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_s: Option<f64>,
}

/// A general linear model of the whole series, whose effects are those of nilearn's `FirstLevelModel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct GlmEstimate {
    pub hrf: Hrf,
    /// Adds the derivative in time of each regressor.
    pub time_derivative: bool,
    /// Adds the derivative in dispersion of each regressor.
    pub dispersion_derivative: bool,
    pub drift: Drift,
    /// The cosine drift takes what is slower than this (Hz).
    pub high_pass_hz: f64,
    pub noise: Noise,
    /// What contrasts are tested against.
    pub variance: Variance,
}

/// The mean evoked response and its spread over trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TimecourseEstimate {
    /// s; before the onset where negative.
    pub from_s: f64,
    /// s.
    pub to_s: f64,
}

/// The canonical haemodynamic response function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Hrf {
    #[default]
    Glover,
    Spm,
}

/// What slow changes are modelled by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Drift {
    #[default]
    Cosine,
    None,
}

/// Which variance a t of the general linear model is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Variance {
    /// That between the stimuli of a condition, each estimated alone: p is about other stimuli of the same kind.
    #[default]
    Stimuli,
    /// That of the scans about the fit, as nilearn's: p is about these stimuli only. A model without noise leaves no
    /// other error than what the regressors cannot fit, so that small differences between stimuli look certain.
    Scans,
}

/// How the noise is modelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Noise {
    #[default]
    Ar1,
    Ols,
}

const PEAK_S: f64 = 5.0;

impl PeakEstimate {
    /// From when to when the response is read (s after onset); both are the same for one time.
    pub fn span_s(&self) -> (f64, f64) {
        match (self.from_s, self.to_s) {
            (Some(from), Some(to)) => (from, to),
            _ => [self.at_s.unwrap_or(PEAK_S); 2].into(),
        }
    }
}

/// nilearn's defaults: Glover's function, cosine drift slower than 0.01 Hz, AR(1). Tested over stimuli.
impl Default for GlmEstimate {
    fn default() -> Self {
        Self {
            hrf: Hrf::default(),
            time_derivative: false,
            dispersion_derivative: false,
            drift: Drift::default(),
            high_pass_hz: 0.01,
            noise: Noise::default(),
            variance: Variance::default(),
        }
    }
}

/// From 2 s before the onset, when nothing has happened yet, to 16 s after it, when most is over.
impl Default for TimecourseEstimate {
    fn default() -> Self {
        Self { from_s: -2.0, to_s: 16.0 }
    }
}

impl Default for Estimate {
    fn default() -> Self {
        Self::Peak(PeakEstimate::default())
    }
}

impl Estimate {
    pub const KINDS: [&str; 3] = ["peak", "glm", "timecourse"];

    /// The last second of the scan after a trial's onset that is read for that trial alone (s).
    ///
    /// 0 for the general linear model, which reads the whole series. A row of a response is earlier than its scan
    /// by the model's haemodynamic lag, which whoever lays out windows of rows subtracts.
    pub fn latest_s(&self) -> f64 {
        match self {
            Self::Peak(peak) => peak.span_s().1,
            Self::Glm(_) => 0.0,
            Self::Timecourse(course) => course.to_s,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_at_five_seconds_unless_another_time_is_given() {
        let peak = |text| toml::from_str::<PeakEstimate>(text).unwrap().span_s();
        assert_eq!(peak(""), (5.0, 5.0));
        assert_eq!(peak("at_s = 6"), (6.0, 6.0));
        assert_eq!(peak("from_s = 4.0\nto_s = 7.0"), (4.0, 7.0));
    }

    #[test]
    fn the_kind_decides_which_fields_there_are() {
        let glm: Estimate = toml::from_str("kind = \"glm\"\nhrf = \"spm\"\nnoise = \"ols\"").unwrap();
        assert_eq!(glm, Estimate::Glm(GlmEstimate { hrf: Hrf::Spm, noise: Noise::Ols, ..GlmEstimate::default() }));
        assert!(toml::from_str::<Estimate>("kind = \"glm\"\nat_s = 5.0").is_err());
        assert_eq!(glm.latest_s(), 0.0);
    }
}
