//! Each stimulus alone.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::Error;
use super::{Gap, Material, Run, Trial, Windows, check_size, one_second};

/// Each stimulus once, at the start of a window of its own; the rest of the window holds the gap.
///
/// Nothing that was shown before reaches the response, at the price of one forward a stimulus.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IsolatedDesign {
    /// How long a picture is held (s). Films, sounds and texts last as long as they do.
    #[serde(default = "one_second")]
    pub stimulus_s: f64,
    #[serde(default)]
    pub gap: Gap,
}

impl IsolatedDesign {
    /// One run; stimuli come in the order in which they are listed, silences after all others.
    pub(super) fn runs(&self, material: &Material, windows: &Windows) -> Result<Vec<Run>, Error> {
        let mut order: Vec<usize> = (0..material.conditions.len()).collect();
        order.sort_by_key(|condition| material.conditions[*condition].is_silent());
        check_size(material.conditions.iter().map(|condition| condition.lengths.len()).sum(), 1)?;
        let mut trials = Vec::new();
        for condition in order {
            let presented = &material.conditions[condition];
            for (stimulus, length) in presented.lengths.iter().enumerate() {
                let duration_s = length.shown_s(self.stimulus_s);
                let onset_s = trials.len() as f64 * windows.window_s;
                if windows.straddles(onset_s, duration_s) {
                    let condition = presented.name.clone();
                    return Err(Error::LongerThanWindow {
                        condition,
                        stimulus,
                        duration_s,
                        window_s: windows.window_s,
                    });
                }
                trials.push(Trial::new(condition, stimulus, onset_s, duration_s));
            }
        }
        Ok(vec![Run::new(trials, windows)])
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Design, Length, Presented};
    use super::*;

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    #[test]
    fn every_stimulus_begins_a_window() {
        let conditions = vec![
            Presented { name: "silence".into(), lengths: vec![Length::Silence(4.0)] },
            Presented { name: "a".into(), lengths: vec![Length::Held, Length::Own(99.0)] },
        ];
        let material = Material { conditions, ..Material::default() };
        let design = Design::Isolated(toml::from_str("stimulus_s = 2.0").unwrap());
        let run = design.runs(&material, &WINDOWS, None).unwrap().remove(0);
        let trials: Vec<(usize, f64, f64)> =
            run.trials.iter().map(|trial| (trial.condition, trial.onset_s, trial.duration_s)).collect();
        assert_eq!(trials, [(1, 0.0, 2.0), (1, 100.0, 99.0), (0, 200.0, 4.0)]);
        assert_eq!(run.windows(&WINDOWS, 0.0).len(), 3);
        let long = Windows { window_s: 50.0, ..WINDOWS };
        assert!(matches!(design.runs(&material, &long, None), Err(Error::LongerThanWindow { stimulus: 1, .. })));
    }

    #[test]
    fn nothing_to_show_is_said() {
        let design = Design::Isolated(toml::from_str("").unwrap());
        assert!(matches!(design.runs(&Material::default(), &WINDOWS, None), Err(Error::NothingToShow)));
    }
}
