//! All subjects' responses, and the features behind them, in one HDF5 file.
//!
//! | dataset | shape | |
//! |---|---|---|
//! | `/response/{subject}` | (time, vertex) | float32 |
//! | `/subcortex/response/{subject}` | (time, voxel) | float32, of models that predict it |
//! | `/subcortex/voxels` | (voxel, 4) | indices along x, y and z of the grid, and FreeSurfer's number of the structure |
//! | `/time/stimulus`, `/time/bold` | (time) | float64, s |
//! | `/kept` | (time) | whether the second holds an event |
//! | `/features/{modality}` | (layer group, width, sample) | float32, over the whole timeline, window after window |
//!
//! Attributes of the root say where it all comes from. Nothing in the file depends on when it was written.

use std::ops::Range;
use std::path::Path;
use std::str::FromStr;

use hdf5::types::VarLenUnicode;
use hdf5::{DatasetBuilderEmpty, File, FileBuilder, Group, H5Type};
use ndarray::{ArrayView2, s};

use super::rows::{finite_row, seconds};
use super::subcortical::Subcortical;
use super::{Error, Provenance, Rows, SOFTWARE};
use crate::brain::Voxel;

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
    pub subcortical: Option<Subcortical<'a>>,
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
    // The earliest file format is read by every HDF5 and notes no time of making in its groups.
    let file = FileBuilder::new().with_fapl(|access| access.libver_earliest()).create(path)?;
    write_attributes(&file, provenance)?;
    write_times(&file, kept, provenance)?;
    let group = file.create_group("response")?;
    for response in &mut *responses {
        write_response(&group, response, kept, provenance)?;
    }
    write_subcortex(&file, responses, kept.len())?;
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
    write_attribute(file, "trained", &provenance.training.is_trained())?;
    write_attribute(file, "trained_on_simulated_responses", &provenance.training.is_simulated())?;
    write_attribute(file, "offset", &provenance.lag_s)?;
    write_attribute(file, "repetition_time", &provenance.tr_s)
}

/// Writes an attribute of the root.
pub(super) fn write_text(file: &File, name: &str, text: &str) -> Result<(), Error> {
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
    write_series(group, response.subject, response.rows)
}

/// Writes the subcortex of each response that has one, and where its voxels lie.
fn write_subcortex(file: &File, responses: &mut [Response], seconds: usize) -> Result<(), Error> {
    let mut parts: Vec<_> =
        responses.iter_mut().filter_map(|response| Some((response.subject, response.subcortical.as_mut()?))).collect();
    let Some((_, first)) = parts.first() else { return Ok(()) };
    let voxel = |voxel: &Voxel| [voxel.indices[0], voxel.indices[1], voxel.indices[2], voxel.label.into()];
    let voxels: Vec<[u16; 4]> = first.subcortex.voxels().iter().map(voxel).collect();
    let group = file.create_group("subcortex")?;
    let table = ArrayView2::from_shape((voxels.len(), 4), voxels.as_flattened()).expect("four numbers a voxel");
    group.new_dataset_builder().with_data(table).obj_track_times(false).create("voxels")?;
    let group = group.create_group("response")?;
    parts.iter_mut().try_for_each(|(subject, part)| {
        part.check(seconds)?;
        write_series(&group, subject, part.rows)
    })
}

/// Writes `(time, column)`, chunked and compressed.
fn write_series(group: &Group, name: &str, rows: &mut dyn Rows) -> Result<(), Error> {
    let (seconds, columns) = rows.shape();
    let chunk = (seconds.min(CHUNK_SECONDS), columns.min(CHUNK_VERTICES));
    let dataset = compressed(group).chunk(chunk).shape((seconds, columns)).create(name)?;
    let mut block = vec![0.0; CHUNK_SECONDS * columns];
    for first in (0..seconds).step_by(CHUNK_SECONDS) {
        let last = seconds.min(first + CHUNK_SECONDS);
        let part = read_rows(rows, first..last, &mut block)?;
        dataset.write_slice(part, s![first..last, ..])?;
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

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array3};

    use super::super::SliceRows;
    use super::super::fixtures::{provenance, reopened, response};
    use super::*;
    use crate::brain::Mesh;

    const MESH: Mesh = Mesh::Fsaverage3;

    fn write_known(path: &Path, values: &[f32], features: &[f32]) -> Result<(), Error> {
        let seconds = values.len() / MESH.vertices();
        let mut kept = vec![true; seconds];
        kept[seconds - 1] = false;
        write(
            path,
            &mut [
                Response { subject: "average", rows: &mut SliceRows::new(values, MESH.vertices()), subcortical: None },
                Response {
                    subject: "study/sub-01",
                    rows: &mut SliceRows::new(values, MESH.vertices()),
                    subcortical: None,
                },
            ],
            &kept,
            &mut [FeatureSeries { modality: "text", groups: 2, width: 70, rows: &mut SliceRows::new(features, 200) }],
            &provenance(MESH),
        )
    }

    #[test]
    fn responses_times_and_features_are_read_back_exactly() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prediction.h5");
        let values = response(CHUNK_SECONDS + 7, MESH);
        let features: Vec<f32> = (0..2 * 70 * 200).map(|index| index as f32 * 0.5).collect();
        write_known(&path, &values, &features).unwrap();

        let file = reopened(&path);
        for subject in ["average", "study/sub-01"] {
            let read: Array2<f32> = file.dataset(&format!("response/{subject}")).unwrap().read().unwrap();
            assert_eq!(read.dim(), (71, 1_284));
            assert_eq!(read.as_slice().unwrap(), values);
        }
        let read: Array3<f32> = file.dataset("features/text").unwrap().read().unwrap();
        assert_eq!(read.dim(), (2, 70, 200));
        assert_eq!(read.as_slice().unwrap(), features);
        let bold = file.dataset("time/bold").unwrap().read_raw::<f64>().unwrap();
        let stimulus = file.dataset("time/stimulus").unwrap().read_raw::<f64>().unwrap();
        assert_eq!((stimulus[0], bold[0], bold[70]), (0.0, 5.0, 75.0));
        assert!(!file.dataset("kept").unwrap().read_raw::<bool>().unwrap()[70]);
        assert!(file.attr("trained").unwrap().read_scalar::<bool>().unwrap());
        assert_eq!(file.attr("model").unwrap().read_scalar::<VarLenUnicode>().unwrap().as_str(), "tribe-v2");
    }

    #[test]
    fn the_same_response_makes_the_same_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let values = response(3, MESH);
        let [first, second] = ["first.h5", "second.h5"].map(|name| {
            let path = folder.path().join(name);
            write_known(&path, &values, &[1.0; 2 * 70 * 200]).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(1_100));
            std::fs::read(path).unwrap()
        });
        assert!(first == second);
    }

    #[test]
    fn features_of_another_shape_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let refusal = write_known(&folder.path().join("a.h5"), &response(2, MESH), &[0.0; 400]).unwrap_err();
        assert_eq!(refusal.to_string(), "features of 2 layer groups and 70 channels make 140 rows, not 2");
    }
}
