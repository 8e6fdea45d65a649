//! What the simulated populations answer to, as channels that are on or off or in between at every moment of a film.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

/// Samples of a channel per second.
pub const COURSE_HZ: f64 = 10.0;

/// Something that a film holds, as much of it as there is from 0 to about 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Root mean square of the luminance about its mean, measured on the frames.
    Contrast,
    /// Drifting patterns, less of it from moving pictures and lips.
    Motion,
    Faces,
    Places,
    Bodies,
    Objects,
    Characters,
    Scrambled,
    /// A mouth that moves.
    VisualSpeech,
    /// Loudness, measured on the samples.
    Sound,
    Speech,
    NaturalSounds,
    /// Words in sentences, heard or read; complex, simple and pain stories among them.
    Sentences,
    WordLists,
    /// Sentences whose content words mean nothing.
    PseudoSentences,
    PseudoLists,
    /// Sentences with a clause inside another one, beside [`Self::Sentences`]. No population is tuned to it.
    Complexity,
    EmotionalPain,
    Belief,
    /// Sight times sound: somebody is seen while a voice is heard, more where the lips follow it.
    Integration,
}

impl Channel {
    pub const ALL: [Self; 20] = [
        Self::Contrast,
        Self::Motion,
        Self::Faces,
        Self::Places,
        Self::Bodies,
        Self::Objects,
        Self::Characters,
        Self::Scrambled,
        Self::VisualSpeech,
        Self::Sound,
        Self::Speech,
        Self::NaturalSounds,
        Self::Sentences,
        Self::WordLists,
        Self::PseudoSentences,
        Self::PseudoLists,
        Self::Complexity,
        Self::EmotionalPain,
        Self::Belief,
        Self::Integration,
    ];

    /// The name that tuning tables and files use, as in `natural_sounds`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Contrast => "contrast",
            Self::Motion => "motion",
            Self::Faces => "faces",
            Self::Places => "places",
            Self::Bodies => "bodies",
            Self::Objects => "objects",
            Self::Characters => "characters",
            Self::Scrambled => "scrambled",
            Self::VisualSpeech => "visual_speech",
            Self::Sound => "sound",
            Self::Speech => "speech",
            Self::NaturalSounds => "natural_sounds",
            Self::Sentences => "sentences",
            Self::WordLists => "word_lists",
            Self::PseudoSentences => "pseudo_sentences",
            Self::PseudoLists => "pseudo_lists",
            Self::Complexity => "complexity",
            Self::EmotionalPain => "emotional_pain",
            Self::Belief => "belief",
            Self::Integration => "integration",
        }
    }
}

/// All channels over a film: `(time, channel)` at [`COURSE_HZ`], in the order of [`Channel::ALL`].
#[derive(Clone, Debug, PartialEq)]
pub struct Courses(Array2<f64>);

impl Courses {
    /// Nothing on, for so many seconds.
    pub fn silent(length_s: f64) -> Self {
        Self(Array2::zeros(((length_s * COURSE_HZ).round() as usize, Channel::ALL.len())))
    }

    pub fn values(&self) -> &Array2<f64> {
        &self.0
    }

    pub fn samples(&self) -> usize {
        self.0.nrows()
    }

    pub fn at(&self, sample: usize, channel: Channel) -> f64 {
        self.0[[sample, channel as usize]]
    }

    pub fn set(&mut self, sample: usize, channel: Channel, amount: f64) {
        self.0[[sample, channel as usize]] = amount;
    }

    /// Raises a channel to at least this amount in a span (s), by the samples whose middle lies in it.
    pub fn raise(&mut self, onset_s: f64, duration_s: f64, channel: Channel, amount: f64) {
        let sample = |second: f64| ((second * COURSE_HZ - 0.5).ceil().max(0.0) as usize).min(self.samples());
        for sample in sample(onset_s)..sample(onset_s + duration_s) {
            let value = &mut self.0[[sample, channel as usize]];
            *value = value.max(amount);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_stand_in_the_order_of_their_numbers_and_are_called_as_in_files() {
        for (number, channel) in Channel::ALL.into_iter().enumerate() {
            assert_eq!(channel as usize, number);
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.name());
        }
    }

    #[test]
    fn a_channel_is_on_in_its_span_alone() {
        let mut courses = Courses::silent(3.0);
        courses.raise(1.0, 0.5, Channel::Faces, 1.0);
        courses.raise(1.2, 9.0, Channel::Faces, 0.5);
        let on: Vec<f64> = (0..courses.samples()).map(|sample| courses.at(sample, Channel::Faces)).collect();
        assert!(on[..10].iter().all(|value| *value == 0.0));
        assert!(on[10..15].iter().all(|value| *value == 1.0) && on[15..].iter().all(|value| *value == 0.5));
        assert_eq!(courses.at(12, Channel::Places), 0.0);
    }
}
