//! The models there are: manifests, the files they stand for, and how those get here.
//!
//! A [`Manifest`] names a model and its origin. [`Catalogue`] lists them, says what each lacks, fetches published
//! ones from the hub into the cache that Python's tools share, makes the untrained one, and resolves what
//! `--model` says to the folders a prediction needs.

mod download;
mod error;
mod hub;
mod hub_cache;
mod hub_names;
mod lock;
mod manifest;
mod pull;
mod untrained;
mod weights_header;

pub use error::Error;
pub use hub::Hub;
pub use hub_cache::HubCache;
pub use hub_names::{FileName, Repository};
pub use manifest::Manifest;
pub use pull::{OnProgress, PullProgress};
