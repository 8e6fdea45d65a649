//! What an experiment will do, before it does it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Material, Run, Windows};

/// Onsets, windows and forwards of a design.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Preview {
    pub runs: Vec<PreviewedRun>,
    /// Trials of all runs.
    pub trials: usize,
    /// Windows of all runs, times the sets of modalities that are masked apart: passes of one window each.
    pub forwards: usize,
    /// Trials that lie in two windows.
    pub straddling: usize,
    /// All runs together (s).
    pub length_s: f64,
}

/// One timeline.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreviewedRun {
    pub length_s: f64,
    /// Where each window begins (s).
    pub windows_s: Vec<f64>,
    /// In the order of their onsets.
    pub trials: Vec<PreviewedTrial>,
}

/// One stimulus, shown once.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PreviewedTrial {
    pub condition: String,
    /// Its place among the stimuli of the condition, from 0.
    pub stimulus: usize,
    pub repetition: usize,
    pub onset_s: f64,
    pub duration_s: f64,
}

impl Preview {
    /// Of runs with windows that overlap by `overlap_s`, each of which is seen under `masks` sets of modalities.
    pub fn new(runs: &[Run], material: &Material, windows: &Windows, overlap_s: f64, masks: usize) -> Self {
        let name = |condition: usize| material.conditions.get(condition).map_or("", |condition| &condition.name);
        let previewed: Vec<PreviewedRun> = runs
            .iter()
            .map(|run| PreviewedRun {
                length_s: run.length_s,
                windows_s: run.windows(windows, overlap_s).iter().map(|window| window.start_s).collect(),
                trials: run
                    .trials
                    .iter()
                    .map(|trial| PreviewedTrial {
                        condition: name(trial.condition).to_owned(),
                        stimulus: trial.stimulus,
                        repetition: trial.repetition,
                        onset_s: trial.onset_s,
                        duration_s: trial.duration_s,
                    })
                    .collect(),
            })
            .collect();
        let all = || runs.iter().flat_map(|run| &run.trials);
        Self {
            trials: all().count(),
            forwards: previewed.iter().map(|run| run.windows_s.len()).sum::<usize>() * masks,
            straddling: all().filter(|trial| windows.straddles(trial.onset_s, trial.duration_s)).count(),
            length_s: runs.iter().map(|run| run.length_s).sum(),
            runs: previewed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Design, EventDesign, Length, Presented};
    use super::*;

    #[test]
    fn forwards_are_windows_times_masks() {
        let conditions = vec![Presented { name: "a".into(), lengths: vec![Length::Held; 13] }];
        let material = Material { conditions, ..Material::default() };
        let windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };
        let design = Design::Event(EventDesign { runs: 2, straddle: true, stimulus_s: 7.0, ..EventDesign::default() });
        let runs = design.runs(&material, &windows, None).unwrap();
        let preview = Preview::new(&runs, &material, &windows, 0.0, 3);
        assert_eq!((preview.trials, preview.forwards, preview.straddling), (26, 2 * 2 * 3, 2));
        assert_eq!(preview.runs[0].windows_s, [0.0, 100.0]);
        assert_eq!((preview.length_s, preview.runs[1].trials[12].onset_s), (206.0, 96.0));
    }
}
