//! A worker: one task that claims jobs, has them done, and holds their leases meanwhile.
//!
//! Before each batch it looks at its crews in their order, so a batch of the first lane never waits for more than the
//! one batch of another that runs. A crash is nothing special: the leases end, and whoever looks next takes the jobs
//! back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::events::Steps;
use super::job::{Claim, Failure, Job, Lane, Lease};
use super::settle::Outcome;
use super::signals::Change;
use super::{Error, Queue};
use crate::predict::Progress;

/// How long an idle worker waits for a signal before it looks by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// How long a job rests whose worker panicked.
const AFTER_PANIC: Duration = Duration::from_secs(1);
/// A lease is prolonged so often before it would end.
const HEARTBEATS_A_LEASE: u32 = 3;

/// A job to do.
pub struct Task {
    pub job: Job,
    pub lease: Lease,
    /// Set when nobody wants the result any more, or the process is told to stop: to be looked at between forwards.
    pub cancel: CancellationToken,
    progress: mpsc::UnboundedSender<(Lease, Progress)>,
}

impl Task {
    /// Takes notes of how far the job is. What is worth it becomes an event.
    pub fn reporter(&self) -> impl FnMut(Progress) + Send + 'static {
        let (lease, progress, mut steps) = (self.lease, self.progress.clone(), Steps::default());
        move |step| {
            if steps.is_worth_an_event(&step) {
                // Nobody listens any more when the attempt is over.
                let _ = progress.send((lease, step));
            }
        }
    }
}

/// Does a batch and tells for each task, in their order, how it ended.
pub type Run = Box<dyn Fn(Vec<Task>) -> BoxFuture<'static, Vec<Outcome>> + Send + Sync>;

/// Who does the jobs of a lane, up to `batch` at once.
pub struct Crew {
    pub lane: Lane,
    pub batch: u32,
    pub run: Run,
}

/// A running worker. Clones share it.
#[derive(Clone)]
pub struct Worker {
    shared: Arc<Shared>,
}

struct Shared {
    /// No more claims.
    draining: CancellationToken,
    /// What runs shall stop.
    aborting: CancellationToken,
    life: tokio::sync::Mutex<JoinHandle<()>>,
}

struct Desk {
    queue: Queue,
    owner: String,
    ttl: Duration,
    crews: Vec<Crew>,
    draining: CancellationToken,
    aborting: CancellationToken,
}

impl Worker {
    /// Starts a worker under a name that no other living one has. It has jobs done by the first of `crews` that finds
    /// any, and holds them by leases of `ttl`.
    ///
    /// Must be called inside a tokio runtime.
    pub fn start(queue: Queue, owner: impl Into<String>, ttl: Duration, crews: Vec<Crew>) -> Self {
        let (draining, aborting) = (CancellationToken::new(), CancellationToken::new());
        let desk =
            Desk { queue, owner: owner.into(), ttl, crews, draining: draining.clone(), aborting: aborting.clone() };
        let life = tokio::sync::Mutex::new(tokio::spawn(desk.work()));
        Self { shared: Arc::new(Shared { draining, aborting, life }) }
    }

    /// Claims no more jobs, gives those that run this long to finish, then stops them and gives them back.
    ///
    /// A forward cannot be interrupted: after as long again the leases are left to end.
    pub async fn drain(&self, grace: Duration) {
        self.shared.draining.cancel();
        let mut life = self.shared.life.lock().await;
        for last in [false, true] {
            if life.is_finished() || tokio::time::timeout(grace, &mut *life).await.is_ok() || last {
                return;
            }
            self.shared.aborting.cancel();
        }
    }

    /// Whether no more jobs are claimed.
    pub fn is_draining(&self) -> bool {
        self.shared.draining.is_cancelled()
    }

    /// Stops at once and leaves the leases as they are, as a killed process does.
    #[cfg(test)]
    pub(super) async fn kill(self) {
        self.shared.life.lock().await.abort();
    }
}

impl Desk {
    async fn work(self) {
        let mut queued = self.queue.database.signals.queued();
        let mut reclaimed: Option<Instant> = None;
        while !self.draining.is_cancelled() {
            queued.mark_unchanged();
            if reclaimed.is_none_or(|last| last.elapsed() >= self.ttl / HEARTBEATS_A_LEASE) {
                reclaimed = Some(Instant::now());
                if let Err(error) = self.queue.reclaim().await {
                    tracing::error!(%error, "leases that ended could not be taken back");
                }
            }
            match self.claim().await {
                Ok(Some((crew, claims))) => {
                    if let Err(error) = self.hold(crew, claims).await {
                        tracing::error!(%error, "how jobs ended could not be stored; they are taken back later");
                    }
                    continue;
                }
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "no jobs could be claimed"),
            }
            tokio::select! {
                () = self.draining.cancelled() => {}
                _ = queued.changed() => {}
                () = tokio::time::sleep(LOOK_AGAIN.min(self.ttl)) => {}
            }
        }
    }

    /// The next batch, and who does it. Where nothing new is found for a batch of several, one that was attempted
    /// before is taken alone.
    async fn claim(&self) -> Result<Option<(&Crew, Vec<Claim>)>, Error> {
        for crew in &self.crews {
            for n in [crew.batch, 1] {
                let claims = self.queue.claim(crew.lane, n, &self.owner, self.ttl).await?;
                if !claims.is_empty() {
                    return Ok(Some((crew, claims)));
                }
                if n == 1 {
                    break;
                }
            }
        }
        Ok(None)
    }

    /// Has a batch done and holds its leases until it is.
    async fn hold(&self, crew: &Crew, claims: Vec<Claim>) -> Result<(), Error> {
        let (progress, mut steps) = mpsc::unbounded_channel();
        let mut held: Vec<_> = claims.iter().map(|claim| (claim.lease, CancellationToken::new())).collect();
        let leases: Vec<_> = held.iter().map(|(lease, _)| *lease).collect();
        let tasks = claims.into_iter().zip(&held).map(|(Claim { job, lease }, (_, cancel))| Task {
            job,
            lease,
            cancel: cancel.clone(),
            progress: progress.clone(),
        });
        let mut run = tokio::spawn((crew.run)(tasks.collect()));
        drop(progress);
        let mut signals = self.queue.database.signals.jobs();
        let period = self.ttl / HEARTBEATS_A_LEASE;
        let mut heartbeat = tokio::time::interval_at(tokio::time::Instant::now() + period, period);
        let mut is_open = true;
        let outcomes = loop {
            tokio::select! {
                ended = &mut run => break ended,
                step = steps.recv(), if is_open => match step {
                    Some((lease, step)) => self.advance(lease, &step).await,
                    None => is_open = false,
                },
                _ = heartbeat.tick() => self.prolong(&mut held).await,
                signal = signals.recv() => match signal {
                    Ok(Change::Cancelled) | Err(RecvError::Lagged(_)) => self.prolong(&mut held).await,
                    Ok(Change::Job(_) | Change::Queued) | Err(RecvError::Closed) => {}
                },
                () = self.aborting.cancelled(), if !held.is_empty() => {
                    held.drain(..).for_each(|(_, cancel)| cancel.cancel());
                }
            }
        };
        while let Ok((lease, step)) = steps.try_recv() {
            self.advance(lease, &step).await;
        }
        let outcomes = outcomes.unwrap_or_else(|error| {
            tracing::error!(%error, lane = crew.lane.as_str(), "the work panicked");
            vec![Outcome::Retry(panicked(), AFTER_PANIC); leases.len()]
        });
        self.settle(&leases.into_iter().zip(outcomes).collect::<Vec<_>>()).await
    }

    /// Stores how attempts ended, and waits for a disk that is full: once their leases have ended there is nothing to store.
    async fn settle(&self, ends: &[(Lease, Outcome)]) -> Result<(), Error> {
        loop {
            match self.queue.settle(ends).await {
                Err(error @ Error::StorageFull(_)) if !self.aborting.is_cancelled() => {
                    tracing::warn!(%error, "how jobs ended is stored when there is room for it");
                }
                settled => return settled.map(drop),
            }
            self.aborting.run_until_cancelled(tokio::time::sleep(LOOK_AGAIN)).await;
        }
    }

    async fn advance(&self, lease: Lease, step: &Progress) {
        if let Err(error) = self.queue.advance(lease, step).await {
            tracing::warn!(job = %lease.job(), %error, "an event could not be stored");
        }
    }

    /// Prolongs the leases, and cancels the tasks whose lease is lost.
    async fn prolong(&self, held: &mut Vec<(Lease, CancellationToken)>) {
        let leases: Vec<_> = held.iter().map(|(lease, _)| *lease).collect();
        match self.queue.heartbeat(&leases, self.ttl).await {
            Ok(lost) => held.retain(|(lease, cancel)| {
                let is_lost = lost.contains(lease);
                if is_lost {
                    cancel.cancel();
                }
                !is_lost
            }),
            Err(error) => tracing::error!(%error, "leases could not be prolonged"),
        }
    }
}

fn panicked() -> Failure {
    Failure {
        status: 500,
        code: "worker_panicked".to_owned(),
        detail: "the work stopped by an error in the program: see the worker's log".to_owned(),
    }
}
