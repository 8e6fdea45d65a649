//! The library of localizers: paradigms whose conditions, contrasts and expected regions are known.

mod library;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use library::Library;

use super::condition::Condition;
use super::contrast::Contrast;
use super::design::Design;
use super::estimate::Estimate;
use crate::features::Modality;

/// A paradigm: `localizers/NAME.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Localizer {
    /// The name of its file, which does not repeat it.
    #[serde(default)]
    #[schema(required)]
    pub name: String,
    pub title: String,
    /// What it shows, in two or three sentences.
    pub description: String,
    pub stimulus: StimulusKind,
    /// Those that reach the encoder; all when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modalities: Option<Vec<Modality>>,
    pub conditions: Vec<Condition>,
    pub design: Design,
    pub estimate: Estimate,
    pub contrasts: Vec<Contrast>,
    #[serde(default)]
    pub expected: Vec<ExpectedRegion>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<PublishedAgreement>,
}

/// What the stimuli of a paradigm are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StimulusKind {
    Image,
    Sound,
    Film,
    Text,
}

/// Where a contrast is expected to be found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpectedRegion {
    /// A contrast of the localizer, by name.
    pub contrast: String,
    /// Of the built-in spheres.
    pub region: String,
    /// Where the effect is expected to be stronger.
    pub hemisphere: Laterality,
    pub citation: String,
}

/// The hemisphere that answers more, if one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Laterality {
    Left,
    Right,
    Both,
}

/// How well TRIBE v2's paper finds its prediction to agree with people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedAgreement {
    /// A contrast of the localizer, by name.
    pub contrast: String,
    /// Pearson's correlation with the group map of the Individual Brain Charting project, over 360 parcels.
    pub r: f64,
    pub p: f64,
    pub source: String,
}

impl Localizer {
    /// Expected regions, each once, in the order in which they are listed.
    pub fn regions(&self) -> Vec<String> {
        let mut regions: Vec<String> = Vec::new();
        for expected in &self.expected {
            if !regions.contains(&expected.region) {
                regions.push(expected.region.clone());
            }
        }
        regions
    }
}
