//! A BIDS `events.tsv` of an experiment: what happens when, and under which condition.

use std::collections::{BTreeMap, BTreeSet};

use super::Error;
use super::condition::Condition;
use super::design::ScheduledEvent;
use super::limits::{MAX_NAME_BYTES, MAX_SECONDS, MAX_TRIALS};
use super::stimulus::{Stimulus, stays_inside};

/// Rows of an events table, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventsTable {
    pub rows: Vec<Event>,
}

/// One row. `n/a` is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// s.
    pub onset_s: f64,
    /// s.
    pub duration_s: Option<f64>,
    /// The condition; a row of none is left out of the table.
    pub trial_type: String,
    /// A path inside the folder of the table.
    pub stim_file: Option<String>,
}

impl EventsTable {
    /// Reads a table with the columns `onset`, `duration` (s), `trial_type` and optionally `stim_file`.
    ///
    /// # Errors
    ///
    /// The first row that cannot be read, by its line; over 100,000 rows.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let text = std::str::from_utf8(bytes).map_err(Error::EventsNotText)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_reader(text.as_bytes());
        let uneven = |error: csv::Error| Error::EventsRow {
            line: error.position().map_or(1, csv::Position::line),
            problem: "its cells do not match the header; separate them by tabs".to_owned(),
        };
        let header = reader.headers().map_err(uneven)?.clone();
        let position = |wanted: &str| header.iter().position(|column| column.trim() == wanted);
        let needed = |column| position(column).ok_or(Error::EventsColumn { column });
        let (onset, duration, trial_type) = (needed("onset")?, needed("duration")?, needed("trial_type")?);
        let stim_file = position("stim_file");
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(uneven)?;
            let line = record.position().map_or(0, csv::Position::line);
            if rows.len() == MAX_TRIALS {
                return Err(Error::TooManyTrials { trials: rows.len() + 1 });
            }
            let refuse = |problem| Error::EventsRow { line, problem };
            let Some(trial_type) = stated(&record[trial_type]) else { continue };
            if trial_type.len() > MAX_NAME_BYTES {
                return Err(refuse(format!("its trial_type is longer than {MAX_NAME_BYTES} bytes; shorten it")));
            }
            let onset_s = seconds(&record[onset]).map_err(refuse)?;
            let duration_s = stated(&record[duration]).map(|cell| seconds(cell).map_err(refuse)).transpose()?;
            let file = stim_file.and_then(|column| stated(&record[column]));
            if let Some(file) = file.filter(|file| !stays_inside(file)) {
                return Err(refuse(format!("{:?} leads out of the folder; name files inside it", shortened(file))));
            }
            rows.push(Event {
                onset_s,
                duration_s: duration_s.filter(|duration| *duration > 0.0),
                trial_type: trial_type.to_owned(),
                stim_file: file.map(str::to_owned),
            });
        }
        Ok(Self { rows })
    }

    /// Its conditions in the order in which they first come, each with its stimuli in the order in which they do.
    /// `named` tells what a `stim_file` stands for.
    pub fn conditions(&self, named: impl Fn(&str) -> Stimulus) -> Vec<Condition> {
        let places = self.places();
        let mut conditions: Vec<Condition> =
            places.iter().map(|place| Condition::new(place.name, Vec::new())).collect();
        for (condition, place) in conditions.iter_mut().zip(&places) {
            condition.stimuli = place.files.iter().map(|file| named(file)).collect();
        }
        conditions
    }

    /// Its rows for the conditions of these names, by their places there. Rows of other conditions are left out.
    pub fn schedule(&self, conditions: &[impl AsRef<str>]) -> Vec<ScheduledEvent> {
        let numbers: BTreeMap<&str, usize> =
            conditions.iter().enumerate().map(|(number, name)| (name.as_ref(), number)).collect();
        let stimuli: BTreeMap<(&str, &str), usize> = (self.places().iter())
            .flat_map(|place| place.files.iter().enumerate().map(|(i, file)| ((place.name, *file), i)))
            .collect();
        let event = |row: &Event| {
            let file = row.stim_file.as_deref();
            Some(ScheduledEvent {
                condition: *numbers.get(row.trial_type.as_str())?,
                stimulus: file.and_then(|file| stimuli.get(&(row.trial_type.as_str(), file)).copied()),
                onset_s: row.onset_s,
                duration_s: row.duration_s,
            })
        };
        self.rows.iter().filter_map(event).collect()
    }

    /// The conditions and their files, each once, in the order in which they first come.
    fn places(&self) -> Vec<Place<'_>> {
        let mut places: Vec<Place> = Vec::new();
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        let mut known: BTreeSet<(&str, &str)> = BTreeSet::new();
        for row in &self.rows {
            let number = *numbers.entry(&row.trial_type).or_insert_with(|| {
                places.push(Place { name: &row.trial_type, files: Vec::new() });
                places.len() - 1
            });
            if let Some(file) = &row.stim_file
                && known.insert((&row.trial_type, file))
            {
                places[number].files.push(file);
            }
        }
        places
    }
}

/// A condition of a table.
struct Place<'a> {
    name: &'a str,
    files: Vec<&'a str>,
}

/// A cell that is not BIDS's `n/a`.
fn stated(cell: &str) -> Option<&str> {
    Some(cell.trim()).filter(|cell| !cell.is_empty() && *cell != "n/a")
}

fn seconds(cell: &str) -> Result<f64, String> {
    let value = cell.trim().parse::<f64>().ok().filter(|value| (0.0..=MAX_SECONDS).contains(value));
    value.ok_or_else(|| format!("{:?} is no time; give seconds from 0 to {MAX_SECONDS}", shortened(cell)))
}

fn shortened(cell: &str) -> String {
    cell.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(rows: &str) -> Result<EventsTable, Error> {
        EventsTable::parse(format!("onset\tduration\ttrial_type\tstim_file\n{rows}").as_bytes())
    }

    #[test]
    fn conditions_and_stimuli_are_numbered_as_they_come() {
        let rows =
            "0\t1\tface\tf/a.png\n8\t1\thouse\th.png\n16\tn/a\tface\tf/b.png\n24\t1\tface\tf/a.png\n32\t9\tn/a\tn/a\n";
        let table = table(rows).unwrap();
        assert_eq!(table.rows.len(), 4);
        let conditions = table.conditions(|file| Stimulus::File(file.to_owned()));
        let files = |names: &[&str]| names.iter().map(|name| Stimulus::File((*name).into())).collect::<Vec<_>>();
        assert_eq!(conditions[0], Condition::new("face", files(&["f/a.png", "f/b.png"])));
        assert_eq!(conditions[1], Condition::new("house", files(&["h.png"])));
        let events = table.schedule(&["house", "face"]);
        let places: Vec<_> = events.iter().map(|event| (event.condition, event.stimulus, event.duration_s)).collect();
        let one = Some(1.0);
        assert_eq!(places, [(1, Some(0), one), (0, Some(0), one), (1, Some(1), None), (1, Some(0), one)]);
        assert_eq!(table.schedule(&["house"]).len(), 1);
    }

    #[test]
    fn labels_need_no_stimuli() {
        let table = EventsTable::parse(b"onset\tduration\ttrial_type\n1.5\t3\tspeech\n").unwrap();
        assert_eq!(table.schedule(&["speech"])[0].stimulus, None);
    }

    #[test]
    fn a_bad_row_is_named_by_its_line() {
        for (row, problem) in [
            ("0\t1\ta\t../b.png\n", "leads out"),
            ("-1\t1\ta\tb.png\n", "no time"),
            ("0\tNaN\ta\tb.png\n", "no time"),
            ("0\t1\n", "do not match"),
        ] {
            let error = table(&format!("0\t1\ta\tb.png\n{row}")).unwrap_err().to_string();
            assert!(error.contains("line 3") && error.contains(problem), "{error}");
        }
        let error = EventsTable::parse(b"onset\tduration\n0\t1\n").unwrap_err();
        assert!(matches!(error, Error::EventsColumn { column: "trial_type" }));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = EventsTable::parse(&bytes);
        }

        #[test]
        fn any_table_is_answered(rows in "([0-9.]{0,4}|n/a|\\t|\\n|\\.\\./|\\PC){0,40}") {
            if let Ok(table) = table(&rows) {
                let conditions = table.conditions(|file| Stimulus::File(file.to_owned()));
                let names: Vec<&str> = conditions.iter().map(|condition| condition.name.as_str()).collect();
                prop_assert_eq!(table.schedule(&names).len(), table.rows.len());
            }
        }
    }
}
