//! The forward model of BOLD: from what a film holds to what a simulated scanner measures. No file is read or written here.
//!
//! Channels of a film drive populations by their tuning; a population's course is convolved with its haemodynamic response
//! and spread over the outputs near its place; noise and drift are added. `docs/simulated_cohort.md` has the equations.

mod haemodynamics;
mod noise;
mod outputs;
mod population;
mod subcortex;
mod subject;

#[cfg(test)]
mod tests;

pub use outputs::{MESH, Output, outputs};
pub use population::{Population, Site};
pub use subcortex::{VOXELS, subcortex};
pub use subject::{Subject, Variation};

use ndarray::{Array1, Array2, Axis};
use rand_chacha::ChaCha8Rng;

use super::channel::Courses;

/// A population that hardly answers to the films of reference is scaled as if its standard deviation were this.
const LEAST_SPREAD: f64 = 0.02;

/// The forward model, scaled so that noise is equally strong everywhere.
#[derive(Clone, Debug)]
pub struct ForwardModel {
    outputs: Vec<Output>,
    /// Standard deviation of each population's BOLD over the films of reference.
    spreads: Vec<f64>,
    tr_s: f64,
    /// Share of the variance that is signal where a population is at its strongest.
    signal_share: f64,
}

impl ForwardModel {
    /// A model whose populations, as they are written, have a variance of 1 over the films of reference.
    pub fn new(outputs: Vec<Output>, reference: &[&Courses], tr_s: f64, signal_share: f64) -> Self {
        let nobody = Subject::draw("reference", 0, Variation::NONE, &[]);
        let unscaled = Self { outputs, spreads: vec![1.0; nobody.peaks_s.len()], tr_s, signal_share };
        let runs: Vec<Array2<f64>> = reference.iter().map(|film| unscaled.populations(&nobody, film)).collect();
        let scans = runs.iter().map(Array2::nrows).sum::<usize>().max(1) as f64;
        let centred =
            runs.iter().map(|run| (run - &run.mean_axis(Axis(0)).unwrap_or_default()).mapv(|value| value * value));
        let squares = centred.fold(Array1::zeros(nobody.peaks_s.len()), |sum, run| sum + run.sum_axis(Axis(0)));
        let spreads = squares.mapv(|square: f64| (square / scans).sqrt().max(LEAST_SPREAD)).to_vec();
        Self { spreads, ..unscaled }
    }

    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// The subject of this name and seed.
    pub fn subject(&self, name: &str, seed: u64, variation: Variation) -> Subject {
        Subject::draw(name, seed, variation, &self.outputs)
    }

    /// BOLD of each population over a film, without noise: `(scan, population)`.
    pub fn populations(&self, subject: &Subject, film: &Courses) -> Array2<f64> {
        let neural = film.values().dot(&subject.tuning);
        haemodynamics::bold(&neural, &subject.peaks_s, self.tr_s) / &Array1::from(self.spreads.clone())
    }

    /// What a perfect scanner would measure: `(scan, output)`.
    pub fn signal(&self, subject: &Subject, film: &Courses) -> Array2<f32> {
        self.populations(subject, film).mapv(|value| value as f32).dot(&subject.maps)
    }

    /// What the simulated scanner measures: `(scan, output)`.
    pub fn measure(&self, subject: &Subject, film: &Courses, rng: &mut ChaCha8Rng) -> Array2<f32> {
        let signal = self.signal(subject, film);
        let (scans, outputs) = signal.dim();
        let mut measured = noise::noise(scans, outputs, self.tr_s, self.noise_variance(), rng);
        measured.zip_mut_with(&signal, |measured, signal| *measured += signal);
        measured
    }

    /// Variance of the noise of every output: as much as leaves a signal of variance 1 its share.
    pub fn noise_variance(&self) -> f64 {
        (1.0 - self.signal_share) / self.signal_share
    }

    /// Share of each output's variance over these films that is signal.
    pub fn signal_shares(&self, subject: &Subject, films: &[&Courses]) -> Array1<f32> {
        let mut variance = Array1::zeros(self.outputs.len());
        for film in films {
            variance += &self.signal(subject, film).var_axis(Axis(0), 0.0);
        }
        let noise = self.noise_variance() as f32;
        variance.mapv(|sum: f32| sum / films.len().max(1) as f32).mapv(|signal| signal / (signal + noise))
    }
}
