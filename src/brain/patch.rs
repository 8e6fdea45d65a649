//! A named part of the cortex: what a parcel of an atlas and a published region have in common.

use super::{Hemisphere, Mesh};

/// The vertices of one mesh that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patch {
    pub name: String,
    mesh: Mesh,
    /// By hemisphere; ascending, without repetition.
    vertices: [Vec<u32>; 2],
}

impl Patch {
    /// A patch of the given vertices `[left, right]`, each numbered within its hemisphere. Those that the mesh does not
    /// have are left out.
    pub fn new(name: impl Into<String>, mesh: Mesh, vertices: [Vec<u32>; 2]) -> Self {
        let vertices = vertices.map(|mut vertices| {
            vertices.retain(|vertex| (*vertex as usize) < mesh.vertices_per_hemisphere());
            vertices.sort_unstable();
            vertices.dedup();
            vertices
        });
        Self { name: name.into(), mesh, vertices }
    }

    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// Vertices within a hemisphere, ascending.
    pub fn vertices(&self, hemisphere: Hemisphere) -> &[u32] {
        &self.vertices[hemisphere as usize]
    }

    /// Places in a response row, ascending.
    pub fn places(&self) -> impl Iterator<Item = usize> {
        Hemisphere::BOTH.into_iter().flat_map(|side| {
            let start = self.mesh.range(side).start;
            self.vertices(side).iter().map(move |vertex| start + *vertex as usize)
        })
    }

    /// Vertices in both hemispheres.
    pub fn len(&self) -> usize {
        self.vertices.iter().map(Vec::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vertices_are_sorted_and_placed_in_a_response_row() {
        let patch = Patch::new("V1", Mesh::Fsaverage3, [vec![5, 2, 5, 700], vec![0, 641]]);
        assert_eq!(patch.vertices(Hemisphere::Left), [2, 5]);
        assert_eq!(patch.places().collect::<Vec<_>>(), [2, 5, 642, 1_283]);
        assert_eq!((patch.len(), patch.is_empty()), (4, false));
    }
}
