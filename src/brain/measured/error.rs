//! What can be wrong with a measured map.

use crate::brain::{CiftiError, Hemisphere, Mesh, NiftiError, OtherMesh};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the NIfTI file cannot be read")]
    Nifti(#[source] NiftiError),
    #[error("the volume has {found} axes: three in space are needed, and a further one for several maps")]
    Axes { found: usize },
    #[error("the file holds {found} maps; {limit} can be read")]
    TooManyMaps { found: usize, limit: usize },
    #[error("a map has {found} values for the {expected} voxels of its grid")]
    VoxelCount { found: usize, expected: usize },
    #[error("the volume says nothing of where its voxels lie: its qform and sform codes are 0")]
    NoOrientation,
    #[error("the volume's transform of voxels to millimetres is singular")]
    Singular,
    #[error(
        "the volume is in Talairach space (code 3), and MNI152 is needed; if it is in MNI152, set its sform and qform \
         codes to 4"
    )]
    Talairach,
    #[error(
        "only {covered} of {vertices} vertices lie within the volume: it is of another space than MNI152, or of a part \
         of the brain"
    )]
    OtherSpace { covered: usize, vertices: usize },
    #[error("the surfaces are of {surfaces}, which is coarser than {wanted}")]
    CoarseSurfaces { surfaces: Mesh, wanted: Mesh },
    #[error("the {hemisphere} hemisphere's GIFTI file cannot be read")]
    Gifti { hemisphere: Hemisphere, source: crate::brain::Error },
    #[error("the {hemisphere} hemisphere's file says that it is of the {found} hemisphere")]
    WrongHemisphere { hemisphere: Hemisphere, found: Hemisphere },
    #[error("the {hemisphere} hemisphere's file has no data array of floats with one value a vertex")]
    NoMap { hemisphere: Hemisphere },
    #[error("the left hemisphere's file has {left} maps, the right one's {right}")]
    MapCount { left: usize, right: usize },
    #[error("the CIFTI-2 file cannot be read")]
    Cifti(#[source] CiftiError),
    #[error("the CIFTI-2 file holds labels, which are an atlas and no map")]
    Labels,
    #[error("the CIFTI-2 file is no series: save the run as a .dtseries.nii")]
    NoSeries,
    #[error("the map is of another mesh: {0}")]
    Mesh(OtherMesh),
    #[error(
        "the map {map:?} has {count} values that are not finite; the first is at vertex {vertex} of the {hemisphere} \
         hemisphere"
    )]
    NotFinite { map: String, count: usize, hemisphere: Hemisphere, vertex: usize },
    #[error("there is no map {name:?}; there are {}", .known.join(", "))]
    UnknownMap { name: String, known: Vec<String> },
}
