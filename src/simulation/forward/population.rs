//! The populations of the simulated brain, as `populations.toml` has them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use ndarray::Array1;
use serde::Deserialize;

use crate::brain::{Hemisphere, Region};
use crate::simulation::channel::Channel;

const TEXT: &str = include_str!("populations.toml");

/// Neurons that answer to the same things in the same way, on one side or both.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    pub name: String,
    /// The built-in region whose spheres it fills; the one of its own name where none is given.
    region: Option<String>,
    /// Whether it is made of voxels of the subcortex instead of vertices of the cortex.
    #[serde(default)]
    pub is_subcortical: bool,
    /// When the response to a short event is largest (s).
    pub peak_s: f64,
    #[serde(default = "whole")]
    left: f64,
    #[serde(default = "whole")]
    right: f64,
    tuning: BTreeMap<Channel, f64>,
    /// Where spheres of its own come from.
    #[serde(default)]
    pub citation: String,
    #[serde(default)]
    spheres: Vec<OwnSphere>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnSphere {
    hemisphere: Hemisphere,
    centre_mm: [f64; 3],
    radius_mm: f64,
}

/// One sphere of a population.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Site {
    pub hemisphere: Hemisphere,
    /// MNI152 (mm).
    pub centre_mm: [f64; 3],
    pub radius_mm: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Populations {
    populations: Vec<Population>,
}

fn whole() -> f64 {
    1.0
}

impl Population {
    /// The populations that come with the program.
    pub fn builtin() -> &'static [Self] {
        static POPULATIONS: LazyLock<Vec<Population>> = LazyLock::new(|| {
            let parsed: Populations =
                toml::from_str(TEXT).expect("populations.toml is part of the program, and a test reads it");
            parsed.populations
        });
        &POPULATIONS
    }

    /// How much it answers to each channel, in the order of [`Channel::ALL`].
    pub fn tuning(&self) -> Array1<f64> {
        Channel::ALL.into_iter().map(|channel| self.tuning.get(&channel).copied().unwrap_or(0.0)).collect()
    }

    /// How strongly it answers on a side.
    pub fn gain(&self, hemisphere: Hemisphere) -> f64 {
        match hemisphere {
            Hemisphere::Left => self.left,
            Hemisphere::Right => self.right,
        }
    }

    /// Its spheres: its own, or those of the built-in region.
    pub fn sites(&self) -> Vec<Site> {
        let own = self.spheres.iter().map(|sphere| Site {
            hemisphere: sphere.hemisphere,
            centre_mm: sphere.centre_mm,
            radius_mm: sphere.radius_mm,
        });
        let region = || Region::find(self.region.as_deref().unwrap_or(&self.name));
        let published = || {
            let region = region().expect("populations.toml names regions that there are, and a test reads them");
            region.spheres.iter().map(|sphere| Site {
                hemisphere: sphere.hemisphere,
                centre_mm: sphere.centre_mm,
                radius_mm: sphere.radius_mm,
            })
        };
        if self.spheres.is_empty() { published().collect() } else { own.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_population_has_a_place_and_a_tuning() {
        for population in Population::builtin() {
            assert!(!population.sites().is_empty(), "{}", population.name);
            assert_eq!(population.spheres.is_empty(), population.citation.is_empty(), "{}", population.name);
            let tuning = population.tuning();
            let most = tuning.iter().copied().fold(0.0, f64::max);
            assert!((0.6..=1.0).contains(&most), "{}: {tuning}", population.name);
            assert!(tuning.iter().filter(|amount| **amount != 0.0).count() < Channel::ALL.len());
        }
    }

    #[test]
    fn every_region_that_a_localizer_expects_is_planted_and_complexity_is_not() {
        for region in Region::builtin() {
            assert!(Population::builtin().iter().any(|population| population.name == region.name), "{}", region.name);
        }
        let complexity = |population: &Population| population.tuning()[Channel::Complexity as usize];
        assert!(Population::builtin().iter().all(|population| complexity(population) == 0.0));
    }

    #[test]
    fn language_is_on_the_left_and_faces_lean_to_the_right() {
        let find = |name: &str| Population::builtin().iter().find(|population| population.name == name).unwrap();
        for name in ["IFG", "IFGorb", "MFG", "AntTemp", "PostTemp", "AngG", "VWFA"] {
            assert!(find(name).gain(Hemisphere::Left) > 2.0 * find(name).gain(Hemisphere::Right), "{name}");
        }
        for name in ["FFA", "OFA", "pSTS-faces", "EBA", "FBA", "TPJ"] {
            assert!(find(name).gain(Hemisphere::Left) < find(name).gain(Hemisphere::Right), "{name}");
        }
    }
}
