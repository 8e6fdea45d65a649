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
        let is_whole = matches!(stimulus.length, Length::Own(own_s) if own_s <= trial.duration_s + SHORTEST_GAP_S);
        shown(stimulus, trial.onset_s, (!is_whole).then_some(trial.duration_s))
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
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::experiment::design::{Design, Windows};
    use crate::stimulus::{Ffmpeg, Film, Limits, Shelf, Speech, Timeline, Tools};

    const WINDOWS: Windows = Windows { window_s: 100.0, tr_s: 1.0, settle_s: 5.0 };

    fn trial(onset_s: f64, duration_s: f64) -> Trial {
        Trial { condition: 0, stimulus: 0, repetition: 0, block: None, onset_s, duration_s }
    }

    #[test]
    fn gaps_are_what_no_trial_covers() {
        let run = Run { trials: vec![trial(0.0, 2.0), trial(2.0, 1.0), trial(8.0, 1.0)], length_s: 12.0 };
        assert_eq!(gaps(&run), [(3.0, 5.0), (9.0, 3.0)]);
    }

    fn shown(length: Length, file: PathBuf, manipulation: Manipulation) -> Shown {
        Shown { file: Some(file), transcript: None, length, manipulation }
    }

    #[test]
    fn what_has_a_length_of_its_own_is_cut_where_its_trial_is_shorter() {
        let durations = |length, duration_s| {
            let stimuli = Stimuli::stand_in(vec![vec![shown(length, "a".into(), Manipulation::default())]]);
            let run = Run { trials: vec![trial(0.0, duration_s)], length_s: 12.0 };
            let Source::Sequence { events, .. } = source(&run, &stimuli, None) else { unreachable!() };
            events[0].duration
        };
        assert_eq!(durations(Length::Held, 2.5), Some(2.5));
        assert_eq!(durations(Length::Own(4.0), 4.0), None);
        assert_eq!(durations(Length::Own(4.0), 2.5), Some(2.5));
    }

    /// A picture of one colour.
    fn plain(folder: &Path, rgb: [u8; 3]) -> PathBuf {
        let path = folder.join(format!("{}.png", rgb[0]));
        let mut encoder = png::Encoder::new(std::fs::File::create(&path).unwrap(), 32, 16);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().unwrap().write_image_data(&rgb.repeat(32 * 16)).unwrap();
        path
    }

    /// Two conditions of two pictures each, of colours 10 and 20, 110 and 120, the second pair at half its contrast, in
    /// blocks, as they are laid out; and what was to be shown.
    fn blocks(gap: &str, folder: &Path) -> (Timeline, Run, Tools) {
        let half = Manipulation { contrast: 0.5, ..Manipulation::default() };
        let pictures =
            |levels: [u8; 2], by| levels.map(|level| shown(Length::Held, plain(folder, [level, 200, 60]), by)).to_vec();
        let stimuli = Stimuli::stand_in(vec![pictures([10, 20], Manipulation::default()), pictures([110, 120], half)]);
        let fields = format!("kind = \"block\"\nstimuli_per_block = 2\nstimulus_s = 1.5\nblocks = 2\ngap = \"{gap}\"");
        let design: Design = toml::from_str(&fields).unwrap();
        let run = design.runs(&stimuli.material(), &WINDOWS, None).unwrap().remove(0);
        let tools = Tools {
            ffmpeg: Ffmpeg::locate(None).unwrap(),
            speech: Speech::locate(None, "en-us"),
            transcriber: None,
            limits: Limits { duration_s: 600.0 },
        };
        let grey = grey_picture(design.gap(), folder).unwrap();
        let source = source(&run, &stimuli, grey.as_deref());
        let (timeline, _) = source.lay_out(&tools, &Shelf::new(folder), &CancellationToken::new()).unwrap();
        (timeline, run, tools)
    }

    /// The colour that is shown at a second; `None` where nothing is.
    fn colour(timeline: &Timeline, second: f64, tools: &Tools) -> Option<[u8; 3]> {
        let shown: Vec<&Film> =
            timeline.films.iter().filter(|film| film.start <= second && second < film.start + film.duration).collect();
        assert!(shown.len() < 2, "two pictures are shown at {second} s");
        let frame = shown.first()?.frames(&tools.ffmpeg).unwrap().next().unwrap().unwrap();
        let colour = [frame[0], frame[1], frame[2]];
        assert!(frame.chunks(3).all(|pixel| pixel == colour));
        Some(colour)
    }

    #[test]
    fn a_run_of_blocks_shows_its_trials_changed_as_asked_and_between_them_what_the_gap_says() {
        for (gap, between) in [("grey", Some([128; 3])), ("silence", None)] {
            let folder = tempfile::tempdir().unwrap();
            let (timeline, run, tools) = blocks(gap, folder.path());
            assert_eq!((timeline.start(), timeline.end()), (0.0, run.length_s));
            let seconds = (0..).map(|half| 0.25 + 0.5 * f64::from(half)).take_while(|second| *second < run.length_s);
            let mut counts = [0; 2];
            for second in seconds {
                let trial = run.trials.iter().find(|trial| trial.onset_s <= second && second < trial.end_s());
                let wanted = trial.map(|trial| match (trial.condition, trial.stimulus as u8) {
                    (0, stimulus) => [10 + 10 * stimulus, 200, 60],
                    (_, stimulus) => [119 + 5 * stimulus, 164, 94],
                });
                assert_eq!(colour(&timeline, second, &tools), wanted.or(between), "{gap} at {second} s");
                counts[usize::from(trial.is_some())] += 1;
            }
            assert_eq!(counts[1], 4 * 2 * 3, "four blocks of two pictures of three half seconds");
            assert!(counts[0] >= 3 * 12, "three rests of six seconds, and the end");
        }
    }
}
