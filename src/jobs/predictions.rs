//! Predictions as jobs: what the API sees of the queue.
//!
//! The waiting room is bounded, and whoever finds it full is told when to come back. A prediction's results lie in
//! the store under its key.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use super::attempt::{Stopped, attempt, one_at_a_time};
use super::enqueue::DEFAULT_ATTEMPTS;
use super::pace::Pace;
use super::worker::{Crew, Task};
use super::{Counts, Cursor, Error, Event, Job, JobState, Lane, Outcome, Queue, Scope};
use crate::predict::{PredictionRequest, Progress};
use crate::store::{self, Store, on_disk};

/// The predictions of a queue. Clones share them.
#[derive(Clone)]
pub struct Predictions {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Queue,
    store: Store,
    capacity: usize,
    pace: Mutex<Pace>,
    /// One at a time finds a place in the waiting room.
    door: tokio::sync::Mutex<()>,
    closed: CancellationToken,
}

/// A job and how far it is.
#[derive(Clone, Debug)]
pub struct JobStatus {
    pub job: Job,
    /// Jobs that are waiting before it, while it waits.
    pub ahead: Option<usize>,
}

/// What became of a prediction that is not wanted any more.
#[derive(Clone, Debug)]
pub enum Withdrawn {
    /// It was waiting or running; if it runs, it stops within a window's time.
    Cancelled(Box<JobStatus>),
    /// It was finished; it is gone with its results.
    Deleted,
}

/// What a prediction is asked about.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What its stimulus is called in file names.
    pub task: String,
    /// Uploads that it reads: the stimulus, what that names, its transcript.
    pub stimuli: Vec<String>,
}

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

/// What a prediction is asked to do, as it is stored.
#[derive(Serialize, Deserialize)]
struct Payload {
    /// Its files by their paths in the data folder, which is another one on another machine.
    request: PredictionRequest,
    /// Uploads that the request reads.
    stimuli: Vec<String>,
}

impl Payload {
    fn of(job: &Job) -> Result<Self, Error> {
        let payload = serde_json::from_str(job.payload.as_deref().unwrap_or_default());
        payload.map_err(|error| Error::Database(sqlx::Error::Decode(error.into())))
    }
}

impl Predictions {
    /// Lets at most `capacity` predictions wait beside the one that runs.
    pub fn new(queue: Queue, store: Store, capacity: usize) -> Self {
        let (pace, door, closed) = Default::default();
        Self { shared: Arc::new(Shared { queue, store, capacity, pace, door, closed }) }
    }

    /// Queues a prediction, or joins the one that is there already; a failed or cancelled one is queued anew.
    pub async fn submit(
        &self,
        key: &str,
        mut request: PredictionRequest,
        stimuli: Vec<String>,
    ) -> Result<JobStatus, Error> {
        let Shared { queue, store, capacity, pace, door, closed } = &*self.shared;
        store.prediction(key)?;
        let _turn = door.lock().await;
        match queue.find(Lane::Prediction, key).await? {
            Some(job) if !matches!(job.state, JobState::Failed | JobState::Cancelled) => return self.seen(job).await,
            Some(_) | None if closed.is_cancelled() => return Err(Error::Draining),
            Some(_) | None => {}
        }
        let counts = queue.counts(Scope::Lane(Lane::Prediction)).await?;
        let waiting = usize::try_from(counts.of(JobState::Queued)).unwrap_or(usize::MAX);
        if waiting >= capacity + usize::from(counts.of(JobState::Running) == 0) {
            let running_for = self.running_for().await?;
            let pace = pace.lock().unwrap_or_else(PoisonError::into_inner);
            return Err(Error::Full { waiting, retry_after: pace.retry_after(waiting, running_for) });
        }
        for file in request.source.files_mut() {
            *file = store.relative(file);
        }
        let payload = serde_json::to_string(&Payload { request, stimuli });
        let payload = payload.map_err(|error| Error::Database(sqlx::Error::Encode(error.into())))?;
        self.seen(queue.enqueue(key, &payload, DEFAULT_ATTEMPTS).await?.job()).await
    }

    /// A prediction as it stands now.
    pub async fn status(&self, key: &str) -> Result<JobStatus, Error> {
        self.seen(self.job(key).await?).await
    }

    /// Predictions, the newest first, after a cursor: those in `state`, at most `limit`.
    pub async fn list(&self, state: Option<JobState>, after: Option<Cursor>, limit: u32) -> Result<Vec<Job>, Error> {
        self.shared.queue.list(Lane::Prediction, state, after, limit).await
    }

    /// How many predictions are in each state.
    pub async fn counts(&self) -> Result<Counts, Error> {
        self.shared.queue.counts(Scope::Lane(Lane::Prediction)).await
    }

    /// What a prediction is asked about, by its job.
    pub fn asked(&self, job: &Job) -> Result<Asked, Error> {
        let Payload { request, stimuli } = Payload::of(job)?;
        Ok(Asked { task: request.task, stimuli })
    }

    /// Whether a prediction that is not finished reads this upload.
    pub async fn needs(&self, stimulus: &str) -> Result<bool, Error> {
        let payloads = self.shared.queue.unfinished_payloads(Lane::Prediction).await?;
        let reads = |payload: &String| {
            serde_json::from_str::<Payload>(payload)
                .is_ok_and(|payload| payload.stimuli.iter().any(|needed| needed == stimulus))
        };
        Ok(payloads.iter().any(reads))
    }

    /// Where a prediction's results lie, once it has succeeded, fetched where another machine made them; for a blocking
    /// thread.
    pub fn results(&self, key: &str) -> Result<PathBuf, Error> {
        let store = &self.shared.store;
        Ok(store.results(&store.prediction(key)?)?)
    }

    /// Where a prediction that runs writes to, on this machine or where its worker shares the data folder; for a blocking
    /// thread.
    pub fn under_way(&self, key: &str) -> Result<Option<PathBuf>, Error> {
        let store = &self.shared.store;
        Ok(store.under_way(&store.prediction(key)?))
    }

    /// Cancels a prediction that is not finished; deletes one that is, with its results.
    pub async fn withdraw(&self, key: &str) -> Result<Withdrawn, Error> {
        let Shared { queue, store, .. } = &*self.shared;
        let job = self.job(key).await?;
        if queue.cancel(job.id).await? {
            return Ok(Withdrawn::Cancelled(Box::new(self.status(key).await?)));
        }
        // Results first: what is out of reach now is removed by asking again.
        let (store, key) = (store.clone(), key.to_owned());
        on_disk(move || store.remove_prediction(&key)).await?;
        queue.remove(job.id).await?;
        Ok(Withdrawn::Deleted)
    }

    /// Waits until a prediction is finished.
    pub async fn finished(&self, key: &str) -> Result<JobStatus, Error> {
        let mut signals = self.shared.queue.database.signals.jobs();
        loop {
            // One that is deleted while it is waited for is unknown on the next round.
            let status = self.status(key).await?;
            if status.job.state.is_finished() {
                return Ok(status);
            }
            self.shared.queue.something_happens(status.job.id, &mut signals).await;
        }
    }

    /// A prediction's events after number `after`: those of the past, then new ones as they happen, until it is
    /// finished.
    pub async fn events(
        &self,
        key: &str,
        after: u64,
    ) -> Result<impl Stream<Item = Result<Event, Error>> + Send + use<>, Error> {
        Ok(self.shared.queue.events(self.job(key).await?.id, after))
    }

    /// Takes no more predictions.
    pub fn close(&self) {
        self.shared.closed.cancel();
    }

    /// Those who make predictions, one at a time, by `run`.
    pub fn crew(&self, run: impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>> + Send + Sync + 'static) -> Crew {
        let (predictions, run) = (self.clone(), Arc::new(run));
        one_at_a_time(Lane::Prediction, move |task| {
            let (predictions, run) = (predictions.clone(), Arc::clone(&run));
            Box::pin(async move { predictions.attempt(task, &*run).await })
        })
    }

    async fn attempt(
        &self,
        task: Task,
        run: &(impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>> + Send + Sync),
    ) -> Result<Outcome, Error> {
        let Shared { queue, store, pace, .. } = &*self.shared;
        let Payload { request, .. } = Payload::of(&task.job)?;
        let (result, progress, cancel) =
            (store.prediction(&task.job.key)?, Box::new(task.reporter()), task.cancel.clone());
        let begun = Instant::now();
        let make = async |folder| {
            let request = self.located(request).await?;
            Ok(run(Work { request, folder, progress, cancel }).await)
        };
        let outcome = attempt(queue, store, result, task.lease, make).await?;
        if matches!(outcome, Outcome::Succeeded) {
            pace.lock().unwrap_or_else(PoisonError::into_inner).measured(begun.elapsed());
        }
        Ok(outcome)
    }

    /// A request as it was submitted, its files on this machine.
    async fn located(&self, mut request: PredictionRequest) -> Result<PredictionRequest, Error> {
        let store = self.shared.store.clone();
        let locate = move || {
            for file in request.source.files_mut() {
                *file = store.located(file)?;
            }
            Ok(request)
        };
        Ok(on_disk(locate).await?)
    }

    async fn job(&self, key: &str) -> Result<Job, Error> {
        let job = self.shared.queue.find(Lane::Prediction, key).await?;
        Ok(job.ok_or_else(|| store::Error::UnknownPrediction { id: key.to_owned() })?)
    }

    async fn seen(&self, job: Job) -> Result<JobStatus, Error> {
        let ahead = match job.state {
            JobState::Queued => usize::try_from(self.shared.queue.ahead(job.id).await?).ok(),
            JobState::Running | JobState::Succeeded | JobState::Failed | JobState::Cancelled => None,
        };
        Ok(JobStatus { job, ahead })
    }

    /// How long the running prediction has been running.
    async fn running_for(&self) -> Result<Duration, Error> {
        let running = self.list(Some(JobState::Running), None, 1).await?;
        let since = running.first().and_then(|job| job.started).unwrap_or_else(Timestamp::now);
        Ok(Timestamp::now().duration_since(since).try_into().unwrap_or_default())
    }
}
