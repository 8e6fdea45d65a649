//! What an experiment found: `experiment.json`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::permuted::PermutationReport;
use super::region_rows::RegionRow;
use crate::experiment::Media;
use crate::experiment::design::Preview;
use crate::predict::ModelIdentity;

/// Said wherever a t or a p stands.
pub(super) const UNIT: &str = "The unit is the stimulus. The model is deterministic: it answers the same stimulus in the same \
                        way, so what varies is the stimulus, not a person or a scanner, and a p is about other stimuli of \
                        the same kind, not about other people.";

/// Said instead where the variance is that of scans.
pub(super) const UNIT_OF_SCANS: &str = "The unit is the scan. A p is about the scans of these stimuli as the regressors fit them, \
                                 neither about other stimuli nor about other people: the model is deterministic.";

/// An experiment's results.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = ExperimentReport)]
pub struct Report {
    /// Always true: no value here was measured.
    pub is_prediction: bool,
    pub name: String,
    /// The paradigm of the library that it follows.
    pub localizer: Option<String>,
    pub model: ModelIdentity,
    pub subjects: Vec<String>,
    /// What was shown when.
    pub design: Preview,
    /// How the stimuli of each condition were changed before they were presented, of those whose were.
    pub media: BTreeMap<String, Media>,
    /// Which estimate the contrasts are of: `peak`, `glm` or `timecourse`.
    pub estimate: String,
    /// What n is and is not.
    pub unit: String,
    pub contrasts: Vec<ContrastReport>,
    /// What was done for want of better, in sentences.
    pub notes: Vec<String>,
    /// Every file beside this one.
    pub files: Vec<String>,
}

/// One contrast of one subject.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ContrastReport {
    pub name: String,
    pub subject: String,
    pub weights: BTreeMap<String, f64>,
    /// Stimuli of each condition with a weight.
    pub n: BTreeMap<String, usize>,
    /// Whether there is a t, or the effect alone.
    pub tested: bool,
    /// Vertices with q below the rate that the experiment asks for, 0.05 where it asks for none.
    pub significant_vertices: Option<usize>,
    /// Parcels with q below that rate, where false discoveries are counted among parcels.
    pub significant_parcels: Option<usize>,
    /// Where permutations are asked for and the contrast is tested.
    pub permutations: Option<PermutationReport>,
    pub regions: Vec<RegionRow>,
}
