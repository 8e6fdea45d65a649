//! Measured responses: runs of BOLD on disk, and what is done to them before a model sees them.
//!
//! A [`BoldFile`] is a run as a laboratory has it, in one of five formats. [`BoldFile::read`] makes a [`Run`] of it, a row a
//! scan and a column for each output of a model. It is detrended and standardised ([`Run::standardise`]) and resampled by
//! the second ([`Run::resampled`]). [`PreparedRuns`] keeps the outcome on disk, so that many hours of runs take no memory.
//!
//! Source: §5.8 of the TRIBE v2 paper: z-scored and detrended a session, linearly resampled to 1 Hz, projected to the
//! surface, and taken 5 s after the stimulus.

mod error;
mod file;
mod hdf5;
mod npy;
mod prepared;
mod repetition_time;
mod resampling;
mod run;
mod sidecar;
mod standardising;

pub use error::Error;
pub use file::{BoldFile, Outputs};
pub use prepared::{Prepared, PreparedRuns, Times};
pub use run::Run;
pub use sidecar::Sidecar;
pub use standardising::Masked;
