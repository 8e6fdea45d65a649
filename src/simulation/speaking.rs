//! The texts of the films, spoken by espeak-ng in several voices.

use rand::RngExt;
use rand::seq::IndexedRandom;

use super::Error;
use super::grammar::{Text, TextKind, texts};
use super::parallel;
use super::plan::Split;
use super::programme::Utterance;
use super::random::generator;
use super::sound::RATE;
use crate::stimulus::{Recital, Speech};

/// The voice of the server, as often as all others together, and others.
const VOICES: [&str; 8] = ["en-us", "en-us", "en-us", "en-us", "en-us+m3", "en-us+f2", "en-gb+m1", "en-gb+f4"];
/// How loud an utterance is at least, of what espeak-ng gives.
const SOFTEST: f32 = 0.5;

/// Texts of each kind for ten minutes of film.
const EVERY_TEN_MINUTES: [(TextKind, usize); 10] = [
    (TextKind::Sentence, 26),
    (TextKind::WordList, 16),
    (TextKind::PseudoSentence, 16),
    (TextKind::PseudoList, 7),
    (TextKind::Complex, 4),
    (TextKind::Simple, 4),
    (TextKind::EmotionalPain, 4),
    (TextKind::PhysicalPain, 4),
    (TextKind::Belief, 4),
    (TextKind::Photo, 4),
];

/// A text with its sound.
#[derive(Debug)]
pub(super) struct Spoken {
    pub(super) text: Text,
    pub(super) split: Split,
    pub(super) recital: Recital,
    pub(super) utterance: Utterance,
}

/// Texts for so many minutes of film of each split, all of them different.
pub(super) fn written(minutes: &[(Split, f64)], seed: u64) -> Vec<(Split, Text)> {
    let count = |of_ten: usize, minutes: f64| ((of_ten as f64 * minutes / 10.0).ceil() as usize).max(2);
    let all = |of_ten: usize| minutes.iter().map(|(_, minutes)| count(of_ten, *minutes)).sum();
    let counts = EVERY_TEN_MINUTES.map(|(kind, of_ten)| (kind, all(of_ten)));
    let shares = EVERY_TEN_MINUTES.into_iter().flat_map(|(_, of_ten)| {
        minutes.iter().flat_map(move |(split, minutes)| std::iter::repeat_n(*split, count(of_ten, *minutes)))
    });
    shares.zip(texts(&counts, seed)).collect()
}

/// The texts, spoken.
///
/// # Errors
/// [`Error::SpeechRate`] where a voice has another rate than films, and what speaking says.
pub(super) fn spoken(
    written: &[(Split, Text)],
    speech: &Speech,
    seed: u64,
    done: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Spoken>, Error> {
    parallel::each(written, done, |(split, text)| {
        let mut rng = generator(seed, &text.text);
        let voice = VOICES.choose(&mut rng).unwrap_or(&VOICES[0]);
        let mut recital = speech.with_voice(voice).recite(&text.text)?;
        if recital.sample_rate != RATE {
            return Err(Error::SpeechRate { found: recital.sample_rate, wanted: RATE });
        }
        let loudness = rng.random_range(SOFTEST..1.0);
        recital.samples.iter_mut().for_each(|sample| *sample *= loudness);
        let onset = recital.words.first().map_or(0.0, |word| word.start);
        let end = recital.words.last().map_or(0.0, |word| word.start + word.duration);
        let duration_s = recital.samples.len() as f64 / f64::from(RATE);
        let utterance = Utterance { kind: text.kind, duration_s, words_s: (onset, end) };
        Ok(Spoken { text: text.clone(), split: *split, recital, utterance })
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_split_has_texts_of_every_kind_and_none_of_another() {
        let written = written(&[(Split::Train, 20.0), (Split::Test, 2.0)], 3);
        for kind in TextKind::ALL {
            let of = |split| written.iter().filter(|(own, text)| *own == split && text.kind == kind).count();
            assert!(of(Split::Train) > of(Split::Test) && of(Split::Test) >= 2, "{kind:?}");
        }
        let of = |split| written.iter().filter(move |(own, _)| *own == split).map(|(_, text)| &text.text);
        let train: BTreeSet<_> = of(Split::Train).collect();
        assert!(of(Split::Test).all(|text| !train.contains(text)));
    }
}
