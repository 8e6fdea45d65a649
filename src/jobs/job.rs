//! A job, as a row of the table.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::Row;
use sqlx::any::AnyRow;
use utoipa::ToSchema;

use crate::predict::Progress;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_finished(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// What kind of work a job is, and so who takes it. A claim takes jobs of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Somebody waits for it.
    Prediction,
    /// A cell of an experiment.
    Cell,
}

impl Lane {
    pub const ALL: [Self; 2] = [Self::Prediction, Self::Cell];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prediction => "prediction",
            Self::Cell => "cell",
        }
    }
}

/// Why a job failed, in the words of the server's table of errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// HTTP status that a request with this outcome gets.
    pub status: u16,
    /// Stable name of what went wrong.
    #[schema(example = "unreadable_media")]
    pub code: String,
    pub detail: String,
}

impl Failure {
    /// The worker died, or was cut off for longer than its lease, as often as the job may be attempted.
    pub(super) fn worker_lost() -> Self {
        Self {
            status: 500,
            code: "worker_lost".to_owned(),
            detail: "the worker was lost on the last attempt: see its log, then ask again".to_owned(),
        }
    }
}

/// A job's number in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub(super) i64);

/// An experiment's number in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExperimentId(pub(super) i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something to be done.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: JobId,
    /// Names the result: the same key is the same result.
    pub key: String,
    pub lane: Lane,
    /// The experiment that it is a cell of, and which.
    pub cell: Option<(ExperimentId, u64)>,
    /// What it is asked to do, as JSON; an experiment's cells have none, for their experiment's spec says it.
    pub payload: Option<String>,
    pub state: JobState,
    /// How often it was claimed, but for claims that were given back.
    pub attempts: u32,
    pub max_attempts: u32,
    /// The last step, while it runs.
    pub progress: Option<Progress>,
    pub failure: Option<Failure>,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
}

/// A worker's right to a job until some time. A job that is claimed again has another token, so whoever held it
/// before can neither prolong nor finish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Lease {
    pub(super) job: i64,
    pub(super) token: i64,
}

impl Lease {
    pub fn job(self) -> JobId {
        JobId(self.job)
    }

    /// How many claims there have been of this job: another number for each attempt.
    pub fn token(self) -> i64 {
        self.token
    }
}

/// A job that this worker holds.
#[derive(Clone, Debug)]
pub struct Claim {
    pub job: Job,
    pub lease: Lease,
}

impl Job {
    /// The columns that [`Job::read`] reads, in a statement about `job`.
    pub(super) fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let experiment: Option<i64> = row.try_get("experiment")?;
        let cell: Option<i64> = row.try_get("cell")?;
        Ok(Self {
            id: JobId(row.try_get("id")?),
            key: row.try_get("key")?,
            lane: named(row, "lane", &Lane::ALL, Lane::as_str)?,
            cell: experiment.map(ExperimentId).zip(cell.map(i64::unsigned_abs)),
            payload: row.try_get("payload")?,
            state: named(row, "state", &JobState::ALL, JobState::as_str)?,
            attempts: number(row, "attempts")?,
            max_attempts: number(row, "max_attempts")?,
            progress: json(row, "progress")?,
            failure: json(row, "failure")?,
            created: time(row, "created")?.unwrap_or_default(),
            started: time(row, "started")?,
            finished: time(row, "finished")?,
        })
    }
}

impl Claim {
    pub(super) fn read(row: &AnyRow) -> Result<Self, sqlx::Error> {
        let job = Job::read(row)?;
        let lease = Lease { job: job.id.0, token: row.try_get("lease_token")? };
        Ok(Self { job, lease })
    }
}

/// A column that holds a name.
pub(super) fn named<T: Copy>(
    row: &AnyRow,
    column: &'static str,
    all: &[T],
    name: fn(T) -> &'static str,
) -> Result<T, sqlx::Error> {
    let text: String = row.try_get(column)?;
    let found = all.iter().copied().find(|value| name(*value) == text);
    found.ok_or_else(|| sqlx::Error::Decode(format!("the column {column} holds {text:?}").into()))
}

/// A column that counts.
pub(super) fn number(row: &AnyRow, column: &'static str) -> Result<u32, sqlx::Error> {
    u32::try_from(row.try_get::<i64, _>(column)?).map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A column that holds JSON or nothing.
pub(super) fn json<T: for<'a> Deserialize<'a>>(row: &AnyRow, column: &'static str) -> Result<Option<T>, sqlx::Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| serde_json::from_str(&text)).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A column that holds a time or nothing.
pub(super) fn time(row: &AnyRow, column: &'static str) -> Result<Option<Timestamp>, sqlx::Error> {
    let milliseconds: Option<i64> = row.try_get(column)?;
    milliseconds.map(Timestamp::from_millisecond).transpose().map_err(|error| sqlx::Error::Decode(error.into()))
}

/// A value as it is stored.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, sqlx::Error> {
    serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_states_are_those_of_the_wire() {
        for state in JobState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
