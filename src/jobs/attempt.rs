//! An attempt at a job: it writes to a folder of its own, which becomes the result when it is whole and the lease is still
//! in force. A worker that lost its lease writes into nobody's result.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::worker::{Crew, Task};
use super::{Error, Failure, Lane, Lease, Outcome, Queue};
use crate::store::{self, ResultFolder, Store, on_disk};

/// How long a job rests while the shared results are out of reach.
const AWAY: Duration = Duration::from_secs(5);

/// Why a result was not made.
#[derive(Debug)]
pub enum Stopped {
    Cancelled,
    /// The shared stimuli are out of reach.
    Away,
    Failed(Failure),
}

/// Those who do the jobs of a lane one at a time, by `attempt`.
pub(super) fn one_at_a_time(
    lane: Lane,
    attempt: impl Fn(Task) -> BoxFuture<'static, Result<Outcome, Error>> + Send + Sync + 'static,
) -> Crew {
    let attempt = Arc::new(attempt);
    let run = move |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        let attempt = Arc::clone(&attempt);
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(tasks.len());
            for task in tasks {
                outcomes.push(attempt(task).await.unwrap_or_else(not_kept));
            }
            outcomes
        })
    };
    Crew { lane, batch: 1, run: Box::new(run) }
}

/// Makes a result by `make`, which is given the folder to write to, if there is none.
pub(super) async fn attempt(
    queue: &Queue,
    store: &Store,
    folder: ResultFolder,
    lease: Lease,
    make: impl AsyncFnOnce(PathBuf) -> Result<Result<(), Stopped>, Error>,
) -> Result<Outcome, Error> {
    let beginning = (store.clone(), folder.clone());
    let begin = move || match beginning.0.is_made(&beginning.1)? {
        true => Ok(None),
        false => beginning.0.begin_attempt(&beginning.1).map(Some),
    };
    let Some(attempt) = on_disk(begin).await? else { return Ok(Outcome::Succeeded) };
    Ok(match make(attempt.path().to_owned()).await? {
        Ok(()) if !queue.holds(lease).await? => Outcome::Released,
        Ok(()) => {
            let store = store.clone();
            on_disk(move || store.keep_attempt(&folder, attempt)).await?;
            Outcome::Succeeded
        }
        Err(Stopped::Cancelled) => Outcome::Released,
        Err(Stopped::Away) => Outcome::Postponed(AWAY),
        Err(Stopped::Failed(failure)) => {
            tracing::info!(job = %lease.job(), code = failure.code, detail = failure.detail, "a job failed");
            Outcome::Failed(failure)
        }
    })
}

/// The server's own fault: its log says why. What is only out of reach is waited for.
fn not_kept(error: Error) -> Outcome {
    if matches!(error, Error::Store(store::Error::Away { .. })) {
        return Outcome::Postponed(AWAY);
    }
    tracing::error!(%error, "a result could not be begun or kept");
    let (status, code, detail) = if store::is_storage_full(&error) {
        (507, "storage_full", "the server's disk is full; make room on it, then ask again")
    } else {
        (500, "internal_error", "the result could not be kept; the server's log says why")
    };
    Outcome::Failed(Failure { status, code: code.to_owned(), detail: detail.to_owned() })
}
