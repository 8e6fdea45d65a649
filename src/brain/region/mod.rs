//! Regions of interest that need no atlas: spheres around published coordinates in MNI152.

mod builtin;
mod error;

pub use error::Error;

use serde::Deserialize;

use super::{Hemisphere, Mesh, Patch, Surfaces, names};

/// A region, such as the fusiform face area.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// Short, as in `FFA`.
    pub name: String,
    pub long_name: String,
    /// Together they make the region.
    pub spheres: Vec<Sphere>,
}

/// A ball around a published coordinate.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sphere {
    pub hemisphere: Hemisphere,
    /// MNI152 (mm).
    pub centre_mm: [f64; 3],
    #[serde(default = "default_radius_mm")]
    pub radius_mm: f64,
    /// Where the coordinate was published, and what it is there.
    pub citation: String,
}

fn default_radius_mm() -> f64 {
    10.0
}

impl Region {
    /// The regions that come with the program, in the order of `regions.toml`.
    pub fn builtin() -> &'static [Self] {
        builtin::regions()
    }

    /// The region of that set that has this name.
    pub fn find(name: &str) -> Result<&'static Self, Error> {
        let known = Self::builtin();
        known.iter().find(|region| region.name == name).ok_or_else(|| Error::Unknown {
            name: name.to_owned(),
            near: names::nearest(name, known.iter().map(|region| region.name.as_str())),
        })
    }

    /// The vertices of `mesh` whose position midway through the cortex lies in one of the spheres; for each sphere at
    /// least the vertex nearest to its centre.
    pub fn patch(&self, surfaces: &Surfaces, mesh: Mesh) -> Result<Patch, Error> {
        if surfaces.mesh() < mesh {
            return Err(Error::CoarseSurfaces { surfaces: surfaces.mesh(), wanted: mesh });
        }
        let vertices = Hemisphere::BOTH.map(|side| {
            let mut spheres = self.spheres.iter().filter(|sphere| sphere.hemisphere == side).peekable();
            if spheres.peek().is_none() {
                return Vec::new();
            }
            let mut positions = surfaces.mni152(side);
            positions.truncate(mesh.vertices_per_hemisphere());
            spheres.flat_map(|sphere| sphere.vertices(&positions)).collect()
        });
        Ok(Patch::new(self.name.clone(), mesh, vertices))
    }
}

impl Sphere {
    fn vertices(&self, positions: &[[f64; 3]]) -> Vec<u32> {
        let distances = || (0..).zip(positions.iter().map(|position| distance(*position, self.centre_mm)));
        let within: Vec<u32> =
            distances().filter(|(_, distance)| *distance <= self.radius_mm).map(|(vertex, _)| vertex).collect();
        match within.is_empty() {
            false => within,
            true => distances().min_by(|a, b| a.1.total_cmp(&b.1)).map(|(vertex, _)| vertex).into_iter().collect(),
        }
    }
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    a.into_iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests;
