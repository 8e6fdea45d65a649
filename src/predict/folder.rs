//! A result's folder: responses written row by row as windows finish, and read back the same way.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use ndarray::{Array2, Array3, ArrayView2, ArrayView3, Axis};

use super::{Error, Prediction, SubjectResponse, files};
use crate::export::Rows;
use crate::features::Modality;

/// A finished prediction, in its own words.
pub const MANIFEST: &str = "prediction.json";

/// Which voxel each value of a subcortex is of: in a model's folder, and in that of each of its predictions.
pub(super) const SUBCORTEX: &str = "subcortex.nii.gz";

/// Name of the file that holds the response of the subject at this place in the request.
fn response_name(subject: usize) -> String {
    format!("response-{subject}.f32")
}

/// Name of the file that holds the subcortex of that response.
fn subcortex_name(subject: usize) -> String {
    format!("subcortex-{subject}.f32")
}

fn features_name(modality: Modality) -> String {
    format!("features-{}.f32", modality.name())
}

impl Prediction {
    /// The manifest of a finished prediction.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(MANIFEST);
        let text = std::fs::read(&path).map_err(Error::file(&path))?;
        serde_json::from_slice(&text).map_err(|error| Error::file(&path)(error.into()))
    }

    /// One subject's response, `(time, vertex)`, whole.
    pub fn response(&self, folder: &Path, subject: &str) -> Result<Array2<f32>, Error> {
        let path = files::response_path(folder, self, subject)?;
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        let values = bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
        let short = |_| Error::file(&path)(io::ErrorKind::UnexpectedEof.into());
        Array2::from_shape_vec((self.seconds, self.vertices), values).map_err(short)
    }

    /// Some rows of one subject's response at their places in the whole, `(time, vertex)`; the others are 0, and not read.
    pub fn response_at(&self, folder: &Path, subject: &str, rows: &BTreeSet<usize>) -> Result<Array2<f32>, Error> {
        let path = files::response_path(folder, self, subject)?;
        let file = MatrixFile::open(&path, self.seconds, self.vertices)?;
        let mut values = vec![0.0; self.seconds * self.vertices];
        for row in rows.range(..self.seconds) {
            let into = &mut values[row * self.vertices..][..self.vertices];
            file.read_at(*row, 0, into).map_err(Error::file(&path))?;
        }
        let short = |_| Error::file(&path)(io::ErrorKind::UnexpectedEof.into());
        Array2::from_shape_vec((self.seconds, self.vertices), values).map_err(short)
    }

    /// One modality's features, `(layer group and channel, sample)`, whole; `None` where they were not kept.
    pub fn features(&self, folder: &Path, modality: Modality) -> Result<Option<Array2<f32>>, Error> {
        let Some(report) = self.features.get(&modality).filter(|report| report.saved) else { return Ok(None) };
        let path = folder.join(features_name(modality));
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        let values = bytes.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
        let short = |_| Error::file(&path)(io::ErrorKind::UnexpectedEof.into());
        Array2::from_shape_vec((report.layer_groups * report.width, self.samples), values).map(Some).map_err(short)
    }

    /// Writes it whole, so that nobody reads half of it.
    pub(super) fn write_as(&self, path: &Path) -> Result<(), Error> {
        let written = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(path)).and_then(|mut file| {
            file.write_all(&serde_json::to_vec_pretty(self)?)?;
            file.persist(path).map_err(io::Error::from)
        });
        written.map(drop).map_err(Error::file(path))
    }
}

impl SubjectResponse {
    /// The subjects of a prediction, each with the file of its response.
    pub(super) fn in_order(subjects: Vec<String>) -> Vec<Self> {
        (subjects.into_iter().enumerate()).map(|(place, name)| Self { name, file: response_name(place) }).collect()
    }
}

/// Everything that a run writes as windows finish.
pub(super) struct ResultWriter {
    responses: Vec<ResponseWriter>,
    /// One a subject where the model predicts the subcortex.
    subcortices: Vec<ResponseWriter>,
    /// Values of a row that are the cortex's.
    vertices: usize,
    features: Vec<FeaturesWriter>,
    rows: usize,
}

impl ResultWriter {
    /// For the responses of so many subjects, rows of so many vertices and voxels, and for `samples` of each modality's
    /// features.
    pub(super) fn create(
        folder: &Path,
        subjects: usize,
        (vertices, voxels): (usize, usize),
        modalities: &[Modality],
        samples: usize,
    ) -> Result<Self, Error> {
        let responses = (0..subjects).map(|subject| ResponseWriter::create(folder.join(response_name(subject))));
        let with_subcortex = if voxels > 0 { 0..subjects } else { 0..0 };
        let subcortices = with_subcortex.map(|subject| ResponseWriter::create(folder.join(subcortex_name(subject))));
        let features = modalities.iter().map(|&modality| FeaturesWriter::create(folder, modality, samples));
        Ok(Self {
            responses: responses.collect::<Result<_, _>>()?,
            subcortices: subcortices.collect::<Result<_, _>>()?,
            vertices,
            features: features.collect::<Result<_, _>>()?,
            rows: 0,
        })
    }

    /// The next window's features, `(layer group, width, sample)` of each modality that has any.
    pub(super) fn append_features(&mut self, window: &[Option<Array3<f32>>]) -> Result<(), Error> {
        let present = window.iter().flatten();
        self.features.iter_mut().zip(present).try_for_each(|(to, of)| to.append(of.view()))
    }

    /// The next rows, `(subject, time, vertex then voxel)`.
    pub(super) fn append_response(&mut self, rows: &Array3<f32>) -> Result<(), Error> {
        self.rows += rows.len_of(Axis(1));
        let (cortex, subcortex) = rows.view().split_at(Axis(2), self.vertices);
        self.responses.iter_mut().zip(cortex.outer_iter()).try_for_each(|(to, of)| to.append(of))?;
        self.subcortices.iter_mut().zip(subcortex.outer_iter()).try_for_each(|(to, of)| to.append(of))
    }

    /// Some scans of the next window of `rows` rows, `(subject, scan, vertex then voxel)`; the others are left a gap of 0.
    pub(super) fn append_scans(&mut self, response: &Array3<f32>, scans: &[usize], rows: usize) -> Result<(), Error> {
        self.rows += rows;
        let (cortex, subcortex) = response.view().split_at(Axis(2), self.vertices);
        let append = |to: &mut ResponseWriter, of: ArrayView2<f32>| to.append_scans(of, scans, rows);
        self.responses.iter_mut().zip(cortex.outer_iter()).try_for_each(|(to, of)| append(to, of))?;
        self.subcortices.iter_mut().zip(subcortex.outer_iter()).try_for_each(|(to, of)| append(to, of))
    }

    /// Rows so far.
    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}

/// One subject's response, growing by a window's rows at a time.
struct ResponseWriter {
    path: PathBuf,
    file: File,
    rows: usize,
}

impl ResponseWriter {
    fn create(path: PathBuf) -> Result<Self, Error> {
        let file = File::create(&path).map_err(Error::file(&path))?;
        Ok(Self { file, path, rows: 0 })
    }

    /// Appends `(time, vertex)` and makes it visible to readers.
    fn append(&mut self, rows: ArrayView2<f32>) -> Result<(), Error> {
        let start = (self.rows * rows.ncols() * 4) as u64;
        self.file.write_all_at(&to_le_bytes(rows.iter()), start).map_err(Error::file(&self.path))?;
        self.rows += rows.nrows();
        Ok(())
    }

    /// Appends some of the next `rows` rows, each at its place.
    fn append_scans(&mut self, scans: ArrayView2<f32>, places: &[usize], rows: usize) -> Result<(), Error> {
        let byte = |row: usize| (row * scans.ncols() * 4) as u64;
        let append = || {
            for (scan, place) in scans.rows().into_iter().zip(places) {
                self.file.write_all_at(&to_le_bytes(scan.iter()), byte(self.rows + place))?;
            }
            self.file.set_len(byte(self.rows + rows))
        };
        append().map_err(Error::file(&self.path))?;
        self.rows += rows;
        Ok(())
    }
}

/// One modality's features over the whole timeline, `(layer group, width, sample)`, filled window by window.
struct FeaturesWriter {
    path: PathBuf,
    file: File,
    samples: usize,
    written: usize,
}

impl FeaturesWriter {
    fn create(folder: &Path, modality: Modality, samples: usize) -> Result<Self, Error> {
        let path = folder.join(features_name(modality));
        let file = File::create(&path).map_err(Error::file(&path))?;
        Ok(Self { path, file, samples, written: 0 })
    }

    /// The next window's features.
    fn append(&mut self, window: ArrayView3<f32>) -> Result<(), Error> {
        let (groups, width, samples) = window.dim();
        for group in 0..groups {
            for channel in 0..width {
                let start = (group * width + channel) * self.samples + self.written;
                let values = to_le_bytes(window.slice(ndarray::s![group, channel, ..]).iter());
                self.file.write_all_at(&values, start as u64 * 4).map_err(Error::file(&self.path))?;
            }
        }
        self.written += samples;
        Ok(())
    }
}

fn to_le_bytes<'a>(values: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    values.flat_map(|value| value.to_le_bytes()).collect()
}

/// A matrix of float32 in a file, read a row or a block of columns at a time.
pub(super) struct MatrixFile {
    file: File,
    rows: usize,
    columns: usize,
}

impl MatrixFile {
    /// One subject's response, `(time, vertex)`.
    pub(super) fn response(folder: &Path, prediction: &Prediction, subject: usize) -> Result<Self, Error> {
        Self::open(&folder.join(response_name(subject)), prediction.seconds, prediction.vertices)
    }

    /// The subcortex of one subject's response, `(time, voxel)`.
    pub(super) fn subcortex(folder: &Path, prediction: &Prediction, subject: usize) -> Result<Self, Error> {
        Self::open(&folder.join(subcortex_name(subject)), prediction.seconds, prediction.voxels)
    }

    /// One modality's features, a row a `(layer group, channel)` pair, a column a 2 Hz sample.
    pub(super) fn features(folder: &Path, modality: Modality, rows: usize, samples: usize) -> Result<Self, Error> {
        Self::open(&folder.join(features_name(modality)), rows, samples)
    }

    fn open(path: &Path, rows: usize, columns: usize) -> Result<Self, Error> {
        let file = File::open(path).map_err(Error::file(path))?;
        Ok(Self { file, rows, columns })
    }

    /// For each of the first rows the mean over some columns; what lies between the first and the last of them is read.
    pub(super) fn means(&self, rows: usize, columns: &[usize]) -> io::Result<Vec<f32>> {
        let (Some(first), Some(last)) = (columns.iter().min(), columns.iter().max()) else { return Ok(Vec::new()) };
        let mut part = vec![0.0; last - first + 1];
        let mut mean = |row| -> io::Result<f32> {
            self.read_at(row, *first, &mut part)?;
            let sum: f64 = columns.iter().map(|column| f64::from(part[column - first])).sum();
            Ok((sum / columns.len() as f64) as f32)
        };
        (0..rows).map(&mut mean).collect()
    }

    fn read_at(&self, row: usize, column: usize, into: &mut [f32]) -> io::Result<()> {
        let mut bytes = vec![0; into.len() * 4];
        self.file.read_exact_at(&mut bytes, (row * self.columns + column) as u64 * 4)?;
        for (value, bytes) in into.iter_mut().zip(bytes.chunks_exact(4)) {
            *value = f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        }
        Ok(())
    }
}

impl Rows for MatrixFile {
    fn shape(&self) -> (usize, usize) {
        (self.rows, self.columns)
    }

    fn read_row(&mut self, row: usize, into: &mut [f32]) -> io::Result<()> {
        self.read_at(row, 0, into)
    }

    fn read_columns(&mut self, columns: Range<usize>, into: &mut [f32]) -> io::Result<()> {
        let mut part = vec![0.0; columns.len()];
        for row in 0..self.rows {
            self.read_at(row, columns.start, &mut part)?;
            for (column, value) in part.iter().enumerate() {
                into[column * self.rows + row] = *value;
            }
        }
        Ok(())
    }
}
