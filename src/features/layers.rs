//! Which hidden states of a model become features, and their means.
//!
//! A model with N layers gives N + 1 hidden states, the embedding first. Some are kept, the kept ones are cut
//! into groups at fractions of the depth, and a feature is the mean over a group. The mean is taken while the
//! states are made, so that no more than one sum a group is in memory.

use tch::{Kind, Tensor};

/// Which hidden states are averaged into which group.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct LayerSelection {
    /// Where the groups begin, as fractions of the depth in `[0, 1]`; the last one is where the last group ends.
    pub fractions: Vec<f64>,
    /// At most this many states, evenly spaced over the depth, take part; all of them where `None`.
    pub cached_layers: Option<usize>,
}

impl LayerSelection {
    /// The states that take part, of `states` in all.
    fn kept(&self, states: usize) -> Vec<usize> {
        match self.cached_layers {
            Some(kept) if kept < states => evenly_spaced(states, kept),
            _ => (0..states).collect(),
        }
    }
}

/// `kept` indices from the first state to the last, each rounded half to even.
fn evenly_spaced(states: usize, kept: usize) -> Vec<usize> {
    let step = (states - 1) as f64 / kept.saturating_sub(1).max(1) as f64;
    (0..kept).map(|index| (index as f64 * step).round_ties_even() as usize).collect()
}

/// The groups of hidden states that a model's features are the means of.
#[derive(Clone, Debug, PartialEq)]
pub struct LayerGroups(Vec<Vec<usize>>);

impl LayerGroups {
    /// Groups of the `n_hidden_states` states that a model makes, its embedding included.
    ///
    /// A group runs from one boundary up to the next; the last group includes the last boundary. A single
    /// boundary is a group of its own.
    pub fn new(n_hidden_states: usize, selection: &LayerSelection) -> Self {
        let kept = selection.kept(n_hidden_states);
        let deepest = kept.len().saturating_sub(1);
        let boundary = |fraction: &f64| ((fraction * deepest as f64).floor() as usize).min(deepest);
        let mut boundaries: Vec<usize> = selection.fractions.iter().map(boundary).collect();
        boundaries.sort_unstable();
        boundaries.dedup();
        let mut ends = boundaries.clone();
        if let Some(last) = ends.last_mut() {
            *last += 1;
        }
        if boundaries.len() > 1 {
            boundaries.pop();
            ends.remove(0);
        }
        Self(boundaries.into_iter().zip(ends).map(|(begin, end)| kept[begin..end.min(kept.len())].to_vec()).collect())
    }

    /// The indices of the hidden states in each group.
    pub fn groups(&self) -> &[Vec<usize>] {
        &self.0
    }

    /// Whether a hidden state is in a group, that is, worth reducing for [`GroupMeans::add`].
    pub fn contains(&self, state: usize) -> bool {
        self.0.iter().any(|group| group.contains(&state))
    }

    /// Means over the groups, to be fed state by state.
    pub fn mean(&self) -> GroupMeans<'_> {
        GroupMeans { groups: self, sums: self.0.iter().map(|_| None).collect() }
    }
}

/// The means over the groups of a model's hidden states, summed in float32 as the states are made.
pub struct GroupMeans<'a> {
    groups: &'a LayerGroups,
    sums: Vec<Option<Tensor>>,
}

impl GroupMeans<'_> {
    /// Adds the hidden state `index`, of any shape that all states share. States of no group are passed over.
    pub fn add(&mut self, index: usize, state: &Tensor) {
        for (group, sum) in self.groups.0.iter().zip(&mut self.sums) {
            if group.contains(&index) {
                let state = state.to_kind(Kind::Float);
                *sum = Some(sum.take().map_or_else(|| state.shallow_clone(), |sum| sum + &state));
            }
        }
    }

    /// The means, `(group, …)` in float32.
    ///
    /// # Panics
    /// When a group was fed no state: the model and its [`LayerGroups`] disagree on how many there are.
    pub fn finish(self) -> Tensor {
        let means: Vec<Tensor> = (self.sums.into_iter().zip(&self.groups.0))
            .map(|(sum, group)| sum.expect("every group was fed its states. This is a bug.") / group.len() as f64)
            .collect();
        Tensor::stack(&means, 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn released(cached_layers: Option<usize>) -> LayerSelection {
        LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers }
    }

    #[test]
    fn twenty_states_of_llama_3b_in_two_groups() {
        let groups = LayerGroups::new(29, &released(Some(20)));
        assert_eq!(
            released(Some(20)).kept(29),
            [0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 18, 19, 21, 22, 24, 25, 27, 28]
        );
        assert_eq!(groups.groups(), [vec![13, 15, 16, 18, 19], vec![21, 22, 24, 25, 27, 28]]);
    }

    #[test]
    fn halves_round_to_even() {
        assert_eq!(evenly_spaced(6, 3), [0, 2, 5]);
        assert_eq!(evenly_spaced(4, 3), [0, 2, 3]);
        assert_eq!(evenly_spaced(8, 3), [0, 4, 7]);
        assert_eq!(evenly_spaced(9, 1), [0]);
    }

    #[test]
    fn all_states_of_the_audio_model_in_two_groups() {
        let groups = LayerGroups::new(25, &released(None));
        assert_eq!(groups.groups(), [(12..18).collect::<Vec<_>>(), (18..25).collect()]);
    }

    #[test]
    fn few_states_are_all_kept() {
        assert_eq!(released(Some(20)).kept(20), (0..20).collect::<Vec<_>>());
        assert_eq!(LayerGroups::new(5, &released(Some(20))).groups(), [vec![2], vec![3, 4]]);
    }

    #[test]
    fn equal_boundaries_are_one() {
        let groups = |fractions: &[f64], states| {
            LayerGroups::new(states, &LayerSelection { fractions: fractions.to_vec(), cached_layers: None }).0
        };
        assert_eq!(groups(&[0.5, 0.6, 1.0], 3), [vec![1, 2]]);
        assert_eq!(groups(&[1.0], 4), [vec![3]]);
        assert_eq!(groups(&[0.0, 1.0], 1), [vec![0]]);
        assert!(groups(&[], 4).is_empty());
    }

    #[test]
    fn means_match_those_of_all_states_at_once() {
        let groups = LayerGroups::new(25, &released(None));
        let states = Tensor::randn([25, 3, 4], (Kind::Float, tch::Device::Cpu));
        let mut means = groups.mean();
        for index in 0..25 {
            means.add(index, &states.get(index as i64));
        }
        let expected = Tensor::stack(
            &[states.narrow(0, 12, 6).mean_dim(0, false, None), states.narrow(0, 18, 7).mean_dim(0, false, None)],
            0,
        );
        assert!(means.finish().allclose(&expected, 1e-6, 1e-6, false));
    }
}
