//! An attempt ends: the job succeeded, failed, is to be tried again, or is given back.

use std::time::Duration;

use super::claim::milliseconds;
use super::database::Write;
use super::events::Happening;
#[cfg(test)]
use super::failure_point::FailurePoint;
use super::job::{self, Failure, JobId, JobState, Lane, Lease, to_json};
use super::signals::Change;
use super::tally::Ends;
use super::{Error, Queue};

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The result is where its key says.
    Succeeded,
    /// It would fail again.
    Failed(Failure),
    /// It may go well the next time, after this pause; on the last attempt it has failed.
    Retry(Failure, Duration),
    /// It was not finished and this attempt shall not count: the worker is told to stop.
    Released,
    /// As [`Self::Released`], and not to be tried before this pause: what it needs is out of reach.
    Postponed(Duration),
}

const SETTLE: &str = "
    UPDATE job SET state = CASE WHEN $3 = 'retry' AND attempts < max_attempts THEN 'queued'
                                WHEN $3 = 'retry' THEN 'failed' ELSE $3 END,
                   finished = CASE WHEN $3 = 'queued' OR ($3 = 'retry' AND attempts < max_attempts) THEN NULL
                                   ELSE {now} END,
                   started = CASE WHEN $3 = 'queued' OR ($3 = 'retry' AND attempts < max_attempts) THEN NULL
                                  ELSE started END,
                   attempts = CASE WHEN $3 = 'queued' THEN attempts - 1 ELSE attempts END,
                   failure = $4,
                   not_before = CASE WHEN $3 = 'retry' OR $5 > 0 THEN {now} + $5 ELSE not_before END,
                   progress = NULL, lease_owner = NULL, lease_until = NULL
     WHERE id = $1 AND lease_token = $2 AND state = 'running' AND lease_until > {now}
    RETURNING id, lane, experiment, state";

impl Queue {
    /// Ends attempts in one transaction. Returns for each whether its lease still held: where it did not, nothing
    /// has changed, for the job is another's by now, or was withdrawn.
    pub async fn settle(&self, ends: &[(Lease, Outcome)]) -> Result<Vec<bool>, Error> {
        #[cfg(test)]
        self.reach(FailurePoint::BeforeComplete).map_err(Error::Database)?;
        let settle = || async {
            let mut write = self.database.write().await?;
            let (mut held, mut finished) = (Vec::with_capacity(ends.len()), Ends::default());
            for (lease, outcome) in ends {
                held.push(write.settle(*lease, outcome, &mut finished).await?);
            }
            write.tally(finished).await?;
            write.commit().await?;
            Ok(held)
        };
        let held = self.database.steadily(settle).await?;
        #[cfg(test)]
        self.reach(FailurePoint::AfterComplete).map_err(Error::Database)?;
        Ok(held)
    }

    /// The job has succeeded. Returns whether the lease still held.
    pub async fn complete(&self, lease: Lease) -> Result<bool, Error> {
        Ok(self.settle(&[(lease, Outcome::Succeeded)]).await?.contains(&true))
    }

    /// The job has failed, for good. Returns whether the lease still held.
    pub async fn fail(&self, lease: Lease, failure: Failure) -> Result<bool, Error> {
        Ok(self.settle(&[(lease, Outcome::Failed(failure))]).await?.contains(&true))
    }

    /// Gives the job back, with its attempt. Returns whether the lease still held.
    pub async fn release(&self, lease: Lease) -> Result<bool, Error> {
        Ok(self.settle(&[(lease, Outcome::Released)]).await?.contains(&true))
    }
}

impl Write<'_> {
    async fn settle(&mut self, lease: Lease, outcome: &Outcome, ends: &mut Ends) -> Result<bool, sqlx::Error> {
        let (state, failure, pause) = match outcome {
            Outcome::Succeeded => ("succeeded", None, Duration::ZERO),
            Outcome::Failed(failure) => ("failed", Some(failure), Duration::ZERO),
            Outcome::Retry(failure, pause) => ("retry", Some(failure), *pause),
            Outcome::Released => ("queued", None, Duration::ZERO),
            Outcome::Postponed(pause) => ("queued", None, *pause),
        };
        let update = self
            .query(SETTLE)
            .bind(lease.job)
            .bind(lease.token)
            .bind(state)
            .bind(failure.map(to_json).transpose()?)
            .bind(milliseconds(pause));
        let rows = self.rows(update).await?;
        let Some(row) = rows.first() else { return self.is_settled(lease, state).await };
        ends.note(&rows)?;
        let state = job::named(row, "state", &JobState::ALL, JobState::as_str)?;
        if state == JobState::Queued {
            self.tell(Change::Queued);
        }
        if job::named(row, "lane", &Lane::ALL, Lane::as_str)? == Lane::Prediction {
            let failure = failure.filter(|_| state == JobState::Failed).cloned();
            self.happened(JobId(lease.job), &Happening::State { state, failure }).await?;
        }
        Ok(true)
    }

    /// Whether this same end was stored before: the connection broke after the commit, and the call is made again.
    async fn is_settled(&mut self, lease: Lease, state: &'static str) -> Result<bool, sqlx::Error> {
        let select = self
            .query("SELECT id FROM job WHERE id = $1 AND lease_token = $2 AND state = $3 AND finished IS NOT NULL")
            .bind(lease.job)
            .bind(lease.token)
            .bind(state);
        Ok(!self.rows(select).await?.is_empty())
    }
}
