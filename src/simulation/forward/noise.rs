//! What a scanner adds to a signal: noise that remembers the scan before it, and a slow drift.

use std::f64::consts::PI;

use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Correlation of the noise of scans that are one second apart.
const AUTOCORRELATION: f64 = 0.3;
/// Share of the noise's variance that is drift.
const DRIFT_SHARE: f64 = 0.1;
/// Half waves of a run that a drift is made of.
const DRIFT_WAVES: usize = 3;

/// Noise of one run `(scan, output)`, each output on its own, of this variance: an autoregressive process of order 1 and
/// the first cosines of the run with random weights.
pub(super) fn noise(scans: usize, outputs: usize, tr_s: f64, variance: f64, rng: &mut ChaCha8Rng) -> Array2<f32> {
    let mut normal = || -> f64 { StandardNormal.sample(rng) };
    let memory = AUTOCORRELATION.powf(tr_s) as f32;
    let (spread, fresh) = ((variance * (1.0 - DRIFT_SHARE)).sqrt() as f32, (1.0 - memory * memory).sqrt());
    let wave_spread = (variance * DRIFT_SHARE / DRIFT_WAVES as f64).sqrt();
    let mut noise = Array2::zeros((scans, outputs));
    let mut state: Vec<f32> = (0..outputs).map(|_| normal() as f32).collect();
    let waves: Vec<[f32; DRIFT_WAVES]> =
        (0..outputs).map(|_| std::array::from_fn(|_| (wave_spread * normal()) as f32)).collect();
    for (scan, mut row) in noise.rows_mut().into_iter().enumerate() {
        let phase = PI * (scan as f64 + 0.5) / scans as f64;
        let cosines: [f32; DRIFT_WAVES] =
            std::array::from_fn(|wave| (2f64.sqrt() * ((wave + 1) as f64 * phase).cos()) as f32);
        for ((value, state), waves) in row.iter_mut().zip(&mut state).zip(&waves) {
            let drift: f32 = waves.iter().zip(&cosines).map(|(weight, cosine)| weight * cosine).sum();
            *value = spread * *state + drift;
            *state = memory * *state + fresh * normal() as f32;
        }
    }
    noise
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulation::random::generator;

    #[test]
    fn noise_has_its_variance_and_its_memory() {
        let noise = noise(400, 500, 1.0, 2.0, &mut generator(1, "noise"));
        let square: f32 = noise.iter().map(|value| value * value).sum();
        assert!((square / noise.len() as f32 - 2.0).abs() < 0.05, "{}", square / noise.len() as f32);
        let lagged: f32 = (1..400).map(|scan| noise.row(scan).dot(&noise.row(scan - 1))).sum();
        let expected = 0.9 * 0.3 + 0.1;
        assert!((lagged / square - expected as f32).abs() < 0.02, "{}", lagged / square);
    }

    #[test]
    fn the_same_seed_makes_the_same_noise() {
        let made = |seed| noise(20, 10, 1.5, 1.0, &mut generator(seed, "noise"));
        assert_eq!(made(1), made(1));
        assert_ne!(made(1), made(2));
    }
}
