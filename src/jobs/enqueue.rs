//! Jobs are put into the queue: one that somebody waits for, or an experiment's cells in bulk.

use sqlx::AssertSqlSafe;

use super::events::Happening;
use super::job::{ExperimentId, Job, JobState, Lane};
use super::signals::Change;
use super::{Error, Queue};

/// Predictions come before all cells.
const PREDICTION_PRIORITY: i64 = 1 << 20;

/// How often a job is attempted before it is given up.
pub const DEFAULT_ATTEMPTS: u32 = 3;

/// Cells a transaction: a writer that waits for one waits for so many rows.
const CELLS_A_TRANSACTION: usize = 10_000;
/// Cells a statement.
const CELLS_A_STATEMENT: usize = 500;

/// A cell of an experiment: which one it is, and the key of its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub index: u64,
    pub key: String,
}

/// What became of a job that was asked for.
#[derive(Clone, Debug)]
pub enum Enqueued {
    /// It is new, or failed or was cancelled before, and waits.
    Queued(Job),
    /// The one of this key waits already, runs, or has succeeded.
    Joined(Job),
}

impl Enqueued {
    pub fn job(self) -> Job {
        match self {
            Self::Queued(job) | Self::Joined(job) => job,
        }
    }
}

impl Queue {
    /// Queues a prediction of this key with what it is asked to do, or joins the one that is there; one that failed
    /// or was cancelled is queued anew.
    pub async fn enqueue(&self, key: &str, payload: &str, max_attempts: u32) -> Result<Enqueued, Error> {
        let database = &self.database;
        let enqueue = || async {
            let mut write = database.write().await?;
            let upsert = write
                .query(
                    "INSERT INTO job (key, lane, payload, state, priority, max_attempts, model, created, not_before)
                     VALUES ($1, 'prediction', $2, 'queued', $3, $4, $5, {now}, {now})
                     ON CONFLICT (lane, key) WHERE experiment IS NULL DO UPDATE
                     SET state = 'queued', payload = excluded.payload, attempts = 0,
                         max_attempts = excluded.max_attempts, model = excluded.model, progress = NULL, failure = NULL,
                         not_before = excluded.not_before,
                         created = excluded.created, started = NULL, finished = NULL
                     WHERE job.state IN ('failed', 'cancelled')
                     RETURNING *",
                )
                .bind(key.to_owned())
                .bind(payload.to_owned())
                .bind(PREDICTION_PRIORITY)
                .bind(i64::from(max_attempts))
                .bind(self.model.to_string());
            let rows = write.rows(upsert).await?;
            let queued = match rows.first() {
                Some(row) => {
                    let job = Job::read(row)?;
                    write.happened(job.id, &Happening::entered(JobState::Queued)).await?;
                    write.tell(Change::Queued);
                    Some(Enqueued::Queued(job))
                }
                None => write.find(Lane::Prediction, key).await?.map(Enqueued::Joined),
            };
            write.commit().await?;
            queued.ok_or(sqlx::Error::RowNotFound)
        };
        database.steadily(enqueue).await
    }

    /// Queues cells of an experiment and returns how many are new: cells that are there already stay as they are, so
    /// a call that was cut off is made again. Memory does not grow with their number.
    pub async fn enqueue_cells(
        &self,
        experiment: ExperimentId,
        max_attempts: u32,
        cells: impl IntoIterator<Item = Cell, IntoIter: Send>,
    ) -> Result<u64, Error> {
        let mut cells = cells.into_iter();
        let mut new = 0;
        loop {
            let chunk: Vec<_> = cells.by_ref().take(CELLS_A_TRANSACTION).collect();
            if chunk.is_empty() {
                return Ok(new);
            }
            let insert = || self.insert_cells(experiment, max_attempts, &chunk);
            new += self.database.steadily(insert).await?;
        }
    }

    async fn insert_cells(
        &self,
        experiment: ExperimentId,
        max_attempts: u32,
        cells: &[Cell],
    ) -> Result<u64, sqlx::Error> {
        let mut write = self.database.write().await?;
        let mut new = 0;
        for cells in cells.chunks(CELLS_A_STATEMENT) {
            let mut insert = sqlx::query(AssertSqlSafe(insertion(cells.len()))).bind(experiment.0);
            insert = insert.bind(i64::from(max_attempts)).bind(self.model.to_string());
            for cell in cells {
                insert = insert.bind(cell.index.cast_signed()).bind(cell.key.clone());
            }
            new += write.touched(insert).await?;
        }
        let count = write.query("UPDATE experiment SET enqueued = enqueued + $2 WHERE id = $1");
        write.touched(count.bind(experiment.0).bind(new.cast_signed())).await?;
        write.tell(Change::Queued);
        write.commit().await?;
        Ok(new)
    }
}

/// A statement that inserts so many cells: their experiment, attempts, model, and then index and key of each are bound.
fn insertion(cells: usize) -> String {
    let rows: Vec<_> = (0..cells)
        .map(|cell| format!("(CAST(${} AS BIGINT), CAST(${} AS TEXT))", 2 * cell + 4, 2 * cell + 5))
        .collect();
    format!(
        "WITH new (cell, key) AS (VALUES {})
         INSERT INTO job (experiment, cell, key, lane, state, priority, max_attempts, model, created)
         SELECT experiment.id, new.cell, new.key, 'cell', 'queued', experiment.priority, CAST($2 AS BIGINT),
                CAST($3 AS TEXT), experiment.created
         FROM experiment CROSS JOIN new
         WHERE experiment.id = $1 AND experiment.cancelled = 0
         ON CONFLICT (experiment, cell) WHERE experiment IS NOT NULL DO NOTHING",
        rows.join(", ")
    )
}
