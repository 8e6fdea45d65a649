//! CIFTI-2 dense time series and maps: both hemispheres in one NIfTI-2 file with an XML header extension.
//!
//! The XML has line breaks between its elements: NiiVue reads it line by line. All vertices are kept, the medial wall
//! included.

use std::fmt::Write as _;
use std::io::Write;

use super::header::Header;
use super::map::MapRows;
use super::rows::{finite_columns, seconds, to_le_bytes};
use super::subcortical::{Subcortical, cifti_models};
use super::xml::escape;
use super::{Error, Origin, Provenance, Rows, ScalarMap};
use crate::brain::{Hemisphere, Mesh, Subcortex};

const HEADER_BYTES: usize = 540;
const EXTENSION_CODE: i32 = 32;
const FLOAT32: i16 = 16;
const MILLIMETRES_AND_SECONDS: i32 = 2 | 8;

/// Values of a block of vertices that are held at once.
const BLOCK_VALUES: usize = 2 << 20;

/// Writes a `.dtseries.nii`: for each vertex its response over time, vertices in blocks, then for each voxel of the subcortex
/// where there is one, structure after structure.
pub fn write_dtseries(
    to: impl Write,
    rows: &mut dyn Rows,
    subcortical: Option<Subcortical>,
    provenance: &Provenance,
) -> Result<(), Error> {
    let seconds = seconds(rows, provenance.mesh)?;
    subcortical.iter().try_for_each(|subcortical| subcortical.check(seconds))?;
    let start = provenance.bold_time_s(0);
    let step = provenance.tr_s;
    let columns = Columns {
        intent: (3002, "ConnDenseSeries"),
        step,
        map: format!(
            r#"<MatrixIndicesMap AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SERIES" NumberOfSeriesPoints="{seconds}" SeriesExponent="0" SeriesStart="{start:.10}" SeriesStep="{step:.10}" SeriesUnit="SECOND"/>"#
        ),
        metadata: provenance.entries(),
    };
    write_dense(to, rows, subcortical, &columns, provenance.mesh, provenance.label())
}

/// Writes a `.dscalar.nii`: for each vertex its value in each map.
pub fn write_dscalar(to: impl Write, maps: &[ScalarMap], origin: impl Into<Origin>) -> Result<(), Error> {
    let Origin { mesh, label, entries, .. } = origin.into();
    let mut rows = MapRows::new(maps, mesh)?;
    seconds(&rows, mesh)?;
    let mut map =
        r#"<MatrixIndicesMap AppliesToMatrixDimension="0" IndicesMapToDataType="CIFTI_INDEX_TYPE_SCALARS">"#.to_owned();
    for ScalarMap { name, statistic, .. } in maps {
        let metadata = metadata(&[("Statistic", statistic.label().to_owned())]);
        let _ = write!(map, "\n<NamedMap>\n<MapName>{}</MapName>\n{metadata}</NamedMap>", escape(name));
    }
    map.push_str("\n</MatrixIndicesMap>");
    let columns = Columns { intent: (3006, "ConnDenseScalar"), step: 1.0, map, metadata: entries };
    write_dense(to, &mut rows, None, &columns, mesh, label)
}

/// What stands along the rows of a file.
struct Columns {
    intent: (i32, &'static str),
    step: f64,
    /// The `MatrixIndicesMap` of dimension 0.
    map: String,
    metadata: Vec<(&'static str, String)>,
}

fn write_dense(
    mut to: impl Write,
    rows: &mut dyn Rows,
    mut subcortical: Option<Subcortical>,
    columns: &Columns,
    mesh: Mesh,
    label: &str,
) -> Result<(), Error> {
    let count = rows.shape().0;
    let subcortex = subcortical.as_ref().map(|subcortical| subcortical.subcortex);
    let xml = xml(columns, mesh, subcortex);
    let brainordinates = mesh.vertices() + subcortex.map_or(0, |subcortex| subcortex.voxels().len());
    let extension_bytes = (8 + xml.len()).next_multiple_of(16);
    to.write_all(&header([count, brainordinates], extension_bytes, columns, label))?;
    to.write_all(&[1, 0, 0, 0])?;
    to.write_all(&(extension_bytes as i32).to_le_bytes())?;
    to.write_all(&EXTENSION_CODE.to_le_bytes())?;
    to.write_all(xml.as_bytes())?;
    to.write_all(&[0; 16][..extension_bytes - 8 - xml.len()])?;

    let block_vertices = (BLOCK_VALUES / count).clamp(1, mesh.vertices());
    let mut block = vec![0.0; block_vertices * count];
    for first in (0..mesh.vertices()).step_by(block_vertices) {
        let vertices = first..mesh.vertices().min(first + block_vertices);
        let block = &mut block[..vertices.len() * count];
        finite_columns(rows, vertices, block)?;
        to.write_all(&to_le_bytes(block))?;
    }
    if let Some(subcortical) = &mut subcortical {
        for structure in subcortical.subcortex.structures() {
            subcortical.for_each_series(&structure, BLOCK_VALUES, |series| Ok(to.write_all(&to_le_bytes(series))?))?;
        }
    }
    Ok(to.flush()?)
}

fn header(shape: [usize; 2], extension_bytes: usize, columns: &Columns, label: &str) -> [u8; HEADER_BYTES] {
    let (intent, intent_name) = columns.intent;
    let [count, brainordinates] = shape.map(|length| length as i64);
    Header::new()
        .i32(0, [HEADER_BYTES as i32])
        .bytes(4, b"n+2\0\r\n\x1a\n")
        .i16(12, [FLOAT32, 32])
        .i64(16, [6, 1, 1, 1, 1, count, brainordinates, 1])
        .f64(104, [1.0, 1.0, 1.0, 1.0, 1.0, columns.step, 1.0, 1.0])
        .i64(168, [(HEADER_BYTES + 4 + extension_bytes) as i64])
        .f64(176, [1.0, 0.0])
        .bytes(240, label.as_bytes())
        .i32(500, [MILLIMETRES_AND_SECONDS, intent])
        .bytes(508, intent_name.as_bytes())
        .finish()
}

fn xml(columns: &Columns, mesh: Mesh, subcortex: Option<&Subcortex>) -> String {
    let Columns { map, .. } = columns;
    let metadata = metadata(&columns.metadata);
    let left = brain_model(Hemisphere::Left, mesh);
    let right = brain_model(Hemisphere::Right, mesh);
    let (volume, voxels) = subcortex.map(|subcortex| cifti_models(subcortex, mesh.vertices())).unwrap_or_default();
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<CIFTI Version="2">
<Matrix>
{metadata}{map}
<MatrixIndicesMap AppliesToMatrixDimension="1" IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">
{volume}{left}{right}{voxels}</MatrixIndicesMap>
</Matrix>
</CIFTI>
"#
    )
}

fn metadata(entries: &[(&str, String)]) -> String {
    let mut metadata = "<MetaData>\n".to_owned();
    for (name, value) in entries {
        let (name, value) = (escape(name), escape(value));
        let _ = writeln!(metadata, "<MD><Name>{name}</Name><Value>{value}</Value></MD>");
    }
    metadata + "</MetaData>\n"
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

#[cfg(test)]
mod tests {
    use super::super::fixtures::{provenance, response};
    use super::super::{SliceRows, Statistic};
    use super::*;

    fn written(seconds: usize) -> (Vec<f32>, Vec<u8>) {
        let mesh = Mesh::Fsaverage3;
        let values = response(seconds, mesh);
        let mut file = Vec::new();
        write_dtseries(&mut file, &mut SliceRows::new(&values, mesh.vertices()), None, &provenance(mesh)).unwrap();
        (values, file)
    }

    fn i64_at(file: &[u8], offset: usize) -> i64 {
        i64::from_le_bytes(file[offset..offset + 8].try_into().unwrap())
    }

    fn i32_at(file: &[u8], offset: usize) -> i32 {
        i32::from_le_bytes(file[offset..offset + 4].try_into().unwrap())
    }

    #[test]
    fn the_header_is_that_of_a_dense_series() {
        let (_, file) = written(4);
        assert_eq!(file[..12], *b"\x1c\x02\0\0n+2\0\r\n\x1a\n");
        let dims: Vec<i64> = (0..8).map(|dim| i64_at(&file, 16 + 8 * dim)).collect();
        assert_eq!(dims, [6, 1, 1, 1, 1, 4, 1_284, 1]);
        assert_eq!((i32_at(&file, 504), &file[508..523]), (3002, &b"ConnDenseSeries"[..]));
        assert_eq!(file[540..544], [1, 0, 0, 0]);
        let (extension_bytes, code) = (i32_at(&file, 544), i32_at(&file, 548));
        assert_eq!((extension_bytes % 16, code), (0, 32));
        assert_eq!(i64_at(&file, 168), 544 + i64::from(extension_bytes));
    }

    #[test]
    fn each_vertex_is_followed_over_time() {
        let (values, file) = written(4);
        let data = &file[i64_at(&file, 168) as usize..];
        assert_eq!(data.len(), 4 * values.len());
        for (vertex, series) in data.chunks(16).enumerate() {
            let expected: Vec<f32> = (0..4).map(|time| values[time * 1_284 + vertex]).collect();
            assert_eq!(series, to_le_bytes(&expected), "vertex {vertex}");
        }
    }

    #[test]
    fn the_xml_starts_in_scanner_time_and_has_line_breaks() {
        let (_, file) = written(2);
        let xml = String::from_utf8_lossy(&file[552..]);
        assert!(xml.contains(r#"SeriesStart="5.0000000000" SeriesStep="1.0000000000" SeriesUnit="SECOND""#));
        assert!(xml.contains("IndexOffset=\"642\" IndexCount=\"642\""));
        assert!(xml.contains(" 641</VertexIndices>\n</BrainModel>\n"));
    }

    #[test]
    fn maps_stand_side_by_side_at_each_vertex_under_their_names() {
        let mesh = Mesh::Fsaverage3;
        let values = response(2, mesh);
        let (effect, t) = values.split_at(mesh.vertices());
        let maps = [
            ScalarMap { name: "faces & places", statistic: Statistic::Effect, values: effect },
            ScalarMap { name: "t", statistic: Statistic::T { degrees_of_freedom: None }, values: t },
        ];
        let mut file = Vec::new();
        write_dscalar(&mut file, &maps, &provenance(mesh)).unwrap();
        assert_eq!((i32_at(&file, 504), &file[508..523]), (3006, &b"ConnDenseScalar"[..]));
        let data = &file[i64_at(&file, 168) as usize..];
        assert_eq!(data[8 * 700..][..8], to_le_bytes(&[effect[700], t[700]]));
        let xml = String::from_utf8_lossy(&file[552..]);
        assert!(xml.contains("<NamedMap>\n<MapName>faces &amp; places</MapName>\n<MetaData>\n"));
        assert!(!xml.contains("SeriesStart") && !xml.contains("RepetitionTime"));
    }

    #[test]
    fn no_map_and_a_map_of_another_mesh_are_refused() {
        let write = |maps: &[ScalarMap]| write_dscalar(Vec::new(), maps, &provenance(Mesh::Fsaverage3));
        assert!(matches!(write(&[]), Err(Error::Empty)));
        let map = ScalarMap { name: "z", statistic: Statistic::Z, values: &[0.0; 10] };
        assert!(matches!(write(&[map]), Err(Error::RowLength { found: 10, .. })));
    }
}
