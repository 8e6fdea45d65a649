//! A condition: stimuli that are one in what the experiment asks of them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::media::Media;
use super::stimulus::Stimulus;
use super::text_items::TextRule;
use crate::features::Modality;

/// Stimuli that share a name in contrasts.
///
/// They come from one place: `stimuli`, `items`, `derived`, `silence_s`, or a sub-folder called as the condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    pub name: String,
    /// What its stimuli are to be, for the one who looks for some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stimuli: Vec<Stimulus>,
    /// A list of texts that ships with the library, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub items: Option<String>,
    /// Texts made from such a list by a rule.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derived: Option<DerivedTexts>,
    /// Nothing for so many seconds (s), as often as the condition with the most stimuli has some.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub silence_s: Option<f64>,
    /// The modalities that reach the encoder in this condition, where they are others than the experiment's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modalities: Option<Vec<Modality>>,
    /// How its stimuli are changed, where it is otherwise than the experiment's.
    #[serde(default, skip_serializing_if = "Media::is_empty")]
    pub media: Media,
}

/// Texts made from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DerivedTexts {
    /// A list of texts that ships with the library, by name.
    pub from: String,
    pub rule: TextRule,
    #[serde(default)]
    pub seed: u64,
}

impl Condition {
    /// A condition of this name and these stimuli.
    pub fn new(name: impl Into<String>, stimuli: Vec<Stimulus>) -> Self {
        Self { name: name.into(), stimuli, ..Self::default() }
    }

    /// The fields that say where its stimuli come from, as far as they are given.
    pub(super) fn sources(&self) -> Vec<&'static str> {
        [
            ("stimuli", !self.stimuli.is_empty()),
            ("items", self.items.is_some()),
            ("derived", self.derived.is_some()),
            ("silence_s", self.silence_s.is_some()),
        ]
        .into_iter()
        .filter_map(|(field, is_given)| is_given.then_some(field))
        .collect()
    }
}
