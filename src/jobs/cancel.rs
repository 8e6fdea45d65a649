//! Jobs and experiments are withdrawn. A cancelled job is nobody's: whoever runs it loses the lease, learns so by
//! the signal or at the next heartbeat, and stops between two forwards.

use super::events::Happening;
use super::job::{self, ExperimentId, JobId, JobState, Lane};
use super::signals::Change;
use super::tally::Ends;
use super::{Error, Queue};

/// Cells a transaction.
const CHUNK: i64 = 10_000;

const CANCEL: &str = "
    UPDATE job SET state = 'cancelled', finished = {now}, progress = NULL, failure = NULL, lease_owner = NULL,
                   lease_until = NULL
     WHERE id = $1 AND state IN ('queued', 'running')
    RETURNING experiment, lane, state";
const CANCEL_CELLS: &str = "
    UPDATE job SET state = 'cancelled', finished = {now}, progress = NULL, failure = NULL, lease_owner = NULL,
                   lease_until = NULL
     WHERE id IN (SELECT id FROM job WHERE experiment = $1 AND state IN ('running', 'queued')
                   ORDER BY id LIMIT $2)
    RETURNING experiment, state";

impl Queue {
    /// Cancels a job that is not finished; tells whether it was so.
    pub async fn cancel(&self, id: JobId) -> Result<bool, Error> {
        let database = &self.database;
        let cancel = || async {
            let mut write = database.write().await?;
            let update = write.query(CANCEL).bind(id.0);
            let cancelled = write.rows(update).await?;
            if let Some(job) = cancelled.first() {
                if job::named(job, "lane", &Lane::ALL, Lane::as_str)? == Lane::Prediction {
                    write.happened(id, &Happening::entered(JobState::Cancelled)).await?;
                }
                write.tell(Change::Cancelled);
            }
            let mut ends = Ends::default();
            ends.note(&cancelled)?;
            write.tally(ends).await?;
            write.commit().await?;
            Ok(!cancelled.is_empty())
        };
        database.steadily(cancel).await
    }

    /// Cancels an experiment: none of its cells is claimed from now on, and those that are not finished are
    /// cancelled. Returns how many those were.
    pub async fn cancel_experiment(&self, id: ExperimentId) -> Result<u64, Error> {
        let database = &self.database;
        let forbid = || async {
            let mut write = database.write().await?;
            let update = write.query("UPDATE experiment SET cancelled = 1 WHERE id = $1").bind(id.0);
            write.touched(update).await?;
            write.commit().await
        };
        database.steadily(forbid).await?;
        let cancel = || async {
            let mut write = database.write().await?;
            let update = write.query(CANCEL_CELLS).bind(id.0).bind(CHUNK);
            let cancelled = write.rows(update).await?;
            let mut ends = Ends::default();
            ends.note(&cancelled)?;
            write.tell(Change::Cancelled);
            write.tally(ends).await?;
            write.commit().await?;
            Ok(cancelled.len() as u64)
        };
        let mut all = 0;
        loop {
            match database.steadily(cancel).await? {
                0 => return Ok(all),
                cancelled => all += cancelled,
            }
        }
    }

    /// Removes a finished job with its events; tells whether it was there and finished.
    pub async fn remove(&self, id: JobId) -> Result<bool, Error> {
        let database = &self.database;
        let remove = || async {
            let mut write = database.write().await?;
            let delete = write.query("DELETE FROM job WHERE id = $1 AND state NOT IN ('queued', 'running')").bind(id.0);
            let removed = write.touched(delete).await? > 0;
            write.tell(Change::Job(id.0));
            write.commit().await?;
            Ok(removed)
        };
        database.steadily(remove).await
    }
}
