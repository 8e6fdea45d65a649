//! Experiments as jobs: what the API sees of the lane of cells.
//!
//! An experiment is a spec and so many cells, one where it has no grid. Its cells wait behind every prediction; the
//! result of each lies in the store under the experiment's id and its number. Asking for the same experiment again joins
//! it, and takes up what failed of it or was cancelled.

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::attempt::{Stopped, attempt, one_at_a_time};
use super::worker::{Crew, Task};
use super::{
    Cell, Counts, DEFAULT_ATTEMPTS, Error, Experiment, Job, JobState, Lane, NewExperiment, Outcome, Queue, Scope,
};
use crate::store::{Store, on_disk};

/// The experiments of a queue. Clones share them.
#[derive(Clone)]
pub struct Experiments {
    queue: Queue,
    store: Store,
}

/// An experiment, and how far its cells are.
#[derive(Clone, Debug)]
pub struct ExperimentStatus {
    pub experiment: Experiment,
    pub counts: Counts,
    /// The first cells that failed.
    pub failed: Vec<Job>,
}

/// One cell to make.
pub struct CellWork {
    /// The experiment's spec, as JSON.
    pub spec: String,
    pub cell: u64,
    /// Empty, for the results.
    pub folder: PathBuf,
    /// To be looked at between forwards.
    pub cancel: CancellationToken,
}

impl ExperimentStatus {
    /// Running while a cell waits or runs; then cancelled where it was, failed where a cell did, else succeeded.
    pub fn state(&self) -> JobState {
        match () {
            () if self.counts.unfinished() > 0 => JobState::Running,
            () if self.experiment.is_cancelled => JobState::Cancelled,
            () if self.counts.of(JobState::Failed) > 0 => JobState::Failed,
            () => JobState::Succeeded,
        }
    }

    /// Cells that are over.
    pub fn finished(&self) -> u64 {
        self.counts.by_state.iter().filter(|(state, _)| state.is_finished()).map(|(_, cells)| cells).sum()
    }
}

/// How many experiments a listing looks at in one go.
const LOOKED_AT: u32 = 100;
/// How many failed cells a status tells of.
const FAILED_SHOWN: u32 = 10;

impl Experiments {
    pub fn new(queue: Queue, store: Store) -> Self {
        Self { queue, store }
    }

    /// Queues an experiment with all of its cells, or joins the one of this id: what failed or was cancelled of it is
    /// queued anew.
    pub async fn submit(&self, id: &str, name: &str, spec: &str, cells: u64) -> Result<ExperimentStatus, Error> {
        self.store.cell(id, 0)?;
        let new = NewExperiment { key: id, name, spec, cells, priority: 0 };
        let experiment = self.queue.add_experiment(&new).await?;
        self.queue.resume_experiment(experiment.id).await?;
        let key = id.to_owned();
        let all = (0..cells).map(move |index| Cell { index, key: format!("{key}/{index}") });
        self.queue.enqueue_cells(experiment.id, DEFAULT_ATTEMPTS, all).await?;
        self.status(id).await
    }

    pub async fn status(&self, id: &str) -> Result<ExperimentStatus, Error> {
        let experiment = self.queue.experiment(id).await?;
        let counts = self.queue.counts(Scope::Experiment(experiment.id)).await?;
        // Looking for one among all cells takes longer the more there are.
        let failed = match counts.of(JobState::Failed) {
            0 => Vec::new(),
            _ => self.queue.cells(experiment.id, Some(JobState::Failed), 0, FAILED_SHOWN).await?,
        };
        Ok(ExperimentStatus { experiment, counts, failed })
    }

    /// Experiments that are `wanted`, the newest first, after the one of id `after`: at most `limit`.
    pub async fn list(
        &self,
        after: Option<&str>,
        limit: usize,
        wanted: impl Fn(&ExperimentStatus) -> bool,
    ) -> Result<Vec<ExperimentStatus>, Error> {
        let mut before = match after {
            Some(id) => Some(self.queue.experiment(id).await?.id),
            None => None,
        };
        let mut list = Vec::new();
        loop {
            let looked_at = self.queue.experiments(before, LOOKED_AT).await?;
            let Some(last) = looked_at.last() else { return Ok(list) };
            before = Some(last.id);
            for experiment in looked_at {
                let counts = self.queue.counts(Scope::Experiment(experiment.id)).await?;
                let status = ExperimentStatus { experiment, counts, failed: Vec::new() };
                if wanted(&status) {
                    list.push(status);
                }
                if list.len() == limit {
                    return Ok(list);
                }
            }
        }
    }

    /// Cancels what is left of an experiment; deletes one of which nothing is left, with its results.
    pub async fn withdraw(&self, id: &str) -> Result<Option<ExperimentStatus>, Error> {
        let status = self.status(id).await?;
        if status.counts.unfinished() > 0 {
            self.queue.cancel_experiment(status.experiment.id).await?;
            return self.status(id).await.map(Some);
        }
        // Results first: what is out of reach now is removed by asking again.
        let (store, key) = (self.store.clone(), id.to_owned());
        on_disk(move || store.remove_experiment(&key)).await?;
        self.queue.remove_experiment(status.experiment.id).await?;
        Ok(None)
    }

    /// Where the results of a cell lie, once it has succeeded, fetched where another machine made them; for a blocking thread.
    pub fn results(&self, id: &str, cell: u64) -> Result<PathBuf, Error> {
        Ok(self.store.results(&self.store.cell(id, cell)?)?)
    }

    /// Where the results of each cell lie, of those that have succeeded, fetched where another machine made them; for a
    /// blocking thread.
    pub fn all_results(&self, id: &str) -> Result<impl Fn(u64) -> Result<PathBuf, Error>, Error> {
        self.store.gather(id)?;
        let (store, id) = (self.store.clone(), id.to_owned());
        Ok(move |cell| Ok(store.cell(&id, cell)?.results()))
    }

    /// Those who make cells, one at a time, by `run`.
    pub fn crew(
        &self,
        run: impl Fn(CellWork) -> BoxFuture<'static, Result<(), Stopped>> + Send + Sync + 'static,
    ) -> Crew {
        let (experiments, run) = (self.clone(), Arc::new(run));
        one_at_a_time(Lane::Cell, move |task| {
            let (experiments, run) = (experiments.clone(), Arc::clone(&run));
            Box::pin(async move { experiments.attempt(task, &*run).await })
        })
    }

    async fn attempt(
        &self,
        task: Task,
        run: &(impl Fn(CellWork) -> BoxFuture<'static, Result<(), Stopped>> + Send + Sync),
    ) -> Result<Outcome, Error> {
        let Some((experiment, cell)) = task.job.cell else { return Ok(Outcome::Released) };
        let experiment = self.queue.experiment_of(experiment).await?;
        let result = self.store.cell(&experiment.key, cell)?;
        let (spec, cancel) = (experiment.spec, task.cancel.clone());
        let make = async |folder| Ok(run(CellWork { spec, cell, folder, cancel }).await);
        attempt(&self.queue, &self.store, result, task.lease, make).await
    }
}
