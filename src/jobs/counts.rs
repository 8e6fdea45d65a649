//! How many jobs are in each state, how fast they get done, and when the rest will be.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::Row;

use super::find::Scope;
use super::job::{self, JobState};
use super::{Error, Queue};

/// The rate is that of the latest so many.
const LATEST: i64 = 1000;

/// How far the jobs of a scope are.
#[derive(Clone, Debug, PartialEq)]
pub struct Counts {
    /// Every state, those without a job too.
    pub by_state: BTreeMap<JobState, u64>,
    /// Jobs that get finished a second, of late; 0 until two are.
    pub rate: f64,
    /// How long the unfinished ones will take at this rate.
    pub time_left: Option<Duration>,
}

impl Counts {
    /// Jobs in a state.
    pub fn of(&self, state: JobState) -> u64 {
        self.by_state.get(&state).copied().unwrap_or(0)
    }

    /// Jobs that wait or run.
    pub fn unfinished(&self) -> u64 {
        self.by_state.iter().filter(|(state, _)| !state.is_finished()).map(|(_, jobs)| jobs).sum()
    }
}

const BY_STATE: &str = "
    SELECT state, COUNT(*) AS jobs FROM job WHERE experiment IS NULL AND lane = $1 GROUP BY state";
/// Cells that wait are those that are left.
const CELLS_BY_STATE: &str = "
    WITH known (state, jobs) AS (
        SELECT state, CAST(SUM(jobs) AS BIGINT) FROM tally WHERE experiment = $1 GROUP BY state
        UNION ALL SELECT 'running', COUNT(*) FROM job WHERE experiment = $1 AND state = 'running')
    SELECT state, jobs FROM known
    UNION ALL
    SELECT 'queued', CAST(enqueued - (SELECT COALESCE(SUM(jobs), 0) FROM known) AS BIGINT)
      FROM experiment WHERE id = $1";
const RATE: &str = "
    SELECT COUNT(*) AS jobs, CAST({now} - MIN(finished) AS BIGINT) AS took
      FROM (SELECT finished FROM job WHERE experiment = $1 AND finished IS NOT NULL
             ORDER BY finished DESC LIMIT $2) AS latest";

const OF_OTHER_MODELS: &str = "SELECT COUNT(*) AS jobs FROM job WHERE state = 'queued' AND model <> $1";

impl Queue {
    /// How many jobs wait for workers with another model.
    pub async fn of_other_models(&self) -> Result<u64, Error> {
        let count = || async {
            let rows = self.database.rows(self.database.query(OF_OTHER_MODELS).bind(self.model.to_string())).await?;
            let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
            Ok(row.try_get::<i64, _>("jobs")?.unsigned_abs())
        };
        self.database.steadily(count).await
    }

    /// Counts the jobs of a scope. Only an experiment has a rate.
    pub async fn counts(&self, scope: Scope) -> Result<Counts, Error> {
        let database = &self.database;
        let count = || async {
            let count = match scope {
                Scope::Lane(lane) => database.query(BY_STATE).bind(lane.as_str()),
                Scope::Experiment(id) => database.query(CELLS_BY_STATE).bind(id.0),
            };
            let mut by_state: BTreeMap<_, _> = JobState::ALL.into_iter().map(|state| (state, 0)).collect();
            for row in database.rows(count).await? {
                let state = job::named(&row, "state", &JobState::ALL, JobState::as_str)?;
                *by_state.entry(state).or_default() += row.try_get::<i64, _>("jobs")?.unsigned_abs();
            }
            let rate = match scope {
                Scope::Lane(_) => 0.0,
                Scope::Experiment(id) => self.rate(id.0).await?,
            };
            let mut counts = Counts { by_state, rate, time_left: None };
            counts.time_left = Duration::try_from_secs_f64(counts.unfinished() as f64 / rate).ok();
            Ok(counts)
        };
        database.steadily(count).await
    }

    async fn rate(&self, experiment: i64) -> Result<f64, sqlx::Error> {
        let rows = self.database.rows(self.database.query(RATE).bind(experiment).bind(LATEST)).await?;
        let Some(row) = rows.first() else { return Ok(0.0) };
        let (jobs, took): (i64, Option<i64>) = (row.try_get("jobs")?, row.try_get("took")?);
        Ok(match took {
            Some(took) if jobs > 1 && took > 0 => (jobs - 1) as f64 / (took as f64 / 1000.0),
            _ => 0.0,
        })
    }
}
