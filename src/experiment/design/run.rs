//! A run: trials on one timeline.

use std::collections::HashMap;

use super::Windows;

/// A stimulus that is shown once.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Index into the conditions.
    pub condition: usize,
    /// Index into the stimuli of the condition.
    pub stimulus: usize,
    /// How often the stimulus was shown before, in all runs.
    pub repetition: usize,
    /// The block that it belongs to, counted in its run, in a design of blocks.
    pub block: Option<usize>,
    /// From the start of the run (s).
    pub onset_s: f64,
    pub duration_s: f64,
}

/// Trials on one timeline, in the order of their onsets.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    pub trials: Vec<Trial>,
    /// Until all is over that is shown, and all that is read of the response (s).
    pub length_s: f64,
}

/// A stretch of a run that the model sees at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WindowSpan {
    /// From the start of the run (s).
    pub start_s: f64,
    pub duration_s: f64,
}

impl Trial {
    pub(super) fn new(condition: usize, stimulus: usize, onset_s: f64, duration_s: f64) -> Self {
        Self { condition, stimulus, repetition: 0, block: None, onset_s, duration_s }
    }

    pub fn end_s(&self) -> f64 {
        self.onset_s + self.duration_s
    }
}

impl Run {
    /// A run of these trials, put in order, that lasts until the last of them is over and read.
    pub(super) fn new(mut trials: Vec<Trial>, windows: &Windows) -> Self {
        trials.sort_by(|a, b| a.onset_s.total_cmp(&b.onset_s));
        let ends = trials.iter().map(|trial| trial.onset_s + windows.needed_s(trial.duration_s));
        let length_s = ends.fold(0.0, f64::max);
        Self { trials, length_s }
    }

    /// The windows that tile the run from its start, each but the first beginning `overlap_s` before the last one ends.
    /// The last one may reach past the end of the run.
    pub fn windows(&self, windows: &Windows, overlap_s: f64) -> Vec<WindowSpan> {
        let window_s = windows.window_s;
        let step_s = (window_s - overlap_s).max(windows.tr_s);
        let more = ((self.length_s - window_s) / step_s - 1e-9).ceil().max(0.0) as usize;
        (0..=more).map(|i| WindowSpan { start_s: i as f64 * step_s, duration_s: window_s }).collect()
    }
}

/// Counts for each trial how often its stimulus was shown before.
pub(super) fn number_repetitions(runs: &mut [Run]) {
    let mut shown: HashMap<(usize, usize), usize> = HashMap::new();
    for trial in runs.iter_mut().flat_map(|run| &mut run.trials) {
        let before = shown.entry((trial.condition, trial.stimulus)).or_default();
        trial.repetition = *before;
        *before += 1;
    }
}
