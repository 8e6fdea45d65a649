//! Random patches of cortex as large as a region: what a region's effect is compared with when any patch might do.

use std::num::NonZero;

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Uniform};

use super::ComparisonError as Error;
use super::correlation::same_length;
use super::region::RegionVertices;
use crate::brain::Hemisphere;

/// Patches of one region's size. They do not depend on a map, and serve for every map of the same mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct RandomPatches {
    /// Places in a map, patch by patch.
    patches: Vec<Vec<u32>>,
}

/// How a region stands among random patches of its size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatchRank {
    /// Patches whose mean is larger than the region's.
    pub larger: usize,
    /// Patches.
    pub n: usize,
}

impl PatchRank {
    /// The share of patches whose mean is larger: 0 for a region that stands out from all.
    pub fn fraction_larger(self) -> f64 {
        self.larger as f64 / self.n as f64
    }
}

impl RandomPatches {
    /// Draws `n` patches; the same seed gives the same.
    ///
    /// `positions` are the vertices of the left and of the right hemisphere on the sphere or on the middle surface (mm). A
    /// patch has as many vertices in each hemisphere as the region: those nearest to a vertex drawn at random there. Only
    /// vertices inside the mask (one value a vertex, left first) belong to regions and patches. A patch may overlap the
    /// region.
    pub fn draw(
        region: &RegionVertices,
        positions: [&[[f32; 3]]; 2],
        mask: &[bool],
        n: usize,
        seed: u64,
    ) -> Result<Self, Error> {
        let vertices = positions.map(<[_]>::len);
        same_length("the mask", mask.len(), vertices[0] + vertices[1])?;
        if n == 0 {
            return Err(Error::NoPatches);
        }
        let is_region = region.places(vertices)?;
        let mut generator = ChaCha20Rng::seed_from_u64(seed);
        let mut patches = vec![Vec::new(); n];
        for (hemisphere, start) in Hemisphere::BOTH.into_iter().zip([0, vertices[0]]) {
            let positions = positions[hemisphere as usize];
            let valid: Vec<u32> = (0..positions.len() as u32).filter(|vertex| mask[start + *vertex as usize]).collect();
            let size = valid.iter().filter(|vertex| is_region[start + **vertex as usize]).count();
            let Some(size) = NonZero::new(size) else { continue };
            let points: Vec<[f64; 3]> = valid.iter().map(|vertex| positions[*vertex as usize].map(f64::from)).collect();
            let tree: ImmutableKdTree<f64, 3> = ImmutableKdTree::new_from_slice(&points);
            let centres = Uniform::new(0, points.len()).expect("a region with vertices lies among the valid ones");
            for patch in &mut patches {
                let nearest = tree.nearest_n::<SquaredEuclidean>(&points[centres.sample(&mut generator)], size);
                patch.extend(nearest.iter().map(|found| start as u32 + valid[found.item as usize]));
            }
        }
        if patches[0].is_empty() { Err(Error::EmptyRegion) } else { Ok(Self { patches }) }
    }

    /// Places in a map, patch by patch.
    pub fn patches(&self) -> &[Vec<u32>] {
        &self.patches
    }

    /// How many patches have a larger mean in a map than the region; values that are not finite are left out.
    pub(super) fn rank(&self, map: &[f64], region_mean: f64) -> PatchRank {
        let mean = |patch: &Vec<u32>| {
            let values = patch.iter().map(|place| map[*place as usize]).filter(|value| value.is_finite());
            let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
            sum / n
        };
        let larger = self.patches.iter().filter(|patch| mean(patch) > region_mean).count();
        PatchRank { larger, n: self.patches.len() }
    }

    /// The largest place that a patch names, plus one.
    pub(super) fn extent(&self) -> usize {
        self.patches.iter().flatten().max().map_or(0, |place| *place as usize + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Mesh;
    use crate::brain::fixtures::sphere;

    const VERTICES: usize = 642;

    fn draw(region: &RegionVertices, mask: &[bool], seed: u64) -> Result<RandomPatches, Error> {
        let points = sphere(Mesh::Fsaverage3).0;
        RandomPatches::draw(region, [&points, &points], mask, 200, seed)
    }

    #[test]
    fn a_patch_is_as_large_as_the_region_in_each_hemisphere_and_round() {
        let region = RegionVertices { left: (0..7).collect(), right: vec![3, 5] };
        let drawn = draw(&region, &[true; 2 * VERTICES], 1).unwrap();
        let points = sphere(Mesh::Fsaverage3).0;
        for patch in drawn.patches() {
            let (left, right): (Vec<_>, Vec<_>) = patch.iter().partition(|place| (**place as usize) < VERTICES);
            assert_eq!((left.len(), right.len()), (7, 2));
            let centre = points[left[0] as usize];
            let squared =
                |vertex: &u32| (0..3).map(|axis| (points[*vertex as usize][axis] - centre[axis]).powi(2)).sum::<f32>();
            assert!(left.iter().all(|vertex| squared(vertex).sqrt() < 0.35), "a ring around its centre");
        }
        assert_ne!(drawn, draw(&region, &[true; 2 * VERTICES], 2).unwrap());
        assert_eq!(drawn, draw(&region, &[true; 2 * VERTICES], 1).unwrap());
    }

    #[test]
    fn vertices_outside_the_mask_belong_to_nothing() {
        let mask: Vec<bool> = (0..2 * VERTICES).map(|place| place % 3 != 0).collect();
        let region = RegionVertices { left: (0..9).collect(), right: vec![] };
        let drawn = draw(&region, &mask, 1).unwrap();
        assert!(
            drawn.patches().iter().all(|patch| patch.len() == 6 && patch.iter().all(|place| mask[*place as usize]))
        );
        assert!(matches!(draw(&region, &[false; 2 * VERTICES], 1), Err(Error::EmptyRegion)));
    }

    #[test]
    fn a_blob_stands_out_from_every_patch_elsewhere() {
        let points = sphere(Mesh::Fsaverage3).0;
        let mut by_height: Vec<u32> = (0..VERTICES as u32).collect();
        by_height.sort_by(|a, b| points[*b as usize][2].total_cmp(&points[*a as usize][2]));
        let region = RegionVertices { left: by_height[..20].to_vec(), right: vec![] };
        let map: Vec<f64> = points.iter().chain(&points).map(|point| f64::from(point[2])).collect();
        let drawn = draw(&region, &[true; 2 * VERTICES], 5).unwrap();
        let mean = region.left.iter().map(|vertex| map[*vertex as usize]).sum::<f64>() / 20.0;
        assert_eq!(drawn.rank(&map, mean), PatchRank { larger: 0, n: 200 });
        assert!(drawn.rank(&map, 0.0).fraction_larger() > 0.4);
    }

    #[test]
    fn no_patches_and_another_mesh_are_refused() {
        let region = RegionVertices { left: vec![0], right: vec![] };
        let points = sphere(Mesh::Fsaverage3).0;
        let none = RandomPatches::draw(&region, [&points, &points], &[true; 2 * VERTICES], 0, 0);
        assert!(matches!(none, Err(Error::NoPatches)));
        assert!(matches!(draw(&region, &[true; 3], 0), Err(Error::Length { what: "the mask", .. })));
    }
}
