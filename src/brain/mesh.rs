//! FreeSurfer's average meshes, told apart by their number of vertices.

use std::fmt;
use std::ops::Range;

use super::{Error, Hemisphere};

/// A subdivided icosahedron that FreeSurfer's average brain is sampled on.
///
/// The meshes are nested: the vertices of a coarser one are the first vertices of each finer one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mesh {
    Fsaverage3,
    Fsaverage4,
    Fsaverage5,
    Fsaverage6,
}

impl Mesh {
    /// From the coarsest.
    pub const ALL: [Self; 4] = [Self::Fsaverage3, Self::Fsaverage4, Self::Fsaverage5, Self::Fsaverage6];

    /// The mesh that has this many vertices in both hemispheres together.
    pub fn with_vertices(vertices: usize) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|mesh| mesh.vertices() == vertices).ok_or(Error::UnknownMesh { vertices })
    }

    /// Vertices of one hemisphere.
    pub fn vertices_per_hemisphere(self) -> usize {
        match self {
            Self::Fsaverage3 => 642,
            Self::Fsaverage4 => 2_562,
            Self::Fsaverage5 => 10_242,
            Self::Fsaverage6 => 40_962,
        }
    }

    /// Vertices of both hemispheres: the values in a response row.
    pub fn vertices(self) -> usize {
        2 * self.vertices_per_hemisphere()
    }

    /// Where a hemisphere's values stand in a response row.
    pub fn range(self, hemisphere: Hemisphere) -> Range<usize> {
        let vertices = self.vertices_per_hemisphere();
        match hemisphere {
            Hemisphere::Left => 0..vertices,
            Hemisphere::Right => vertices..2 * vertices,
        }
    }

    /// Value of the `den` entity of a BIDS name, as TemplateFlow labels the densities of fsaverage. It has no label for
    /// fsaverage3, which is called by its vertex count.
    pub fn density(self) -> &'static str {
        match self {
            Self::Fsaverage3 => "642",
            Self::Fsaverage4 => "3k",
            Self::Fsaverage5 => "10k",
            Self::Fsaverage6 => "41k",
        }
    }

    /// How often the icosahedron is subdivided.
    pub fn order(self) -> u8 {
        match self {
            Self::Fsaverage3 => 3,
            Self::Fsaverage4 => 4,
            Self::Fsaverage5 => 5,
            Self::Fsaverage6 => 6,
        }
    }
}

/// `fsaverage3` … `fsaverage6`.
impl fmt::Display for Mesh {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "fsaverage{}", self.order())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mesh_is_known_by_its_vertices() {
        assert_eq!(Mesh::with_vertices(20_484).unwrap(), Mesh::Fsaverage5);
        assert_eq!(Mesh::with_vertices(1_284).unwrap().to_string(), "fsaverage3");
        assert!(matches!(Mesh::with_vertices(10_242), Err(Error::UnknownMesh { vertices: 10_242 })));
    }

    #[test]
    fn vertex_counts_are_those_of_a_subdivided_icosahedron() {
        for mesh in Mesh::ALL {
            assert_eq!(mesh.vertices_per_hemisphere(), 10 * 4usize.pow(mesh.order().into()) + 2);
            assert_eq!(mesh.range(Hemisphere::Left).end, mesh.range(Hemisphere::Right).start);
            assert_eq!(mesh.range(Hemisphere::Right).end, mesh.vertices());
        }
    }
}
