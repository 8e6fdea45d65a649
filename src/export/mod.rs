//! Predicted responses as files that neuroimaging software opens: GIFTI, CIFTI-2, NIfTI-1, HDF5, npy, PNG, and the
//! JSON that goes with them.
//!
//! Everything is written to a `Write` that the caller gives and streamed from [`Rows`], so that memory does not grow
//! with the length of the stimulus; HDF5, which needs a path, is the exception. Row `i` of a response is second `i` of
//! the stimulus and second `i + lag` of the BOLD signal: files are in scanner time, and say so. Maps of one value a vertex,
//! such as the t of a contrast, are [`ScalarMap`]s.

pub mod archive;
pub mod cifti;
pub mod gifti;
pub mod hdf5;
pub mod nifti;
pub mod npy;
pub mod png;
pub mod sidecar;
pub mod table;
pub mod volume_map;

mod error;
mod header;
mod map;
mod names;
mod origin;
mod provenance;
mod rows;
mod subcortical;
mod xml;

#[cfg(test)]
mod fixtures;

pub use error::Error;
pub use map::{ScalarMap, Statistic};
pub use names::{ARCHIVE, DATASET_DESCRIPTION, HDF5, Names, SUBCORTEX};
pub use origin::Origin;
pub use provenance::{Provenance, SOFTWARE, Training};
pub use rows::{Rows, SliceRows, mean};
pub use subcortical::Subcortical;
