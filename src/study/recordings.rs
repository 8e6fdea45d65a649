//! A study's stimuli and runs, brought together: features and responses of each split.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::training::{Progress, Resources};
use super::{Configuration, Error, Split, Study, StudyRun};
use crate::bold::{Prepared, PreparedRuns, Times};
use crate::encoder::Settings;
use crate::encoder::training::{Recording, Response};
use crate::predict::{self, FeatureReader, StimulusFeatures};

/// What is learned from, and what decides when to stop.
pub(super) struct Recordings {
    pub(super) train: Vec<Recording>,
    pub(super) validation: Vec<Recording>,
}

/// Reads all runs but those of the test split: each stimulus's features once, each run's responses made ready on disk.
pub(super) fn read(
    study: &Study,
    splits: &[Split],
    configuration: &Configuration,
    settings: &Settings,
    reader: &FeatureReader,
    resources: &mut Resources,
) -> Result<Recordings, Error> {
    let outputs = configuration.outputs()?;
    let prepared = PreparedRuns::open(resources.pipeline.cache.join("bold"))?;
    let used: Vec<(&StudyRun, Split)> =
        study.runs.iter().zip(splits.iter().copied()).filter(|(_, split)| *split != Split::Test).collect();
    let mut stimuli: BTreeMap<([u8; 32], Split), (StimulusFeatures, Vec<Response>)> = BTreeMap::new();
    for (index, &(run, split)) in used.iter().enumerate() {
        if resources.cancel.is_cancelled() {
            return Err(Error::Stopped);
        }
        let key = (*run.source.content()?.as_bytes(), split);
        let (shown, responses) = match stimuli.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let Resources { pipeline, cancel, progress, .. } = resources;
                let mut tell = |stage, fraction| {
                    progress(Progress::Reading { run: index + 1, runs: used.len(), stage, fraction });
                };
                let shown = reader.read(&run.source, settings.feature_hz, &pipeline.cache, &mut tell, cancel);
                let stopped = |error: predict::Error| if error.is_cancelled() { Error::Stopped } else { error.into() };
                let shown = shown.map_err(stopped)?;
                place.insert((shown, Vec::new()))
            }
        };
        let times = Times {
            first_s: run.onset_s + shown.start_s + settings.lag_s,
            step_s: settings.tr_s,
            count: scans(shown, settings),
        };
        let found = prepared.get(&run.bold, outputs, run.tr_s, &resources.surfaces, times)?;
        check_length(run, shown, &found, study.tolerance_s)?;
        let row = settings.subjects.iter().position(|subject| subject.name == run.subject);
        let row = row.ok_or_else(|| Error::UntrainedSubject { subject: run.subject.clone(), split })?;
        responses.push(Response::open(settings.subjects[row].subject_row(), &found)?);
        tell_masked(run, &found);
    }
    let mut recordings = Recordings { train: Vec::new(), validation: Vec::new() };
    for ((_, split), (shown, responses)) in stimuli {
        let scans = scans(&shown, settings);
        let recording = Recording { features: shown.features, scans, responses };
        match split {
            Split::Train => recordings.train.push(recording),
            Split::Validation => recordings.validation.push(recording),
            Split::Test => {}
        }
    }
    Ok(recordings)
}

/// Rows that a stimulus lasts.
fn scans(shown: &StimulusFeatures, settings: &Settings) -> usize {
    ((shown.end_s - shown.start_s) / settings.tr_s).ceil() as usize
}

fn check_length(run: &StudyRun, shown: &StimulusFeatures, found: &Prepared, tolerance_s: f64) -> Result<(), Error> {
    let stimulus_s = run.onset_s + shown.end_s;
    if (found.length_s - stimulus_s).abs() <= tolerance_s && found.rows > 0 {
        return Ok(());
    }
    Err(Error::Length { bold: run.path(), run_s: found.length_s, stimulus_s, tolerance_s })
}

pub(super) fn tell_masked(run: &StudyRun, found: &Prepared) {
    let masked = found.masked;
    if masked.constant + masked.not_finite > 0 {
        tracing::warn!(
            run = %run.path().display(), constant = masked.constant, not_finite = masked.not_finite,
            "outputs that hold nothing are taken for 0"
        );
    }
}
