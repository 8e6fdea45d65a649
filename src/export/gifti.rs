//! GIFTI functional files: a hemisphere's response, one data array a second, or one map.
//!
//! One-dimensional arrays are what every reader agrees on: nilearn transposes and NiiVue scrambles a series that is
//! written as one matrix. `GZipBase64Binary` is base64 of a zlib stream, not of a gzip file.

use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::map::MapRows;
use super::rows::{finite_row, seconds, to_le_bytes};
use super::xml::cdata;
use super::{Error, Origin, Provenance, Rows, ScalarMap};
use crate::brain::Hemisphere;

/// Writes the `.func.gii` of one hemisphere, row by row.
pub fn write_series(
    mut to: impl Write,
    rows: &mut dyn Rows,
    hemisphere: Hemisphere,
    provenance: &Provenance,
) -> Result<(), Error> {
    let seconds = seconds(rows, provenance.mesh)?;
    let vertices = provenance.mesh.range(hemisphere);
    begin(&mut to, seconds, hemisphere, provenance.entries())?;
    // FreeSurfer, the one program known to write it, gives the step in milliseconds.
    let step = format!("{:.6}", provenance.tr_s * 1000.0);
    let mut row = vec![0.0; provenance.mesh.vertices()];
    for time in 0..seconds {
        finite_row(rows, time, &mut row)?;
        let name = format!("t = {} s", provenance.bold_time_s(time));
        let metadata = [("Name", name), ("TimeStep", step.clone())];
        write_array(&mut to, "NIFTI_INTENT_TIME_SERIES", &row[vertices.clone()], &metadata)?;
    }
    end(to)
}

/// Writes the `.func.gii` of one hemisphere of a map: one statistic a file.
pub fn write_map(
    mut to: impl Write,
    map: &ScalarMap,
    hemisphere: Hemisphere,
    origin: impl Into<Origin>,
) -> Result<(), Error> {
    let Origin { mesh, entries, .. } = origin.into();
    let mut row = vec![0.0; mesh.vertices()];
    finite_row(&mut MapRows::new(&[*map], mesh)?, 0, &mut row)?;
    begin(&mut to, 1, hemisphere, entries)?;
    let (intent, _, parameter) = map.statistic.intent();
    let mut metadata = vec![("Name", map.name.to_owned()), ("Statistic", map.statistic.label().to_owned())];
    if parameter > 0.0 {
        metadata.push(("Intent_p1", parameter.to_string()));
    }
    write_array(&mut to, intent, &row[mesh.range(hemisphere)], &metadata)?;
    end(to)
}

fn begin(
    mut to: impl Write,
    arrays: usize,
    hemisphere: Hemisphere,
    entries: Vec<(&'static str, String)>,
) -> io::Result<()> {
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<!DOCTYPE GIFTI SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd">"#)?;
    writeln!(to, r#"<GIFTI Version="1.0"  NumberOfDataArrays="{arrays}">"#)?;
    let mut metadata = vec![("AnatomicalStructurePrimary", structure(hemisphere).to_owned())];
    metadata.extend(entries);
    write_metadata(&mut to, "  ", &metadata)?;
    writeln!(to, "  <LabelTable/>")
}

fn end(mut to: impl Write) -> Result<(), Error> {
    writeln!(to, "</GIFTI>")?;
    Ok(to.flush()?)
}

fn structure(hemisphere: Hemisphere) -> &'static str {
    match hemisphere {
        Hemisphere::Left => "CortexLeft",
        Hemisphere::Right => "CortexRight",
    }
}

fn write_metadata(mut to: impl Write, indent: &str, entries: &[(&str, String)]) -> io::Result<()> {
    writeln!(to, "{indent}<MetaData>")?;
    for (name, value) in entries {
        writeln!(to, "{indent}  <MD>")?;
        writeln!(to, "{indent}    <Name>{}</Name>", cdata(name))?;
        writeln!(to, "{indent}    <Value>{}</Value>", cdata(value))?;
        writeln!(to, "{indent}  </MD>")?;
    }
    writeln!(to, "{indent}</MetaData>")
}

fn write_array(mut to: impl Write, intent: &str, values: &[f32], metadata: &[(&str, String)]) -> io::Result<()> {
    let attributes = [
        ("Intent", intent),
        ("DataType", "NIFTI_TYPE_FLOAT32"),
        ("ArrayIndexingOrder", "RowMajorOrder"),
        ("Dimensionality", "1"),
        ("Dim0", &values.len().to_string()),
        ("Encoding", "GZipBase64Binary"),
        ("Endian", "LittleEndian"),
        ("ExternalFileName", ""),
        ("ExternalFileOffset", "0"),
    ];
    let attributes = attributes.map(|(name, value)| format!("{name}=\"{value}\""));
    writeln!(to, "  <DataArray {}>", attributes.join("\n             "))?;
    write_metadata(&mut to, "    ", metadata)?;
    write!(to, "    <Data>")?;
    let mut zlib = ZlibEncoder::new(EncoderWriter::new(&mut to, &STANDARD), Compression::default());
    zlib.write_all(&to_le_bytes(values))?;
    zlib.finish()?.finish()?;
    writeln!(to, "</Data>")?;
    writeln!(to, "  </DataArray>")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use base64::Engine;
    use flate2::read::ZlibDecoder;

    use super::super::fixtures::{provenance, response};
    use super::super::{SliceRows, Statistic};
    use super::*;
    use crate::brain::Mesh;

    fn written(hemisphere: Hemisphere, values: &[f32]) -> Result<String, Error> {
        let mut file = Vec::new();
        let mesh = Mesh::Fsaverage3;
        write_series(&mut file, &mut SliceRows::new(values, mesh.vertices()), hemisphere, &provenance(mesh))?;
        Ok(String::from_utf8(file).unwrap())
    }

    #[test]
    fn each_second_is_one_array_of_the_hemisphere() {
        let values = response(3, Mesh::Fsaverage3);
        let file = written(Hemisphere::Right, &values).unwrap();
        assert!(file.contains(r#"NumberOfDataArrays="3""#) && file.contains("<![CDATA[CortexRight]]>"));
        let arrays: Vec<&str> =
            file.split("<Data>").skip(1).map(|rest| rest.split("</Data>").next().unwrap()).collect();
        assert_eq!(arrays.len(), 3);
        for (array, row) in arrays.iter().zip(values.chunks(1_284)) {
            let zlib = STANDARD.decode(array).unwrap();
            assert_eq!(zlib[0], 0x78, "a zlib stream");
            let mut bytes = Vec::new();
            ZlibDecoder::new(zlib.as_slice()).read_to_end(&mut bytes).unwrap();
            assert_eq!(bytes, to_le_bytes(&row[642..]));
        }
    }

    #[test]
    fn seconds_are_named_in_scanner_time() {
        let file = written(Hemisphere::Left, &response(2, Mesh::Fsaverage3)).unwrap();
        assert!(file.contains("<![CDATA[t = 5 s]]>") && file.contains("<![CDATA[t = 6 s]]>"));
        assert_eq!(file.matches("<![CDATA[1000.000000]]>").count(), 2);
    }

    #[test]
    fn a_map_is_one_array_with_its_statistic() {
        let (mesh, values) = (Mesh::Fsaverage3, response(1, Mesh::Fsaverage3));
        let map = |degrees_of_freedom| ScalarMap {
            name: "faces - places",
            statistic: Statistic::T { degrees_of_freedom },
            values: &values,
        };
        let written = |map: ScalarMap| {
            let mut file = Vec::new();
            write_map(&mut file, &map, Hemisphere::Left, &provenance(mesh)).unwrap();
            String::from_utf8(file).unwrap()
        };
        let file = written(map(Some(18.0)));
        assert!(file.contains(r#"NumberOfDataArrays="1""#) && file.contains("<![CDATA[faces - places]]>"));
        assert!(file.contains(r#"Intent="NIFTI_INTENT_TTEST""#) && file.contains("<![CDATA[18]]>"));
        assert!(!file.contains("RepetitionTime") && !file.contains("TimeStep"), "a map has no time");
        assert!(written(map(None)).contains(r#"Intent="NIFTI_INTENT_NONE""#));
    }

    #[test]
    fn a_response_on_another_mesh_is_refused() {
        let refusal = written(Hemisphere::Left, &[]).unwrap_err();
        assert!(matches!(refusal, Error::Empty));
        let mut rows = SliceRows::new(&[0.0; 10], 10);
        let refusal = write_series(Vec::new(), &mut rows, Hemisphere::Left, &provenance(Mesh::Fsaverage3)).unwrap_err();
        assert_eq!(refusal.to_string(), "the response has 10 values a row and fsaverage3 has 1284 vertices");
    }
}
