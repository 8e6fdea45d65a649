//! Which statistics a contrast gets, and what of the experiment is to be returned.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is asked of the contrasts beside their effects.
///
/// The unit is the stimulus: a model answers the same stimulus in the same way, so the variance that is tested
/// against lies between stimuli, not between people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Statistics {
    /// Benjamini and Hochberg's false discovery rate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fdr: Option<FalseDiscoveryRate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub permutations: Option<Permutations>,
}

/// Among which tests false discoveries are counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FalseDiscoveryRate {
    pub over: TestedUnit,
    /// The part of all discoveries that may be false.
    #[serde(default = "five_percent")]
    pub q: f64,
    /// Whose parcels, where the tests are parcels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub atlas: Option<String>,
}

/// What is tested: each vertex, or the mean of each parcel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TestedUnit {
    Vertices,
    Parcels,
}

/// A null distribution by random exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Permutations {
    /// How many are drawn.
    pub n: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    #[serde(default)]
    pub exchange: Exchange,
}

/// What is exchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// The condition of each stimulus. A contrast of one condition has no other to exchange with: its signs are flipped.
    #[default]
    Labels,
    /// The sign of the response to each stimulus, for contrasts of one condition with the baseline.
    Signs,
}

/// A part of the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Returned {
    /// A value a vertex for each contrast and statistic.
    Maps,
    /// A row a region for each contrast.
    Regions,
    /// The course of the response in each region and condition.
    Timecourses,
    /// The mean of each region and its test, and nothing of single vertices, which are never computed: the fast way
    /// through a sweep. No maps, peaks, lateralization or ranks.
    RegionMeans,
}

fn five_percent() -> f64 {
    0.05
}

impl Statistics {
    /// Whether a p-value is asked for, which takes a variance and thus two stimuli a condition.
    pub fn need_variance(&self) -> bool {
        self.fdr.is_some() || self.permutations.is_some()
    }

    /// The atlas among whose parcels false discoveries are counted.
    pub fn tested_atlas(&self) -> Option<&str> {
        self.fdr.as_ref().filter(|fdr| fdr.over == TestedUnit::Parcels)?.atlas.as_deref()
    }
}
