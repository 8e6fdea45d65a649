//! Maps of a CIFTI-2 file, `.dscalar.nii` or `.dtseries.nii`.

use super::{Error, MAX_MAPS, MeasuredMap, numbered};
use crate::brain::cifti::{self, Kind};
use crate::brain::{Hemisphere, Mesh};

impl MeasuredMap {
    /// Reads every map, or every point in time, of a dense CIFTI-2 file; its voxels are passed over. A vertex that the
    /// file leaves out, as it does the medial wall, was not measured. A file of a finer mesh is cut to `mesh`. A value
    /// that is not finite is an error.
    pub fn from_cifti(bytes: &[u8], mesh: Mesh) -> Result<Vec<Self>, Error> {
        let cifti = cifti::read(bytes).map_err(Error::Cifti)?;
        if cifti.kind == Kind::Labels {
            return Err(Error::Labels);
        }
        if cifti.maps.len() > MAX_MAPS {
            return Err(Error::TooManyMaps { found: cifti.maps.len(), limit: MAX_MAPS });
        }
        let map = |index: usize| {
            let name = cifti.maps[index].name.clone().filter(|name| !name.is_empty());
            let side = |hemisphere| cifti.at_vertices(index, hemisphere).map_err(Error::Cifti);
            let sides = [side(Hemisphere::Left)?, side(Hemisphere::Right)?];
            Self::join(name.unwrap_or_else(|| numbered(index)), sides, mesh)
        };
        (0..cifti.maps.len()).map(map).collect()
    }
}
