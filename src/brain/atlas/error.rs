//! What can be wrong with an atlas file, or with the name of a parcel.

use crate::brain::{CiftiError, Hemisphere, OtherMesh};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the {hemisphere} hemisphere's file cannot be used")]
    InHemisphere { hemisphere: Hemisphere, source: Box<Error> },
    #[error("the atlas is of another mesh: {0}")]
    Mesh(OtherMesh),
    #[error("the file ends after {found} bytes, where {needed} are needed: it is no .annot, or not the whole of one")]
    Truncated { found: usize, needed: usize },
    #[error("the .annot holds {count} {what}; {limit} can be read")]
    TooMany { what: &'static str, count: i64, limit: usize },
    #[error("the .annot has no colour table, so that its labels have no names")]
    NoColourTable,
    #[error("the colour table is of version {version}; the old style and version 2 can be read")]
    ColourTableVersion { version: i64 },
    #[error("the .annot names vertex {vertex} of a hemisphere that has {vertices}")]
    NoSuchVertex { vertex: i32, vertices: usize },
    #[error("vertex {vertex} has the label {label:#x}, which the table of labels lacks")]
    UnknownLabel { vertex: usize, label: i32 },
    #[error("vertex {vertex} has a colour that both {first:?} and {second:?} have")]
    AmbiguousColour { vertex: usize, first: String, second: String },
    #[error("the GIFTI file cannot be read")]
    Gifti(#[source] crate::brain::Error),
    #[error("the file has no data array of NIFTI_INTENT_LABEL with one whole number a vertex")]
    NoLabels,
    #[error("the file says that it is of the {found} hemisphere")]
    WrongHemisphere { found: Hemisphere },
    #[error("the CIFTI-2 file cannot be read")]
    Cifti(#[source] CiftiError),
    #[error("the CIFTI-2 file holds no labels: a .dlabel.nii is needed")]
    NotLabels,
    #[error("the {hemisphere} hemisphere has the label {label} at vertex {vertex}, which is no whole number")]
    NotWhole { hemisphere: Hemisphere, vertex: usize, label: f32 },
    #[error("the label file holds {found} bytes; a little-endian u16 a vertex makes {expected} on {mesh}")]
    TableLength { found: usize, expected: usize, mesh: crate::brain::Mesh },
    #[error("the names of the labels cannot be read")]
    Names(#[source] serde_json::Error),
    #[error("the atlas has {found} parcels; {limit} can be held")]
    TooManyParcels { found: usize, limit: usize },
    #[error("the atlas {atlas} has no parcel {name:?}{}", offer(.near))]
    UnknownParcel { atlas: String, name: String, near: Vec<String> },
    #[error("the parcel {name:?} of the atlas {atlas} has no vertex on {mesh}")]
    EmptyParcel { atlas: String, name: String, mesh: crate::brain::Mesh },
}

/// A question that offers names.
fn offer(near: &[String]) -> String {
    if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) }
}
