//! A region of interest: the vertices of either hemisphere that belong to it.

use super::ComparisonError as Error;
use crate::brain::{Hemisphere, Patch};

/// Vertices by hemisphere, each counted from its hemisphere's first; in any order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RegionVertices {
    pub left: Vec<u32>,
    pub right: Vec<u32>,
}

impl From<&Patch> for RegionVertices {
    fn from(patch: &Patch) -> Self {
        let [left, right] = Hemisphere::BOTH.map(|side| patch.vertices(side).to_vec());
        Self { left, right }
    }
}

impl RegionVertices {
    pub fn of(&self, hemisphere: Hemisphere) -> &[u32] {
        match hemisphere {
            Hemisphere::Left => &self.left,
            Hemisphere::Right => &self.right,
        }
    }

    /// Which places of a map belong to the region. `vertices` are those of the left and of the right hemisphere.
    pub(super) fn places(&self, vertices: [usize; 2]) -> Result<Vec<bool>, Error> {
        let mut is_in = vec![false; vertices[0] + vertices[1]];
        for (hemisphere, (vertices, start)) in
            Hemisphere::BOTH.into_iter().zip(vertices.into_iter().zip([0, vertices[0]]))
        {
            for &vertex in self.of(hemisphere) {
                if vertex as usize >= vertices {
                    return Err(Error::NoSuchVertex { hemisphere, vertex, vertices });
                }
                if std::mem::replace(&mut is_in[start + vertex as usize], true) {
                    return Err(Error::RepeatedVertex { hemisphere, vertex });
                }
            }
        }
        Ok(is_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_hemisphere_follows_the_left() {
        let region = RegionVertices { left: vec![1], right: vec![0, 2] };
        assert_eq!(region.places([2, 3]).unwrap(), [false, true, true, false, true]);
    }

    #[test]
    fn a_vertex_that_is_not_there_or_there_twice_is_refused() {
        let beyond = RegionVertices { left: vec![2], right: vec![] }.places([2, 3]).unwrap_err();
        assert_eq!(beyond.to_string(), "the region names vertex 2 of the left hemisphere, which has 2");
        let twice = RegionVertices { left: vec![], right: vec![1, 1] }.places([2, 3]);
        assert!(matches!(twice, Err(Error::RepeatedVertex { hemisphere: Hemisphere::Right, vertex: 1 })));
    }
}
