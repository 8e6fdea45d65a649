//! Maps of a pair of GIFTI files, `.func.gii` or `.shape.gii`.

use super::{Error, MAX_MAPS, MeasuredMap, numbered};
use crate::brain::gifti::{self, Values};
use crate::brain::{Hemisphere, Mesh};

impl MeasuredMap {
    /// Reads a pair of GIFTI files, gzipped or not, whatever the intent of their arrays: each array of floats with one
    /// value a vertex is a map. Files of a finer mesh are cut to `mesh`. A value that is not finite is an error.
    pub fn from_gifti(left: &[u8], right: &[u8], mesh: Mesh) -> Result<Vec<Self>, Error> {
        let (left, right) = (read(left, Hemisphere::Left)?, read(right, Hemisphere::Right)?);
        if left.len() != right.len() {
            return Err(Error::MapCount { left: left.len(), right: right.len() });
        }
        let pairs = left.into_iter().zip(right).enumerate();
        pairs
            .map(|(index, (left, right))| {
                let name = left.name.unwrap_or_else(|| numbered(index));
                Self::join(name, [left.values, right.values], mesh)
            })
            .collect()
    }
}

/// A map of one hemisphere.
struct Half {
    name: Option<String>,
    values: Vec<Option<f32>>,
}

fn read(bytes: &[u8], hemisphere: Hemisphere) -> Result<Vec<Half>, Error> {
    let gifti = gifti::read(bytes).map_err(|source| Error::Gifti { hemisphere, source })?;
    if let Some(found) = gifti.hemisphere.filter(|found| *found != hemisphere) {
        return Err(Error::WrongHemisphere { hemisphere, found });
    }
    let mut maps = Vec::new();
    for array in gifti.arrays {
        let columns = array.columns();
        if let (Values::Float(values), 1) = (array.values, columns) {
            let name = array.name.filter(|name| !name.is_empty());
            maps.push(Half { name, values: values.into_iter().map(Some).collect() });
        }
    }
    match maps.len() {
        0 => Err(Error::NoMap { hemisphere }),
        1..=MAX_MAPS => Ok(maps),
        found => Err(Error::TooManyMaps { found, limit: MAX_MAPS }),
    }
}
