//! What can be wrong with a region that is asked for.

use crate::brain::Mesh;

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("there is no region {name:?}; did you mean {}?", .near.join(", "))]
    Unknown { name: String, near: Vec<String> },
    #[error("the surfaces are of {surfaces}, which is coarser than {wanted}")]
    CoarseSurfaces { surfaces: Mesh, wanted: Mesh },
}
