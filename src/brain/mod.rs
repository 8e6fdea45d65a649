//! The cortex as data: hemispheres, the fsaverage meshes, their surfaces, and the way to the MNI152 volume; atlases and
//! published regions, which name its parts; and measured maps, brought to the vertices of a prediction.
//!
//! Coordinates are millimetres, `x` to the right, `y` to the front, `z` up. Everything here works on bytes that
//! the caller has read.

pub mod atlas;
mod cifti;
mod error;
mod gifti;
mod hemisphere;
pub mod measured;
mod mesh;
mod mni152;
mod names;
mod nesting;
mod nifti;
mod patch;
mod region;
mod subcortex;
mod subdivision;
mod surface;
mod unpack;
mod volume;
mod xml;

#[cfg(test)]
pub(crate) mod fixtures;

pub use atlas::{Atlas, Parcel};
pub use cifti::Error as CiftiError;
pub use error::Error;
pub use hemisphere::Hemisphere;
pub use measured::{MeasuredMap, MeasuredSeries, VolumeSpace, Volumes};
pub use mesh::Mesh;
pub use nesting::OtherMesh;
pub use nifti::Error as NiftiError;
pub use patch::Patch;
pub use region::{Error as RegionError, Region, Sphere};
pub use subcortex::{Structure, Subcortex, SubcortexError, Voxel};
pub use surface::{HemisphereSurfaces, Surface, Surfaces};
pub use volume::{AFFINE, GRID, SPACE, VolumeMap};
pub use xml::Rgba;
