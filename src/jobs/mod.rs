//! Work that outlives the process: queued, claimed by workers, remembered.
//!
//! [`Queue`] is one table of jobs, in SQLite for one machine or in PostgreSQL for many, with the same schema and the
//! same statements. A job is named by what it makes, so asking twice is asking once. A worker holds a job by a lease
//! with a token; attempts are counted when a job is claimed, so that a crash costs one, and what crashes every worker
//! ends as failed. Predictions are one lane, the cells of experiments another, and a [`Worker`] looks at the first
//! before each batch of the second. [`Predictions`] are what the API sees of the first lane: a bounded waiting room,
//! and results in the store; [`Experiments`] are what it sees of the second. How a job is done is given as a function: no model is known here, and no status code.

mod attempt;
mod cancel;
mod claim;
mod counts;
mod database;
mod dialect;
mod enqueue;
mod error;
mod events;
mod experiment;
mod experiments;
#[cfg(test)]
mod failure_point;
mod find;
mod job;
mod pace;
mod predictions;
mod queue;
mod resume;
mod retention;
mod settle;
mod signals;
mod tally;
#[cfg(test)]
mod tests;
mod worker;

pub use attempt::Stopped;
pub use claim::Reclaimed;
pub use counts::Counts;
pub use enqueue::{Cell, DEFAULT_ATTEMPTS, Enqueued};
pub use error::Error;
pub use events::{Event, Happening};
pub use experiment::{Experiment, NewExperiment};
pub use experiments::{CellWork, ExperimentStatus, Experiments};
pub use find::{Cursor, Scope};
pub use job::{Claim, ExperimentId, Failure, Job, JobId, JobState, Lane, Lease};
pub use predictions::{Asked, JobStatus, Predictions, Withdrawn, Work};
pub use queue::Queue;
pub use settle::Outcome;
pub use worker::{Crew, Run, Task, Worker};
