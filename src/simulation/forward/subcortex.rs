//! The simulated subcortex: schematic ellipsoids on the 2 mm grid of MNI152, not an atlas.
//!
//! As many voxels as TRIBE v2's subcortical models have, 8,802: those that lie deepest in an ellipsoid of one of seven
//! structures a side. Centres and half axes were set by the authors of this program.

use crate::brain::{AFFINE, GRID, Subcortex, Voxel};

/// Voxels of the subcortex.
pub const VOXELS: usize = 8_802;

/// A structure of the right hemisphere: centre and half axes (mm, MNI152). The left one is its mirror image.
struct Ellipsoid {
    /// FreeSurfer's numbers of the structure, left and right.
    labels: [u8; 2],
    centre_mm: [f64; 3],
    half_axes_mm: [f64; 3],
}

/// Thalamus, caudate, putamen, pallidum, hippocampus, amygdala and accumbens.
const ELLIPSOIDS: [Ellipsoid; 7] = [
    Ellipsoid { labels: [10, 49], centre_mm: [12.0, -19.0, 8.0], half_axes_mm: [9.0, 14.0, 9.0] },
    Ellipsoid { labels: [11, 50], centre_mm: [13.0, 10.0, 11.0], half_axes_mm: [6.0, 14.0, 12.0] },
    Ellipsoid { labels: [12, 51], centre_mm: [26.0, 2.0, 0.0], half_axes_mm: [6.0, 16.0, 10.0] },
    Ellipsoid { labels: [13, 52], centre_mm: [20.0, -4.0, 0.0], half_axes_mm: [5.0, 9.0, 7.0] },
    Ellipsoid { labels: [17, 53], centre_mm: [27.0, -22.0, -14.0], half_axes_mm: [7.0, 16.0, 7.0] },
    Ellipsoid { labels: [18, 54], centre_mm: [23.0, -4.0, -18.0], half_axes_mm: [7.0, 7.0, 7.0] },
    Ellipsoid { labels: [26, 58], centre_mm: [10.0, 12.0, -7.0], half_axes_mm: [5.0, 5.0, 5.0] },
];

/// The voxels of the simulated subcortex, in the order in which a row has them.
pub fn subcortex() -> Subcortex {
    let [nx, ny, nz] = GRID.map(|voxels| voxels as u16);
    let mut found: Vec<(f64, Voxel)> = Vec::new();
    for indices in (0..nx).flat_map(|i| (0..ny).flat_map(move |j| (0..nz).map(move |k| [i, j, k]))) {
        let centre: [f64; 3] =
            [0, 1, 2].map(|axis| f64::from(AFFINE[axis][axis]) * f64::from(indices[axis]) + f64::from(AFFINE[axis][3]));
        let side = usize::from(centre[0] >= 0.0);
        let depths = ELLIPSOIDS.iter().map(|ellipsoid| (ellipsoid.depth(centre), ellipsoid.labels[side]));
        let deepest = depths.min_by(|a, b| a.0.total_cmp(&b.0));
        found.extend(deepest.map(|(depth, label)| (depth, Voxel { indices, label })));
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.indices.cmp(&b.1.indices)));
    let voxels = found.into_iter().take(VOXELS).map(|(_, voxel)| voxel).collect();
    Subcortex::new(voxels).expect("the ellipsoids have numbers of structures. This is a bug.")
}

impl Ellipsoid {
    /// Distance from the centre, in half axes, on whichever side the point is.
    fn depth(&self, [x, y, z]: [f64; 3]) -> f64 {
        let mirrored = [x.abs(), y, z];
        let along = |axis: usize| (mirrored[axis] - self.centre_mm[axis]) / self.half_axes_mm[axis];
        (0..3).map(|axis| along(axis).powi(2)).sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_voxels_as_stated_on_both_sides_alike() {
        let subcortex = subcortex();
        assert_eq!(subcortex.voxels().len(), VOXELS);
        assert_eq!(subcortex.structures().len(), 14);
        let left = subcortex.voxels().iter().filter(|voxel| voxel.centre_mm()[0] < 0.0).count();
        assert!(left.abs_diff(VOXELS - left) < 200, "{left}");
    }
}
