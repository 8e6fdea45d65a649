//! Why a file could not be made.

use std::io;

use crate::brain::{self, Mesh};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the response cannot be read")]
    Read(#[source] io::Error),
    #[error("the file cannot be written")]
    Write(#[from] io::Error),
    #[error("the response has no rows")]
    Empty,
    #[error("the response has {found} values a row and {mesh} has {} vertices", mesh.vertices())]
    RowLength { found: usize, mesh: Mesh },
    #[error("the subcortex has (second, voxel) {found:?}; the response and its voxels make {expected:?}")]
    SubcorticalShape { found: (usize, usize), expected: (usize, usize) },
    #[error("the response has {rows} rows and {kept} seconds are said to be kept or not")]
    Kept { rows: usize, kept: usize },
    #[error("no second of the response holds an event: there is nothing to average")]
    NothingKept,
    #[error("value {column} of row {row} is {value}: only finite values are exported")]
    NotFinite { row: usize, column: usize, value: f32 },
    #[error("features of {groups} layer groups and {width} channels make {expected} rows, not {found}")]
    FeatureRows { groups: usize, width: usize, expected: usize, found: usize },
    #[error("a NIfTI-1 file holds at most {limit} seconds and the response has {seconds}: ask for CIFTI-2 or HDF5")]
    TooLong { seconds: usize, limit: usize },
    #[error("the response cannot be shown on the surfaces")]
    Surfaces(#[from] brain::Error),
    #[error("the voxel map is for {map} and the response is on {response}")]
    VolumeMesh { map: Mesh, response: Mesh },
    #[error("a map has {found} values for the {expected} voxels of its grid")]
    VoxelCount { found: usize, expected: usize },
    #[error("a NIfTI-1 file cannot hold {shape:?} voxels: no axis may have more than {}", i16::MAX)]
    GridTooLarge { shape: [usize; 3] },
    #[error("a row of a table has {found} values and the table {expected} columns")]
    TableRow { found: usize, expected: usize },
    #[error("the column {column:?} of a table takes no {value:?}")]
    TableValue { column: String, value: String },
    #[error("the Parquet file cannot be written")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("HDF5 refuses to write")]
    Hdf5(#[from] hdf5::Error),
    #[error("the attribute {name} holds a character that HDF5 has no place for")]
    Hdf5Text { name: String, source: hdf5::types::StringError },
    #[error("the npy header cannot be written")]
    Npy(#[from] ndarray_npy::npy::header::WriteHeaderError),
    #[error("the picture cannot be encoded")]
    Png(#[source] ::png::EncodingError),
    #[error("the archive cannot be written")]
    Archive(#[from] zip::result::ZipError),
}

impl From<::png::EncodingError> for Error {
    /// What writing said is not hidden in the encoder's own error.
    fn from(error: ::png::EncodingError) -> Self {
        match error {
            ::png::EncodingError::IoError(error) => Self::Write(error),
            error => Self::Png(error),
        }
    }
}

impl From<csv::Error> for Error {
    fn from(error: csv::Error) -> Self {
        Self::Write(error.into())
    }
}
