//! What chance makes of a contrast: its stimuli dealt out to the conditions anew, or the signs of their responses flipped.

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::Error;
use super::trial_maps::TrialMaps;
use crate::analysis::{PermutationTest, StimulusEstimates, flip_signs, permute_labels};
use crate::experiment::{Exchange, Permutations};

/// Below this family-wise p a vertex is significant.
const FAMILYWISE: f64 = 0.05;

/// A contrast under random exchange.
#[derive(Clone, Debug)]
pub(super) struct Permuted {
    pub(super) test: PermutationTest,
    exchange: Exchange,
    stimuli: usize,
}

/// What random exchange says of a contrast.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PermutationReport {
    /// Labels between the conditions; signs where one condition is compared with the baseline.
    pub exchange: Exchange,
    /// How many stimuli were exchanged; repetitions of one are one.
    pub stimuli: usize,
    /// Orders that were looked at, the observed one among them: no p is less than one over it.
    pub permutations: usize,
    /// Vertices whose t was reached by no vertex in more than one of twenty orders.
    pub significant_vertices: usize,
}

impl Permuted {
    /// Of a contrast by the weights of its conditions, each of which has two stimuli or more.
    pub(super) fn of(
        trials: &TrialMaps,
        weights: &[(String, f64)],
        asked: &Permutations,
        seed: u64,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let estimates = StimulusEstimates::new(&trials.trials, trials.estimates.view())?;
        let permutations = asked.n as usize;
        let stimuli =
            weights.iter().filter_map(|(condition, _)| estimates.of(condition)).map(|maps| maps.nrows()).sum();
        let (exchange, test) = match weights {
            [(condition, _)] => {
                let maps = estimates.of(condition).ok_or_else(|| crate::analysis::Error::UnknownName {
                    name: condition.clone(),
                    known: estimates.conditions().to_vec(),
                })?;
                (Exchange::Signs, flip_signs(maps, permutations, seed, cancel)?)
            }
            _ => (Exchange::Labels, permute_labels(&estimates, weights, permutations, seed, cancel)?),
        };
        Ok(Self { test, exchange, stimuli })
    }

    pub(super) fn report(&self) -> PermutationReport {
        PermutationReport {
            exchange: self.exchange,
            stimuli: self.stimuli,
            permutations: self.test.permutations,
            significant_vertices: self.test.p_fwer.iter().filter(|p| **p < FAMILYWISE).count(),
        }
    }
}
