//! Many experiments at once, each with pictures of its own draw, from responses that are predicted once.

use encortex::analysis::{
    DesignMatrix, DesignOptions, Event, Glm, NoiseModel, StimulusEstimates, Trial, TrialContrast, false_discovery_rate,
    frame_times, permute_labels,
};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, stack};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use statrs::distribution::{Binomial, DiscreteCDF};
use tokio_util::sync::CancellationToken;

use super::laboratory::{LAG_S, Laboratory, SHOWN};
use super::pictures::Colour;

/// Below this q is a discovery.
const Q: f64 = 0.05;
/// From one picture to the next (s).
const ASYNCHRONY_S: f64 = 8.0;

/// How many of the experiments, and of their vertices, look as if something differed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rates {
    /// Experiments with a vertex whose q is below 0.05. Where nothing differs every discovery is false, so that this is
    /// their rate.
    pub(crate) discoveries: usize,
    /// Experiments with a vertex whose p is below 0.05.
    pub(crate) uncorrected: usize,
    /// The share of all vertices of all experiments whose p is below 0.05.
    pub(crate) vertices: f64,
}

/// Experiments on pictures of one colour, divided at random into two conditions: nothing differs. The estimate is the
/// response 5 s after onset, as it is of `peak` and `timecourse`.
pub(crate) fn by_peak(laboratory: &Laboratory, experiments: u64) -> Rates {
    let peaks = &laboratory.peaks()[Colour::Blue as usize];
    Rates::over(experiments, |seed| {
        let drawn = draw(peaks.view(), 2 * SHOWN, seed);
        halves(&drawn).p()
    })
}

/// The same of permutations: how many of the experiments have a vertex whose family-wise p is 0.05 or less.
pub(crate) fn by_permutations(laboratory: &Laboratory, experiments: u64) -> usize {
    let peaks = &laboratory.peaks()[Colour::Blue as usize];
    let finds = |seed: &u64| {
        let drawn = draw(peaks.view(), 2 * SHOWN, *seed);
        let (one, other) = drawn.view().split_at(Axis(0), SHOWN);
        let estimates = estimates(&[("one", one), ("other", other)]);
        let weights = [("one", 1.0), ("other", -1.0)];
        let test = permute_labels(&estimates, &weights, 199, *seed, &CancellationToken::new()).expect("a test");
        test.p_fwer.iter().any(|p| *p <= 0.05)
    };
    (0..experiments).filter(finds).count()
}

/// The same of a general linear model, tested as `variance: stimuli` is and as `variance: scans` is.
pub(crate) fn by_glm(laboratory: &Laboratory, experiments: u64) -> [Rates; 2] {
    let (response, onsets) = laboratory.response_to_some(Colour::Blue, 2 * SHOWN, ASYNCHRONY_S);
    let times = frame_times(response.nrows(), 0.0, 1.0, LAG_S);
    let fit = |names: &[String], noise: NoiseModel| {
        let event = |(onset_s, condition): (&f64, &String)| Event {
            condition: condition.clone(),
            onset_s: *onset_s,
            duration_s: 1.0,
        };
        let events: Vec<Event> = onsets.iter().zip(names).map(event).collect();
        let design = DesignMatrix::from_events(&events, &times, DesignOptions::default()).expect("a design");
        Glm::new(design, noise).expect("a regular design").fit(response.view()).expect("a fit")
    };
    let names: Vec<String> = (0..onsets.len()).map(|number| format!("trial {number:03}")).collect();
    let single = fit(&names, NoiseModel::Ols);
    let effect = |name: &String| single.contrast(&[(name, 1.0)]).expect("a trial").effect.mapv(|value| value as f32);
    let effects: Vec<Array1<f32>> = names.iter().map(effect).collect();
    let effects = stack(Axis(0), &effects.iter().map(|map| map.view()).collect::<Vec<_>>()).expect("maps");

    let stimuli = Rates::over(experiments, |seed| {
        let drawn = draw(effects.view(), 2 * SHOWN, seed);
        halves(&drawn).p()
    });
    let scans = Rates::over(experiments, |seed| {
        let mut conditions = ["one", "other"].repeat(SHOWN);
        conditions.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        let conditions: Vec<String> = conditions.into_iter().map(str::to_owned).collect();
        let contrast = fit(&conditions, NoiseModel::Ols).contrast(&[("one", 1.0), ("other", -1.0)]);
        contrast.expect("a contrast").p().mapv(|p| 2.0 * p.min(1.0 - p))
    });
    [stimuli, scans]
}

/// Experiments on red, green and blue pictures: the mean share of false discoveries among all, and the least share of the
/// planted vertices that any of them finds.
pub(crate) fn planted(laboratory: &Laboratory, experiments: u64) -> (f64, f64) {
    let peaks = laboratory.peaks();
    let planted = laboratory.places_of(Colour::Green);
    let (mut false_share, mut least_found) = (0.0, 1.0_f64);
    for seed in 0..experiments {
        let [green, blue] =
            [Colour::Green, Colour::Blue].map(|colour| draw(peaks[colour as usize].view(), SHOWN, seed));
        let p = contrast(&[("one", green.view()), ("other", blue.view())]).p().to_vec();
        let q = false_discovery_rate(&p).expect("p values");
        let found: Vec<usize> = (0..q.len()).filter(|place| q[*place] < Q).collect();
        let right = found.iter().filter(|place| planted.contains(place)).count();
        false_share += (found.len() - right) as f64 / found.len().max(1) as f64 / experiments as f64;
        least_found = least_found.min(right as f64 / planted.len() as f64);
    }
    (false_share, least_found)
}

/// The most of `experiments` that a rate of 5 % stays within in 19 of 20 cases.
pub(crate) fn most_by_chance(experiments: u64) -> usize {
    Binomial::new(Q, experiments).expect("a probability").inverse_cdf(0.95) as usize
}

/// Some of the maps, in random order.
fn draw(maps: ArrayView2<'_, f32>, count: usize, seed: u64) -> Array2<f32> {
    let mut order: Vec<usize> = (0..maps.nrows()).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    maps.select(Axis(0), &order[..count])
}

/// The first half of the maps against the second.
fn halves(maps: &Array2<f32>) -> TrialContrast {
    let (one, other) = maps.view().split_at(Axis(0), maps.nrows() / 2);
    contrast(&[("one", one), ("other", other)])
}

/// One condition against the other, each of `(stimulus, vertex)`.
fn contrast(conditions: &[(&str, ArrayView2<'_, f32>); 2]) -> TrialContrast {
    estimates(conditions).contrast(&[("one", 1.0), ("other", -1.0)]).expect("a contrast")
}

fn estimates(conditions: &[(&str, ArrayView2<'_, f32>); 2]) -> StimulusEstimates {
    let trial =
        |condition: &str, number: usize| Trial { condition: condition.to_owned(), stimulus: format!("{number:03}") };
    let trials = conditions.iter().flat_map(|(name, maps)| (0..maps.nrows()).map(|number| trial(name, number)));
    let maps = concatenate(Axis(0), &conditions.map(|(_, maps)| maps)).expect("maps of one length");
    StimulusEstimates::new(&trials.collect::<Vec<_>>(), maps.view()).expect("a map a trial")
}

impl Rates {
    /// `p` gives the p values of the experiment of a seed, a vertex each.
    fn over(experiments: u64, p: impl Fn(u64) -> Array1<f64>) -> Self {
        let mut rates = Self::default();
        for seed in 0..experiments {
            let p = p(seed).to_vec();
            let q = false_discovery_rate(&p).expect("p values");
            let below = p.iter().filter(|p| **p < 0.05).count();
            rates.discoveries += usize::from(q.iter().any(|q| *q < Q));
            rates.uncorrected += usize::from(below > 0);
            rates.vertices += below as f64 / p.len() as f64 / experiments as f64;
        }
        rates
    }
}
