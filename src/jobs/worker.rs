//! The worker: one task that runs jobs in the order they came, until the queue drains.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::queue::{Queue, Running, Shared, Stopping};
use super::{Failure, JobState};
use crate::predict::{PredictionRequest, Progress};

/// How often a draining queue looks whether its last job has stopped.
const DRAIN_TICK: Duration = Duration::from_millis(20);

/// One prediction to make.
pub struct Work {
    pub request: PredictionRequest,
    /// Empty, for the results.
    pub folder: PathBuf,
    /// To be called now and then.
    pub progress: Box<dyn FnMut(Progress) + Send>,
    /// To be looked at between forwards.
    pub cancel: CancellationToken,
}

/// Why a prediction was not made.
#[derive(Debug)]
pub enum Stopped {
    Cancelled,
    Failed(Failure),
}

/// The life of the worker.
pub(super) async fn work(shared: Arc<Shared>, run: impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>>) {
    while let Some((id, work)) = next(&shared).await {
        let outcome = run(work).await;
        finish(&shared, &id, outcome);
    }
}

/// Waits for the next job and marks it as running; `None` when the queue drains.
async fn next(shared: &Arc<Shared>) -> Option<(String, Work)> {
    loop {
        let rung = shared.bell.notified();
        match take(shared) {
            Taken::Job(id, work) => return Some((id, *work)),
            Taken::Nothing => rung.await,
            Taken::Drained => return None,
        }
    }
}

enum Taken {
    Job(String, Box<Work>),
    Nothing,
    Drained,
}

fn take(shared: &Arc<Shared>) -> Taken {
    let mut state = shared.lock();
    if state.draining {
        return Taken::Drained;
    }
    let Some(id) = state.waiting.pop_front() else { return Taken::Nothing };
    let Some(entry) = state.jobs.get_mut(&id) else { return Taken::Nothing };
    if let Err(error) = entry.enter(JobState::Running) {
        tracing::error!(job = id, %error, "a job's state could not be stored");
    }
    let cancel = CancellationToken::new();
    let progress = {
        let (shared, id) = (Arc::clone(shared), id.clone());
        Box::new(move |progress| {
            if let Some(entry) = shared.lock().jobs.get_mut(&id) {
                entry.advance(progress);
            }
        })
    };
    let work =
        Work { request: entry.job.request.clone(), folder: entry.folder.results(), progress, cancel: cancel.clone() };
    state.running = Some(Running { id: id.clone(), since: Instant::now(), cancel, stopping: None });
    Taken::Job(id, Box::new(work))
}

/// Stores how a job ended, or queues it again where it was stopped for that.
fn finish(shared: &Shared, id: &str, outcome: Result<(), Stopped>) {
    let mut state = shared.lock();
    let Some(running) = state.running.take() else { return };
    let stopping = running.stopping;
    if outcome.is_ok() {
        state.pace.measured(running.since.elapsed());
    }
    let Some(entry) = state.jobs.get_mut(id) else { return };
    let again = matches!(stopping, Some(Stopping::AskedAgain | Stopping::Released));
    let stored = match outcome {
        Ok(()) => entry.enter(JobState::Succeeded),
        Err(_) if again => entry.queue(&shared.store),
        Err(Stopped::Cancelled) => shared.store.clear_results(&entry.folder).and(entry.enter(JobState::Cancelled)),
        Err(Stopped::Failed(failure)) => {
            tracing::info!(job = id, code = failure.code, detail = failure.detail, "a prediction failed");
            entry.job.failure = Some(failure);
            shared.store.clear_results(&entry.folder).and(entry.enter(JobState::Failed))
        }
    };
    if entry.job.state == JobState::Queued {
        state.waiting.push_back(id.to_owned());
    }
    if let Err(error) = stored {
        tracing::error!(job = id, %error, "a job's end could not be stored");
    }
}

impl Queue {
    /// Takes no more jobs, gives the running one this long to finish, then stops it so that the next process
    /// runs it again. Waiting jobs stay queued on the disk.
    pub async fn drain(&self, grace: Duration) {
        self.shared.lock().draining = true;
        self.shared.bell.notify_one();
        if tokio::time::timeout(grace, self.idle()).await.is_err() {
            if let Some(running) = self.shared.lock().running.as_mut() {
                running.stopping.get_or_insert(Stopping::Released);
                running.cancel.cancel();
            }
            // A forward cannot be interrupted; a job that outlives this is found running at the next start.
            let _ = tokio::time::timeout(grace, self.idle()).await;
        }
    }

    /// Whether no more jobs are taken.
    pub fn is_draining(&self) -> bool {
        self.shared.lock().draining
    }

    async fn idle(&self) {
        while self.shared.lock().running.is_some() {
            tokio::time::sleep(DRAIN_TICK).await;
        }
    }
}
