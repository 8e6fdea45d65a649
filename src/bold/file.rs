//! The files that runs come in, told apart by their names.

use std::path::{Path, PathBuf};

use super::{Error, Run, Sidecar, hdf5, npy, repetition_time};
use crate::brain::{MeasuredSeries, Mesh, Surfaces, VolumeSpace};

/// The largest file that is read (bytes).
const MOST_BYTES: u64 = 16 << 30;
/// How names say that a file is of the left hemisphere, and what the right one's says in its place.
const SIDES: [[&str; 2]; 4] = [["hemi-L", "hemi-R"], [".L.", ".R."], ["lh.", "rh."], ["_L.", "_R."]];

/// A run as it lies on disk.
#[derive(Clone, Debug, PartialEq)]
pub enum BoldFile {
    /// `(time, output)` or `(output, time)`.
    Npy(PathBuf),
    /// The same, in a dataset of an HDF5 file.
    Hdf5 { path: PathBuf, dataset: String },
    /// A 4-D NIfTI file in MNI152.
    Volumes(PathBuf),
    /// A pair of `.func.gii` files.
    Gifti { left: PathBuf, right: PathBuf },
    /// A `.dtseries.nii`.
    Cifti(PathBuf),
}

/// What a model predicts: so many values, which are the vertices of a mesh or something else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outputs {
    pub count: usize,
    pub mesh: Option<Mesh>,
}

impl BoldFile {
    /// The run of a file whose name tells its format. Of a pair, either hemisphere's file stands for both; `dataset` names
    /// the array of an HDF5 file.
    ///
    /// # Errors
    /// [`Error::Format`], [`Error::NoDataset`] or [`Error::NoPair`].
    pub fn named(path: &Path, dataset: Option<&str>) -> Result<Self, Error> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ends = |ending: &str| name.ends_with(ending) || name.ends_with(&format!("{ending}.gz"));
        let path = path.to_owned();
        match dataset {
            Some(dataset) if [".h5", ".hdf5"].into_iter().any(ends) => {
                Ok(Self::Hdf5 { path, dataset: dataset.to_owned() })
            }
            None if [".h5", ".hdf5"].into_iter().any(ends) => Err(Error::NoDataset { path }),
            _ if name.ends_with(".npy") => Ok(Self::Npy(path)),
            _ if ends(".dtseries.nii") => Ok(Self::Cifti(path)),
            _ if ends(".nii") => Ok(Self::Volumes(path)),
            _ if ends(".func.gii") => pair(&path, &name).ok_or(Error::NoPair { path }),
            _ => Err(Error::Format { path }),
        }
    }

    /// The files that it is read from.
    pub fn paths(&self) -> Vec<&Path> {
        match self {
            Self::Npy(path) | Self::Hdf5 { path, .. } | Self::Volumes(path) | Self::Cifti(path) => vec![path],
            Self::Gifti { left, right } => vec![left, right],
        }
    }

    /// What names it in messages, and what sidecars are looked for beside.
    pub fn path(&self) -> &Path {
        match self {
            Self::Npy(path) | Self::Hdf5 { path, .. } | Self::Volumes(path) | Self::Cifti(path) => path,
            Self::Gifti { left, .. } => left,
        }
    }

    /// Reads the run, a column for each output.
    ///
    /// The time between scans is `tr_s` where it is given, else `RepetitionTime` of its sidecars, else what
    /// its header says. `surfaces` is the folder of the fsaverage5 surfaces, which volumes are sampled along.
    ///
    /// # Errors
    /// The file cannot be read, is of another space or number of outputs, or says nothing sensible of time.
    pub fn read(&self, outputs: Outputs, tr_s: Option<f64>, surfaces: &Path) -> Result<Run, Error> {
        let mesh =
            || outputs.mesh.ok_or_else(|| Error::NoMesh { path: self.path().to_owned(), outputs: outputs.count });
        let measured = |source| Error::Measured { path: self.path().to_owned(), source };
        let untimed = |values| MeasuredSeries { values, step_s: None };
        let series = match self {
            Self::Npy(path) => untimed(npy::read(path, &bytes(path)?, outputs.count)?),
            Self::Hdf5 { path, dataset } => untimed(hdf5::read(path, dataset, outputs.count)?),
            Self::Volumes(path) => {
                let mesh = mesh()?;
                MeasuredSeries::from_nifti(&bytes(path)?, VolumeSpace::Mni152, &load(surfaces)?, mesh)
                    .map_err(measured)?
            }
            Self::Gifti { left, right } => {
                MeasuredSeries::from_gifti(&bytes(left)?, &bytes(right)?, mesh()?).map_err(measured)?
            }
            Self::Cifti(path) => MeasuredSeries::from_cifti(&bytes(path)?, mesh()?).map_err(measured)?,
        };
        let stated = match tr_s {
            Some(given) => Some(given),
            None => Sidecar::of(self.path())?.repetition_time_s.or(series.step_s),
        };
        Run::new(self.path(), series.values, repetition_time::checked(self.path(), stated)?)
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, Error> {
    let found = std::fs::metadata(path).map_err(Error::read(path))?.len();
    if found > MOST_BYTES {
        return Err(Error::TooLarge { path: path.to_owned(), bytes: found, limit: MOST_BYTES });
    }
    std::fs::read(path).map_err(Error::read(path))
}

fn load(folder: &Path) -> Result<Surfaces, Error> {
    Surfaces::load(|name| std::fs::read(folder.join(name)))
        .map_err(|source| Error::Surfaces { folder: folder.to_owned(), source })
}

/// Both files of a pair, from the one of either hemisphere.
fn pair(path: &Path, name: &str) -> Option<BoldFile> {
    SIDES.into_iter().find_map(|[left, right]| {
        let beside = |from: &str, to: &str| {
            name.contains(from).then(|| path.with_file_name(name.replace(from, to))).filter(|other| other.is_file())
        };
        if let Some(other) = beside(left, right) {
            return Some(BoldFile::Gifti { left: path.to_owned(), right: other });
        }
        beside(right, left).map(|other| BoldFile::Gifti { left: other, right: path.to_owned() })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_the_format() {
        let named = |name: &str| BoldFile::named(Path::new(name), None);
        assert_eq!(named("a_bold.npy").unwrap(), BoldFile::Npy("a_bold.npy".into()));
        assert_eq!(named("a_bold.dtseries.nii").unwrap(), BoldFile::Cifti("a_bold.dtseries.nii".into()));
        assert_eq!(named("a_bold.nii.gz").unwrap(), BoldFile::Volumes("a_bold.nii.gz".into()));
        assert!(matches!(named("a.h5"), Err(Error::NoDataset { .. })));
        assert!(matches!(named("a.mat"), Err(Error::Format { .. })));
        assert!(matches!(named("hemi-L_bold.func.gii"), Err(Error::NoPair { .. })));
        assert!(matches!(BoldFile::named(Path::new("a.h5"), Some("x")).unwrap(), BoldFile::Hdf5 { .. }));
    }

    #[test]
    fn either_hemisphere_stands_for_both() {
        let folder = tempfile::tempdir().unwrap();
        let [left, right] = ["L", "R"].map(|side| folder.path().join(format!("sub-01_hemi-{side}_bold.func.gii")));
        for path in [&left, &right] {
            std::fs::write(path, b"").unwrap();
        }
        let both = BoldFile::Gifti { left: left.clone(), right: right.clone() };
        assert_eq!(BoldFile::named(&left, None).unwrap(), both);
        assert_eq!(BoldFile::named(&right, None).unwrap(), both);
    }

    #[test]
    fn a_volume_cannot_be_brought_to_regions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a_bold.nii");
        std::fs::write(&path, b"").unwrap();
        let regions = Outputs { count: 7, mesh: None };
        let refusal = BoldFile::Volumes(path).read(regions, Some(1.0), folder.path()).unwrap_err();
        assert!(matches!(refusal, Error::NoMesh { outputs: 7, .. }));
    }
}
