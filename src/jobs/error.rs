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
    #[error("there is no experiment {key:?} in the queue")]
    UnknownExperiment { key: String },
    #[error("{url:?} is no database for the queue; give sqlite://FILE or postgres://USER@HOST/NAME")]
    UnknownDatabase { url: String },
    #[error(
        "the queue in {address} is an older encortex's, which did not note the model that a job was asked of; let that \
         version finish its jobs, then remove this queue or name another by --database-url: results stay where they are"
    )]
    OlderDatabase { address: String },
    #[error("the disk of the queue's database is full; free some space and ask again")]
    StorageFull(#[source] sqlx::Error),
    #[error("the queue's database has not answered for {} s; ask again when it is back", waited.as_secs())]
    Unavailable { waited: Duration, source: sqlx::Error },
    #[error("the queue's database failed")]
    Database(#[source] sqlx::Error),
    #[error(transparent)]
    Store(#[from] store::Error),
}
