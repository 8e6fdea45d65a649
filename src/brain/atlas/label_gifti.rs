//! GIFTI label files, `.label.gii`: a key a vertex, and a table that names the keys.

use crate::brain::gifti::{self, Values};
use crate::brain::{Hemisphere, Mesh};

use super::labelling::Labelling;
use super::{Atlas, Error};

const LABEL: &str = "NIFTI_INTENT_LABEL";

impl Atlas {
    /// Reads a pair of `.label.gii` files, gzipped or not; of several label arrays, the first.
    ///
    /// A vertex of key 0 or of a key that the table calls unknown is unlabelled. Files of a finer mesh are cut to
    /// `mesh`; a file that says that it is of the other hemisphere is refused.
    pub fn from_label_gifti(name: &str, left: &[u8], right: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let sides = Labelling::both(|hemisphere| match hemisphere {
            Hemisphere::Left => read(left, hemisphere, mesh),
            Hemisphere::Right => read(right, hemisphere, mesh),
        })?;
        Self::join(name, mesh, sides)
    }
}

fn read(bytes: &[u8], hemisphere: Hemisphere, mesh: Mesh) -> Result<Labelling, Error> {
    let gifti = gifti::read(bytes).map_err(Error::Gifti)?;
    if let Some(found) = gifti.hemisphere.filter(|found| *found != hemisphere) {
        return Err(Error::WrongHemisphere { found });
    }
    let keys = gifti.arrays.iter().find_map(|array| match &array.values {
        Values::Int(keys) if array.intent == LABEL && array.columns() == 1 => Some(keys),
        _ => None,
    });
    Labelling::of_keys(&gifti.labels, keys.ok_or(Error::NoLabels)?, mesh)
}
