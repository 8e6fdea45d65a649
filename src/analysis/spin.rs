//! The spin test: is a map more like another than the same map turned about the sphere?
//!
//! Maps of the cortex are smooth, so that two unrelated ones may correlate. A null that keeps the smoothness of a map is
//! the map itself, its sphere rotated at random (Alexander-Bloch et al. 2018, NeuroImage 178). The right hemisphere turns
//! as the mirror image of the left. Each vertex takes the value of the vertex whose rotated position is nearest to it.

use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::ComparisonError as Error;
use super::correlation::{pairs, pearson, pearson_of_pairs, same_length};
use super::rotation::Rotation;
use crate::brain::Hemisphere;

/// The spheres on which the vertices of both hemispheres lie, ready to be searched.
pub struct Spheres {
    left: Sphere,
    right: Sphere,
}

struct Sphere {
    /// On the unit sphere.
    points: Vec<[f64; 3]>,
    tree: ImmutableKdTree<f64, 3>,
}

impl Spheres {
    /// `left` and `right` are the vertices' positions on each hemisphere's sphere around the origin, of any radius.
    pub fn new(left: &[[f32; 3]], right: &[[f32; 3]]) -> Result<Self, Error> {
        Ok(Self { left: Sphere::new(left, Hemisphere::Left)?, right: Sphere::new(right, Hemisphere::Right)? })
    }

    /// Vertices of both hemispheres together.
    pub fn vertices(&self) -> usize {
        self.left.points.len() + self.right.points.len()
    }

    /// For each vertex, left hemisphere first, the place in a map of the vertex that the rotation brings nearest to it.
    pub fn reassigned(&self, rotation: Rotation) -> Vec<u32> {
        let right = self.right.sources(rotation.mirrored());
        let offset = self.left.points.len() as u32;
        self.left.sources(rotation).chain(right.map(|vertex| offset + vertex)).collect()
    }

    /// The reassignments of `rotations` random rotations; the same seed gives the same.
    pub fn spins(&self, rotations: usize, seed: u64) -> Spins<'_> {
        Spins { spheres: self, generator: ChaCha20Rng::seed_from_u64(seed), left: rotations }
    }
}

impl Sphere {
    fn new(positions: &[[f32; 3]], hemisphere: Hemisphere) -> Result<Self, Error> {
        if positions.is_empty() {
            return Err(Error::NoVertices { hemisphere });
        }
        let point = |(vertex, position): (usize, &[f32; 3])| {
            let position = position.map(f64::from);
            let norm = position.iter().map(|value| value * value).sum::<f64>().sqrt();
            let unit = position.map(|value| value / norm);
            if unit.iter().all(|value| value.is_finite()) {
                Ok(unit)
            } else {
                Err(Error::Sphere { hemisphere, vertex })
            }
        };
        let points: Vec<[f64; 3]> = positions.iter().enumerate().map(point).collect::<Result<_, _>>()?;
        Ok(Self { tree: ImmutableKdTree::new_from_slice(&points), points })
    }

    /// The vertex whose rotated position is nearest to a vertex is the vertex nearest to where that one came from.
    fn sources(&self, rotation: Rotation) -> impl Iterator<Item = u32> {
        let nearest = move |point: &[f64; 3]| self.tree.nearest_one::<SquaredEuclidean>(&rotation.origin(*point)).item;
        self.points.iter().map(move |point| nearest(point) as u32)
    }
}

/// Random reassignments of the vertices, made as they are asked for: what [`Spheres::reassigned`] returns.
pub struct Spins<'a> {
    spheres: &'a Spheres,
    generator: ChaCha20Rng,
    left: usize,
}

impl Spins<'_> {
    /// Vertices of both hemispheres together.
    pub fn vertices(&self) -> usize {
        self.spheres.vertices()
    }
}

impl Iterator for Spins<'_> {
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        self.left = self.left.checked_sub(1)?;
        Some(self.spheres.reassigned(Rotation::random(&mut self.generator)))
    }
}

/// How a correlation stands among those of rotated maps.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SpinTest {
    /// `(1 + #{|r_null| ≥ |r|}) / (1 + n)`: the two-sided p. It is never under `1 / (1 + n)`.
    pub p: f64,
    /// Rotations.
    pub n: usize,
    /// Rotations after which no correlation could be computed (too few pairs, or a constant): counted as `|r_null| ≥ |r|`.
    pub undefined: usize,
}

impl SpinTest {
    /// `nulls` are the correlations after each rotation; `None` where there was none.
    pub(super) fn new(r: f64, nulls: &[Option<f64>]) -> Result<Self, Error> {
        if nulls.is_empty() {
            return Err(Error::NoRotations);
        }
        let n = nulls.len();
        let as_large = nulls.iter().filter(|null| null.is_none_or(|null| null.abs() >= r.abs())).count();
        let undefined = nulls.iter().filter(|null| null.is_none()).count();
        Ok(Self { p: (1 + as_large) as f64 / (1 + n) as f64, n, undefined })
    }
}

/// Tests Pearson's correlation of two maps against rotations of the first.
///
/// Vertices outside the mask and values that are not finite turn with the sphere: where one comes to lie, the rotated map
/// has no value, and the pair is left out of that rotation's correlation, as is one whose second value is missing.
pub fn spin_test(x: &[f64], y: &[f64], mask: Option<&[bool]>, spins: Spins<'_>) -> Result<SpinTest, Error> {
    same_length("the sphere", spins.vertices(), x.len())?;
    let r = pearson(x, y, mask)?.r;
    let (x, y) = (masked(x, mask), masked(y, mask));
    let null = |sources: Vec<u32>| pairs(&spun(&x, &sources), &y, None).and_then(|(x, y)| pearson_of_pairs(&x, &y));
    let nulls: Vec<Option<f64>> = spins.map(|sources| null(sources).ok().map(|null| null.r)).collect();
    SpinTest::new(r, &nulls)
}

/// The map, NaN outside the mask.
pub(super) fn masked(map: &[f64], mask: Option<&[bool]>) -> Vec<f64> {
    match mask {
        Some(mask) => map.iter().zip(mask).map(|(value, is_in)| if *is_in { *value } else { f64::NAN }).collect(),
        None => map.to_vec(),
    }
}

/// The map after a reassignment of its vertices.
pub(super) fn spun(map: &[f64], sources: &[u32]) -> Vec<f64> {
    sources.iter().map(|source| map[*source as usize]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brain::Mesh;
    use crate::brain::fixtures::sphere;

    const VERTICES: usize = 642;

    fn points() -> Vec<[f32; 3]> {
        sphere(Mesh::Fsaverage3).0
    }

    fn spheres() -> Spheres {
        Spheres::new(&points(), &points()).unwrap()
    }

    /// A smooth random map: waves of random direction and phase along the sphere, other ones in each hemisphere.
    fn smooth_map(generator: &mut ChaCha20Rng) -> Vec<f64> {
        use rand_distr::{Distribution, StandardNormal};
        let mut normal = || -> f64 { StandardNormal.sample(generator) };
        let mut map = Vec::new();
        for _ in 0..2 {
            let waves: Vec<[f64; 4]> = (0..12).map(|_| std::array::from_fn(|_| 2.5 * normal())).collect();
            map.extend(points().iter().map(|[x, y, z]| {
                let [x, y, z] = [*x, *y, *z].map(f64::from);
                waves.iter().map(|[a, b, c, phase]| (a * x + b * y + c * z + phase).sin()).sum::<f64>()
            }));
        }
        map
    }

    #[test]
    fn each_vertex_takes_the_value_that_was_brought_nearest_to_it() {
        let rotation = Rotation::random(&mut ChaCha20Rng::seed_from_u64(0));
        let sources = spheres().reassigned(rotation);
        let points = points();
        for (vertex, source) in sources[..VERTICES].iter().enumerate() {
            let came_from = rotation.origin(points[vertex].map(f64::from));
            let squared =
                |at: &[f32; 3]| (0..3).map(|axis| (f64::from(at[axis]) - came_from[axis]).powi(2)).sum::<f64>();
            let nearest = points.iter().map(squared).fold(f64::INFINITY, f64::min);
            assert!(squared(&points[*source as usize]) <= nearest + 1e-9, "vertex {vertex}");
        }
    }

    #[test]
    fn the_right_hemisphere_turns_as_the_mirror_image_of_the_left() {
        let points = points();
        let mirrored: Vec<[f32; 3]> = points.iter().map(|[x, y, z]| [-x, *y, *z]).collect();
        let spheres = Spheres::new(&points, &mirrored).unwrap();
        let sources = spheres.spins(1, 3).next().unwrap();
        let right: Vec<u32> = sources[VERTICES..].iter().map(|source| source - VERTICES as u32).collect();
        let alike = sources[..VERTICES].iter().zip(&right).filter(|(left, right)| left == right).count();
        assert!(alike >= VERTICES - 2, "{alike} of {VERTICES} vertices, but for ties");
    }

    #[test]
    fn the_same_map_has_the_smallest_p() {
        let map = smooth_map(&mut ChaCha20Rng::seed_from_u64(4));
        let test = spin_test(&map, &map, None, spheres().spins(199, 3)).unwrap();
        assert_eq!(test, SpinTest { p: 1.0 / 200.0, n: 199, undefined: 0 });
        let opposite: Vec<f64> = map.iter().map(|value| -value).collect();
        assert_eq!(spin_test(&map, &opposite, None, spheres().spins(199, 3)).unwrap().p, 1.0 / 200.0);
    }

    #[test]
    fn p_is_uniform_over_pairs_of_unrelated_maps() {
        let mut generator = ChaCha20Rng::seed_from_u64(5);
        let spins: Vec<Vec<u32>> = spheres().spins(99, 6).collect();
        let pairs = 300;
        let mut p: Vec<f64> = (0..pairs)
            .map(|_| {
                let (x, y) = (smooth_map(&mut generator), smooth_map(&mut generator));
                let nulls: Vec<_> =
                    spins.iter().map(|sources| Some(pearson(&spun(&x, sources), &y, None).unwrap().r)).collect();
                SpinTest::new(pearson(&x, &y, None).unwrap().r, &nulls).unwrap().p
            })
            .collect();
        p.sort_by(f64::total_cmp);
        let gaps = p.iter().enumerate().map(|(rank, p)| ((rank + 1) as f64 / pairs as f64 - p).abs());
        let distance = gaps.fold(0.0, f64::max);
        // Kolmogorov–Smirnov at 1 in 1000, and a step of p.
        assert!(distance < 1.95 / (pairs as f64).sqrt() + 0.01, "{distance}");
    }

    #[test]
    fn missing_vertices_turn_with_the_sphere() {
        let mut generator = ChaCha20Rng::seed_from_u64(7);
        let (mut x, y) = (smooth_map(&mut generator), smooth_map(&mut generator));
        let mask: Vec<bool> = points().iter().chain(&points()).map(|point| point[2] > -0.7).collect();
        let by_mask = spin_test(&x, &y, Some(&mask), spheres().spins(20, 8)).unwrap();
        let missing = masked(&x, Some(&mask));
        for (value, is_in) in x.iter_mut().zip(&mask) {
            *value = if *is_in { *value } else { f64::INFINITY };
        }
        assert_eq!(by_mask, spin_test(&x, &masked(&y, Some(&mask)), None, spheres().spins(20, 8)).unwrap());
        let sources = spheres().spins(1, 8).next().unwrap();
        let gone = spun(&missing, &sources).iter().filter(|value| value.is_nan()).count();
        let wall = mask.iter().filter(|is_in| !**is_in).count();
        assert!(gone.abs_diff(wall) < wall / 10, "{gone} of {wall} missing vertices are still missing");
    }

    #[test]
    fn a_rotation_without_a_correlation_counts_against_the_map() {
        let test = SpinTest::new(0.9, &[Some(0.1), None, Some(-0.95), Some(0.9)]).unwrap();
        assert_eq!(test, SpinTest { p: 4.0 / 5.0, n: 4, undefined: 1 });
        assert!(matches!(SpinTest::new(0.9, &[]), Err(Error::NoRotations)));
    }

    #[test]
    fn a_point_without_a_direction_is_refused() {
        let refusal = Spheres::new(&[[1.0, 0.0, 0.0], [0.0; 3]], &[[1.0, 0.0, 0.0]]).err().unwrap();
        assert!(matches!(refusal, Error::Sphere { hemisphere: Hemisphere::Left, vertex: 1 }));
        assert!(matches!(Spheres::new(&[[1.0; 3]], &[]), Err(Error::NoVertices { hemisphere: Hemisphere::Right })));
        let refusal = spin_test(&[1.0; 5], &[1.0; 5], None, spheres().spins(1, 0)).unwrap_err();
        assert_eq!(refusal.to_string(), "the sphere has 1284 values and 5 are needed, one a vertex of the map");
    }
}
