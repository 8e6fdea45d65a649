//! What is heard over a programme, as samples.

mod wave;

pub(super) use wave::{WaveError, read, wave};

use super::channel::COURSE_HZ;
use super::programme::{Heard, Programme};
use super::screen::FRAME_HZ;

/// Samples per second: those of espeak-ng and of `scripts/stimuli`.
pub(super) const RATE: u32 = 22_050;
/// Root mean square (of full scale) that counts as a loudness of 1.
const FULL_LOUDNESS: f32 = 0.08;
const LARGEST_LOUDNESS: f32 = 1.2;
/// The share of the frames of an utterance that are louder than a mouth can open.
const LOUDEST: f64 = 0.05;

/// Sounds and utterances as samples at [`RATE`], from -1 to 1.
#[derive(Clone, Debug, Default)]
pub(super) struct Recordings {
    pub(super) sounds: Vec<Vec<f32>>,
    pub(super) utterances: Vec<Vec<f32>>,
}

/// The whole track of a film.
pub(super) fn mixed(programme: &Programme, recordings: &Recordings) -> Vec<f32> {
    let mut track = vec![0.0; (programme.length_s * f64::from(RATE)).round() as usize];
    for sound in &programme.sounds {
        let samples = match sound.what {
            Heard::Sound { number } => &recordings.sounds[number],
            Heard::Speech { utterance } => &recordings.utterances[utterance],
            Heard::Reading { .. } => continue,
        };
        let [onset, length] =
            [sound.onset_s, sound.duration_s].map(|second| (second * f64::from(RATE)).round() as usize);
        let free = track.len().saturating_sub(onset);
        let played = samples.len().min(length).min(free);
        track[onset..onset + played].copy_from_slice(&samples[..played]);
    }
    track
}

/// How loud a track is in each sample of the courses: the square root of its root mean square.
pub(super) fn loudness(track: &[f32]) -> Vec<f64> {
    let step = f64::from(RATE) / COURSE_HZ;
    let samples = (track.len() as f64 / step).round() as usize;
    let stretch = |sample: usize| {
        &track[(sample as f64 * step) as usize..(((sample + 1) as f64 * step) as usize).min(track.len())]
    };
    (0..samples)
        .map(|sample| f64::from((level(stretch(sample)) / FULL_LOUDNESS).sqrt().min(LARGEST_LOUDNESS)))
        .collect()
}

/// How far a mouth that says this is open, from 0 to 1 at [`FRAME_HZ`].
pub(super) fn lips(samples: &[f32]) -> Vec<f32> {
    let frame = (f64::from(RATE) / FRAME_HZ) as usize;
    let levels: Vec<f32> = samples.chunks_exact(frame).map(level).collect();
    let mut sorted = levels.clone();
    sorted.sort_by(f32::total_cmp);
    let full = sorted.get(((1.0 - LOUDEST) * sorted.len() as f64) as usize).copied().unwrap_or(0.0).max(1e-6);
    levels.into_iter().map(|level| (level / full).clamp(0.0, 1.0).powf(0.7)).collect()
}

/// Root mean square.
fn level(samples: &[f32]) -> f32 {
    (samples.iter().map(|value| value * value).sum::<f32>() / samples.len().max(1) as f32).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::programme::Timed;

    #[test]
    fn sounds_stand_where_they_are_played_and_reading_is_silent() {
        let recordings =
            Recordings { sounds: vec![vec![0.1; 2 * RATE as usize]], utterances: vec![vec![0.3; RATE as usize]] };
        let at = |onset_s, what| Timed { onset_s, duration_s: 1.0, what };
        let sounds = vec![
            at(1.0, Heard::Sound { number: 0 }),
            at(3.0, Heard::Speech { utterance: 0 }),
            at(5.0, Heard::Reading { utterance: 0 }),
        ];
        let track = mixed(&Programme { length_s: 6.5, sights: Vec::new(), sounds }, &recordings);
        assert_eq!(track.len(), 143_325);
        let value = |second: f64| track[(second * f64::from(RATE)) as usize];
        assert_eq!([0.5, 1.5, 2.5, 3.5, 4.5, 5.5].map(value), [0.0, 0.1, 0.0, 0.3, 0.0, 0.0]);
        let loudness = loudness(&track);
        assert_eq!(loudness.len(), 65);
        assert!(loudness[35] > loudness[15] && loudness[15] > 1.0 && loudness[55] == 0.0);
    }

    #[test]
    fn a_mouth_follows_the_voice() {
        let samples: Vec<f32> =
            (0..RATE).map(|at| if at < RATE / 2 { 0.0 } else { 0.2 * (at as f32 * 0.3).sin() }).collect();
        let lips = lips(&samples);
        assert_eq!(lips.len(), 16);
        assert!(lips[3] == 0.0 && lips[12] > 0.9 && lips.iter().all(|value| (0.0..=1.0).contains(value)));
    }
}
