//! The subcortical grey matter as voxels of the 2 mm MNI152 grid: schematic ellipsoids, not an atlas.
//!
//! As many voxels as TRIBE v2's subcortical models have, 8,802: those that lie deepest in an ellipsoid of one of seven
//! structures a side. Centres and half axes were set by the authors of this program.

use crate::brain::{AFFINE, GRID};

/// Voxels of the subcortex.
pub const VOXELS: usize = 8_802;

/// A structure of the right hemisphere: centre and half axes (mm, MNI152). The left one is its mirror image.
struct Structure {
    name: &'static str,
    centre_mm: [f64; 3],
    half_axes_mm: [f64; 3],
}

const STRUCTURES: [Structure; 7] = [
    Structure { name: "thalamus", centre_mm: [12.0, -19.0, 8.0], half_axes_mm: [9.0, 14.0, 9.0] },
    Structure { name: "caudate", centre_mm: [13.0, 10.0, 11.0], half_axes_mm: [6.0, 14.0, 12.0] },
    Structure { name: "putamen", centre_mm: [26.0, 2.0, 0.0], half_axes_mm: [6.0, 16.0, 10.0] },
    Structure { name: "pallidum", centre_mm: [20.0, -4.0, 0.0], half_axes_mm: [5.0, 9.0, 7.0] },
    Structure { name: "hippocampus", centre_mm: [27.0, -22.0, -14.0], half_axes_mm: [7.0, 16.0, 7.0] },
    Structure { name: "amygdala", centre_mm: [23.0, -4.0, -18.0], half_axes_mm: [7.0, 7.0, 7.0] },
    Structure { name: "accumbens", centre_mm: [10.0, 12.0, -7.0], half_axes_mm: [5.0, 5.0, 5.0] },
];

/// A voxel of the subcortex.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voxel {
    /// Of the grid, `x` varying fastest.
    pub index: u32,
    /// MNI152 (mm).
    pub centre_mm: [f64; 3],
    pub structure: &'static str,
}

/// The voxels in the order of the grid, `x` varying fastest.
pub fn voxels() -> Vec<Voxel> {
    let [nx, ny, nz] = GRID;
    let mut found: Vec<(f64, Voxel)> = Vec::new();
    for (k, j, i) in (0..nz).flat_map(|k| (0..ny).flat_map(move |j| (0..nx).map(move |i| (k, j, i)))) {
        let indices = [i, j, k];
        let centre_mm =
            [0, 1, 2].map(|axis| f64::from(AFFINE[axis][axis]) * indices[axis] as f64 + f64::from(AFFINE[axis][3]));
        let depths = STRUCTURES.iter().map(|structure| (structure.depth(centre_mm), structure.name));
        if let Some((depth, structure)) = depths.min_by(|a, b| a.0.total_cmp(&b.0)) {
            found.push((depth, Voxel { index: ((k * ny + j) * nx + i) as u32, centre_mm, structure }));
        }
    }
    found.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.index.cmp(&b.1.index)));
    found.truncate(VOXELS);
    let mut voxels: Vec<Voxel> = found.into_iter().map(|(_, voxel)| voxel).collect();
    voxels.sort_by_key(|voxel| voxel.index);
    voxels
}

impl Structure {
    /// Distance from the centre, in half axes, on whichever side the point is.
    fn depth(&self, point: [f64; 3]) -> f64 {
        let mirrored = [point[0].abs(), point[1], point[2]];
        let along = |axis: usize| (mirrored[axis] - self.centre_mm[axis]) / self.half_axes_mm[axis];
        (0..3).map(|axis| along(axis).powi(2)).sum::<f64>().sqrt()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_voxels_as_stated_on_both_sides_alike() {
        let voxels = voxels();
        assert_eq!(voxels.len(), VOXELS);
        assert!(voxels.is_sorted_by(|a, b| a.index < b.index));
        let left = voxels.iter().filter(|voxel| voxel.centre_mm[0] < 0.0).count();
        assert!(left.abs_diff(voxels.len() - left) < 200, "{left}");
        for structure in STRUCTURES {
            assert!(voxels.iter().any(|voxel| voxel.structure == structure.name), "{}", structure.name);
        }
    }
}
