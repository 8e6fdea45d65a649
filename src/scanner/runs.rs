//! A run as a stimulus: every trial in its place on one timeline.

use std::path::{Path, PathBuf};

use super::Error;
use super::stimuli::{Shown, Stimuli};
use crate::experiment::design::{Gap, Length, Run, Trial};
use crate::stimulus::{Event, Manipulation, Source};

/// Side of the grey picture (pixels), and its level.
const GREY_SIDE: u32 = 256;
const GREY: u8 = 128;
/// Gaps shorter than this (s) are left as they are.
const SHORTEST_GAP_S: f64 = 1e-6;

/// Lays a run out; `grey` is the picture that fills its gaps, where there is one.
pub(super) fn source(run: &Run, stimuli: &Stimuli, grey: Option<&Path>) -> Source {
    let shown = |shown: &Shown, onset: f64, duration: Option<f64>| {
        let stimulus = shown.file.clone()?;
        let (transcript, manipulation) = (shown.transcript.clone(), shown.manipulation);
        Some(Event { onset, duration, stimulus, transcript, manipulation })
    };
    let of_trial = |trial: &Trial| {
        let stimulus = stimuli.of_trial(trial.condition, trial.stimulus)?;
        let held = matches!(stimulus.length, Length::Held);
        shown(stimulus, trial.onset_s, held.then_some(trial.duration_s))
    };
    let mut events: Vec<Event> = run.trials.iter().filter_map(of_trial).collect();
    events.extend(stimuli.continuous().and_then(|stimulus| shown(stimulus, 0.0, None)));
    if let Some(grey) = grey {
        events.extend(gaps(run).into_iter().map(|(onset, duration)| Event {
            onset,
            duration: Some(duration),
            stimulus: grey.to_owned(),
            transcript: None,
            manipulation: Manipulation::default(),
        }));
        events.sort_by(|a, b| a.onset.total_cmp(&b.onset));
    }
    Source::Sequence { events, length_s: run.length_s }
}

/// Onsets and durations (s) of the stretches in which no trial is shown.
fn gaps(run: &Run) -> Vec<(f64, f64)> {
    let mut gaps = Vec::new();
    let mut reached = 0.0;
    for trial in &run.trials {
        gaps.push((reached, trial.onset_s - reached));
        reached = f64::max(reached, trial.end_s());
    }
    gaps.push((reached, run.length_s - reached));
    gaps.retain(|(_, duration)| *duration > SHORTEST_GAP_S);
    gaps
}

/// The picture that a grey gap shows, in a folder.
pub(super) fn grey_picture(gap: Gap, folder: &Path) -> Result<Option<PathBuf>, Error> {
    if gap == Gap::Silence {
        return Ok(None);
    }
    let path = folder.join("grey.png");
    let written = || {
        let mut encoder = png::Encoder::new(std::fs::File::create(&path)?, GREY_SIDE, GREY_SIDE);
        encoder.set_color(png::ColorType::Grayscale);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&[GREY; (GREY_SIDE * GREY_SIDE) as usize])?;
        writer.finish()
    };
    written().map_err(|error| Error::file(&path)(std::io::Error::other(error)))?;
    Ok(Some(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_no_trial_covers() {
        let trial =
            |onset_s, duration_s| Trial { condition: 0, stimulus: 0, repetition: 0, block: None, onset_s, duration_s };
        let run = Run { trials: vec![trial(0.0, 2.0), trial(2.0, 1.0), trial(8.0, 1.0)], length_s: 12.0 };
        assert_eq!(gaps(&run), [(3.0, 5.0), (9.0, 3.0)]);
    }
}
