//! What can be wrong with a mesh, a surface file or a mapping table.

use std::io;

use super::Mesh;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("no fsaverage mesh has {vertices} vertices in both hemispheres; {} have", known_meshes())]
    UnknownMesh { vertices: usize },
    #[error("cannot use the surface file {name}")]
    SurfaceFile { name: String, source: Box<Error> },
    #[error("the file cannot be read")]
    Read(#[source] io::Error),
    #[error("the file is over {limit} bytes when decompressed, more than any that is read here")]
    TooLarge { limit: usize },
    #[error("the file is no GIFTI: it is not XML in UTF-8")]
    NotText(#[source] std::str::Utf8Error),
    #[error("the file is no GIFTI: its XML is broken")]
    Xml(#[source] quick_xml::Error),
    #[error("the file is no GIFTI: it holds no <GIFTI> element")]
    NotGifti,
    #[error("a data array has the {attribute} {value:?}; {known} can be read")]
    Unsupported { attribute: &'static str, value: String, known: &'static str },
    #[error("a data array has the dimensions {dims:?}: at most {limit} values can be read")]
    TooManyValues { dims: Vec<usize>, limit: usize },
    #[error("a data array of {expected} bytes holds {found}")]
    DataLength { expected: usize, found: usize },
    #[error("the data of an array cannot be decoded: {0}")]
    Data(String),
    #[error("the file has no data array of {intent} with {columns} columns")]
    NoArray { intent: &'static str, columns: usize },
    #[error("a value is not finite")]
    NotFinite,
    #[error("a triangle names vertex {index} of a surface that has {vertices}")]
    NoSuchVertex { index: i64, vertices: usize },
    #[error("it has {found} vertices and {expected} were expected, as in the other files")]
    VertexCount { found: usize, expected: usize },
    #[error("its triangles differ from those of the left white surface")]
    Triangles,
    #[error("the triangles are not those of a subdivided icosahedron, so that no coarser mesh is nested in them")]
    NotNested,
    #[error("the table has {found} bytes; a little-endian u16 for each of the {} voxels makes {expected}", expected / 2)]
    TableLength { found: usize, expected: usize },
    #[error("the table names vertex {label}; {mesh} has {}, numbered from 1", mesh.vertices())]
    TableVertex { label: u16, mesh: Mesh },
}

fn known_meshes() -> String {
    Mesh::ALL.map(|mesh| mesh.vertices().to_string()).join(", ")
}
