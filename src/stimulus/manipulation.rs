//! How a stimulus is changed before it is presented: contrast, blur and noise of what is seen, the signal-to-noise ratio
//! of what is heard, the rate of speech.
//!
//! A change makes another stimulus: it has its own [`Manipulation::fingerprint`], and what is decoded of it its own
//! content, so that no cache takes one for the other.

use serde::{Deserialize, Serialize};

use super::Content;

/// Changes of a stimulus; the default changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manipulation {
    /// Share of the contrast of pictures and films that is left, 0 to 1, about mid-grey.
    pub contrast: f64,
    /// Standard deviation of the Gaussian that blurs pictures and films, as a share of their shorter side.
    pub blur: f64,
    /// Share of white luminance noise in pictures and films, 0 to 1.
    pub noise: f64,
    /// White noise is added to sounds, films' and speech's among them, so that they are so much stronger than it (dB).
    pub snr_db: Option<f64>,
    /// How many times as fast sounds and spoken texts play, in their own pitch.
    pub speech_rate: f64,
    /// Of the noise.
    pub seed: u64,
}

impl Default for Manipulation {
    fn default() -> Self {
        Self { contrast: 1.0, blur: 0.0, noise: 0.0, snr_db: None, speech_rate: 1.0, seed: 0 }
    }
}

impl Manipulation {
    /// Stands for all that it changes; `None` where it changes nothing. Without noise the seed does not count.
    pub(super) fn fingerprint(&self) -> Option<Content> {
        let is_noisy = self.noise > 0.0 || self.snr_db.is_some();
        let told = Self { seed: if is_noisy { self.seed } else { 0 }, ..*self };
        (told != Self::default()).then(|| blake3::hash(format!("{told:?}").as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_nothing_has_no_fingerprint_and_every_change_its_own() {
        let plain = Manipulation::default();
        assert_eq!(plain.fingerprint(), None);
        assert_eq!(Manipulation { seed: 7, ..plain }.fingerprint(), None);
        let changes = [
            Manipulation { contrast: 0.5, ..plain },
            Manipulation { blur: 0.5, ..plain },
            Manipulation { noise: 0.5, ..plain },
            Manipulation { noise: 0.5, seed: 1, ..plain },
            Manipulation { snr_db: Some(0.5), ..plain },
            Manipulation { snr_db: Some(0.5), seed: 1, ..plain },
            Manipulation { speech_rate: 0.5, ..plain },
        ];
        let mut prints: Vec<_> = changes.iter().map(|change| change.fingerprint().unwrap().to_hex()).collect();
        prints.sort();
        prints.dedup();
        assert_eq!(prints.len(), changes.len());
    }
}
