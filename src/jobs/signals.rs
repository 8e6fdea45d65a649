//! Who waits for the queue is woken: inside the process by channels, between processes by PostgreSQL's `NOTIFY`.
//!
//! A signal may be lost when a connection breaks, so it only shortens a wait: everyone also looks by a timer.

use std::time::Duration;

use sqlx::Any;
use sqlx::any::AnyArguments;
use sqlx::postgres::PgListener;
use sqlx::query::Query;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

const CHANNEL: &str = "encortex_jobs";
const BACKLOG: usize = 1024;
const RECONNECT: Duration = Duration::from_secs(1);

/// What can have happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Jobs can be claimed.
    Queued,
    /// A job has a new event, or is gone.
    Job(i64),
    /// Any of the running jobs may have been cancelled.
    Cancelled,
}

/// The sending ends of the signals.
pub(super) struct Signals {
    queued: watch::Sender<()>,
    jobs: broadcast::Sender<Change>,
    /// Ends the listener with the queue.
    closed: CancellationToken,
    _close: DropGuard,
}

impl Signals {
    pub(super) fn new() -> Self {
        let closed = CancellationToken::new();
        Self {
            queued: watch::Sender::new(()),
            jobs: broadcast::Sender::new(BACKLOG),
            _close: closed.clone().drop_guard(),
            closed,
        }
    }

    /// Wakes those who wait for work.
    pub(super) fn queued(&self) -> watch::Receiver<()> {
        self.queued.subscribe()
    }

    /// Wakes those who follow jobs.
    pub(super) fn jobs(&self) -> broadcast::Receiver<Change> {
        self.jobs.subscribe()
    }

    pub(super) fn tell(&self, change: Change) {
        tell(&self.queued, &self.jobs, change);
    }

    /// The statement that tells other processes.
    pub(super) fn notification(&self, change: Change) -> Query<'static, Any, AnyArguments> {
        let text = match change {
            Change::Queued => "queued".to_owned(),
            Change::Cancelled => "cancelled".to_owned(),
            Change::Job(id) => id.to_string(),
        };
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text)
    }

    /// Passes on what other processes tell, until the queue is closed.
    pub(super) fn listen_to(&self, url: String) {
        let (queued, jobs, closed) = (self.queued.clone(), self.jobs.clone(), self.closed.clone());
        let listen = async move {
            loop {
                if let Err(error) = listen(&url, &queued, &jobs).await {
                    tracing::warn!(%error, "no notifications from the queue's database; looking by a timer");
                }
                tokio::time::sleep(RECONNECT).await;
            }
        };
        tokio::spawn(async move { closed.run_until_cancelled(listen).await });
    }
}

async fn listen(url: &str, queued: &watch::Sender<()>, jobs: &broadcast::Sender<Change>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect(url).await?;
    listener.listen(CHANNEL).await?;
    loop {
        let notification = listener.recv().await?;
        let change = match notification.payload() {
            "queued" => Change::Queued,
            "cancelled" => Change::Cancelled,
            id => match id.parse() {
                Ok(id) => Change::Job(id),
                Err(_) => continue,
            },
        };
        tell(queued, jobs, change);
    }
}

fn tell(queued: &watch::Sender<()>, jobs: &broadcast::Sender<Change>, change: Change) {
    match change {
        Change::Queued => queued.send_replace(()),
        // Nobody may be listening.
        Change::Job(_) | Change::Cancelled => drop(jobs.send(change)),
    }
}
