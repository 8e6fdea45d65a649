//! The nesting of the meshes: each new vertex of a finer mesh halves an edge of the next coarser one.

use super::{Error, Mesh};

/// Between which two vertices each vertex of a hemisphere was put. Those of the coarsest mesh stand for themselves.
#[derive(Clone, Debug)]
pub(super) struct Subdivision {
    /// A pair a vertex; both come before it.
    ends: Vec<[u32; 2]>,
}

impl Subdivision {
    /// Undoes the subdivision of an icosahedron, order by order, down to fsaverage3.
    ///
    /// A new vertex has two neighbours among the vertices of the coarser mesh, the ends of the edge that it halves.
    /// Each triangle of three new vertices is the middle of one triangle of the coarser mesh.
    pub(super) fn of(triangles: &[[u32; 3]], mesh: Mesh) -> Result<Self, Error> {
        let mut ends: Vec<[u32; 2]> = (0..mesh.vertices_per_hemisphere() as u32).map(|vertex| [vertex; 2]).collect();
        let mut triangles = triangles.to_vec();
        for coarser in Mesh::ALL.into_iter().rev().filter(|coarser| *coarser < mesh) {
            let old = coarser.vertices_per_hemisphere();
            let mut neighbours =
                vec![Vec::with_capacity(2); triangles.iter().flatten().max().map_or(0, |last| *last as usize + 1)];
            for &[a, b, c] in &triangles {
                for (end, middle) in [(a, b), (b, c), (c, a), (b, a), (c, b), (a, c)] {
                    let known: &mut Vec<u32> = &mut neighbours[middle as usize];
                    if (end as usize) < old && middle as usize >= old && !known.contains(&end) {
                        known.push(end);
                    }
                }
            }
            for (vertex, known) in neighbours.iter().enumerate().skip(old) {
                ends[vertex] = known.as_slice().try_into().map_err(|_| Error::NotNested)?;
            }
            triangles.retain(|corners| corners.iter().all(|corner| *corner as usize >= old));
            for corners in &mut triangles {
                let [p, q, r] = corners.map(|corner| ends[corner as usize]);
                *corners = [shared(r, p)?, shared(p, q)?, shared(q, r)?];
            }
        }
        Ok(Self { ends })
    }

    /// Brings a hemisphere's values from another mesh to this one: linearly from a coarser one, by leaving out the
    /// vertices that this one lacks from a finer one.
    pub(super) fn resample(&self, values: &[f32]) -> Vec<f32> {
        let mut resampled = values[..values.len().min(self.ends.len())].to_vec();
        for &[a, b] in &self.ends[resampled.len()..] {
            resampled.push((resampled[a as usize] + resampled[b as usize]) / 2.0);
        }
        resampled
    }

    /// For each vertex, the one of a coarser mesh that is nearest along the edges that were halved.
    pub(super) fn nearest(&self, coarser: Mesh, coordinates: &[[f32; 3]]) -> Vec<u32> {
        let mut nearest: Vec<u32> = (0..coarser.vertices_per_hemisphere().min(self.ends.len()) as u32).collect();
        for vertex in nearest.len()..self.ends.len() {
            let [a, b] = self.ends[vertex].map(|end| nearest[end as usize]);
            let distance = |other: u32| squared_distance(coordinates[vertex], coordinates[other as usize]);
            nearest.push(if distance(b) < distance(a) { b } else { a });
        }
        nearest
    }
}

/// The one vertex that two edges share.
fn shared(first: [u32; 2], second: [u32; 2]) -> Result<u32, Error> {
    first.into_iter().find(|end| second.contains(end)).ok_or(Error::NotNested)
}

fn squared_distance(a: [f32; 3], b: [f32; 3]) -> f32 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::HashMap;

    use super::*;

    /// The vertices and triangles of a mesh, on the unit sphere.
    pub(in crate::brain) fn subdivided(mesh: Mesh) -> (Vec<[f32; 3]>, Vec<[u32; 3]>) {
        let (mut points, mut triangles) = icosahedron();
        for _ in 0..mesh.order() {
            let mut middles = HashMap::new();
            let mut finer = Vec::new();
            for &[a, b, c] in &triangles {
                let mut middle = |x: u32, y: u32| {
                    *middles.entry((x.min(y), x.max(y))).or_insert_with(|| {
                        let [p, q] = [points[x as usize], points[y as usize]];
                        let sum = [p[0] + q[0], p[1] + q[1], p[2] + q[2]];
                        let length = sum.iter().map(|value: &f32| value * value).sum::<f32>().sqrt();
                        points.push(sum.map(|value| value / length));
                        points.len() as u32 - 1
                    })
                };
                let [ab, bc, ca] = [middle(a, b), middle(b, c), middle(c, a)];
                finer.extend([[a, ab, ca], [b, bc, ab], [c, ca, bc], [ab, bc, ca]]);
            }
            triangles = finer;
        }
        (points, triangles)
    }

    fn icosahedron() -> (Vec<[f32; 3]>, Vec<[u32; 3]>) {
        let golden = (1.0 + 5f32.sqrt()) / 2.0;
        let scale = (1.0 + golden * golden).sqrt().recip();
        let mut points = Vec::new();
        for (long, short) in [(golden, 1.0), (golden, -1.0), (-golden, 1.0), (-golden, -1.0)] {
            points.extend(
                [[0.0, short, long], [short, long, 0.0], [long, 0.0, short]].map(|p| p.map(|v: f32| v * scale)),
            );
        }
        let close = |a: usize, b: usize| squared_distance(points[a], points[b]) < 1.2;
        let mut triangles = Vec::new();
        for a in 0..12 {
            for b in a + 1..12 {
                for c in b + 1..12 {
                    if close(a, b) && close(b, c) && close(a, c) {
                        triangles.push([a as u32, b as u32, c as u32]);
                    }
                }
            }
        }
        (points, triangles)
    }

    #[test]
    fn a_subdivision_is_undone() {
        let (points, triangles) = subdivided(Mesh::Fsaverage5);
        let subdivision = Subdivision::of(&triangles, Mesh::Fsaverage5).unwrap();
        for (vertex, &[a, b]) in subdivision.ends.iter().enumerate().skip(642) {
            let middle: Vec<f32> =
                (0..3).map(|axis| (points[a as usize][axis] + points[b as usize][axis]) / 2.0).collect();
            let off_centre = squared_distance([middle[0], middle[1], middle[2]], points[vertex]).sqrt();
            assert!(off_centre < 0.005, "vertex {vertex} lies {off_centre} from the middle of {a} and {b}");
        }
    }

    #[test]
    fn values_are_carried_linearly_to_a_finer_mesh_and_dropped_to_a_coarser_one() {
        let (points, triangles) = subdivided(Mesh::Fsaverage5);
        let subdivision = Subdivision::of(&triangles, Mesh::Fsaverage5).unwrap();
        let height: Vec<f32> = points.iter().map(|point| point[2]).collect();
        let carried = subdivision.resample(&height[..642]);
        assert_eq!(carried.len(), 10_242);
        assert!(carried.iter().zip(&height).all(|(carried, height)| (carried - height).abs() < 0.02));

        let coarser = Subdivision::of(&subdivided(Mesh::Fsaverage4).1, Mesh::Fsaverage4).unwrap();
        assert_eq!(coarser.resample(&height), height[..2_562]);
    }

    #[test]
    fn each_vertex_goes_to_a_coarse_vertex_next_to_it() {
        let (points, triangles) = subdivided(Mesh::Fsaverage5);
        let subdivision = Subdivision::of(&triangles, Mesh::Fsaverage5).unwrap();
        let nearest = subdivision.nearest(Mesh::Fsaverage3, &points);
        assert_eq!(nearest[..642], (0..642).collect::<Vec<u32>>());
        let edge = 0.16;
        let far =
            (0..points.len()).map(|vertex| squared_distance(points[vertex], points[nearest[vertex] as usize]).sqrt());
        assert!(far.fold(0.0, f32::max) < edge * 0.75);
    }

    #[test]
    fn triangles_of_another_kind_are_refused() {
        let (_, mut triangles) = subdivided(Mesh::Fsaverage4);
        triangles.swap_remove(0);
        let [a, b, c] = triangles[100];
        triangles[100] = [a, b, (c + 1_000) % 2_562];
        assert!(matches!(Subdivision::of(&triangles, Mesh::Fsaverage4), Err(Error::NotNested)));
    }
}
