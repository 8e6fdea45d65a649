//! Measured maps: a statistic that a user has of every vertex or voxel, brought to the rows that predictions have.

mod cifti;
mod error;
mod gifti;
mod sampling;
mod series;
mod volumes;

pub use error::Error;
pub use series::MeasuredSeries;
pub use volumes::{VolumeSpace, Volumes};

use super::nesting::cut;
use super::{Hemisphere, Mesh};

/// The most maps that are read from one file.
const MAX_MAPS: usize = 1 << 10;

/// One map on one mesh.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredMap {
    /// As the file calls it, or `map 1`, `map 2`, …
    pub name: String,
    mesh: Mesh,
    /// In the order of a response row. A value that is there is finite.
    values: Vec<Option<f32>>,
}

impl MeasuredMap {
    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// The value at each place of a response row; `None` where nothing was measured.
    pub fn values(&self) -> &[Option<f32>] {
        &self.values
    }

    /// The same map with 0 taken for "not measured", as SPM and FSL write it outside their mask.
    pub fn without_zeros(mut self) -> Self {
        self.values.iter_mut().for_each(|value| *value = value.filter(|value| *value != 0.0));
        self
    }

    /// The map of this name, or the first where none is asked for.
    pub fn select(maps: Vec<Self>, name: Option<&str>) -> Result<Self, Error> {
        let known = maps.iter().map(|map| map.name.clone()).collect();
        let is_wanted = |map: &Self| name.is_none_or(|name| map.name == name);
        let found = maps.into_iter().find(is_wanted);
        found.ok_or_else(|| Error::UnknownMap { name: name.unwrap_or_default().to_owned(), known })
    }

    /// Joins the two hemispheres of a surface file, cut to `mesh`. Every value that is there must be finite.
    fn join(name: String, sides: [Vec<Option<f32>>; 2], mesh: Mesh) -> Result<Self, Error> {
        let not_finite = |value: &Option<f32>| value.is_some_and(|value| !value.is_finite());
        let first = Hemisphere::BOTH
            .into_iter()
            .find_map(|side| Some((side, sides[side as usize].iter().position(not_finite)?)));
        if let Some((hemisphere, vertex)) = first {
            let count = sides.iter().flatten().filter(|value| not_finite(value)).count();
            return Err(Error::NotFinite { map: name, count, hemisphere, vertex });
        }
        let [left, right] = &sides;
        let values = [cut(left, mesh).map_err(Error::Mesh)?, cut(right, mesh).map_err(Error::Mesh)?].concat();
        Ok(Self { name, mesh, values })
    }
}

/// A name for a map that has none.
fn numbered(index: usize) -> String {
    format!("map {}", index + 1)
}

#[cfg(test)]
mod tests;
