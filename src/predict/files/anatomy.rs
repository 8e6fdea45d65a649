//! Where the cortex lies: the surfaces that pictures and volumes are made with.

use std::path::PathBuf;

use crate::brain::{self, Hemisphere, Mesh, Surface, Surfaces, VolumeMap};
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

    /// Where the vertices of a mesh lie on FreeSurfer's spheres, left and right, around the origin.
    pub fn spheres(&self, mesh: Mesh) -> Result<[Vec<[f32; 3]>; 2], Error> {
        let sphere = |hemisphere: Hemisphere| -> Result<_, Error> {
            let file = std::fs::read(self.surfaces.join(format!("sphere_{hemisphere}.gii.gz")));
            let bytes = file.map_err(|_| Error::NoSpheres(self.surfaces.clone()))?;
            let mut vertices = Surface::from_gifti(&bytes)?.coordinates;
            let (found, expected) = (vertices.len(), mesh.vertices_per_hemisphere());
            if found < expected {
                return Err(brain::Error::VertexCount { found, expected }.into());
            }
            vertices.truncate(expected);
            Ok(vertices)
        };
        Ok([sphere(Hemisphere::Left)?, sphere(Hemisphere::Right)?])
    }

    /// Which vertex each voxel of MNI152 shows.
    pub fn volume_map(&self, mesh: Mesh) -> Result<VolumeMap, Error> {
        match &self.volume_table {
            Some(table) => Ok(VolumeMap::from_table(&std::fs::read(table).map_err(Error::file(table))?)?),
            None => Ok(VolumeMap::from_surfaces(&self.surfaces()?, mesh, WITHIN_MM)),
        }
    }
}
