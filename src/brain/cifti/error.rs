//! What can be wrong with a CIFTI-2 file.

use std::str::Utf8Error;

use crate::brain::{Hemisphere, NiftiError};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the file around it cannot be read")]
    Nifti(#[from] NiftiError),
    #[error("the file is no CIFTI-2: it has no header extension of code 32")]
    NoExtension,
    #[error("the header extension is not in UTF-8")]
    NotText(#[source] Utf8Error),
    #[error("the XML of the header extension is broken")]
    Xml(#[source] quick_xml::Error),
    #[error("the header extension has no <CIFTI Version=\"2\">")]
    NotCifti,
    #[error("the {along} of the matrix are {found:?}; a dense file of scalars, series or labels can be read")]
    Kind { along: &'static str, found: String },
    #[error("the file holds over {limit} maps")]
    TooManyMaps { limit: usize },
    #[error(
        "the matrix is of {found:?} values; the header extension describes {maps} maps of {grayordinates} grayordinates"
    )]
    Shape { found: Vec<usize>, maps: usize, grayordinates: usize },
    #[error("{attribute} of a {element} is {value:?}, which is no whole number in its bounds")]
    Number { element: &'static str, attribute: &'static str, value: String },
    #[error("the {hemisphere} cortex is described twice")]
    Twice { hemisphere: Hemisphere },
    #[error("the file has no {hemisphere} cortex")]
    NoCortex { hemisphere: Hemisphere },
    #[error("the {hemisphere} cortex lists {found} vertices and counts {count}")]
    VertexCount { hemisphere: Hemisphere, found: usize, count: usize },
    #[error("the {hemisphere} cortex names vertex {vertex:?} of a surface that has {vertices}")]
    NoSuchVertex { hemisphere: Hemisphere, vertex: String, vertices: usize },
}
