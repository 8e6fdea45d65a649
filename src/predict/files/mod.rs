//! The files of a finished prediction: what each is called, and how `export` makes it.
//!
//! A file is made when it is first asked for, into `files/` in the prediction's folder, and kept.

mod anatomy;
mod format;

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

pub use anatomy::Anatomy;
pub use format::{Format, UnknownFormat};

use super::folder::{MatrixFile, SUBCORTEX};
use super::{Error, Prediction};
use crate::brain::{Hemisphere, Mesh, Subcortex};
use crate::export::archive::Archive;
use crate::export::{self, Names, Provenance, Subcortical, cifti, gifti, hdf5, nifti, npy, png, sidecar};

/// A file that can be had.
#[derive(Clone, Debug)]
pub struct ResultFile {
    pub name: String,
    pub format: Format,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    OfSubject(OfSubject, String),
    OfAll(OfAll),
}

/// What is made for each subject.
#[derive(Clone, Copy, Debug)]
enum OfSubject {
    Gifti(Hemisphere),
    Cifti,
    Npy,
    SubcorticalNpy,
    SurfaceSidecar,
    Nifti,
    VolumeSidecar,
    Mean,
    MeanSidecar,
    Picture,
}

/// What is made once.
#[derive(Clone, Copy, Debug)]
enum OfAll {
    Hdf5,
    Subcortex,
    DatasetDescription,
    Archive,
}

impl OfSubject {
    const EVERY: [Self; 11] = [
        Self::Gifti(Hemisphere::Left),
        Self::Gifti(Hemisphere::Right),
        Self::Cifti,
        Self::Npy,
        Self::SubcorticalNpy,
        Self::SurfaceSidecar,
        Self::Nifti,
        Self::VolumeSidecar,
        Self::Mean,
        Self::MeanSidecar,
        Self::Picture,
    ];

    fn name_and_format(self, names: &Names) -> (String, Format) {
        match self {
            Self::Gifti(hemisphere) => (names.gifti(hemisphere), Format::Gifti),
            Self::Cifti => (names.cifti(), Format::Cifti),
            Self::Npy => (names.npy(), Format::Npy),
            Self::SubcorticalNpy => (names.subcortical_npy(), Format::Npy),
            Self::SurfaceSidecar => (names.surface_sidecar(), Format::Json),
            Self::Nifti => (names.nifti(), Format::Nifti),
            Self::VolumeSidecar => (names.volume_sidecar(), Format::Json),
            Self::Mean => (names.mean_nifti(), Format::Mean),
            Self::MeanSidecar => (names.mean_sidecar(), Format::Json),
            Self::Picture => (names.png(), Format::Png),
        }
    }
}

impl OfAll {
    const EVERY: [Self; 4] = [Self::Hdf5, Self::Subcortex, Self::DatasetDescription, Self::Archive];

    fn name_and_format(self) -> (&'static str, Format) {
        match self {
            Self::Hdf5 => (export::HDF5, Format::Hdf5),
            Self::Subcortex => (export::SUBCORTEX, Format::Nifti),
            Self::DatasetDescription => (export::DATASET_DESCRIPTION, Format::Json),
            Self::Archive => (export::ARCHIVE, Format::Zip),
        }
    }
}

/// Every file that a prediction can be had as.
pub fn list(prediction: &Prediction) -> Result<Vec<ResultFile>, Error> {
    let mut files = Vec::new();
    for subject in prediction.subjects.iter().map(|subject| &subject.name) {
        let names = Names::new(&provenance(prediction, subject)?);
        files.extend(OfSubject::EVERY.map(|content| {
            let (name, format) = content.name_and_format(&names);
            ResultFile { name, format, content: Content::OfSubject(content, subject.clone()) }
        }));
    }
    files.extend(OfAll::EVERY.map(|content| {
        let (name, format) = content.name_and_format();
        ResultFile { name: name.to_owned(), format, content: Content::OfAll(content) }
    }));
    files.retain(|file| prediction.voxels > 0 || !file.is_subcortical());
    Ok(files)
}

impl ResultFile {
    /// Whether only a prediction of the subcortex has it.
    fn is_subcortical(&self) -> bool {
        matches!(self.content, Content::OfSubject(OfSubject::SubcorticalNpy, _) | Content::OfAll(OfAll::Subcortex))
    }

    /// Whose response it holds; `None` for all subjects'.
    pub fn subject(&self) -> Option<&str> {
        match &self.content {
            Content::OfSubject(_, subject) => Some(subject),
            Content::OfAll(_) => None,
        }
    }
}

/// Where one file lies, once it is made. Takes as long as the file is large; for a blocking thread.
pub fn make(folder: &Path, name: &str, anatomy: &Anatomy) -> Result<PathBuf, Error> {
    let prediction = Prediction::read(folder)?;
    let files = list(&prediction)?;
    let Some(file) = files.iter().find(|file| file.name == name) else {
        let known = files.into_iter().map(|file| file.name).collect();
        return Err(Error::UnknownFile { name: name.to_owned(), known });
    };
    Maker { folder, prediction: &prediction, anatomy }.make(file)
}

/// Where the rows of one subject lie: float32, little-endian, a row the vertex values of one second.
pub fn response_path(folder: &Path, prediction: &Prediction, subject: &str) -> Result<PathBuf, Error> {
    Ok(folder.join(&prediction.subjects[subject_index(prediction, subject)?].file))
}

/// The mean of the first rows of one subject's response over some places in a row, which there must be at least one of: a
/// value a row.
pub fn timecourse(
    folder: &Path,
    prediction: &Prediction,
    subject: &str,
    rows: usize,
    places: &[usize],
) -> Result<Vec<f32>, Error> {
    let subject = subject_index(prediction, subject)?;
    let means = MatrixFile::response(folder, prediction, subject)?.means(rows, places);
    means.map_err(Error::file(&folder.join(&prediction.subjects[subject].file)))
}

fn subject_index(prediction: &Prediction, subject: &str) -> Result<usize, Error> {
    let known = || prediction.subjects.iter().map(|subject| subject.name.clone()).collect();
    let found = prediction.subjects.iter().position(|one| one.name == subject);
    found.ok_or_else(|| Error::UnknownSubject { name: subject.to_owned(), known: known() })
}

/// What the files of one subject say of themselves.
pub fn provenance(prediction: &Prediction, subject: &str) -> Result<Provenance, Error> {
    Ok(provenance_on(Mesh::with_vertices(prediction.vertices)?, prediction, subject))
}

/// The same where a row of the response is not a value a vertex of the mesh.
pub fn provenance_on(mesh: Mesh, prediction: &Prediction, subject: &str) -> Provenance {
    Provenance {
        model: prediction.model.name.clone(),
        training: prediction.model.training(),
        weights_sha256: prediction.model.weights_sha256.clone(),
        licence: prediction.model.licence.clone(),
        mesh,
        subject: subject.to_owned(),
        task: prediction.stimulus.task.clone(),
        stimulus_blake3: prediction.stimulus.hash.clone(),
        tr_s: prediction.tr_s,
        start_s: prediction.start_s,
        lag_s: prediction.lag_s,
    }
}

/// Makes the files of one prediction.
struct Maker<'a> {
    folder: &'a Path,
    prediction: &'a Prediction,
    anatomy: &'a Anatomy,
}

impl Maker<'_> {
    fn make(&self, file: &ResultFile) -> Result<PathBuf, Error> {
        let files = self.folder.join("files");
        let path = files.join(&file.name);
        if path.exists() {
            return Ok(path);
        }
        std::fs::create_dir_all(&files).map_err(Error::file(&files))?;
        let unfinished = tempfile::NamedTempFile::new_in(&files).map_err(Error::file(&files))?;
        match &file.content {
            Content::OfSubject(content, subject) => self.write_subject(*content, subject, unfinished.as_file())?,
            Content::OfAll(content) => self.write_all(*content, unfinished.path())?,
        }
        unfinished.persist(&path).map_err(|failed| Error::file(&path)(failed.error))?;
        Ok(path)
    }

    fn write_subject(&self, content: OfSubject, subject: &str, to: &File) -> Result<(), Error> {
        let provenance = provenance(self.prediction, subject)?;
        let index = subject_index(self.prediction, subject)?;
        let mut rows = MatrixFile::response(self.folder, self.prediction, index)?;
        let mut part = self.subcortex(index)?;
        let mut to = BufWriter::new(to);
        let map = || self.anatomy.volume_map(provenance.mesh);
        let kept = &self.prediction.kept;
        match content {
            OfSubject::Mean => {
                let voxels =
                    part.as_mut().map(|(rows, subcortex)| Ok::<_, Error>((export::mean(rows, kept)?, &*subcortex)));
                let voxels = voxels.transpose()?;
                let voxels = voxels.as_ref().map(|(mean, subcortex)| (&mean[..], *subcortex));
                nifti::write_mean(&mut to, &export::mean(&mut rows, kept)?, voxels, &provenance, &map()?)?;
            }
            OfSubject::Picture => {
                let mean = export::mean(&mut rows, kept)?;
                png::cortex(&mut to, &mean, png::MEAN, &self.anatomy.surfaces()?, &provenance)?;
            }
            OfSubject::Gifti(hemisphere) => gifti::write_series(&mut to, &mut rows, hemisphere, &provenance)?,
            OfSubject::Cifti => cifti::write_dtseries(&mut to, &mut rows, part.as_mut().map(subcortical), &provenance)?,
            OfSubject::Npy => npy::write_series(&mut to, &mut rows, provenance.mesh)?,
            OfSubject::SubcorticalNpy => {
                part.iter_mut().try_for_each(|(rows, _)| npy::write_matrix(&mut to, rows))?;
            }
            OfSubject::Nifti => {
                nifti::write_series(&mut to, &mut rows, part.as_mut().map(subcortical), &provenance, &map()?)?;
            }
            OfSubject::SurfaceSidecar => write_text(&mut to, &sidecar::surface(&provenance))?,
            OfSubject::VolumeSidecar | OfSubject::MeanSidecar => {
                write_text(&mut to, &sidecar::volume(&provenance, &map()?))?
            }
        }
        to.flush().map_err(|error| export::Error::from(error).into())
    }

    /// The subcortex of a subject's response, where the model predicts it.
    fn subcortex(&self, subject: usize) -> Result<Option<(MatrixFile, Subcortex)>, Error> {
        if self.prediction.voxels == 0 {
            return Ok(None);
        }
        let path = self.folder.join(SUBCORTEX);
        let bytes = std::fs::read(&path).map_err(Error::file(&path))?;
        let subcortex = Subcortex::from_nifti(&bytes).map_err(|source| Error::Subcortex { path, source })?;
        Ok(Some((MatrixFile::subcortex(self.folder, self.prediction, subject)?, subcortex)))
    }

    fn write_all(&self, content: OfAll, to: &Path) -> Result<(), Error> {
        match content {
            OfAll::Hdf5 => self.write_hdf5(to),
            OfAll::Subcortex => std::fs::copy(self.folder.join(SUBCORTEX), to).map(drop).map_err(Error::file(to)),
            OfAll::DatasetDescription => {
                let description = sidecar::dataset_description(&self.any_provenance()?);
                std::fs::write(to, description).map_err(Error::file(to))
            }
            OfAll::Archive => self.write_archive(to),
        }
    }

    /// The provenance of what all subjects share.
    fn any_provenance(&self) -> Result<Provenance, Error> {
        provenance(self.prediction, self.prediction.subjects.first().map_or("", |subject| &subject.name))
    }

    fn write_hdf5(&self, to: &Path) -> Result<(), Error> {
        let Prediction { subjects, features, samples, .. } = self.prediction;
        let mut responses = (0..subjects.len())
            .map(|subject| MatrixFile::response(self.folder, self.prediction, subject))
            .collect::<Result<Vec<_>, _>>()?;
        let parts = (0..subjects.len()).map(|subject| self.subcortex(subject)).collect::<Result<Vec<_>, _>>();
        let mut parts = parts?;
        let mut responses: Vec<hdf5::Response> = responses
            .iter_mut()
            .zip(&mut parts)
            .zip(subjects)
            .map(|((rows, part), subject)| hdf5::Response {
                subject: &subject.name,
                rows,
                subcortical: part.as_mut().map(subcortical),
            })
            .collect();
        let mut saved = features
            .iter()
            .filter(|(_, report)| report.saved)
            .map(|(modality, report)| {
                let rows = report.layer_groups * report.width;
                Ok((modality, report, MatrixFile::features(self.folder, *modality, rows, *samples)?))
            })
            .collect::<Result<Vec<_>, Error>>()?;
        let mut saved: Vec<hdf5::FeatureSeries> = saved
            .iter_mut()
            .map(|(modality, report, rows)| hdf5::FeatureSeries {
                modality: modality.name(),
                groups: report.layer_groups,
                width: report.width,
                rows,
            })
            .collect();
        Ok(hdf5::write(to, &mut responses, &self.prediction.kept, &mut saved, &self.any_provenance()?)?)
    }

    fn write_archive(&self, to: &Path) -> Result<(), Error> {
        let file = File::create(to).map_err(Error::file(to))?;
        let mut archive = Archive::new(BufWriter::new(file));
        for file in list(self.prediction)?.iter().filter(|file| file.format != Format::Zip) {
            let path = self.make(file)?;
            let content = File::open(&path).map_err(Error::file(&path))?;
            archive.add(&self.path_in_dataset(file)?, content)?;
        }
        Ok(archive.finish()?)
    }

    /// A subject's files lie in its folder of the dataset, the others above.
    fn path_in_dataset(&self, file: &ResultFile) -> Result<String, Error> {
        Ok(match &file.content {
            Content::OfSubject(_, subject) => {
                format!("{}/{}", Names::new(&provenance(self.prediction, subject)?).folder(), file.name)
            }
            Content::OfAll(_) => file.name.clone(),
        })
    }
}

fn subcortical((rows, subcortex): &mut (MatrixFile, Subcortex)) -> Subcortical<'_> {
    Subcortical { rows, subcortex }
}

fn write_text(to: &mut impl Write, text: &str) -> Result<(), export::Error> {
    Ok(to.write_all(text.as_bytes())?)
}
