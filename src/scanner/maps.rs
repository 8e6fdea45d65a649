//! What a contrast has at every vertex.

use ndarray::Array1;

use super::Error;
use super::permuted::Permuted;
use crate::analysis::{false_discovery_rate, p_of_t, z_of_t};
use crate::export::Statistic;

/// The maps of a contrast, a value a vertex, left hemisphere first. Where there is no variance there is an effect alone.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    /// In the unit of the response, standard deviations of a session of BOLD.
    pub(super) effect: Array1<f64>,
    pub(super) t: Option<Array1<f64>>,
    /// Of t.
    pub(super) degrees_of_freedom: Array1<f64>,
    /// Where permutations are asked for.
    pub(super) permuted: Option<Permuted>,
}

impl Maps {
    pub(super) fn effect_alone(effect: Array1<f64>) -> Self {
        Self { effect, t: None, degrees_of_freedom: Array1::default(0), permuted: None }
    }

    pub(super) fn tested(effect: Array1<f64>, t: Array1<f64>, degrees_of_freedom: Array1<f64>) -> Self {
        Self { effect, t: Some(t), degrees_of_freedom, permuted: None }
    }

    /// Of both tails.
    pub(super) fn p(&self) -> Option<Array1<f64>> {
        self.t.as_ref().map(|t| p_of_t(t, &self.degrees_of_freedom))
    }

    /// The normal deviate as improbable as t.
    pub(super) fn z(&self) -> Option<Array1<f64>> {
        self.t.as_ref().map(|t| z_of_t(t, &self.degrees_of_freedom))
    }

    /// Benjamini and Hochberg's q of every vertex.
    pub(super) fn q(&self) -> Result<Option<Vec<f64>>, Error> {
        Ok(self.p().map(|p| false_discovery_rate(&p.to_vec())).transpose()?)
    }

    /// Each map that there is, as files hold it: float32, 0 where a value is not finite.
    pub(super) fn statistics(&self, q: Option<&[f64]>) -> Vec<(Statistic, Vec<f32>)> {
        let finite = |value: &f64| if value.is_finite() { *value as f32 } else { 0.0 };
        let narrow = |map: &Array1<f64>| -> Vec<f32> { map.iter().map(finite).collect() };
        let mut maps = vec![(Statistic::Effect, narrow(&self.effect))];
        maps.extend(self.t.as_ref().map(|t| (Statistic::T { degrees_of_freedom: None }, narrow(t))));
        maps.extend(self.z().map(|z| (Statistic::Z, narrow(&z))));
        maps.extend(self.p().map(|p| (Statistic::P, narrow(&p))));
        maps.extend(q.map(|q| (Statistic::Q, q.iter().map(finite).collect())));
        let chance = self.permuted.iter().flat_map(|permuted| {
            [(Statistic::PermutationP, &permuted.test.p), (Statistic::FamilywiseP, &permuted.test.p_fwer)]
        });
        maps.extend(chance.map(|(statistic, map)| (statistic, narrow(map))));
        maps
    }
}
