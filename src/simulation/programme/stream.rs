//! Streams: sights and sounds as in a film, on two tracks.

use std::ops::Range;

use rand::RngExt;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;

use super::stock::{Stock, pattern};
use super::{Category, Heard, Programme, Seen, Timed, Travel};
use crate::simulation::grammar::TextKind;

/// What comes next on the track of sounds, and how likely.
#[derive(Clone, Copy)]
enum Sound {
    Silence,
    Natural,
    Speech,
    Reading,
}

const SOUNDS: [(Sound, f64); 4] =
    [(Sound::Silence, 0.25), (Sound::Natural, 0.25), (Sound::Speech, 0.4), (Sound::Reading, 0.1)];

/// What comes next on the track of sights, and how likely.
#[derive(Clone, Copy)]
enum Sight {
    Black,
    Grey,
    Pictures,
    Pattern,
    /// A face that speaks without its voice.
    Talking,
}

const SIGHTS: [(Sight, f64); 5] = [
    (Sight::Black, 0.12),
    (Sight::Grey, 0.06),
    (Sight::Pictures, 0.52),
    (Sight::Pattern, 0.12),
    (Sight::Talking, 0.18),
];

const KINDS: [(TextKind, f64); 10] = [
    (TextKind::Sentence, 0.2),
    (TextKind::WordList, 0.2),
    (TextKind::PseudoSentence, 0.2),
    (TextKind::PseudoList, 0.08),
    (TextKind::Complex, 0.04),
    (TextKind::Simple, 0.04),
    (TextKind::EmotionalPain, 0.06),
    (TextKind::PhysicalPain, 0.06),
    (TextKind::Belief, 0.06),
    (TextKind::Photo, 0.06),
];

/// How often the speaker of an utterance is seen.
const FACE_TO_FACE: f64 = 0.15;
/// The shortest sight (s).
const SHORTEST_S: f64 = 0.7;

/// Fills a span of a film.
pub(super) fn fill(film: &mut Programme, span: Range<f64>, stock: &mut Stock, rng: &mut ChaCha8Rng) {
    let first = film.sounds.len();
    sounds(film, span.clone(), stock, rng);
    let speakers: Vec<Timed<Heard>> = film.sounds[first..]
        .iter()
        .copied()
        .filter(|sound| matches!(sound.what, Heard::Speech { .. }) && rng.random_bool(FACE_TO_FACE))
        .collect();
    let mut reached_s = span.start;
    for speaker in speakers {
        sights(film, reached_s..speaker.onset_s, stock, rng);
        if let (Heard::Speech { utterance }, Some(portrait)) = (speaker.what, stock.portrait(rng)) {
            let face = Seen::Talking { portrait, lips: utterance, is_own_voice: true };
            film.show(speaker.onset_s, speaker.duration_s, face);
        }
        reached_s = speaker.end_s();
    }
    sights(film, reached_s..span.end, stock, rng);
}

fn sounds(film: &mut Programme, span: Range<f64>, stock: &mut Stock, rng: &mut ChaCha8Rng) {
    let mut reached_s = span.start;
    while reached_s < span.end {
        let speaks = |(utterance, heard): (usize, super::Utterance)| (utterance, heard.duration_s);
        let (what, length_s) = match chosen(&SOUNDS, rng) {
            Sound::Silence => (None, rng.random_range(1.0..5.0)),
            Sound::Natural => match stock.sound(rng) {
                Some((number, whole_s)) => (Some(Heard::Sound { number }), rng.random_range(2.0..4.0f64).min(whole_s)),
                None => (None, 2.0),
            },
            Sound::Speech => match stock.utterance(chosen(&KINDS, rng), rng).map(speaks) {
                Some((utterance, length_s)) => (Some(Heard::Speech { utterance }), length_s),
                None => (None, 2.0),
            },
            Sound::Reading => match stock.utterance(chosen(&KINDS, rng), rng).map(speaks) {
                Some((utterance, length_s)) => (Some(Heard::Reading { utterance }), length_s),
                None => (None, 2.0),
            },
        };
        if let Some(what) = what.filter(|_| reached_s + length_s <= span.end) {
            film.play(reached_s, length_s, what);
        }
        reached_s += length_s + rng.random_range(0.2..1.2);
    }
}

fn sights(film: &mut Programme, span: Range<f64>, stock: &mut Stock, rng: &mut ChaCha8Rng) {
    let mut reached_s = span.start;
    while reached_s + SHORTEST_S < span.end {
        let left_s = span.end - reached_s;
        let mut length_s: f64 = 0.0;
        match chosen(&SIGHTS, rng) {
            Sight::Black => length_s = rng.random_range(1.0..4.0),
            Sight::Grey => {
                length_s = rng.random_range(1.0..4.0f64).min(left_s);
                film.show(reached_s, length_s, Seen::Grey);
            }
            Sight::Pattern => {
                length_s = rng.random_range(1.5..5.0f64).min(left_s);
                film.show(reached_s, length_s, Seen::Pattern { seed: pattern(rng), moves: rng.random_bool(0.6) });
            }
            Sight::Talking => {
                length_s = rng.random_range(2.0..4.0f64).min(left_s);
                if let (Some(portrait), Some((lips, _))) = (stock.portrait(rng), stock.sentence(rng)) {
                    film.show(reached_s, length_s, Seen::Talking { portrait, lips, is_own_voice: false });
                }
            }
            Sight::Pictures => {
                let category = *Category::ALL.choose(rng).unwrap_or(&Category::Faces);
                for _ in 0..rng.random_range(1..=4) {
                    let shown_s = rng.random_range(1.0..3.0f64).min(left_s - length_s);
                    let (Some(number), true) = (stock.picture(category, rng), shown_s >= SHORTEST_S) else { break };
                    let what = Seen::Picture { category, number, travel: travel(rng) };
                    film.show(reached_s + length_s, shown_s, what);
                    length_s += shown_s;
                }
            }
        }
        reached_s += length_s.max(SHORTEST_S);
    }
}

/// Held, drifting, or coming nearer or going away, each as often as the others.
fn travel(rng: &mut ChaCha8Rng) -> Travel {
    match rng.random_range(0..3) {
        0 => Travel::HELD,
        1 => {
            let angle: f64 = rng.random_range(0.0..std::f64::consts::TAU);
            let [x, y] = [0.25 * angle.cos(), 0.25 * angle.sin()];
            Travel { shift: [[-x, -y], [x, y]], size: [1.0; 2] }
        }
        _ => {
            let mut size = [0.75, rng.random_range(1.1..1.4)];
            if rng.random() {
                size.reverse();
            }
            Travel { shift: [[0.0; 2]; 2], size }
        }
    }
}

fn chosen<T: Copy>(weighted: &[(T, f64)], rng: &mut ChaCha8Rng) -> T {
    let drawn = weighted.choose_weighted(rng, |(_, weight)| *weight);
    drawn.expect("there are weights, and they are positive. This is a bug.").0
}
