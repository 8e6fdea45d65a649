//! A hemisphere seen from one side.

use super::colour::{Scale, folding};
use super::raster::{Corner, Panel, Raster};
use crate::brain::{Hemisphere, HemisphereSurfaces};

/// A line of sight along the left-right axis.
#[derive(Clone, Copy, Debug)]
pub(super) struct View {
    is_lateral: bool,
    from_left: bool,
}

/// The inflated surface with a margin (mm).
const EXTENT: [f32; 2] = [222.0, 152.0];

/// Towards the light: from above, the front of the picture, and a little from the left.
const LIGHT: [f32; 3] = [-0.25, 0.45, 0.86];

impl View {
    /// From outside, then from the middle.
    pub(super) fn of(hemisphere: Hemisphere) -> [Self; 2] {
        let left = hemisphere == Hemisphere::Left;
        [Self { is_lateral: true, from_left: left }, Self { is_lateral: false, from_left: !left }]
    }

    pub(super) fn name(self) -> &'static str {
        if self.is_lateral { "lateral" } else { "medial" }
    }

    pub(super) fn anterior_is_left(self) -> bool {
        self.from_left
    }

    /// To the right, up, and towards the eye.
    fn seen(self, [x, y, z]: [f32; 3]) -> [f32; 3] {
        if self.from_left { [-y, z, -x] } else { [y, z, x] }
    }

    /// Draws one value a vertex on the inflated surface.
    pub(super) fn render(
        self,
        surfaces: &HemisphereSurfaces,
        values: &[f32],
        scale: &Scale,
        pixels_per_mm: f32,
    ) -> Panel {
        let coordinates = centred(&surfaces.inflated.coordinates);
        let points: Vec<[f32; 3]> = coordinates.iter().map(|point| self.seen(*point)).collect();
        let normals = normals(&points, &surfaces.inflated.triangles);
        let mut raster = Raster::new(EXTENT, pixels_per_mm);
        for triangle in &surfaces.inflated.triangles {
            raster.draw(triangle.map(|vertex| {
                let vertex = vertex as usize;
                let [nx, ny, nz] = normals[vertex];
                Corner {
                    point: points[vertex],
                    attributes: [values[vertex], surfaces.sulcal_depth[vertex], nx, ny, nz],
                }
            }));
        }
        raster.shade(|[value, depth, nx, ny, nz]| {
            let light = lighting([nx, ny, nz]);
            scale.over(value, folding(depth)).map(|channel| (channel * light).min(1.0))
        })
    }
}

/// Brightness of a place by its normal: soft light, darker where the surface turns away from the eye.
fn lighting(normal: [f32; 3]) -> f32 {
    let length = dot(normal, normal).sqrt().max(f32::MIN_POSITIVE);
    let diffuse = (dot(normal, LIGHT) / length).max(0.0);
    let facing = (normal[2] / length).clamp(0.0, 1.0);
    (0.52 + 0.52 * diffuse) * (0.72 + 0.28 * facing.sqrt())
}

/// The points, moved so that the middle of their bounding box is the origin.
fn centred(points: &[[f32; 3]]) -> Vec<[f32; 3]> {
    let middle = [0, 1, 2].map(|axis| {
        let (low, high) = points.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), point| {
            (low.min(point[axis]), high.max(point[axis]))
        });
        (low + high) / 2.0
    });
    points.iter().map(|point| difference(*point, middle)).collect()
}

/// Sums of the normals of the triangles around each vertex, weighted by area.
fn normals(points: &[[f32; 3]], triangles: &[[u32; 3]]) -> Vec<[f32; 3]> {
    let mut normals = vec![[0.0; 3]; points.len()];
    for triangle in triangles {
        let [a, b, c] = triangle.map(|vertex| points[vertex as usize]);
        let normal = cross(difference(b, a), difference(c, a));
        for vertex in triangle {
            let sum = &mut normals[*vertex as usize];
            *sum = [0, 1, 2].map(|axis| sum[axis] + normal[axis]);
        }
    }
    normals
}

fn difference(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2]]
}

fn dot(a: [f32; 3], b: [f32; 3]) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f32; 3], b: [f32; 3]) -> [f32; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
