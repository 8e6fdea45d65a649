//! Experiments in which nothing differs: pictures of one colour, divided at random into two conditions.

use encortex::analysis::{
    DesignMatrix, DesignOptions, Event, Glm, Moment, NoiseModel, StimulusEstimates, Trial, false_discovery_rate,
    frame_times, peak,
};
use ndarray::{Array1, Array2};
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use statrs::distribution::{Binomial, DiscreteCDF};

use super::laboratory::{LAG_S, Laboratory};
use super::pictures::Colour;

/// Pictures of an experiment, half of them in either condition.
const PICTURES: u64 = 40;
const ASYNCHRONY_S: f64 = 8.0;
const CONDITIONS: [&str; 2] = ["one", "other"];
const WEIGHTS: [(&str, f64); 2] = [("one", 1.0), ("other", -1.0)];

/// Responses to pictures of one colour, from which any number of experiments are made.
pub(crate) struct Nulls {
    response: Array2<f32>,
    onsets: Vec<f64>,
}

/// How many of the experiments, and of their vertices, look as if something differed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rates {
    /// Experiments with a vertex whose q is below 0.05: all discoveries are false, so that this is the rate of them.
    pub(crate) discoveries: usize,
    /// Experiments with a vertex whose p is below 0.05.
    pub(crate) uncorrected: usize,
    /// The share of all vertices of all experiments whose p is below 0.05.
    pub(crate) vertices: f64,
}

impl Nulls {
    pub(crate) fn of(laboratory: &Laboratory) -> Self {
        let (response, onsets) = laboratory.response_to(Colour::Blue, PICTURES, ASYNCHRONY_S);
        Self { response, onsets }
    }

    /// Experiments whose estimate is the response 5 s after onset.
    pub(crate) fn by_peak(&self, experiments: u64) -> Rates {
        let moment = Moment::At { after_s: 0.0 };
        let maps: Vec<Array1<f32>> =
            self.onsets.iter().map(|onset| peak(self.response.view(), 1.0, *onset, moment).expect("a row")).collect();
        let views: Vec<_> = maps.iter().map(|map| map.view()).collect();
        let estimates = ndarray::stack(ndarray::Axis(0), &views).expect("maps of one length");
        Rates::over(experiments, |conditions| {
            let trial = |(number, condition): (usize, &&str)| Trial {
                condition: (*condition).to_owned(),
                stimulus: number.to_string(),
            };
            let trials: Vec<Trial> = conditions.iter().enumerate().map(trial).collect();
            let by_stimulus = StimulusEstimates::new(&trials, estimates.view()).expect("an estimate a trial");
            by_stimulus.contrast(&WEIGHTS).expect("a contrast").p
        })
    }

    /// Experiments whose estimate is a general linear model.
    pub(crate) fn by_glm(&self, experiments: u64, noise: NoiseModel) -> Rates {
        let times = frame_times(self.response.nrows(), 0.0, 1.0, LAG_S);
        Rates::over(experiments, |conditions| {
            let event = |(onset, condition): (&f64, &&str)| Event {
                condition: (*condition).to_owned(),
                onset_s: *onset,
                duration_s: 1.0,
            };
            let events: Vec<Event> = self.onsets.iter().zip(conditions).map(event).collect();
            let design = DesignMatrix::from_events(&events, &times, DesignOptions::default()).expect("a design");
            let fit = Glm::new(design, noise).expect("a regular design").fit(self.response.view()).expect("a fit");
            fit.contrast(&WEIGHTS).expect("a contrast").p().mapv(|p| 2.0 * p.min(1.0 - p))
        })
    }
}

impl Rates {
    /// `p` gives the p values of an experiment, a vertex each, from the condition of each picture.
    fn over(experiments: u64, mut p: impl FnMut(&[&str]) -> Array1<f64>) -> Self {
        let mut rates = Self { discoveries: 0, uncorrected: 0, vertices: 0.0 };
        for seed in 0..experiments {
            let mut conditions: Vec<&str> = CONDITIONS.repeat(PICTURES as usize / 2);
            conditions.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
            let p = p(&conditions).to_vec();
            let q = false_discovery_rate(&p).expect("p values");
            let below = p.iter().filter(|p| **p < 0.05).count();
            rates.discoveries += usize::from(q.iter().any(|q| *q < 0.05));
            rates.uncorrected += usize::from(below > 0);
            rates.vertices += below as f64 / p.len() as f64 / experiments as f64;
        }
        rates
    }
}

/// The most of `experiments` that a rate of 5 % exceeds in one of 20 cases.
pub(crate) fn most_by_chance(experiments: u64) -> usize {
    Binomial::new(0.05, experiments).expect("a probability").inverse_cdf(0.95) as usize
}
