//! An experiment is taken up again: its cells that failed or were cancelled are queued anew, those that succeeded stay.

use super::job::{ExperimentId, JobState};
use super::signals::Change;
use super::tally::Ends;
use super::{Error, Queue};

/// Cells a transaction.
const CHUNK: i64 = 10_000;

const ALLOW: &str = "UPDATE experiment SET cancelled = 0 WHERE id = $1 AND cancelled = 1";
const QUEUE_ANEW: &str = "
    UPDATE job SET state = 'queued', attempts = 0, failure = NULL, not_before = {now}, started = NULL, finished = NULL
     WHERE id IN (SELECT id FROM job WHERE experiment = $1 AND state = $2 ORDER BY id LIMIT $3)";

impl Queue {
    /// Queues what failed or was cancelled of an experiment once more, with all of its attempts. Returns how many cells
    /// those are.
    pub async fn resume_experiment(&self, id: ExperimentId) -> Result<u64, Error> {
        let allow = || async {
            let mut write = self.database.write().await?;
            let update = write.query(ALLOW).bind(id.0);
            write.touched(update).await?;
            write.commit().await
        };
        self.database.steadily(allow).await?;
        let mut all = 0;
        for state in [JobState::Failed, JobState::Cancelled] {
            loop {
                match self.database.steadily(|| self.queue_anew(id, state)).await? {
                    0 => break,
                    cells => all += cells,
                }
            }
        }
        Ok(all)
    }

    async fn queue_anew(&self, id: ExperimentId, state: JobState) -> Result<u64, sqlx::Error> {
        let mut write = self.database.write().await?;
        let update = write.query(QUEUE_ANEW).bind(id.0).bind(state.as_str()).bind(CHUNK);
        let cells = write.touched(update).await?;
        write.tell(Change::Queued);
        write.tally(Ends::undone(id.0, state, cells)).await?;
        write.commit().await?;
        Ok(cells)
    }
}
