//! Where the values of a scan are measured: the vertices of fsaverage5, and after them voxels of the subcortex.

use super::subcortex::subcortex;
use crate::brain::{Hemisphere, Mesh, Surfaces};

/// The mesh of the cohort's cortex.
pub const MESH: Mesh = Mesh::Fsaverage5;

/// One value of a scan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output {
    pub hemisphere: Hemisphere,
    /// MNI152 (mm).
    pub place_mm: [f64; 3],
    pub is_subcortical: bool,
}

/// The vertices of a mesh, left hemisphere first, and, where they are wanted, the voxels of the subcortex.
pub fn outputs(surfaces: &Surfaces, mesh: Mesh, with_subcortex: bool) -> Vec<Output> {
    let cortex = Hemisphere::BOTH.into_iter().flat_map(|hemisphere| {
        let places = surfaces.mni152(hemisphere).into_iter().take(mesh.vertices_per_hemisphere());
        places.map(move |place_mm| Output { hemisphere, place_mm, is_subcortical: false })
    });
    let voxels = subcortex();
    let voxels = voxels.voxels().iter().filter(|_| with_subcortex).map(|voxel| {
        let place_mm = voxel.centre_mm().map(f64::from);
        let hemisphere = if place_mm[0] < 0.0 { Hemisphere::Left } else { Hemisphere::Right };
        Output { hemisphere, place_mm, is_subcortical: true }
    });
    cortex.chain(voxels).collect()
}
