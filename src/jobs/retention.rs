//! What is old is forgotten: of cells that succeeded the tally remains, and finished jobs of a lane are named, so that
//! they can be removed with their results.

use std::time::Duration;

use super::claim::milliseconds;
use super::job::{ExperimentId, Job, Lane};
use super::{Error, Queue};

/// Rows a transaction.
const CHUNK: i64 = 10_000;

const COMPACT: &str = "
    DELETE FROM job WHERE id IN (SELECT id FROM job WHERE experiment = $1 AND state = 'succeeded' ORDER BY id LIMIT $2)";

impl Queue {
    /// Removes the rows of an experiment's cells that succeeded, and returns how many those were: they stay counted.
    /// Cells that failed stay with their reasons.
    ///
    /// To be called when all cells are finished: a cell whose row is gone could be queued again.
    pub async fn compact(&self, id: ExperimentId) -> Result<u64, Error> {
        let database = &self.database;
        let compact = || async {
            let mut write = database.write().await?;
            let delete = write.query(COMPACT).bind(id.0).bind(CHUNK);
            let gone = write.touched(delete).await?;
            write.commit().await?;
            Ok(gone)
        };
        let mut all = 0;
        loop {
            match database.steadily(compact).await? {
                0 => return Ok(all),
                gone => all += gone,
            }
        }
    }

    /// Jobs of a lane that belong to no experiment and have been finished for at least `age`, the oldest first.
    pub async fn finished_for(&self, lane: Lane, age: Duration, limit: u32) -> Result<Vec<Job>, Error> {
        let select = || {
            let sql = "SELECT * FROM job WHERE experiment IS NULL AND lane = $1 AND finished <= {now} - $2
                       ORDER BY finished, id LIMIT $3";
            self.database.query(sql).bind(lane.as_str()).bind(milliseconds(age)).bind(i64::from(limit))
        };
        let rows = self.database.steadily(|| self.database.rows(select())).await?;
        rows.iter().map(Job::read).collect::<Result<_, _>>().map_err(Error::Database)
    }
}
