//! CIFTI-2 dense time series: both hemispheres in one NIfTI-2 file with an XML header extension.
//!
//! The XML has line breaks between its elements: NiiVue reads it line by line. All vertices are kept, the medial wall
//! included.

use std::fmt::Write as _;
use std::io::Write;

use super::header::Header;
use super::rows::{finite_columns, seconds, to_le_bytes};
use super::xml::escape;
use super::{Error, Provenance, Rows};
use crate::brain::{Hemisphere, Mesh};

const HEADER_BYTES: usize = 540;
const EXTENSION_CODE: i32 = 32;
const FLOAT32: i16 = 16;
const DENSE_SERIES: i32 = 3002;
const MILLIMETRES_AND_SECONDS: i32 = 2 | 8;

/// Values of a block of vertices that are held at once.
const BLOCK_VALUES: usize = 2 << 20;

/// Writes a `.dtseries.nii`: for each vertex its response over time, vertices in blocks.
pub fn write_dtseries(mut to: impl Write, rows: &mut dyn Rows, provenance: &Provenance) -> Result<(), Error> {
    let mesh = provenance.mesh;
    let seconds = seconds(rows, mesh)?;
    let xml = xml(seconds, provenance);
    let extension_bytes = (8 + xml.len()).next_multiple_of(16);
    to.write_all(&header(seconds, extension_bytes, provenance))?;
    to.write_all(&[1, 0, 0, 0])?;
    to.write_all(&(extension_bytes as i32).to_le_bytes())?;
    to.write_all(&EXTENSION_CODE.to_le_bytes())?;
    to.write_all(xml.as_bytes())?;
    to.write_all(&[0; 16][..extension_bytes - 8 - xml.len()])?;

    let block_vertices = (BLOCK_VALUES / seconds).clamp(1, mesh.vertices());
    let mut block = vec![0.0; block_vertices * seconds];
    for first in (0..mesh.vertices()).step_by(block_vertices) {
        let vertices = first..mesh.vertices().min(first + block_vertices);
        let block = &mut block[..vertices.len() * seconds];
        finite_columns(rows, vertices, block)?;
        to.write_all(&to_le_bytes(block))?;
    }
    Ok(to.flush()?)
}

fn header(seconds: usize, extension_bytes: usize, provenance: &Provenance) -> [u8; HEADER_BYTES] {
    Header::new()
        .i32(0, [HEADER_BYTES as i32])
        .bytes(4, b"n+2\0\r\n\x1a\n")
        .i16(12, [FLOAT32, 32])
        .i64(16, [6, 1, 1, 1, 1, seconds as i64, provenance.mesh.vertices() as i64, 1])
        .f64(104, [1.0, 1.0, 1.0, 1.0, 1.0, provenance.tr_s, 1.0, 1.0])
        .i64(168, [(HEADER_BYTES + 4 + extension_bytes) as i64])
        .f64(176, [1.0, 0.0])
        .bytes(240, provenance.label().as_bytes())
        .i32(500, [MILLIMETRES_AND_SECONDS, DENSE_SERIES])
        .bytes(508, b"ConnDenseSeries")
        .finish()
}

fn xml(seconds: usize, provenance: &Provenance) -> String {
    let mut metadata = String::new();
    for (name, value) in provenance.entries() {
        let (name, value) = (escape(name), escape(&value));
        metadata.push_str(&format!("<MD><Name>{name}</Name><Value>{value}</Value></MD>\n"));
    }
    let start = provenance.bold_time_s(0);
    let step = provenance.tr_s;
    let left = brain_model(Hemisphere::Left, provenance.mesh);
    let right = brain_model(Hemisphere::Right, provenance.mesh);
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CIFTI Version="2">
<Matrix>
<MetaData>
{metadata}</MetaData>
<MatrixIndicesMap AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SERIES" NumberOfSeriesPoints="{seconds}" SeriesExponent="0" SeriesStart="{start:.10}" SeriesStep="{step:.10}" SeriesUnit="SECOND"/>
<MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">
{left}{right}</MatrixIndicesMap>
</Matrix>
</CIFTI>
"#
    )
}

fn brain_model(hemisphere: Hemisphere, mesh: Mesh) -> String {
    let structure = match hemisphere {
        Hemisphere::Left => "CIFTI_STRUCTURE_CORTEX_LEFT",
        Hemisphere::Right => "CIFTI_STRUCTURE_CORTEX_RIGHT",
    };
    let offset = mesh.range(hemisphere).start;
    let vertices = mesh.vertices_per_hemisphere();
    let mut model = format!(
        r#"<BrainModel IndexOffset="{offset}" IndexCount="{vertices}" ModelType="CIFTI_MODEL_TYPE_SURFACE" BrainStructure="{structure}" SurfaceNumberOfVertices="{vertices}">
<VertexIndices>0"#
    );
    for vertex in 1..vertices {
        let _ = write!(model, " {vertex}");
    }
    model + "</VertexIndices>\n</BrainModel>\n"
}
