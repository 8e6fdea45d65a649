//! An experiment as a user writes it, in JSON or TOML.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::condition::Condition;
use super::contrast::Contrast;
use super::design::Design;
use super::estimate::Estimate;
use super::grid::Axis;
use super::media::Media;
use super::region::RegionName;
use super::statistics::{Returned, Statistics};
use super::stimulus::Stimulus;
use crate::features::Modality;

/// What to show to whom, when, and how to compare the responses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = ExperimentSpec)]
pub struct Spec {
    pub name: String,
    /// A paradigm of the library that fills in what is left out here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub localizer: Option<String>,
    /// The model; the one that is loaded when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Of the model; its default subject when empty.
    pub subjects: Vec<String>,
    /// Those that reach the encoder; all when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modalities: Option<Vec<Modality>>,
    pub conditions: Vec<Condition>,
    /// A folder with a sub-folder of stimuli for each condition, called as the condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stimuli_folder: Option<String>,
    /// The id of an uploaded zip with a folder of stimuli for each condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stimuli_upload: Option<String>,
    /// A BIDS `events.tsv` with `onset`, `duration`, `trial_type` and, for several stimuli, `stim_file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events: Option<Stimulus>,
    /// How stimuli are changed before they are presented.
    pub media: Media,
    /// Pictures of 1 s every 8 s when left out, or what the events table says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design: Option<Design>,
    /// The response 5 s after onset when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    pub contrasts: Vec<Contrast>,
    /// Names of built-in spheres, `atlas:NAME` or `atlas:NAME/parcel`.
    pub regions: Vec<String>,
    /// Maps and regions when empty.
    pub returns: Vec<Returned>,
    pub statistics: Statistics,
    /// Of all that is random and has no seed of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Fields that are varied: a path such as `design.asynchrony_s`, and its values.
    pub grid: BTreeMap<String, Axis>,
}

impl Spec {
    pub(super) const FIELDS: [&str; 18] = [
        "name",
        "localizer",
        "model",
        "subjects",
        "modalities",
        "conditions",
        "stimuli_folder",
        "stimuli_upload",
        "events",
        "media",
        "design",
        "estimate",
        "contrasts",
        "regions",
        "returns",
        "statistics",
        "seed",
        "grid",
    ];

    /// The design, which is that of the events table where there is one and nothing else is said.
    pub fn design(&self) -> Design {
        match (&self.design, &self.events) {
            (Some(design), _) => design.clone(),
            (None, Some(_)) => Design::Scheduled(Default::default()),
            (None, None) => Design::default(),
        }
    }

    pub fn estimate(&self) -> Estimate {
        self.estimate.clone().unwrap_or_default()
    }

    pub fn returns(&self) -> Vec<Returned> {
        if self.returns.is_empty() { vec![Returned::Maps, Returned::Regions] } else { self.returns.clone() }
    }

    /// Whether the model reads off the means of regions in place of vertices.
    pub fn reads_means(&self) -> bool {
        self.returns.contains(&Returned::RegionMeans)
    }

    /// The regions that are looked at: those that are named, and the parcels among which false discoveries are counted.
    pub fn all_regions(&self) -> Vec<String> {
        let parcels = self.statistics.tested_atlas().map(|atlas| RegionName::Atlas(atlas.to_owned()).to_string());
        self.regions.iter().cloned().chain(parcels).collect()
    }

    /// The modalities that reach the encoder in each condition, in the order of the conditions; `None` for all.
    pub fn masks(&self) -> Vec<Option<Vec<Modality>>> {
        let mask = |condition: &Condition| {
            let mut modalities = condition.modalities.clone().or(self.modalities.clone())?;
            modalities.sort();
            modalities.dedup();
            Some(modalities)
        };
        self.conditions.iter().map(mask).collect()
    }

    /// How the stimuli of a condition are changed.
    pub fn media_of(&self, condition: &Condition) -> Media {
        condition.media.over(self.media)
    }

    /// How the stimuli of each condition are changed, of those whose are.
    pub fn changed_media(&self) -> BTreeMap<String, Media> {
        let media = self.conditions.iter().map(|condition| (condition.name.clone(), self.media_of(condition)));
        media.filter(|(_, media)| !media.is_empty()).collect()
    }

    /// How many different sets of modalities there are, each of which takes forwards of its own.
    pub fn distinct_masks(&self) -> usize {
        let mut masks = self.masks();
        masks.sort();
        masks.dedup();
        masks.len().max(1)
    }

    /// All stimuli that it names, with their places in it.
    pub fn stimuli(&self) -> impl Iterator<Item = (String, &Stimulus)> {
        let listed = self.conditions.iter().enumerate().flat_map(|(i, condition)| {
            let place = move |j| format!("conditions[{i}].stimuli[{j}]");
            condition.stimuli.iter().enumerate().map(move |(j, stimulus)| (place(j), stimulus))
        });
        let continuous = match &self.design {
            Some(Design::Continuous(design)) => Some(("design.stimulus".to_owned(), &design.stimulus)),
            _ => None,
        };
        let events = self.events.as_ref().map(|events| ("events".to_owned(), events));
        listed.chain(continuous).chain(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_that_are_masked_alike_share_their_forwards() {
        use Modality::{Audio, Video};
        let condition = |modalities| Condition { modalities, ..Condition::default() };
        let conditions = vec![condition(None), condition(Some(vec![Video, Audio])), condition(Some(vec![Audio]))];
        let spec = Spec { modalities: Some(vec![Audio, Video, Video]), conditions, ..Spec::default() };
        assert_eq!(spec.masks()[0], Some(vec![Audio, Video]));
        assert_eq!(spec.distinct_masks(), 2);
        assert_eq!(Spec::default().distinct_masks(), 1);
    }
}
