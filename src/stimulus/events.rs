//! BIDS `events.tsv`: several stimuli placed on one timeline.
//!
//! Columns `onset` and `duration` (s), `stim_file`, and optionally `transcript_file`. A row whose `stim_file`
//! is `n/a` is rest. A duration of `n/a` shows the whole stimulus, and a shorter one cuts it.

use std::{
    collections::BTreeMap,
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Error, Manipulation, error::name_of, transcript::read_text};

const WANTED: &str = "onset, duration, stim_file";

/// One stimulus on the timeline: a film, a sound, a text or a picture, as what is in its file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// s.
    pub onset: f64,
    /// How long the stimulus is shown (s); whole where it is not said.
    pub duration: Option<f64>,
    pub stimulus: PathBuf,
    pub transcript: Option<PathBuf>,
    /// How it is changed.
    #[serde(default)]
    pub manipulation: Manipulation,
}

/// Reads the events that place a stimulus. Files are looked up by name in `given`, or in the folder of the
/// events file where nothing is given; names that lead out of that folder are refused.
pub(super) fn read(path: &Path, given: Option<&BTreeMap<String, PathBuf>>) -> Result<Vec<Event>, Error> {
    let name = name_of(path);
    let folder = path.parent().unwrap_or(Path::new(""));
    let events = parse(&read_text(path)?, &name, |file| match given {
        None => Some(folder.join(file)).filter(|file| file.is_file()),
        Some(given) => given.get(file).cloned(),
    })?;
    match events.is_empty() {
        true => Err(Error::NoStimulus { name }),
        false => Ok(events),
    }
}

fn parse(text: &str, name: &str, find: impl Fn(&str) -> Option<PathBuf>) -> Result<Vec<Event>, Error> {
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_reader(text.as_bytes());
    let malformed = |error: csv::Error| Error::Malformed {
        name: name.into(),
        place: error.position().map_or("its start".into(), |position| format!("line {}", position.line())),
        problem: "its cells do not match its header".into(),
    };
    let header = reader.headers().map_err(malformed)?.clone();
    let position = |wanted: &str| header.iter().position(|column| column.trim() == wanted);
    let needed = |column| position(column).ok_or(Error::NoColumn { name: name.into(), column, wanted: WANTED });
    let (onset, duration, stim_file) = (needed("onset")?, needed("duration")?, needed("stim_file")?);
    let transcript_file = position("transcript_file");
    let mut events = Vec::new();
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        let place = format!("line {}", record.position().map_or(0, csv::Position::line));
        let file = |cell: &str| named_file(cell, name, &place, &find);
        let Some(stimulus) = file(&record[stim_file])? else { continue };
        let transcript = transcript_file.map(|column| file(&record[column])).transpose()?.flatten();
        let onset = seconds(&record[onset], "onset", name, &place)?;
        let duration = stated(&record[duration]).map(|cell| seconds(cell, "duration", name, &place)).transpose()?;
        let duration = duration.filter(|duration| *duration > 0.0);
        events.push(Event { onset, duration, stimulus, transcript, manipulation: Manipulation::default() });
    }
    Ok(events)
}

/// A cell that is not BIDS's `n/a`.
fn stated(cell: &str) -> Option<&str> {
    Some(cell.trim()).filter(|cell| !cell.is_empty() && *cell != "n/a")
}

fn named_file(
    cell: &str,
    name: &str,
    place: &str,
    find: impl Fn(&str) -> Option<PathBuf>,
) -> Result<Option<PathBuf>, Error> {
    let Some(file) = stated(cell) else { return Ok(None) };
    let (name, place, quoted) = (name.to_owned(), place.to_owned(), file.to_owned());
    if !Path::new(file).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(Error::OutsideFolder { name, place, file: quoted });
    }
    find(file).map(Some).ok_or(Error::UnknownFile { name, place, file: quoted })
}

fn seconds(cell: &str, column: &'static str, name: &str, place: &str) -> Result<f64, Error> {
    let value = cell.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
    value.ok_or_else(|| Error::BadNumber {
        name: name.into(),
        place: place.into(),
        column,
        value: cell.chars().take(40).collect(),
        rule: "give a number of seconds of at least 0",
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(rows: &str) -> Result<Vec<Event>, Error> {
        let text = format!("onset\tduration\ttrial_type\tstim_file\n{rows}");
        parse(&text, "events.tsv", |file| (file != "lost.png").then(|| PathBuf::from(file)))
    }

    #[test]
    fn rows_place_stimuli_and_rest_places_none() {
        let events = of("0\t2\tface\tfaces/a.png\n2\t2\trest\tn/a\n4.5\tn/a\tfilm\tclip.mp4\n").unwrap();
        let stimuli: Vec<(f64, Option<f64>, &str)> =
            events.iter().map(|event| (event.onset, event.duration, event.stimulus.to_str().unwrap())).collect();
        assert_eq!(stimuli, [(0.0, Some(2.0), "faces/a.png"), (4.5, None, "clip.mp4")]);
    }

    #[test]
    fn files_outside_the_folder_and_bad_numbers_are_refused() {
        for file in ["../secret.png", "/etc/passwd", "a/../../b.png", "./a.png"] {
            assert!(matches!(of(&format!("0\t1\tx\t{file}\n")), Err(Error::OutsideFolder { .. })), "{file}");
        }
        assert!(matches!(of("0\t1\tx\tlost.png\n"), Err(Error::UnknownFile { .. })));
        assert!(matches!(of("-1\t1\tx\ta.png\n"), Err(Error::BadNumber { column: "onset", .. })));
        assert!(matches!(of("0\tNaN\tx\ta.png\n"), Err(Error::BadNumber { column: "duration", .. })));
        assert!(of("0\t1\n").is_err());
    }

    proptest! {
        #[test]
        fn any_table_is_answered(rows in "([0-9.]{0,4}|n/a|\\t|\\n|\\.\\./|\\PC){0,40}") {
            if let Ok(events) = of(&rows) {
                prop_assert!(events.iter().all(|event| event.onset >= 0.0 && event.stimulus.is_relative()));
            }
        }
    }
}
