//! Data of a finer mesh of the fsaverage family, cut to a coarser one: its first vertices.

use std::fmt;

use super::Mesh;

/// Vertices a hemisphere of the meshes that are nested in each other, from fsaverage3 to fsaverage itself.
const FSAVERAGE: [usize; 5] = [642, 2_562, 10_242, 40_962, 163_842];

/// Vertices a hemisphere of meshes that are known, but have another numbering.
const OTHERS: [(usize, &str); 4] =
    [(4_002, "fs_LR 4k"), (7_842, "fs_LR 8k"), (32_492, "fs_LR 32k"), (59_292, "fs_LR 59k")];

/// Data of so many vertices a hemisphere cannot be brought to a mesh.
///
/// fs_LR 164k and fsaverage have the same number of vertices and cannot be told apart; data of either is taken for
/// fsaverage's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherMesh {
    /// Vertices of one hemisphere.
    pub found: usize,
    pub wanted: Mesh,
}

impl fmt::Display for OtherMesh {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        let Self { found, wanted } = self;
        write!(formatter, "a hemisphere has {found} vertices")?;
        if let Some((_, name)) = OTHERS.iter().find(|(vertices, _)| vertices == found) {
            write!(formatter, ", as {name} has")?;
        }
        let fitting = FSAVERAGE.iter().filter(|vertices| **vertices >= wanted.vertices_per_hemisphere());
        let fitting: Vec<String> = fitting.map(usize::to_string).collect();
        write!(formatter, "; for {wanted} {} would do, numbered as on fsaverage", fitting.join(" or "))
    }
}

impl std::error::Error for OtherMesh {}

/// The values of a hemisphere at the vertices of `mesh`.
pub(super) fn cut<T>(values: &[T], mesh: Mesh) -> Result<&[T], OtherMesh> {
    let wanted = mesh.vertices_per_hemisphere();
    if FSAVERAGE.contains(&values.len()) && values.len() >= wanted {
        Ok(&values[..wanted])
    } else {
        Err(OtherMesh { found: values.len(), wanted: mesh })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finer_mesh_is_cut_to_its_first_vertices() {
        let fine: Vec<usize> = (0..163_842).collect();
        assert_eq!(cut(&fine, Mesh::Fsaverage5).unwrap(), (0..10_242).collect::<Vec<_>>());
        assert_eq!(cut(&fine[..10_242], Mesh::Fsaverage5).unwrap().len(), 10_242);
    }

    #[test]
    fn another_mesh_is_refused_by_name_with_those_that_would_do() {
        let refusal = cut(&[0; 32_492], Mesh::Fsaverage5).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "a hemisphere has 32492 vertices, as fs_LR 32k has; for fsaverage5 10242 or 40962 or 163842 would do, \
             numbered as on fsaverage"
        );
        let refusal = cut(&[0; 2_562], Mesh::Fsaverage5).unwrap_err();
        assert!(refusal.to_string().starts_with("a hemisphere has 2562 vertices; for fsaverage5 10242"));
    }
}
