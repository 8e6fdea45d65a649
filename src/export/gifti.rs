//! GIFTI functional files: a hemisphere's response, one data array a second.
//!
//! One-dimensional arrays are what every reader agrees on: nilearn transposes and NiiVue scrambles a series that is
//! written as one matrix. `GZipBase64Binary` is base64 of a zlib stream, not of a gzip file.

use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::rows::{finite_row, seconds, to_le_bytes};
use super::xml::cdata;
use super::{Error, Provenance, Rows};
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
    writeln!(to, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
    writeln!(to, r#"<!DOCTYPE GIFTI SYSTEM "http://www.nitrc.org/frs/download.php/115/gifti.dtd">"#)?;
    writeln!(to, r#"<GIFTI Version="1.0"  NumberOfDataArrays="{seconds}">"#)?;
    let mut metadata = vec![("AnatomicalStructurePrimary", structure(hemisphere).to_owned())];
    metadata.extend(provenance.entries());
    write_metadata(&mut to, "  ", &metadata)?;
    writeln!(to, "  <LabelTable/>")?;
    let mut row = vec![0.0; provenance.mesh.vertices()];
    for time in 0..seconds {
        finite_row(rows, time, &mut row)?;
        let name = format!("t = {} s", provenance.bold_time_s(time));
        write_array(&mut to, &row[vertices.clone()], &name, provenance.tr_s)?;
    }
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

fn write_array(mut to: impl Write, values: &[f32], name: &str, tr_s: f64) -> io::Result<()> {
    let attributes = [
        ("Intent", "NIFTI_INTENT_TIME_SERIES"),
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
    // FreeSurfer, the one program known to write it, gives the step in milliseconds.
    let step = format!("{:.6}", tr_s * 1000.0);
    write_metadata(&mut to, "    ", &[("Name", name.to_owned()), ("TimeStep", step)])?;
    write!(to, "    <Data>")?;
    let mut zlib = ZlibEncoder::new(EncoderWriter::new(&mut to, &STANDARD), Compression::default());
    zlib.write_all(&to_le_bytes(values))?;
    zlib.finish()?.finish()?;
    writeln!(to, "</Data>")?;
    writeln!(to, "  </DataArray>")
}
