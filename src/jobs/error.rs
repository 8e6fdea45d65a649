//! Why a job was not taken, found or changed.

use std::time::Duration;

use crate::store;

/// What the queue refuses, and what fails beneath it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{waiting} predictions wait already, as many as this server lets; come back in {} s", retry_after.as_secs())]
    Full { waiting: usize, retry_after: Duration },
    #[error("the server is shutting down; ask again when it is back")]
    Draining,
    #[error(transparent)]
    Store(#[from] store::Error),
}
