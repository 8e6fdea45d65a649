//! A statistic map in the files of whoever measured it, and its way to the vertices of a prediction.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use crate::brain::{MeasuredMap, Mesh, Surfaces, VolumeSpace, Volumes, measured};

/// The largest file that is read (bytes).
const MOST_BYTES: u64 = 2 << 30;
/// How names say that a file is of the left hemisphere, and what the right one's says in its place.
const SIDES: [[&str; 2]; 6] =
    [["hemi-L", "hemi-R"], [".L.", ".R."], ["lh.", "rh."], ["left", "right"], ["Left", "Right"], ["_L.", "_R."]];

/// The bytes of a file that holds one map, or several.
#[derive(Clone, Debug)]
pub enum MapFile {
    /// NIfTI: a volume, or several along the fourth axis.
    Volume(Vec<u8>),
    /// A pair of GIFTI files.
    Gifti { left: Vec<u8>, right: Vec<u8> },
    /// CIFTI-2, such as `.dscalar.nii`.
    Cifti(Vec<u8>),
}

/// The space that a volume is in; surfaces have none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Space {
    /// That of SPM, FSL, fMRIPrep and published coordinates.
    #[default]
    Mni152,
    /// That of fsaverage, and of volumes that FreeSurfer writes for it.
    Mni305,
}

impl From<Space> for VolumeSpace {
    fn from(space: Space) -> Self {
        match space {
            Space::Mni152 => Self::Mni152,
            Space::Mni305 => Self::Mni305,
        }
    }
}

impl MapFile {
    /// Reads the file whose format its name tells: `.nii`, `.nii.gz`, `.dscalar.nii` (and other CIFTI-2), or `.gii` of the
    /// left hemisphere, beside which the right one's lies under the corresponding name.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match Format::of(&name)? {
            Format::Gifti => {
                let right = right_of(path, &name).ok_or(Error::NoPair { name })?;
                Self::open_pair(path, &right)
            }
            Format::Cifti | Format::Volume => Self::open_as(&name, path),
        }
    }

    /// Reads a file that holds both hemispheres, under another name than its own: that of an upload.
    pub fn open_as(name: &str, path: &Path) -> Result<Self, Error> {
        match Format::of(name)? {
            Format::Volume => Ok(Self::Volume(bytes(path)?)),
            Format::Cifti => Ok(Self::Cifti(bytes(path)?)),
            Format::Gifti => Err(Error::HalfMap { name: name.to_owned() }),
        }
    }

    /// Reads the GIFTI files of the left and of the right hemisphere.
    pub fn open_pair(left: &Path, right: &Path) -> Result<Self, Error> {
        Ok(Self::Gifti { left: bytes(left)?, right: bytes(right)? })
    }

    /// All maps of the file, on a mesh that is the surfaces' or coarser.
    ///
    /// In a volume a vertex whose ten samples are all 0 was not measured: that is how SPM and FSL write what lies outside
    /// their mask.
    pub(super) fn maps(
        &self,
        space: Space,
        surfaces: &Surfaces,
        mesh: Mesh,
    ) -> Result<Vec<MeasuredMap>, measured::Error> {
        match self {
            Self::Volume(bytes) => {
                let maps =
                    Volumes::from_nifti(bytes)?.with_zeros_restored().on_surface(space.into(), surfaces, mesh)?;
                Ok(maps.into_iter().map(MeasuredMap::without_zeros).collect())
            }
            Self::Gifti { left, right } => MeasuredMap::from_gifti(left, right, mesh),
            Self::Cifti(bytes) => MeasuredMap::from_cifti(bytes, mesh),
        }
    }
}

/// What the end of a file's name says of it.
enum Format {
    Volume,
    Gifti,
    Cifti,
}

impl Format {
    fn of(name: &str) -> Result<Self, Error> {
        let ends = |ending: &str| name.ends_with(ending) || name.ends_with(&format!("{ending}.gz"));
        match () {
            () if ends(".gii") => Ok(Self::Gifti),
            () if [".dscalar.nii", ".dtseries.nii", ".dlabel.nii"].into_iter().any(ends) => Ok(Self::Cifti),
            () if ends(".nii") => Ok(Self::Volume),
            () => Err(Error::MapFormat { name: name.to_owned() }),
        }
    }
}

/// The map of this name, or the first, at the vertices of the surfaces' mesh or of the coarser one that the file is of; NaN where it
/// has no value.
pub fn one_map(file: &MapFile, name: Option<&str>, surfaces: &Surfaces) -> Result<Vec<f32>, Error> {
    let select = |mesh| MeasuredMap::select(file.maps(Space::default(), surfaces, mesh)?, name);
    let (_, map) = on_common_mesh(surfaces, select)?;
    Ok(map.values().iter().map(|value| value.unwrap_or(f32::NAN)).collect())
}

/// The finest mesh, that of the surfaces at most, on which `read` succeeds: a refusal that names a coarser one of the
/// family is followed.
pub(super) fn on_common_mesh<T>(
    surfaces: &Surfaces,
    mut read: impl FnMut(Mesh) -> Result<T, measured::Error>,
) -> Result<(Mesh, T), measured::Error> {
    let mut mesh = surfaces.mesh();
    loop {
        match read(mesh) {
            Ok(maps) => return Ok((mesh, maps)),
            Err(measured::Error::Mesh(other)) => match Mesh::with_vertices(2 * other.found) {
                Ok(coarser) if coarser < mesh => mesh = coarser,
                Ok(_) | Err(_) => return Err(measured::Error::Mesh(other)),
            },
            Err(error) => return Err(error),
        }
    }
}

fn right_of(path: &Path, name: &str) -> Option<PathBuf> {
    let [left, right] = SIDES.into_iter().find(|[left, _]| name.contains(left))?;
    Some(path.with_file_name(name.replacen(left, right, 1)))
}

/// Reads a file whole, if it is not larger than anybody's map or atlas.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let length = std::fs::metadata(path).map_err(Error::file(path))?.len();
    if length > MOST_BYTES {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Error::FileTooLarge { name, bytes: length, limit: MOST_BYTES });
    }
    std::fs::read(path).map_err(Error::file(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_hemisphere_is_found_by_the_name_of_the_left() {
        let right = |name: &str| {
            right_of(Path::new("maps").join(name).as_path(), name).map(|path| path.to_string_lossy().into_owned())
        };
        for (left, expected) in [
            ("sub-1_hemi-L_stat-t.func.gii", "maps/sub-1_hemi-R_stat-t.func.gii"),
            ("lh.faces.func.gii", "maps/rh.faces.func.gii"),
            ("faces.L.func.gii", "maps/faces.R.func.gii"),
            ("faces_left.gii.gz", "maps/faces_right.gii.gz"),
        ] {
            assert_eq!(right(left).as_deref(), Some(expected));
        }
        assert_eq!(right("faces.func.gii"), None);
    }

    #[test]
    fn a_file_that_is_no_map_is_refused_by_name() {
        let refusal = |name: &str| MapFile::open(Path::new(name)).unwrap_err().to_string();
        assert!(refusal("faces.npy").starts_with("faces.npy is no map that is read: give a .nii"));
        assert!(refusal("rh.faces.func.gii").contains("left hemisphere"));
        assert!(refusal("absent.nii.gz").contains("absent.nii.gz"));
        let half = MapFile::open_as("lh.faces.func.gii", Path::new("upload.gii")).unwrap_err().to_string();
        assert!(half.starts_with("lh.faces.func.gii holds one hemisphere"), "{half}");
    }
}
