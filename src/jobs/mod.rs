//! Predictions as jobs: queued, run one after another, remembered.
//!
//! A job is named by what it predicts, so asking twice is asking once. Its state lies in `job.json` and what
//! happened to it in `events.jsonl`, both in the prediction's folder: a process that starts finds finished jobs
//! finished and runs the others. One worker task takes them in order; the waiting room is bounded, and whoever
//! finds it full is told when to come back. How a prediction is made is given as a function: no model is known
//! here, and no status code.

mod error;
mod events;
mod job;
mod pace;
mod queue;
mod worker;

pub use error::Error;
pub use events::{Event, Happening};
pub use job::{Failure, Job, JobState};
pub use queue::{JobStatus, Queue, Withdrawn};
pub use worker::{Stopped, Work};
