//! Programmes as a whole.

use super::*;
use crate::simulation::channel::{COURSE_HZ, Courses};
use crate::simulation::grammar::TextKind;
use crate::simulation::random::generator;

fn supplies() -> Supplies {
    let utterance = |number: usize| {
        let kind = TextKind::ALL[number % TextKind::ALL.len()];
        let duration_s = if kind.is_story() { 10.0 } else { 3.5 };
        (number, Utterance { kind, duration_s, words_s: (0.1, duration_s - 0.3) })
    };
    Supplies {
        pictures: Category::ALL.map(|category| (category, (0..20).collect())).into(),
        portraits: (0..8).collect(),
        sounds: (0..12).map(|number| (number, 4.0)).collect(),
        utterances: (0..80).map(utterance).collect(),
    }
}

fn film(seed: u64) -> Programme {
    Programme::draw(1200.0, &mut Stock::new(&supplies()), &mut generator(seed, "film"))
}

fn channels(film: &Programme) -> Courses {
    let utterances: Vec<Utterance> = supplies().utterances.into_iter().map(|(_, utterance)| utterance).collect();
    let samples = (film.length_s * COURSE_HZ) as usize;
    courses(film, &utterances, &Measured { contrast: vec![0.5; samples], loudness: vec![0.25; samples] })
}

#[test]
fn what_is_for_one_sense_has_nothing_for_the_other() {
    let (seen, heard) = (film(1).limited_to(Senses::SightAlone), film(1).limited_to(Senses::SoundAlone));
    assert!(seen.sights == film(1).sights && heard.sights.is_empty());
    let has = |courses: &Courses, channel| (0..courses.samples()).any(|sample| courses.at(sample, channel) > 0.0);
    let [seen, heard] = [seen, heard].map(|film| channels(&film));
    assert!(has(&seen, Channel::Faces) && has(&seen, Channel::Sentences) && !has(&seen, Channel::Speech));
    assert!(has(&heard, Channel::Speech) && !has(&heard, Channel::Faces) && !has(&heard, Channel::Integration));
}

#[test]
fn sights_and_sounds_follow_each_other_within_the_film() {
    for seed in 0..20 {
        let film = film(seed);
        for pair in film.sights.windows(2) {
            assert!(pair[0].end_s() <= pair[1].onset_s + 1e-9, "{pair:?}");
        }
        for pair in film.sounds.windows(2) {
            assert!(pair[0].end_s() <= pair[1].onset_s + 1e-9, "{pair:?}");
        }
        let ends = film.sights.iter().map(Timed::end_s).chain(film.sounds.iter().map(Timed::end_s));
        assert!(ends.fold(0.0, f64::max) <= film.length_s);
        assert!(film.sights.iter().all(|sight| sight.duration_s > 0.3 && sight.duration_s < 20.0));
    }
    assert_eq!(film(3), film(3));
    assert_ne!(film(3), film(4));
}

#[test]
fn every_channel_has_its_time_and_integration_is_no_sum() {
    let film = film(1);
    let courses = channels(&film);
    for channel in Channel::ALL {
        let on = (0..courses.samples()).filter(|sample| courses.at(*sample, channel) > 0.0).count();
        assert!(on as f64 > 0.005 * courses.samples() as f64, "{} is on in {on} samples", channel.name());
    }
    let both = |sample: usize| {
        (
            courses.at(sample, Channel::VisualSpeech) * courses.at(sample, Channel::Speech),
            courses.at(sample, Channel::Integration),
        )
    };
    let amounts: Vec<(f64, f64)> = (0..courses.samples()).map(both).filter(|(both, _)| *both == 1.0).collect();
    assert!(amounts.iter().all(|(_, integration)| [OTHER, 1.0].contains(integration)));
    assert!(amounts.iter().any(|(_, integration)| *integration == OTHER));
    assert!(amounts.iter().any(|(_, integration)| *integration == 1.0));
}

/// What is left of the integration where the lips follow another voice.
const OTHER: f64 = 0.7;

#[test]
fn a_stock_without_anything_makes_a_film_of_patterns_and_grey() {
    let film = Programme::draw(300.0, &mut Stock::new(&Supplies::default()), &mut generator(1, "film"));
    assert!(film.sounds.is_empty());
    assert!(film.sights.iter().all(|sight| matches!(sight.what, Seen::Grey | Seen::Pattern { .. })));
}
