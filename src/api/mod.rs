//! HTTP: what the world sees of the server. [`router`] is its table of contents, `error.rs` the one table from
//! what went wrong to status and code, and every other file one resource.
//!
//! Handlers run on tokio's pools and never hold a tensor: predictions are jobs, run by the model's thread, and
//! files are made on the blocking pool. Bodies are streamed to the disk and counted on the way. Who does the jobs, in the
//! server's process or in another, is in `workplace.rs`.

mod analyses;
mod analysis_view;
mod atlases;
mod cell;
mod cell_map;
mod comparisons;
mod docs;
mod error;
mod evaluations;
mod events;
mod experiment_events;
mod experiment_view;
mod experiments;
mod files;
mod fits;
mod form;
mod frames;
mod health;
mod json;
mod lent;
mod linger;
mod localizers;
mod map_source;
mod media;
mod metrics;
mod models;
mod page;
mod prediction_view;
mod predictions;
mod prefer;
mod readable;
mod regions;
mod room;
mod router;
mod serve;
mod state;
mod stimuli;
mod studies;
mod subjects;
mod surfaces;
mod timecourse;
mod tus;
mod uploads;
mod web;
mod words;
mod workplace;

pub use error::{Error, Problem};
pub use serve::serve;
pub use state::{ServerConfig, State};
pub use workplace::{Owner, Workers, Workplace, WorkplaceConfig};
