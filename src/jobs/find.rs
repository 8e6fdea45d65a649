//! Jobs are looked up and listed.

use jiff::Timestamp;
use sqlx::Row;

use super::database::Write;
use super::job::{ExperimentId, Job, JobId, JobState, Lane, Lease};
use super::{Error, Queue};

/// Which jobs are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Those of a lane that belong to no experiment.
    Lane(Lane),
    /// The cells of an experiment.
    Experiment(ExperimentId),
}

/// Where a listing goes on: after the job with this time and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub created: Timestamp,
    pub id: JobId,
}

impl From<&Job> for Cursor {
    fn from(job: &Job) -> Self {
        Self { created: job.created, id: job.id }
    }
}

const LIST: &str = "
    SELECT * FROM job
     WHERE experiment IS NULL AND lane = $1 AND ($2 = '' OR state = $2)
       AND (created < $3 OR (created = $3 AND id < $4))
     ORDER BY created DESC, id DESC LIMIT $5";
const CELLS: &str = "
    SELECT * FROM job WHERE experiment = $1 AND ($2 = '' OR state = $2) AND cell >= $3 ORDER BY cell LIMIT $4";
const AHEAD: &str = "
    SELECT COUNT(*) AS jobs FROM job mine
      JOIN job other ON other.lane = mine.lane AND other.model = mine.model AND other.state = 'queued'
     WHERE mine.id = $1 AND mine.state = 'queued'
       AND (other.priority > mine.priority OR (other.priority = mine.priority
            AND (other.not_before, other.id) < (mine.not_before, mine.id)))";
const HELD: &str = "
    SELECT id FROM job WHERE id = $1 AND lease_token = $2 AND state = 'running' AND lease_until > {now}";
const UNFINISHED: &str = "
    SELECT payload FROM job
     WHERE experiment IS NULL AND lane = $1 AND state IN ('queued', 'running') AND payload IS NOT NULL";
const BY_KEY: &str = "SELECT * FROM job WHERE experiment IS NULL AND lane = $1 AND key = $2";

impl Queue {
    /// The job of a key that belongs to no experiment.
    pub async fn find(&self, lane: Lane, key: &str) -> Result<Option<Job>, Error> {
        let select = || self.database.query(BY_KEY).bind(lane.as_str()).bind(key.to_owned());
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.first().map(Job::read).transpose().map_err(Error::Database)
    }

    /// The job of a number.
    pub async fn job(&self, id: JobId) -> Result<Option<Job>, Error> {
        let select = || self.database.query("SELECT * FROM job WHERE id = $1").bind(id.0);
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.first().map(Job::read).transpose().map_err(Error::Database)
    }

    /// Jobs of a lane that belong to no experiment, the newest first, after a cursor: those in `state`, at most
    /// `limit`.
    pub async fn list(
        &self,
        lane: Lane,
        state: Option<JobState>,
        after: Option<Cursor>,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        let (created, id) = after.map_or((i64::MAX, i64::MAX), |after| (after.created.as_millisecond(), after.id.0));
        let select = || {
            let select = self.database.query(LIST).bind(lane.as_str()).bind(state.map_or("", JobState::as_str));
            select.bind(created).bind(id).bind(i64::from(limit))
        };
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.iter().map(Job::read).collect::<Result<_, _>>().map_err(Error::Database)
    }

    /// Cells of an experiment in their order, from index `from` on: those in `state`, at most `limit`.
    pub async fn cells(
        &self,
        experiment: ExperimentId,
        state: Option<JobState>,
        from: u64,
        limit: u32,
    ) -> Result<Vec<Job>, Error> {
        let select = || {
            let select = self.database.query(CELLS).bind(experiment.0).bind(state.map_or("", JobState::as_str));
            select.bind(from.cast_signed()).bind(i64::from(limit))
        };
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.iter().map(Job::read).collect::<Result<_, _>>().map_err(Error::Database)
    }

    /// How many jobs will be claimed before this one, which waits.
    pub async fn ahead(&self, id: JobId) -> Result<u64, Error> {
        let count = || async {
            let rows = self.database.rows(self.database.query(AHEAD).bind(id.0)).await?;
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            Ok(row.try_get::<i64, _>("jobs")?.unsigned_abs())
        };
        self.database.steadily(count).await
    }
}

impl Queue {
    /// Whether a lease is in force.
    pub async fn holds(&self, lease: Lease) -> Result<bool, Error> {
        let select = || self.database.query(HELD).bind(lease.job).bind(lease.token);
        Ok(!self.database.steadily(|| self.database.rows(select())).await?.is_empty())
    }

    /// What the jobs of a lane that wait or run are asked to do.
    pub(super) async fn unfinished_payloads(&self, lane: Lane) -> Result<Vec<String>, Error> {
        let read = || async {
            let select = self.database.query(UNFINISHED).bind(lane.as_str());
            let rows = self.database.rows(select).await?;
            rows.iter().map(|row| row.try_get("payload")).collect()
        };
        self.database.steadily(read).await
    }
}

impl Write<'_> {
    /// The job of a key that belongs to no experiment.
    pub(super) async fn find(&mut self, lane: Lane, key: &str) -> Result<Option<Job>, sqlx::Error> {
        let select = self.query(BY_KEY).bind(lane.as_str()).bind(key.to_owned());
        let rows = self.rows(select).await?;
        rows.first().map(Job::read).transpose()
    }
}
