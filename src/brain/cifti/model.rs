//! The rows of a CIFTI-2 file's matrix: which structure they are of, and which of its vertices.

use quick_xml::events::BytesStart;

use super::Error;
use super::matrix::{number, required};
use crate::brain::Hemisphere;

/// The most vertices of a cortex and grayordinates that are read; fsaverage has 163,842 vertices.
const MAX_VERTICES: usize = 1 << 20;
const MAX_GRAYORDINATES: usize = 4 << 20;

/// The vertices of a cortex that the matrix has rows for, in the order of the rows.
#[derive(Debug)]
pub(super) struct Cortex {
    /// Of the whole surface.
    pub(super) vertices: usize,
    pub(super) first_row: usize,
    /// All below `vertices`.
    pub(super) indices: Vec<u32>,
}

/// A `<BrainModel>`.
pub(super) struct Model {
    first_row: usize,
    rows: usize,
    /// The cortex that it is of, if it is of one, and the vertices of that surface.
    surface: Option<(Hemisphere, usize)>,
}

impl Model {
    pub(super) fn of(tag: &BytesStart) -> Result<Self, Error> {
        let whole = |name, limit| number(tag, "BrainModel", name, limit);
        let hemisphere = match required(tag, "BrainStructure")?.as_str() {
            "CIFTI_STRUCTURE_CORTEX_LEFT" => Some(Hemisphere::Left),
            "CIFTI_STRUCTURE_CORTEX_RIGHT" => Some(Hemisphere::Right),
            _ => None,
        };
        let is_surface = required(tag, "ModelType")? == "CIFTI_MODEL_TYPE_SURFACE";
        let surface = match hemisphere.filter(|_| is_surface) {
            Some(hemisphere) => Some((hemisphere, whole("SurfaceNumberOfVertices", MAX_VERTICES)?)),
            None => None,
        };
        Ok(Self {
            first_row: whole("IndexOffset", MAX_GRAYORDINATES)?,
            rows: whole("IndexCount", MAX_GRAYORDINATES)?,
            surface,
        })
    }

    /// The row after its last one.
    pub(super) fn end(&self) -> usize {
        self.first_row + self.rows
    }

    /// The vertices of its rows, where it is of a cortex, from the text of `<VertexIndices>`.
    pub(super) fn cortex(self, indices: &str) -> Result<Option<(Hemisphere, Cortex)>, Error> {
        let Some((hemisphere, vertices)) = self.surface else { return Ok(None) };
        let index = |vertex: &str| {
            let index = vertex.parse().ok().filter(|index: &u32| (*index as usize) < vertices);
            index.ok_or_else(|| Error::NoSuchVertex { hemisphere, vertex: vertex.to_owned(), vertices })
        };
        let indices = indices.split_ascii_whitespace().map(index).collect::<Result<Vec<u32>, _>>()?;
        if indices.len() != self.rows {
            return Err(Error::VertexCount { hemisphere, found: indices.len(), count: self.rows });
        }
        Ok(Some((hemisphere, Cortex { vertices, first_row: self.first_row, indices })))
    }
}
