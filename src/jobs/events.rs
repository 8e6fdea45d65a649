//! What happened to a job: an append-only log, a JSON line an event, numbered from 1.
//!
//! Only what is in the log has a number, so a listener that lost its connection names the last number it saw and
//! misses nothing, across restarts too.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncBufReadExt;

use super::{Failure, JobState};
use crate::predict::Progress;

/// Progress within a stage is stored when it moved by this much.
const PROGRESS_STEP: f64 = 0.05;

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Place in the log, from 1.
    pub id: u64,
    pub at: Timestamp,
    #[serde(flatten)]
    pub what: Happening,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum Happening {
    /// The job entered a state; a failed one says why.
    State {
        state: JobState,
        failure: Option<Failure>,
    },
    Progress(Progress),
}

/// The log of a job that is not finished, open at its end.
#[derive(Debug)]
pub(super) struct EventLog {
    file: File,
    last_id: u64,
    last_progress: Option<Progress>,
}

impl EventLog {
    /// Opens a log to write on where it ends.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut last_id = 0;
        for line in BufReader::new(&file).lines() {
            if let Ok(event) = serde_json::from_str::<Event>(&line?) {
                last_id = event.id;
            }
        }
        Ok(Self { file, last_id, last_progress: None })
    }

    pub(super) fn append(&mut self, what: Happening) -> io::Result<()> {
        let event = Event { id: self.last_id + 1, at: Timestamp::now(), what };
        let mut line = serde_json::to_vec(&event)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.last_id = event.id;
        Ok(())
    }

    /// Appends progress when it is worth an event; tells whether it was.
    pub(super) fn append_progress(&mut self, progress: &Progress) -> io::Result<bool> {
        let worth_it = self.last_progress.as_ref().is_none_or(|last| {
            last.stage != progress.stage
                || last.windows_done != progress.windows_done
                || last.windows_total != progress.windows_total
                || (progress.fraction - last.fraction).abs() >= PROGRESS_STEP
        });
        if worth_it {
            self.append(Happening::Progress(progress.clone()))?;
            self.last_progress = Some(progress.clone());
        }
        Ok(worth_it)
    }
}

/// Reads a log while it grows.
pub(super) struct EventReader {
    file: tokio::io::BufReader<tokio::fs::File>,
    line: Vec<u8>,
    after: u64,
}

impl EventReader {
    /// Reads the events that follow number `after`.
    pub(super) async fn open(path: &Path, after: u64) -> io::Result<Self> {
        let file = tokio::io::BufReader::new(tokio::fs::File::open(path).await?);
        Ok(Self { file, line: Vec::new(), after })
    }

    /// The next event, or `None` where the log ends for now. A line that is still being written is left for later.
    pub(super) async fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            self.file.read_until(b'\n', &mut self.line).await?;
            if !self.line.ends_with(b"\n") {
                return Ok(None);
            }
            let event = serde_json::from_slice::<Event>(&self.line);
            self.line.clear();
            match event {
                Ok(event) if event.id > self.after => return Ok(Some(event)),
                Ok(_) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Stage;

    fn state(state: JobState) -> Happening {
        Happening::State { state, failure: None }
    }

    #[tokio::test]
    async fn numbers_go_on_where_an_earlier_process_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append(state(JobState::Queued)).unwrap();
        log.append(state(JobState::Running)).unwrap();
        drop(log);
        EventLog::open(&path).unwrap().append(state(JobState::Queued)).unwrap();

        let mut reader = EventReader::open(&path, 1).await.unwrap();
        let mut ids = Vec::new();
        while let Some(event) = reader.next().await.unwrap() {
            ids.push(event.id);
        }
        assert_eq!(ids, [2, 3]);
    }

    #[tokio::test]
    async fn a_reader_follows_the_log_and_leaves_half_a_line_for_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut log = EventLog::open(&path).unwrap();
        log.append(state(JobState::Queued)).unwrap();
        let mut reader = EventReader::open(&path, 0).await.unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap().id, 1);
        assert_eq!(reader.next().await.unwrap(), None);

        let line = serde_json::to_vec(&Event { id: 2, at: Timestamp::now(), what: state(JobState::Running) }).unwrap();
        let (half, rest) = line.split_at(10);
        log.file.write_all(half).unwrap();
        assert_eq!(reader.next().await.unwrap(), None);
        log.file.write_all(rest).unwrap();
        log.file.write_all(b"\n").unwrap();
        assert_eq!(reader.next().await.unwrap().unwrap().what, state(JobState::Running));
    }

    #[test]
    fn only_progress_that_moved_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = EventLog::open(&folder.path().join("events.jsonl")).unwrap();
        let step = |stage, fraction, windows_done| Progress { stage, fraction, windows_done, windows_total: 2 };
        let steps = [
            (step(Stage::Audio, 0.0, 0), true),
            (step(Stage::Audio, 0.01, 0), false),
            (step(Stage::Audio, 0.06, 0), true),
            (step(Stage::Video, 0.06, 0), true),
            (step(Stage::Video, 0.06, 1), true),
            (step(Stage::Video, 0.06, 1), false),
        ];
        for (progress, stored) in steps {
            assert_eq!(log.append_progress(&progress).unwrap(), stored, "{progress:?}");
        }
    }
}
