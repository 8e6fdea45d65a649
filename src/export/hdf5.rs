//! All subjects' responses, and the features behind them, in one HDF5 file.
//!
//! | dataset | shape | |
//! |---|---|---|
//! | `/response/{subject}` | (time, vertex) | float32 |
//! | `/time/stimulus`, `/time/bold` | (time) | float64, s |
//! | `/kept` | (time) | whether the second holds an event |
//! | `/features/{modality}` | (layer group, width, sample) | float32, over the whole timeline, window after window |
//!
//! Attributes of the root say where it all comes from. Nothing in the file depends on when it was written.

use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{DatasetBuilderEmpty, File, Group, H5Type};
use ndarray::{ArrayView2, s};

use super::rows::{finite_row, seconds};
use super::{Error, Provenance, Rows, SOFTWARE};

/// A chunk serves both a row and a vertex over time.
const CHUNK_SECONDS: usize = 64;
const CHUNK_VERTICES: usize = 2048;
const CHUNK_CHANNELS: usize = 64;
const CHUNK_SAMPLES: usize = 512;
const DEFLATE_LEVEL: u8 = 4;

/// One subject's response.
pub struct Response<'a> {
    pub subject: &'a str,
    /// `(time, vertex)`.
    pub rows: &'a mut dyn Rows,
}

/// One modality's features.
pub struct FeatureSeries<'a> {
    /// `text`, `audio` or `video`.
    pub modality: &'a str,
    pub groups: usize,
    pub width: usize,
    /// `(layer group and channel, sample)`: the channels of the first group, then those of the next.
    pub rows: &'a mut dyn Rows,
}

/// Writes the file. The subject that `provenance` names is not used: every response names its own.
pub fn write(
    path: &Path,
    responses: &mut [Response],
    kept: &[bool],
    features: &mut [FeatureSeries],
    provenance: &Provenance,
) -> Result<(), Error> {
    let file = File::create(path)?;
    write_attributes(&file, provenance)?;
    write_times(&file, kept, provenance)?;
    let group = file.create_group("response")?;
    for response in responses {
        write_response(&group, response, kept, provenance)?;
    }
    if !features.is_empty() {
        let group = file.create_group("features")?;
        for series in features {
            write_features(&group, series)?;
        }
    }
    Ok(file.close()?)
}

fn write_attributes(file: &File, provenance: &Provenance) -> Result<(), Error> {
    let texts = [
        ("description", provenance.label()),
        ("model", &provenance.model),
        ("weights_sha256", &provenance.weights_sha256),
        ("licence", &provenance.licence),
        ("space", &provenance.mesh.to_string()),
        ("task", &provenance.task),
        ("stimulus_blake3", &provenance.stimulus_blake3),
        ("software_version", SOFTWARE),
    ];
    for (name, text) in texts {
        write_text(file, name, text)?;
    }
    write_attribute(file, "trained", &provenance.trained)?;
    write_attribute(file, "offset", &provenance.lag_s)?;
    write_attribute(file, "repetition_time", &provenance.tr_s)
}

fn write_text(file: &File, name: &str, text: &str) -> Result<(), Error> {
    let text = VarLenUnicode::from_str(text).map_err(|source| Error::Hdf5Text { name: name.to_owned(), source })?;
    write_attribute(file, name, &text)
}

fn write_attribute<T: H5Type>(file: &File, name: &str, value: &T) -> Result<(), Error> {
    Ok(file.new_attr::<T>().create(name)?.write_scalar(value)?)
}

fn write_times(file: &File, kept: &[bool], provenance: &Provenance) -> Result<(), Error> {
    let bold: Vec<f64> = (0..kept.len()).map(|row| provenance.bold_time_s(row)).collect();
    let stimulus: Vec<f64> = bold.iter().map(|time| time - provenance.lag_s).collect();
    let group = file.create_group("time")?;
    write_vector(&group, "stimulus", &stimulus)?;
    write_vector(&group, "bold", &bold)?;
    write_vector(file, "kept", kept)
}

fn write_vector<T: H5Type>(group: &Group, name: &str, values: &[T]) -> Result<(), Error> {
    group.new_dataset_builder().with_data(values).obj_track_times(false).create(name)?;
    Ok(())
}

fn write_response(group: &Group, response: &mut Response, kept: &[bool], provenance: &Provenance) -> Result<(), Error> {
    let seconds = seconds(response.rows, provenance.mesh)?;
    if seconds != kept.len() {
        return Err(Error::Kept { rows: seconds, kept: kept.len() });
    }
    let vertices = provenance.mesh.vertices();
    let chunk = (seconds.min(CHUNK_SECONDS), vertices.min(CHUNK_VERTICES));
    let dataset = compressed(group).chunk(chunk).shape((seconds, vertices)).create(response.subject)?;
    let mut block = vec![0.0; CHUNK_SECONDS * vertices];
    for first in (0..seconds).step_by(CHUNK_SECONDS) {
        let last = seconds.min(first + CHUNK_SECONDS);
        let rows = read_rows(response.rows, first..last, &mut block)?;
        dataset.write_slice(rows, s![first..last, ..])?;
    }
    Ok(())
}

fn write_features(group: &Group, series: &mut FeatureSeries) -> Result<(), Error> {
    let FeatureSeries { groups, width, .. } = *series;
    let (found, samples) = series.rows.shape();
    if found != groups * width {
        return Err(Error::FeatureRows { groups, width, expected: groups * width, found });
    }
    if found * samples == 0 {
        return Err(Error::Empty);
    }
    let chunk = (1, width.min(CHUNK_CHANNELS), samples.min(CHUNK_SAMPLES));
    let dataset = compressed(group).chunk(chunk).shape((groups, width, samples)).create(series.modality)?;
    let mut block = vec![0.0; CHUNK_CHANNELS * samples];
    for layer_group in 0..groups {
        for first in (0..width).step_by(CHUNK_CHANNELS) {
            let last = width.min(first + CHUNK_CHANNELS);
            let rows = layer_group * width + first..layer_group * width + last;
            let rows = read_rows(series.rows, rows, &mut block)?;
            dataset.write_slice(rows, s![layer_group, first..last, ..])?;
        }
    }
    Ok(())
}

fn compressed(group: &Group) -> DatasetBuilderEmpty {
    group
        .new_dataset_builder()
        .obj_track_times(false)
        .with_lcpl(|links| links.create_intermediate_group(true))
        .shuffle()
        .deflate(DEFLATE_LEVEL)
        .empty::<f32>()
}

/// Reads consecutive rows into the front of `block`.
fn read_rows<'a>(rows: &mut dyn Rows, range: Range<usize>, block: &'a mut [f32]) -> Result<ArrayView2<'a, f32>, Error> {
    let columns = rows.shape().1;
    let block = &mut block[..range.len() * columns];
    let count = range.len();
    for (row, into) in range.zip(block.chunks_exact_mut(columns)) {
        finite_row(rows, row, into)?;
    }
    Ok(ArrayView2::from_shape((count, columns), block).expect("the block holds whole rows"))
}
