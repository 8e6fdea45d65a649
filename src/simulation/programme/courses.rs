//! What a programme holds at every moment: its channels.

use super::{Heard, Programme, Seen, Travel, Utterance};
use crate::simulation::channel::{Channel, Courses};

/// How much motion there is in what is no moving pattern.
const MOTION_OF_PICTURES: f64 = 0.4;
const MOTION_OF_LIPS: f64 = 0.2;
/// How much of the integration there is for a face that does not speak, for a sound that is no voice, and for a voice that
/// the lips do not follow.
const SILENT_FACE: f64 = 0.4;
const OTHER_SOUND: f64 = 0.3;
const OTHER_VOICE: f64 = 0.7;

/// What can only be told from the finished film, a value a sample of the courses.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub contrast: Vec<f64>,
    pub loudness: Vec<f64>,
}

/// The channels of a film; `utterances` are those that the programme counts in.
pub fn courses(programme: &Programme, utterances: &[Utterance], measured: &Measured) -> Courses {
    let mut courses = Courses::silent(programme.length_s);
    for sight in &programme.sights {
        let mut on = |channel, amount| courses.raise(sight.onset_s, sight.duration_s, channel, amount);
        match sight.what {
            Seen::Grey => {}
            Seen::Picture { category, travel, .. } => {
                on(category.channel(), 1.0);
                on(Channel::Motion, if travel == Travel::HELD { 0.0 } else { MOTION_OF_PICTURES });
            }
            Seen::Pattern { moves, .. } => on(Channel::Motion, if moves { 1.0 } else { 0.0 }),
            Seen::Talking { .. } => {
                on(Channel::Faces, 1.0);
                on(Channel::VisualSpeech, 1.0);
                on(Channel::Motion, MOTION_OF_LIPS);
            }
        }
    }
    for sound in &programme.sounds {
        match sound.what {
            Heard::Sound { .. } => courses.raise(sound.onset_s, sound.duration_s, Channel::NaturalSounds, 1.0),
            Heard::Speech { utterance } | Heard::Reading { utterance } => {
                let said = utterances[utterance];
                let (onset_s, length_s) = (sound.onset_s + said.words_s.0, said.words_s.1 - said.words_s.0);
                let is_heard = matches!(sound.what, Heard::Speech { .. });
                let voice = is_heard.then_some(Channel::Speech);
                for channel in said.kind.channels().iter().copied().chain(voice) {
                    courses.raise(onset_s, length_s, channel, 1.0);
                }
            }
        }
    }
    for (sample, (contrast, loudness)) in measured.contrast.iter().zip(&measured.loudness).enumerate() {
        courses.set(sample, Channel::Contrast, *contrast);
        courses.set(sample, Channel::Sound, *loudness);
    }
    integrate(&mut courses, programme);
    courses
}

/// Sight times sound, at every moment.
fn integrate(courses: &mut Courses, programme: &Programme) {
    let mut own_voice = Courses::silent(programme.length_s);
    for sight in &programme.sights {
        if matches!(sight.what, Seen::Talking { is_own_voice: true, .. }) {
            own_voice.raise(sight.onset_s, sight.duration_s, Channel::Integration, 1.0);
        }
    }
    for sample in 0..courses.samples() {
        let at = |channel| courses.at(sample, channel);
        let seen = at(Channel::VisualSpeech).max(SILENT_FACE * at(Channel::Faces));
        let heard = at(Channel::Speech).max(OTHER_SOUND * at(Channel::NaturalSounds));
        let likeness = OTHER_VOICE.max(own_voice.at(sample, Channel::Integration));
        courses.set(sample, Channel::Integration, seen * heard * likeness);
    }
}
