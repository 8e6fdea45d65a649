//! Stimuli at the onsets that an events table gives them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Error;
use super::{Gap, Material, Run, Trial, Windows, check_size, one_second};

/// The stimuli of an events table, each at its own onset. Onsets are never moved; those of the table count from the
/// first one, since windows do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ScheduledDesign {
    /// How long a picture is held whose row has no duration (s).
    #[serde(default = "one_second")]
    pub stimulus_s: f64,
    #[serde(default)]
    pub gap: Gap,
}

impl Default for ScheduledDesign {
    fn default() -> Self {
        Self { stimulus_s: one_second(), gap: Gap::default() }
    }
}

impl ScheduledDesign {
    /// One run. A row without a stimulus is rest.
    pub(super) fn runs(&self, material: &Material, windows: &Windows) -> Result<Vec<Run>, Error> {
        check_size(material.events.len(), 1)?;
        let first_s = material.events.iter().filter(|event| event.stimulus.is_some()).map(|event| event.onset_s);
        let first_s = first_s.reduce(f64::min).ok_or(Error::NoEvents { design: "scheduled" })?;
        let mut trials = Vec::with_capacity(material.events.len());
        for event in &material.events {
            let Some(stimulus) = event.stimulus else { continue };
            let condition = material.conditions.get(event.condition);
            let length = condition.and_then(|condition| condition.lengths.get(stimulus));
            let length = length.ok_or(Error::NoEvents { design: "scheduled" })?;
            let duration_s = event.duration_s.unwrap_or(length.shown_s(self.stimulus_s));
            trials.push(Trial::new(event.condition, stimulus, event.onset_s - first_s, duration_s));
        }
        Ok(vec![Run::new(trials, windows)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Design, Length, Presented, ScheduledEvent};
    use super::*;

    #[test]
    fn onsets_are_those_of_the_table_from_its_first() {
        let event = |stimulus, onset_s, duration_s| ScheduledEvent { condition: 0, stimulus, onset_s, duration_s };
        let material = Material {
            conditions: vec![Presented { name: "a".into(), lengths: vec![Length::Held, Length::Own(4.0)] }],
            events: vec![event(Some(1), 99.0, None), event(None, 2.0, None), event(Some(0), 10.0, Some(2.5))],
            continuous_s: None,
        };
        let windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };
        let design = Design::Scheduled(ScheduledDesign::default());
        let run = design.runs(&material, &windows, None).unwrap().remove(0);
        let trials: Vec<_> = run.trials.iter().map(|t| (t.stimulus, t.onset_s, t.duration_s)).collect();
        assert_eq!(trials, [(0, 0.0, 2.5), (1, 89.0, 4.0)]);
        assert_eq!(run.length_s, 95.0);
    }
}
