//! Heads of a planted person, beside the truth and the average head.

use ndarray::{Array1, Array2, Axis, s};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use tokio_util::sync::CancellationToken;

use super::low_rank::epoch;
use super::ridge::{RidgeOnStates, without_line};
use crate::analysis::encoding::{LinearModel, Scores, score};
use crate::encoder::OwnHead;
use crate::study::states::Aligned;

/// States, and axes along which heads read them.
const HIDDEN: usize = 48;
const AXES: usize = 12;
/// Outputs in which the person is like the average, differs from it, and answers to nothing.
const ALIKE: usize = 120;
const APART: usize = 60;
const SILENT: usize = 120;
const OUTPUTS: usize = ALIKE + APART + SILENT;
/// How strong the answer to a stimulus is, in standard deviations of the noise.
const SIGNAL: f32 = 0.5;

fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
}

/// Rows that are like those before them.
fn smooth(rows: usize, columns: usize, seed: u64, likeness: f32) -> Array2<f32> {
    let mut series = normal(rows, columns, seed);
    for row in 1..rows {
        let before = series.row(row - 1).to_owned() * likeness;
        let new = (1.0 - likeness * likeness).sqrt();
        series.row_mut(row).mapv_inplace(|value| value * new);
        series.row_mut(row).zip_mut_with(&before, |value, before| *value += before);
    }
    series
}

/// States at so many seconds; a few axes carry most of what varies.
fn states(rows: usize, seed: u64) -> Array2<f32> {
    let strength = Array1::from_shape_fn(HIDDEN, |axis| 2.0 / (1.0 + axis as f32).sqrt());
    (smooth(rows, HIDDEN, seed, 0.8) * &strength).dot(&normal(HIDDEN, HIDDEN, 7)) / (HIDDEN as f32).sqrt() + 0.5
}

/// Weights of which each output answers with the same strength.
fn weights(outputs: usize, seed: u64) -> Array2<f32> {
    let mut weights = normal(outputs, AXES, seed).dot(&normal(AXES, HIDDEN, 8));
    let answers = states(4_000, 9).dot(&weights.t());
    let spread = answers.std_axis(Axis(0), 0.0);
    weights.outer_iter_mut().zip(&spread).for_each(|(mut weights, spread)| weights *= SIGNAL / spread);
    weights
}

fn average() -> OwnHead {
    let mut weight = weights(OUTPUTS, 10);
    weight.slice_mut(s![ALIKE + APART.., ..]).mapv_inplace(|weight| 0.1 * weight);
    OwnHead { weight, bias: Array1::zeros(OUTPUTS) }
}

fn truth() -> Array2<f32> {
    let mut truth = average().weight;
    let mut apart = truth.slice_mut(s![ALIKE..ALIKE + APART, ..]);
    apart *= 0.4;
    apart += &weights(APART, 11);
    truth.slice_mut(s![ALIKE + APART.., ..]).fill(0.0);
    truth
}

/// A run of a person with these weights: noise with a memory, a drift, standardised.
fn run(truth: &Array2<f32>, seconds: usize, seed: u64) -> Aligned {
    let states = states(seconds, 1_000 + seed);
    let measured = states.dot(&truth.t()) + smooth(seconds, truth.nrows(), 5_000 + seed, 0.5);
    let measured = without_line(measured.view());
    let spread = measured.std_axis(Axis(0), 0.0);
    Aligned { content: [0; 32], first: 0, states, measured: measured / &spread }
}

fn runs(count: u64, seconds: usize, seed: u64) -> Vec<Aligned> {
    (0..count).map(|number| run(&truth(), seconds, 100 * seed + number)).collect()
}

fn ridge(runs: &[Aligned], average: Option<&OwnHead>) -> LinearModel {
    let cancel = CancellationToken::new();
    let mut learner = RidgeOnStates::new(HIDDEN, OUTPUTS, runs.len(), average, &cancel).unwrap();
    runs.iter().for_each(|run| learner.add(run).unwrap());
    learner.head().unwrap()
}

fn low_rank(runs: Vec<Aligned>) -> LinearModel {
    let windows = runs.iter().map(|run| run.states.nrows().div_ceil(100) as u64).sum();
    epoch(&average(), 100, windows, runs.into_iter().map(Ok), &CancellationToken::new()).unwrap().head
}

fn scores(head: &LinearModel) -> Scores {
    let test = run(&truth(), 3_000, 99_999);
    score(head.predict(test.states.view()).unwrap().view(), test.measured.view()).unwrap()
}

/// The mean r of a head less that of the average one: where the person is alike, apart, and silent.
fn gains(head: &LinearModel) -> [f32; 3] {
    let average = average();
    let gain = scores(head).r - scores(&LinearModel::new(average.weight, average.bias).unwrap()).r;
    let mean = |places: std::ops::Range<usize>| gain.slice(s![places]).mean().unwrap();
    [mean(0..ALIKE), mean(ALIKE..ALIKE + APART), mean(ALIKE + APART..OUTPUTS)]
}

#[test]
fn five_minutes_are_a_gain_over_the_average_head_by_either_method() {
    for (count, seconds) in [(3, 100), (2, 150), (1, 300)] {
        for seed in 0..3 {
            let few = runs(count, seconds, seed);
            let by_ridge = gains(&ridge(&few, Some(&average())));
            let by_factor = gains(&low_rank(few));
            eprintln!("{count} runs of {seconds} s: ridge {by_ridge:.4?}, low-rank {by_factor:.4?}");
            for [alike, apart, silent] in [by_ridge, by_factor] {
                assert!(alike > -0.02 && silent.abs() < 0.02, "alike {alike}, silent {silent}");
                assert!(apart > 0.004, "apart {apart}");
            }
            assert!(by_ridge[1] > 0.01, "{by_ridge:?}");
        }
    }
}

#[test]
fn an_hour_is_a_great_gain_and_costs_nothing_elsewhere() {
    let hour = runs(6, 600, 1);
    let by_ridge = gains(&ridge(&hour, Some(&average())));
    let by_factor = gains(&low_rank(hour));
    eprintln!("an hour: ridge {by_ridge:.4?}, low-rank {by_factor:.4?}");
    for [alike, apart, silent] in [by_ridge, by_factor] {
        assert!(alike > -0.01 && silent.abs() < 0.01, "alike {alike}, silent {silent}");
        assert!(apart > 0.1, "apart {apart}");
    }
}

#[test]
fn what_was_never_measured_keeps_the_average_head() {
    let mut few = runs(2, 100, 4);
    few.iter_mut().for_each(|run| run.measured.slice_mut(s![.., 100..]).fill(0.0));
    for head in [ridge(&few, Some(&average())), low_rank(few)] {
        let moved = (&head.weights() - &average().weight).slice(s![100.., ..]).mapv(f32::abs);
        assert!(moved.iter().all(|moved| *moved < 1e-4));
    }
}

#[test]
fn weights_are_found_behind_a_drift_that_only_the_states_have() {
    let truth = truth();
    let drifting = |number: u64| {
        let mut states = states(200, number);
        let drift = Array1::linspace(-20.0, 20.0, 200).insert_axis(Axis(1));
        let measured = without_line(states.dot(&truth.t()).view());
        states += &(&drift * &normal(1, HIDDEN, 50 + number));
        Aligned { content: [0; 32], first: 0, states, measured }
    };
    let head = ridge(&(0..4).map(drifting).collect::<Vec<_>>(), None);
    let test = states(500, 77);
    let found = score(head.predict(test.view()).unwrap().view(), test.dot(&truth.t()).view()).unwrap();
    assert!(found.r.iter().take(ALIKE + APART).all(|r| *r > 0.99), "{:?}", found.r);
}

#[test]
fn states_that_never_change_are_refused() {
    let cancel = CancellationToken::new();
    let mut learner = RidgeOnStates::new(HIDDEN, OUTPUTS, 2, None, &cancel).unwrap();
    for seed in 0..2 {
        learner.add(&Aligned { states: Array2::zeros((100, HIDDEN)), ..run(&truth(), 100, seed) }).unwrap();
    }
    let refusal = learner.head().unwrap_err().to_string();
    assert!(refusal.contains("all features are constant"), "{refusal}");
}

#[test]
fn fewer_samples_than_states_can_be_fitted() {
    let head = ridge(&runs(2, 15, 3), Some(&average()));
    assert!(head.weights().iter().chain(head.intercepts()).all(|weight| weight.is_finite()));
}
