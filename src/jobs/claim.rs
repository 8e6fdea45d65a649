//! Jobs are claimed by workers, under a lease that has to be prolonged, and taken back when it was not.

use std::time::Duration;

use sqlx::any::{AnyArguments, AnyRow};
use sqlx::query::Query;
use sqlx::{Any, Row};

use super::database::Write;
use super::events::Happening;
#[cfg(test)]
use super::failure_point::FailurePoint;
use super::job::{self, Claim, Failure, JobState, Lane, Lease, to_json};
use super::signals::Change;
use super::tally::Ends;
use super::{Error, Queue};

/// Several jobs share a batch only on their first attempt: one that took its worker down before is tried alone, so
/// that it does not cost others theirs.
const CLAIM: &str = "
    UPDATE job SET state = 'running', lease_owner = $1, lease_until = {now} + $2, lease_token = lease_token + 1,
                   attempts = attempts + 1, started = {now}, progress = NULL, failure = NULL
     WHERE id IN (SELECT waiting.id FROM job waiting LEFT JOIN experiment ON experiment.id = waiting.experiment
                   WHERE waiting.state = 'queued' AND waiting.lane = $3 AND waiting.model = $5
                     AND waiting.not_before <= {now}
                     AND waiting.attempts < waiting.max_attempts AND (waiting.attempts = 0 OR $4 = 1)
                     AND COALESCE(experiment.cancelled, 0) = 0
                   ORDER BY waiting.priority DESC, waiting.not_before, waiting.id LIMIT $4 {lock})
    RETURNING *";

/// What the end of a lease means. One statement, and so one time: a lease that ends between two would be taken for
/// neither or for both.
const RECLAIM: &str = "
    UPDATE job SET state = CASE WHEN attempts < max_attempts THEN 'queued' ELSE 'failed' END,
                   started = CASE WHEN attempts < max_attempts THEN NULL ELSE started END,
                   finished = CASE WHEN attempts < max_attempts THEN NULL ELSE {now} END,
                   failure = CASE WHEN attempts < max_attempts THEN NULL ELSE $2 END,
                   progress = NULL, lease_owner = NULL, lease_until = NULL
     WHERE state = 'running' AND (lease_until <= {now} OR lease_owner = $1)
    RETURNING id, lane, experiment, state";

const HEARTBEAT: &str = "
    UPDATE job SET lease_until = {now} + $3
     WHERE id = $1 AND lease_token = $2 AND state = 'running' AND lease_until > {now}";

/// How many leases were found to have ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reclaimed {
    /// Jobs that wait again.
    pub queued: usize,
    /// Jobs that were on their last attempt, and have failed.
    pub failed: usize,
}

impl Queue {
    /// Claims up to `n` jobs of a lane that were asked of this queue's model, for a time of `ttl` by the database's clock.
    /// Each claim counts as an attempt.
    ///
    /// With `n` of 1 the next job, whichever it is; with more, only jobs that were never attempted.
    pub async fn claim(&self, lane: Lane, n: u32, owner: &str, ttl: Duration) -> Result<Vec<Claim>, Error> {
        let database = &self.database;
        let update = || {
            let update = database.query(CLAIM).bind(owner.to_owned()).bind(milliseconds(ttl));
            update.bind(lane.as_str()).bind(i64::from(n)).bind(self.model.to_string())
        };
        let claim = || async {
            let rows = match lane {
                Lane::Cell => database.rows(update()).await?,
                Lane::Prediction => self.claim_followed(update()).await?,
            };
            let mut claims = rows.iter().map(Claim::read).collect::<Result<Vec<_>, _>>()?;
            claims.sort_by_key(|claim| claim.lease.job);
            Ok(claims)
        };
        let claims = database.steadily(claim).await?;
        #[cfg(test)]
        self.reach(FailurePoint::AfterClaim).map_err(Error::Database)?;
        Ok(claims)
    }

    /// Claims jobs that somebody follows: with the claim, its event is stored.
    async fn claim_followed(&self, update: Query<'static, Any, AnyArguments>) -> Result<Vec<AnyRow>, sqlx::Error> {
        let mut write = self.database.write().await?;
        let rows = write.rows(update).await?;
        for row in &rows {
            write.prediction_happened(row, &Happening::entered(JobState::Running)).await?;
        }
        #[cfg(test)]
        self.reach(FailurePoint::BeforeClaimCommit)?;
        write.commit().await?;
        Ok(rows)
    }

    /// Prolongs leases to `ttl` from now and returns those that are lost: they ended, or the job was withdrawn.
    pub async fn heartbeat(&self, leases: &[Lease], ttl: Duration) -> Result<Vec<Lease>, Error> {
        let database = &self.database;
        let prolong = || async {
            let mut write = database.write().await?;
            let mut lost = Vec::new();
            for lease in leases {
                let update = write.query(HEARTBEAT).bind(lease.job).bind(lease.token).bind(milliseconds(ttl));
                if write.touched(update).await? == 0 {
                    lost.push(*lease);
                }
            }
            write.commit().await?;
            Ok(lost)
        };
        database.steadily(prolong).await
    }

    /// Takes back the jobs whose lease has ended: those that may be attempted again wait, the others have failed.
    pub async fn reclaim(&self) -> Result<Reclaimed, Error> {
        self.reclaim_from("").await
    }

    /// Takes back, beside jobs whose lease has ended, all that `owner` holds: to be called by a process that starts
    /// under the name of one that is gone. No worker has the empty name.
    pub async fn reclaim_from(&self, owner: &str) -> Result<Reclaimed, Error> {
        let database = &self.database;
        let reclaim = || async {
            let lost = Failure::worker_lost();
            let mut write = database.write().await?;
            let update = write.query(RECLAIM).bind(owner.to_owned()).bind(to_json(&lost)?);
            let rows = write.rows(update).await?;
            let (mut reclaimed, mut ends) = (Reclaimed::default(), Ends::default());
            for row in &rows {
                let state = job::named(row, "state", &JobState::ALL, JobState::as_str)?;
                let failure = (state == JobState::Failed).then(|| lost.clone());
                reclaimed.note(state);
                write.prediction_happened(row, &Happening::State { state, failure }).await?;
            }
            if reclaimed.queued > 0 {
                write.tell(Change::Queued);
            }
            ends.note(&rows)?;
            write.tally(ends).await?;
            write.commit().await?;
            Ok(reclaimed)
        };
        database.steadily(reclaim).await
    }
}

impl Reclaimed {
    fn note(&mut self, state: JobState) {
        match state {
            JobState::Queued => self.queued += 1,
            _ => self.failed += 1,
        }
    }
}

impl Write<'_> {
    /// Notes an event for a job that a statement returned, if it is one that keeps a log.
    async fn prediction_happened(&mut self, row: &AnyRow, what: &Happening) -> Result<(), sqlx::Error> {
        if job::named(row, "lane", &Lane::ALL, Lane::as_str)? == Lane::Prediction {
            self.happened(job::JobId(row.try_get("id")?), what).await?;
        }
        Ok(())
    }
}

pub(super) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}
