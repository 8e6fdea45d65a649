//! Which map an order is about: one that was uploaded, or one that an experiment made.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Error, State};
use crate::scanner::{self, MapFile};

/// A file of maps.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum MapSource {
    /// The id of an uploaded `.nii`, `.nii.gz` or `.dscalar.nii`, uploaded under a name that ends so.
    Upload(String),
    /// The ids of the uploaded GIFTI files of both hemispheres.
    Pair { left: String, right: String },
    /// The maps of a cell of an experiment, 0 where it has no grid; of its first subject where none is named.
    Cell {
        experiment: String,
        #[serde(default)]
        cell: u64,
        subject: Option<String>,
    },
}

impl MapSource {
    /// Whether nobody measured it.
    pub(super) fn is_predicted(&self) -> bool {
        matches!(self, Self::Cell { .. })
    }

    /// Reads the file; for a blocking thread.
    pub(super) fn open(&self, state: &State) -> Result<MapFile, Error> {
        Ok(match self {
            Self::Upload(id) => {
                let upload = state.store.stimulus(id)?;
                MapFile::open_as(&upload.name, &upload.path)?
            }
            Self::Pair { left, right } => {
                MapFile::open_pair(&state.store.stimulus(left)?.path, &state.store.stimulus(right)?.path)?
            }
            Self::Cell { experiment, cell, subject } => {
                let folder = state.experiments.results(experiment, *cell)?;
                if !folder.is_dir() {
                    return Err(Error::NoResult { id: experiment.clone(), cell: *cell });
                }
                scanner::cell_maps(&folder, subject.as_deref())?
            }
        })
    }
}
