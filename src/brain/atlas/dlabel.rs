//! CIFTI-2 dense labels, `.dlabel.nii`: both hemispheres in one file.

use crate::brain::{Mesh, cifti};

use super::labelling::Labelling;
use super::{Atlas, Error};

impl Atlas {
    /// Reads the first map of a `.dlabel.nii`; its voxels are passed over.
    ///
    /// A vertex that the file leaves out, as it does the medial wall, is unlabelled; so is one of key 0. A file of a
    /// finer mesh is cut to `mesh`.
    pub fn from_dlabel(name: &str, bytes: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let cifti = cifti::read(bytes).map_err(Error::Cifti)?;
        if cifti.kind != cifti::Kind::Labels {
            return Err(Error::NotLabels);
        }
        let sides = Labelling::both(|hemisphere| {
            let labels = cifti.at_vertices(0, hemisphere).map_err(Error::Cifti)?;
            let keys = labels.into_iter().enumerate().map(|(vertex, label)| match label {
                None => Ok(0),
                Some(label) if label.fract() == 0.0 && label.abs() < 1e9 => Ok(label as i32),
                Some(label) => Err(Error::NotWhole { hemisphere, vertex, label }),
            });
            Labelling::of_keys(&cifti.maps[0].labels, &keys.collect::<Result<Vec<_>, _>>()?, mesh)
        })?;
        Self::join(name, mesh, sides)
    }
}
