//! What happened to a job that somebody follows: a row an event, numbered from 1.
//!
//! Only what is in the table has a number, so a listener that lost its connection names the last number it saw and
//! misses nothing, across restarts too.

use std::collections::VecDeque;
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;
use tokio::sync::broadcast;

use super::database::Write;
use super::job::{self, Failure, JobId, JobState, Lease, to_json};
use super::signals::Change;
use super::{Error, Queue};
use crate::predict::Progress;

/// How long a listener waits for a signal before it looks by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
const EVENTS_A_LOOK: i64 = 100;

/// A row of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Place in the log, from 1.
    pub number: u64,
    pub at: Timestamp,
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

impl Happening {
    pub(super) fn entered(state: JobState) -> Self {
        Self::State { state, failure: None }
    }
}

impl Event {
    fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let what = job::json(row, "what")?.ok_or(sqlx::Error::RowNotFound)?;
        let number = row.try_get::<i64, _>("number")?.unsigned_abs();
        Ok(Self { number, at: job::time(row, "at")?.unwrap_or_default(), what })
    }
}

const APPEND: &str = "
    INSERT INTO event (job, number, at, what)
    SELECT $1, COALESCE(MAX(number), 0) + 1, {now}, $2 FROM event WHERE job = $1";
const ADVANCE: &str = "
    UPDATE job SET progress = $3 WHERE id = $1 AND lease_token = $2 AND state = 'running'";

impl Write<'_> {
    /// Appends to the log of a job whose row this transaction has changed, so that no other numbers an event of it.
    pub(super) async fn happened(&mut self, id: JobId, what: &Happening) -> Result<(), sqlx::Error> {
        let append = self.query(APPEND).bind(id.0).bind(to_json(what)?);
        self.touched(append).await?;
        self.tell(Change::Job(id.0));
        Ok(())
    }
}

impl Queue {
    /// Stores how far a job is, as its progress and as an event; tells whether the lease still held.
    pub async fn advance(&self, lease: Lease, progress: &Progress) -> Result<bool, Error> {
        let database = &self.database;
        let advance = || async {
            let mut write = database.write().await?;
            let update = write.query(ADVANCE).bind(lease.job).bind(lease.token).bind(to_json(progress)?);
            let held = write.touched(update).await? > 0;
            if held {
                write.happened(lease.job(), &Happening::Progress(progress.clone())).await?;
            }
            write.commit().await?;
            Ok(held)
        };
        database.steadily(advance).await
    }

    /// A job's events after number `after`: those of the past, then new ones as they happen, until it is finished.
    pub fn events(&self, id: JobId, after: u64) -> impl Stream<Item = Result<Event, Error>> + Send + use<> {
        let signals = self.database.signals.jobs();
        let listener =
            Listener { queue: self.clone(), id, after: after.cast_signed().max(0), read: VecDeque::new(), signals };
        stream::unfold(listener, |mut listener| async move { Some((listener.next().await?, listener)) })
    }

    async fn events_after(&self, id: JobId, after: i64) -> Result<VecDeque<Event>, Error> {
        let sql = "SELECT number, at, what FROM event WHERE job = $1 AND number > $2 ORDER BY number LIMIT $3";
        let select = || self.database.query(sql).bind(id.0).bind(after).bind(EVENTS_A_LOOK);
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.iter().map(Event::read).collect::<Result<_, _>>().map_err(Error::Database)
    }

    /// Waits until something may have happened to a job.
    pub(super) async fn something_happens(&self, id: JobId, signals: &mut broadcast::Receiver<Change>) {
        let told = async {
            loop {
                match signals.recv().await {
                    Ok(Change::Job(told)) if told != id.0 => {}
                    Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => return,
                    Err(broadcast::error::RecvError::Closed) => return std::future::pending().await,
                }
            }
        };
        let _ = tokio::time::timeout(LOOK_AGAIN, told).await;
    }
}

/// One who listens to a job's events.
struct Listener {
    queue: Queue,
    id: JobId,
    after: i64,
    read: VecDeque<Event>,
    signals: broadcast::Receiver<Change>,
}

impl Listener {
    async fn next(&mut self) -> Option<Result<Event, Error>> {
        loop {
            if let Some(event) = self.read.pop_front() {
                self.after = event.number.cast_signed();
                return Some(Ok(event));
            }
            match self.look().await {
                Err(error) => return Some(Err(error)),
                Ok(true) if self.read.is_empty() => return None,
                Ok(false) if self.read.is_empty() => self.queue.something_happens(self.id, &mut self.signals).await,
                Ok(_) => {}
            }
        }
    }

    /// Reads on; tells whether the job was finished, or gone, before.
    async fn look(&mut self) -> Result<bool, Error> {
        let is_finished = self.queue.job(self.id).await?.is_none_or(|job| job.state.is_finished());
        self.read = self.queue.events_after(self.id, self.after).await?;
        Ok(is_finished)
    }
}

/// Which steps of a job are worth an event.
#[derive(Debug, Default)]
pub(super) struct Steps {
    last: Option<Progress>,
}

/// Progress within a stage is stored when it moved by this much.
const PROGRESS_STEP: f64 = 0.05;

impl Steps {
    pub(super) fn is_worth_an_event(&mut self, progress: &Progress) -> bool {
        let worth_it = self.last.as_ref().is_none_or(|last| {
            last.stage != progress.stage
                || last.windows_done != progress.windows_done
                || last.windows_total != progress.windows_total
                || (progress.fraction - last.fraction).abs() >= PROGRESS_STEP
        });
        if worth_it {
            self.last = Some(progress.clone());
        }
        worth_it
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predict::Stage;

    #[test]
    fn only_progress_that_moved_is_stored() {
        let mut steps = Steps::default();
        let step = |stage, fraction, windows_done| Progress {
            stage,
            fraction,
            windows_done,
            windows_total: 2,
            seconds_done: 0,
        };
        let expected = [
            (step(Stage::Audio, 0.0, 0), true),
            (step(Stage::Audio, 0.01, 0), false),
            (step(Stage::Audio, 0.06, 0), true),
            (step(Stage::Video, 0.06, 0), true),
            (step(Stage::Video, 0.06, 1), true),
            (step(Stage::Video, 0.06, 1), false),
        ];
        for (progress, stored) in expected {
            assert_eq!(steps.is_worth_an_event(&progress), stored, "{progress:?}");
        }
    }
}
