//! Where the cortex lies: the surfaces that pictures and volumes are made with.

use std::path::PathBuf;

use crate::brain::{Mesh, Surfaces, VolumeMap};
use crate::predict::Error;

/// Farthest that a voxel's centre lies from the grey matter whose response it shows (mm).
const WITHIN_MM: f64 = 3.0;

/// The files of the anatomy; they are read when a file needs them.
#[derive(Clone, Debug)]
pub struct Anatomy {
    /// The folder of nilearn's fsaverage5 files.
    pub surfaces: PathBuf,
    /// A voxel to vertex table to use instead of the nearest vertex.
    pub volume_table: Option<PathBuf>,
}

impl Anatomy {
    /// Whether the surfaces are there, before work is done that needs them.
    pub fn check(&self) -> Result<(), Error> {
        if self.surfaces.is_dir() { Ok(()) } else { Err(Error::NoSurfaces(self.surfaces.clone())) }
    }

    /// Both hemispheres of fsaverage5.
    pub fn surfaces(&self) -> Result<Surfaces, Error> {
        self.check()?;
        Ok(Surfaces::load(|name| std::fs::read(self.surfaces.join(name)))?)
    }

    /// Which vertex each voxel of MNI152 shows.
    pub fn volume_map(&self, mesh: Mesh) -> Result<VolumeMap, Error> {
        match &self.volume_table {
            Some(table) => Ok(VolumeMap::from_table(&std::fs::read(table).map_err(Error::file(table))?)?),
            None => Ok(VolumeMap::from_surfaces(&self.surfaces()?, mesh, WITHIN_MM)),
        }
    }
}
