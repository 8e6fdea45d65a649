//! One film, sound or text that runs through, with events that label stretches of it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Error;
use super::super::stimulus::Stimulus;
use super::{Material, Run, Trial, check_size};

/// One stimulus, shown whole. What happens in it when is told by the experiment's events table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContinuousDesign {
    pub stimulus: Stimulus,
    /// How much of a window the next one sees again (s): there the two responses fade into each other. 0 predicts each
    /// second once, as TRIBE v2's code does.
    #[serde(default)]
    pub overlap_s: f64,
}

impl ContinuousDesign {
    /// One run, as long as the stimulus. Its trials are the rows of the events table, which may lie in two windows;
    /// each is a stimulus of its own, numbered by row within its condition.
    pub(super) fn runs(&self, material: &Material) -> Result<Vec<Run>, Error> {
        check_size(material.events.len(), 1)?;
        let length_s = material.continuous_s.ok_or(Error::NoContinuousStimulus)?;
        if material.events.is_empty() {
            return Err(Error::NoEvents { design: "continuous" });
        }
        let mut seen = vec![0; material.conditions.len()];
        let mut trials = Vec::with_capacity(material.events.len());
        for (row, event) in material.events.iter().enumerate() {
            let duration_s = event.duration_s.unwrap_or(0.0);
            if event.onset_s >= length_s {
                return Err(Error::EventPastEnd { row: row + 1, onset_s: event.onset_s, length_s });
            }
            let count = seen.get_mut(event.condition).ok_or(Error::NoEvents { design: "continuous" })?;
            trials.push(Trial::new(event.condition, *count, event.onset_s, duration_s));
            *count += 1;
        }
        trials.sort_by(|a, b| a.onset_s.total_cmp(&b.onset_s));
        Ok(vec![Run { trials, length_s }])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Design, Presented, ScheduledEvent, Windows};
    use super::*;

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    fn material(onsets: &[(usize, f64)]) -> Material {
        let events = onsets.iter().map(|&(condition, onset_s)| ScheduledEvent {
            condition,
            stimulus: None,
            onset_s,
            duration_s: Some(3.0),
        });
        let names = ["speech", "music"].map(|name| Presented { name: name.into(), lengths: vec![] });
        Material { conditions: names.into(), events: events.collect(), continuous_s: Some(250.0) }
    }

    fn design() -> Design {
        let text = "kind = \"continuous\"\nstimulus = \"film.mp4\"\noverlap_s = 20.0";
        toml::from_str(text).unwrap()
    }

    #[test]
    fn events_label_stretches_and_windows_overlap() {
        let run = design().runs(&material(&[(1, 99.0), (0, 10.0), (1, 200.0)]), &WINDOWS, None).unwrap().remove(0);
        let trials: Vec<_> = run.trials.iter().map(|trial| (trial.condition, trial.stimulus, trial.onset_s)).collect();
        assert_eq!(trials, [(0, 0, 10.0), (1, 0, 99.0), (1, 1, 200.0)]);
        let starts: Vec<f64> = run.windows(&WINDOWS, design().overlap_s()).iter().map(|w| w.start_s).collect();
        assert_eq!(starts, [0.0, 80.0, 160.0]);
        assert_eq!(run.windows(&WINDOWS, 0.0).len(), 3);
    }

    #[test]
    fn an_event_after_the_end_is_named_by_its_row() {
        let error = design().runs(&material(&[(0, 0.0), (0, 250.0)]), &WINDOWS, None).unwrap_err();
        assert!(matches!(error, Error::EventPastEnd { row: 2, .. }), "{error}");
        assert!(matches!(design().runs(&material(&[]), &WINDOWS, None), Err(Error::NoEvents { .. })));
    }

    #[test]
    fn windows_overlap_by_half_at_most_and_runs_end() {
        let windows = Windows { window_s: 39.0, ..WINDOWS };
        let error = design().runs(&material(&[(0, 0.0)]), &windows, None).unwrap_err();
        assert!(matches!(error, Error::Overlap { overlap_s: 20.0, .. }), "{error}");
        let endless = Material { continuous_s: Some(f64::INFINITY), ..material(&[(0, 0.0)]) };
        assert!(matches!(design().runs(&endless, &WINDOWS, None), Err(Error::RunTooLong { .. })));
    }
}
