//! The forward model as a whole, on surfaces that are spheres of the size of a brain.

use super::*;
use crate::brain::Hemisphere;
use crate::simulation::channel::Channel;
use crate::simulation::random::generator;

/// Outputs all over two hemispheres, every 4 mm, and the subcortex.
fn outputs() -> Vec<Output> {
    let steps = |from: i32, to: i32| (from..=to).step_by(4).map(f64::from);
    let places = steps(-70, 70).flat_map(|x| steps(-100, 70).flat_map(move |y| steps(-40, 70).map(move |z| [x, y, z])));
    let side = |place: [f64; 3]| if place[0] < 0.0 { Hemisphere::Left } else { Hemisphere::Right };
    let cortex = places.map(|place_mm| Output { hemisphere: side(place_mm), place_mm, is_subcortical: false });
    let subcortex = subcortex();
    let centres = subcortex.voxels().iter().map(|voxel| voxel.centre_mm().map(f64::from));
    cortex
        .chain(centres.map(|place_mm| Output { hemisphere: side(place_mm), place_mm, is_subcortical: true }))
        .collect()
}

/// Every channel on for 3 s in turn, again and again, in an order of its own.
fn film(length_s: f64, turn: usize) -> Courses {
    let mut courses = Courses::silent(length_s);
    for onset in 0..(length_s / 4.0) as usize {
        let channel = Channel::ALL[(onset * (2 * turn + 7)) % Channel::ALL.len()];
        courses.raise(4.0 * onset as f64, 3.0, channel, 1.0);
    }
    courses
}

fn correlation(a: &[f32], b: &[f32]) -> f64 {
    let centred = |values: &[f32]| {
        let mean = values.iter().map(|value| f64::from(*value)).sum::<f64>() / values.len() as f64;
        Array1::from_iter(values.iter().map(|value| f64::from(*value) - mean))
    };
    let (a, b) = (centred(a), centred(b));
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}

fn nearest(outputs: &[Output], place: [f64; 3]) -> usize {
    let squared = |output: &Output| output.place_mm.iter().zip(place).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
    (0..outputs.len()).min_by(|a, b| squared(&outputs[*a]).total_cmp(&squared(&outputs[*b]))).unwrap()
}

#[test]
fn what_a_population_likes_moves_its_place_and_no_other() {
    let reference = film(600.0, 0);
    let model = ForwardModel::new(outputs(), &[&reference], 1.0, 0.4);
    let subject = model.subject("sub-01", 1, Variation::NONE);
    let mut faces = Courses::silent(40.0);
    faces.raise(5.0, 1.0, Channel::Faces, 1.0);
    let signal = model.signal(&subject, &faces);
    let [right, left, mouth] = [[42.0, -46.0, -16.0], [-42.0, -52.0, -19.0], [46.0, -22.0, 8.0]];
    let course = |place| signal.column(nearest(model.outputs(), place)).to_vec();
    let peak = course(right).iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap().0;
    assert!((10..=11).contains(&peak), "the response peaks {peak} s after the beginning");
    assert!(course(right)[peak] > 1.2 * course(left)[peak] && course(left)[peak] > 0.0);
    assert!(course(mouth).iter().all(|value| *value == 0.0));
}

#[test]
fn the_signal_has_its_share_where_a_population_is_strongest() {
    let films = [film(900.0, 0), film(900.0, 1)];
    let reference: Vec<&Courses> = films.iter().collect();
    for share in [0.2, 0.5] {
        let model = ForwardModel::new(outputs(), &reference, 1.0, share);
        let subject = model.subject("sub-01", 1, Variation::NONE);
        let auditory = nearest(model.outputs(), [46.0, -22.0, 8.0]);
        let stated = f64::from(model.signal_shares(&subject, &reference)[auditory]);
        assert!((stated - share).abs() < 0.05 * share, "{stated} instead of {share}");
        let near = |output: &Output| {
            output.hemisphere == Hemisphere::Right
                && !output.is_subcortical
                && output
                    .place_mm
                    .iter()
                    .zip([46.0, -22.0, 8.0])
                    .map(|(a, b): (&f64, f64)| (a - b).powi(2))
                    .sum::<f64>()
                    < 49.0
        };
        let core: Vec<usize> = (0..model.outputs().len()).filter(|at| near(&model.outputs()[*at])).collect();
        let run = |number: usize| model.measure(&subject, &films[0], &mut generator(5, &format!("run {number}")));
        let (one, other) = (run(1), run(2));
        let correlated = |at: &usize| correlation(&one.column(*at).to_vec(), &other.column(*at).to_vec());
        let repeats = core.iter().map(correlated).sum::<f64>() / core.len() as f64;
        let shares = model.signal_shares(&subject, &[&films[0]]);
        let stated = core.iter().map(|at| f64::from(shares[*at])).sum::<f64>() / core.len() as f64;
        assert!((repeats - stated).abs() < 0.05, "repeats correlate by {repeats}, stated is {stated}");
    }
}

#[test]
fn subjects_differ_and_the_held_out_ones_more() {
    let model = ForwardModel::new(outputs(), &[&film(300.0, 0)], 1.0, 0.4);
    let written = model.subject("sub-00", 1, Variation::NONE);
    let likeness = |name: &str, variation| {
        let maps = model.subject(name, 1, variation).maps;
        correlation(maps.as_slice().unwrap(), written.maps.as_slice().unwrap())
    };
    for name in ["sub-01", "sub-02", "sub-03"] {
        let (cohort, held_out) = (likeness(name, Variation::COHORT), likeness(name, Variation::HELD_OUT));
        assert!(cohort > 0.75 && cohort < 0.999 && held_out < cohort - 0.1, "{name}: {cohort}, {held_out}");
    }
    assert_eq!(model.subject("sub-01", 1, Variation::COHORT), model.subject("sub-01", 1, Variation::COHORT));
    assert_ne!(model.subject("sub-01", 1, Variation::COHORT), model.subject("sub-01", 2, Variation::COHORT));
}

#[test]
fn sight_and_sound_together_are_more_than_their_sum_and_more_where_lips_follow() {
    let model = ForwardModel::new(outputs(), &[&film(600.0, 0)], 1.0, 0.4);
    let subject = model.subject("sub-01", 1, Variation::NONE);
    let interaction = nearest(model.outputs(), [42.0, -57.0, 12.0]);
    let mut amounts = Vec::new();
    for (seen, heard, integration) in [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 1.0, 0.7), (1.0, 1.0, 1.0)] {
        let mut courses = Courses::silent(30.0);
        for (channel, amount) in
            [(Channel::VisualSpeech, seen), (Channel::Speech, heard), (Channel::Integration, integration)]
        {
            courses.raise(2.0, 4.0, channel, amount);
        }
        amounts.push(model.signal(&subject, &courses).column(interaction).sum());
    }
    let [sight, sound, other_voice, own_voice] = amounts[..] else { unreachable!("four films were shown") };
    assert!(own_voice > sight + sound && own_voice > sight.max(sound) && own_voice > other_voice && other_voice > 0.0);
}
