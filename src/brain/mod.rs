//! The cortex as data: hemispheres, the fsaverage meshes, their surfaces, and the way to the MNI152 volume.
//!
//! Coordinates are millimetres, `x` to the right, `y` to the front, `z` up. Everything here works on bytes that
//! the caller has read.

mod error;
mod gifti;
mod hemisphere;
mod mesh;
mod mni152;
mod subdivision;
mod surface;
mod unpack;
mod volume;
mod xml;

#[cfg(test)]
pub(crate) mod fixtures;

pub use error::Error;
pub use hemisphere::Hemisphere;
pub use mesh::Mesh;
pub use surface::{HemisphereSurfaces, Surface, Surfaces};
pub use volume::{AFFINE, GRID, SPACE, VolumeMap};
