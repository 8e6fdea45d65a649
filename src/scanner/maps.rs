//! What a contrast has at every vertex.

use ndarray::Array1;

use super::Error;
use super::permuted::Permuted;
use crate::analysis::false_discovery_rate;
use crate::export::Statistic;

/// The maps of a contrast, a value a vertex, left hemisphere first. Where there is no variance there is an effect alone.
#[derive(Clone, Debug)]
pub(super) struct Maps {
    /// In the unit of the response, standard deviations of a session of BOLD.
    pub(super) effect: Array1<f64>,
    pub(super) t: Option<Array1<f64>>,
    pub(super) z: Option<Array1<f64>>,
    /// Of both tails.
    pub(super) p: Option<Array1<f64>>,
    /// Where permutations are asked for.
    pub(super) permuted: Option<Permuted>,
}

impl Maps {
    pub(super) fn effect_alone(effect: Array1<f64>) -> Self {
        Self { effect, t: None, z: None, p: None, permuted: None }
    }

    pub(super) fn tested(effect: Array1<f64>, t: Array1<f64>, z: Array1<f64>, p: Array1<f64>) -> Self {
        Self { effect, t: Some(t), z: Some(z), p: Some(p), permuted: None }
    }

    /// Benjamini and Hochberg's q of every vertex.
    pub(super) fn q(&self) -> Result<Option<Vec<f64>>, Error> {
        Ok(self.p.as_ref().map(|p| false_discovery_rate(&p.to_vec())).transpose()?)
    }

    /// Each map that there is, as files hold it: float32, 0 where a value is not finite.
    pub(super) fn statistics(&self, q: Option<&[f64]>) -> Vec<(Statistic, Vec<f32>)> {
        let finite = |value: &f64| if value.is_finite() { *value as f32 } else { 0.0 };
        let narrow = |map: &Array1<f64>| -> Vec<f32> { map.iter().map(finite).collect() };
        let mut maps = vec![(Statistic::Effect, narrow(&self.effect))];
        let tested =
            [(Statistic::T { degrees_of_freedom: None }, &self.t), (Statistic::Z, &self.z), (Statistic::P, &self.p)];
        maps.extend(tested.into_iter().filter_map(|(statistic, map)| Some((statistic, narrow(map.as_ref()?)))));
        maps.extend(q.map(|q| (Statistic::Q, q.iter().map(finite).collect())));
        let chance = self.permuted.iter().flat_map(|permuted| {
            [(Statistic::PermutationP, &permuted.test.p), (Statistic::FamilywiseP, &permuted.test.p_fwer)]
        });
        maps.extend(chance.map(|(statistic, map)| (statistic, narrow(map))));
        maps
    }
}
