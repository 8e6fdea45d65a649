//! The simulated subjects: the same populations in places, strengths, speeds and tunings of their own.

use ndarray::{Array1, Array2, ArrayViewMut1};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::outputs::Output;
use super::population::{Population, Site};
use crate::simulation::channel::Channel;
use crate::simulation::random::generator;

/// Width (mm) of the border of a site, over which its answer falls off.
const BORDER_MM: f64 = 1.5;
/// The farthest that a site may lie off the grey matter, in radii, before it is moved to the nearest output.
const FARTHEST: f64 = 0.5;

/// How much subjects differ: standard deviations.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Variation {
    /// Of a site's place along each axis (mm).
    pub place_mm: f64,
    /// Of the logarithm of a population's strength.
    pub strength: f64,
    /// Of the time to peak, of all populations together and of each (s).
    pub peak_s: f64,
    /// Of the logarithm of each entry of the tuning.
    pub tuning: f64,
}

impl Variation {
    /// Among the subjects of the cohort.
    pub const COHORT: Self = Self { place_mm: 2.0, strength: 0.15, peak_s: 0.15, tuning: 0.0 };
    /// Of those who are held out.
    pub const HELD_OUT: Self = Self { place_mm: 6.0, strength: 0.4, peak_s: 0.3, tuning: 0.3 };
    /// Of nobody: the populations as they are written.
    pub const NONE: Self = Self { place_mm: 0.0, strength: 0.0, peak_s: 0.0, tuning: 0.0 };
}

/// A simulated subject.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// As in `sub-01`.
    pub name: String,
    /// `(channel, population)`.
    pub tuning: Array2<f64>,
    /// Time to peak of each population (s).
    pub peaks_s: Vec<f64>,
    /// How much of each population there is in each output, `(population, output)`.
    pub maps: Array2<f32>,
}

impl Subject {
    /// The subject of this name and seed.
    pub fn draw(name: &str, seed: u64, variation: Variation, outputs: &[Output]) -> Self {
        let populations = Population::builtin();
        let mut rng = generator(seed, name);
        let mut normal = |spread: f64| spread * normal(&mut rng);
        let later_s = normal(variation.peak_s);
        let mut tuning = Array2::zeros((Channel::ALL.len(), populations.len()));
        let mut maps = Array2::zeros((populations.len(), outputs.len()));
        let mut peaks_s = Vec::with_capacity(populations.len());
        for (number, population) in populations.iter().enumerate() {
            peaks_s.push(population.peak_s + later_s + normal(variation.peak_s));
            let own: Array1<f64> = population.tuning().mapv(|amount| amount * normal(variation.tuning).exp());
            tuning.column_mut(number).assign(&own);
            let strength = normal(variation.strength).exp();
            for site in population.sites() {
                let moved = site.centre_mm.map(|coordinate| coordinate + normal(variation.place_mm));
                let site = Site { centre_mm: moved, ..site };
                let gain = strength * population.gain(site.hemisphere);
                fill(maps.row_mut(number), site, gain, population.is_subcortical, outputs);
            }
        }
        Self { name: name.to_owned(), tuning, peaks_s, maps }
    }
}

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// Adds a site to the map of its population; where sites overlap, the stronger one counts.
fn fill(mut map: ArrayViewMut1<f32>, site: Site, gain: f64, is_subcortical: bool, outputs: &[Output]) {
    let can_hold = |output: &&Output| output.hemisphere == site.hemisphere && output.is_subcortical == is_subcortical;
    let nearest = outputs.iter().filter(can_hold).map(|output| output.place_mm);
    let nearest = nearest.min_by(|a, b| distance(*a, site.centre_mm).total_cmp(&distance(*b, site.centre_mm)));
    let Some(nearest) = nearest else { return };
    let is_off = distance(nearest, site.centre_mm) > FARTHEST * site.radius_mm;
    let centre = if is_off { nearest } else { site.centre_mm };
    for (value, output) in map.iter_mut().zip(outputs).filter(|(_, output)| can_hold(output)) {
        let beyond_mm = distance(output.place_mm, centre) - site.radius_mm;
        let answer = gain / (1.0 + (beyond_mm / BORDER_MM).exp());
        // What is far away is nothing, so that most outputs hold noise alone.
        if beyond_mm < 4.0 * BORDER_MM {
            *value = value.max(answer as f32);
        }
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
