//! The queue: jobs that outlive the process, in one table that several processes may share.
//!
//! Each step of a job's life is one transaction, in the file that is named after it: it is enqueued (`enqueue.rs`),
//! claimed (`claim.rs`), settled (`settle.rs`), withdrawn (`cancel.rs`), forgotten (`retention.rs`).

use std::path::Path;
use std::sync::Arc;

use super::Error;
use super::database::{Database, sqlite_url};
#[cfg(test)]
use super::failure_point::{FailurePlan, FailurePoint};

/// All jobs of a database, as those see them who run one model. Clones share it.
#[derive(Clone)]
pub struct Queue {
    pub(super) database: Arc<Database>,
    /// What is asked through this queue is asked of this model, and nothing else is claimed.
    pub(super) model: Arc<str>,
    #[cfg(test)]
    pub(super) failures: FailurePlan,
}

impl Queue {
    /// Opens the queue of a database: `sqlite://FILE?mode=rwc` or `postgres://USER@HOST/NAME`. Makes its tables where
    /// there are none.
    ///
    /// Must be called inside a tokio runtime. Like every call, waits half a minute for a database that is away.
    pub async fn open(url: &str) -> Result<Self, Error> {
        Ok(Self {
            database: Arc::new(Database::open(url).await?),
            model: "".into(),
            #[cfg(test)]
            failures: FailurePlan::default(),
        })
    }

    /// Opens the queue in an SQLite file, made where there is none.
    pub async fn in_file(path: &Path) -> Result<Self, Error> {
        Self::open(&sqlite_url(path)).await
    }

    /// The same jobs for those who run the model of this name; without one, the name is empty.
    pub fn of_model(self, name: &str) -> Self {
        Self { model: name.into(), ..self }
    }

    /// The database's address, for people: without its password.
    pub fn address(&self) -> &str {
        &self.database.address
    }

    /// Fails here, where a test wants it.
    #[cfg(test)]
    pub(super) fn reach(&self, point: FailurePoint) -> Result<(), sqlx::Error> {
        self.failures.reach(point)
    }
}
