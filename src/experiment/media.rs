//! How the stimuli of an experiment are changed before they are presented.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::stimulus::Manipulation;

/// Changes of stimuli; what is left out changes nothing. Gaps, silences and the words of a text stay as they are.
///
/// Pictures and films are blurred first, then lose contrast, then come under noise, on the 8-bit values of their frames:
/// the definitions of Geirhos et al. 2018 (arXiv:1808.08750).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Media {
    /// Contrast of pictures and films, 0 to 1: the distance of every pixel from mid-grey (128 of 255) times this, and with
    /// it the RMS contrast, the standard deviation of the pixels. At 0 they are the grey of grey gaps.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.5)]
    pub contrast: Option<f64>,
    /// Gaussian blur of pictures and films, 0 to 0.2: its standard deviation as a share of their shorter side. 0.02 is 5
    /// pixels of 256.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 0.2, example = 0.02)]
    pub blur: Option<f64>,
    /// White luminance noise in pictures and films, 0 to 1: each pixel is (1 − noise) · itself + noise · a uniformly
    /// random grey. A picture keeps its noise while it is held; every frame of a film has its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.0, maximum = 1.0, example = 0.25)]
    pub noise: Option<f64>,
    /// Signal-to-noise ratio of sounds, of films and speech too (dB), −40 to 60: white Gaussian noise is added, weaker
    /// than the whole sound by this.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = -40.0, maximum = 60.0, example = 0.0)]
    pub snr_db: Option<f64>,
    /// How many times as fast spoken texts and sounds play, in their own pitch, 0.5 to 3: uniform time compression. Usual is
    /// the recording's rate, and for texts espeak-ng's, of 175 words a minute. Films have their own rate only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 0.5, maximum = 3.0, example = 1.5)]
    pub speech_rate: Option<f64>,
    /// Of the noise; the experiment's when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

impl Media {
    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These changes, and where they say nothing the others.
    pub(super) fn over(self, others: Self) -> Self {
        Self {
            contrast: self.contrast.or(others.contrast),
            blur: self.blur.or(others.blur),
            noise: self.noise.or(others.noise),
            snr_db: self.snr_db.or(others.snr_db),
            speech_rate: self.speech_rate.or(others.speech_rate),
            seed: self.seed.or(others.seed),
        }
    }

    /// What is done to a stimulus; `seed` is the experiment's.
    pub fn manipulation(&self, seed: Option<u64>) -> Manipulation {
        let nothing = Manipulation::default();
        Manipulation {
            contrast: self.contrast.unwrap_or(nothing.contrast),
            blur: self.blur.unwrap_or(nothing.blur),
            noise: self.noise.unwrap_or(nothing.noise),
            snr_db: self.snr_db,
            speech_rate: self.speech_rate.unwrap_or(nothing.speech_rate),
            seed: self.seed.or(seed).unwrap_or(nothing.seed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_counts_before_what_is_said_elsewhere_and_silence_changes_nothing() {
        let own = Media { contrast: Some(0.5), seed: Some(1), ..Media::default() };
        let others = Media { contrast: Some(0.1), snr_db: Some(3.0), ..Media::default() };
        let both = Media { snr_db: Some(3.0), ..own };
        assert_eq!(own.over(others), both);
        assert_eq!((both.manipulation(Some(2)).seed, others.manipulation(Some(2)).seed), (1, 2));
        assert_eq!(Media::default().manipulation(None), Manipulation::default());
        assert!(Media::default().is_empty() && !own.is_empty());
    }
}
