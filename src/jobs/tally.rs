//! Counts that are kept beside the rows: how many cells of an experiment ended in which state.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::Row;
use sqlx::any::AnyRow;

use super::database::Write;
use super::job::{self, JobState};

/// Two processes that add in the same place wait for each other's commit; with so many places few do.
const PLACES: u32 = 64;

/// Where this queue adds.
pub(super) fn place() -> i64 {
    static OPENED: AtomicU32 = AtomicU32::new(0);
    let number = std::process::id().wrapping_add(OPENED.fetch_add(1, Ordering::Relaxed));
    i64::from(number % PLACES)
}

/// Ends of jobs, not yet added: by experiment and state.
#[derive(Debug, Default)]
pub(super) struct Ends {
    jobs: BTreeMap<(i64, JobState), i64>,
}

impl Ends {
    /// So many cells whose end no longer counts.
    pub(super) fn undone(experiment: i64, state: JobState, cells: u64) -> Self {
        let jobs =
            if cells == 0 { BTreeMap::new() } else { BTreeMap::from([((experiment, state), -cells.cast_signed())]) };
        Self { jobs }
    }

    /// Takes note of jobs that a statement returned with `experiment` and `state`, if they are finished cells.
    pub(super) fn note(&mut self, rows: &[AnyRow]) -> Result<(), sqlx::Error> {
        for row in rows {
            let state = job::named(row, "state", &JobState::ALL, JobState::as_str)?;
            if let (Some(experiment), true) = (row.try_get("experiment")?, state.is_finished()) {
                *self.jobs.entry((experiment, state)).or_default() += 1;
            }
        }
        Ok(())
    }
}

impl Write<'_> {
    /// Adds to the tally: the last thing before the commit, so that nobody waits for who waits for others.
    pub(super) async fn tally(&mut self, ends: Ends) -> Result<(), sqlx::Error> {
        for ((experiment, state), jobs) in ends.jobs {
            let add = self
                .query(
                    "INSERT INTO tally (experiment, place, state, jobs) VALUES ($1, $2, $3, $4)
                     ON CONFLICT (experiment, place, state) DO UPDATE SET jobs = tally.jobs + excluded.jobs",
                )
                .bind(experiment)
                .bind(self.place())
                .bind(state.as_str())
                .bind(jobs);
            self.touched(add).await?;
        }
        Ok(())
    }
}
