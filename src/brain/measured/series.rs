//! Measured series: a run of scans, brought to the vertices that predictions have.

use ndarray::Array2;

use super::{Error, VolumeSpace, Volumes};
use crate::brain::gifti::{self, Values};
use crate::brain::nesting::cut;
use crate::brain::nifti::{Limits, Nifti};
use crate::brain::{Hemisphere, Mesh, Surfaces, cifti};

/// The BOLD of one run.
#[derive(Clone, Debug)]
pub struct MeasuredSeries {
    /// `(scan, vertex)`, in the order of a response row. What was not measured is NaN; other values are as the file has them.
    pub values: Array2<f32>,
    /// Time between two scans (s), where the file says it.
    pub step_s: Option<f64>,
}

impl MeasuredSeries {
    /// Reads a 4-D NIfTI file a volume at a time, and samples each at the vertices of `mesh` as
    /// [`Volumes::on_surface`] does.
    pub fn from_nifti(bytes: &[u8], space: VolumeSpace, surfaces: &Surfaces, mesh: Mesh) -> Result<Self, Error> {
        let nifti = Nifti::read(bytes, Limits::RUN).map_err(Error::Nifti)?;
        let (grid, scans) = Volumes::grid_of(&nifti)?;
        let ribbon = grid.ribbon(space, surfaces, mesh)?;
        let mut values = Array2::from_elem((scans, mesh.vertices()), f32::NAN);
        for (scan, mut row) in values.outer_iter_mut().enumerate() {
            let sampled = grid.along(&ribbon, &grid.volume_of(&nifti, scan));
            for (value, sample) in row.iter_mut().zip(sampled) {
                *value = sample.unwrap_or(f32::NAN);
            }
        }
        Ok(Self { values, step_s: nifti.header.step_s })
    }

    /// Reads a pair of `.func.gii` files, gzipped or not: each array of floats with one value a vertex is a scan. Files of
    /// a finer mesh are cut to `mesh`. Such files do not say how much time lies between scans.
    pub fn from_gifti(left: &[u8], right: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let sides = [scans(left, Hemisphere::Left)?, scans(right, Hemisphere::Right)?];
        let [left, right] = [sides[0].len(), sides[1].len()];
        if left != right {
            return Err(Error::MapCount { left, right });
        }
        let mut values = Array2::zeros((left, mesh.vertices()));
        for (hemisphere, scans) in Hemisphere::BOTH.into_iter().zip(&sides) {
            for (mut row, scan) in values.outer_iter_mut().zip(scans) {
                let part = cut(scan, mesh).map_err(Error::Mesh)?;
                row.iter_mut().skip(mesh.range(hemisphere).start).zip(part).for_each(|(value, scan)| *value = *scan);
            }
        }
        Ok(Self { values, step_s: None })
    }

    /// Reads a `.dtseries.nii`; its voxels are passed over. A file of a finer mesh is cut to `mesh`.
    pub fn from_cifti(bytes: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let cifti = cifti::read_run(bytes).map_err(Error::Cifti)?;
        if cifti.kind != cifti::Kind::Series {
            return Err(Error::NoSeries);
        }
        let mut values = Array2::zeros((cifti.maps.len(), mesh.vertices()));
        for (scan, mut row) in values.outer_iter_mut().enumerate() {
            for hemisphere in Hemisphere::BOTH {
                let side = cifti.at_vertices(scan, hemisphere).map_err(Error::Cifti)?;
                let part = cut(&side, mesh).map_err(Error::Mesh)?;
                let places = row.iter_mut().skip(mesh.range(hemisphere).start);
                places.zip(part).for_each(|(value, scan)| *value = scan.unwrap_or(f32::NAN));
            }
        }
        Ok(Self { values, step_s: cifti.step_s })
    }
}

/// The scans of one hemisphere, a value a vertex.
fn scans(bytes: &[u8], hemisphere: Hemisphere) -> Result<Vec<Vec<f32>>, Error> {
    let gifti = gifti::read_run(bytes).map_err(|source| Error::Gifti { hemisphere, source })?;
    if let Some(found) = gifti.hemisphere.filter(|found| *found != hemisphere) {
        return Err(Error::WrongHemisphere { hemisphere, found });
    }
    let mut scans = Vec::new();
    for array in gifti.arrays {
        let columns = array.columns();
        if let (Values::Float(values), 1) = (array.values, columns) {
            scans.push(values);
        }
    }
    if scans.is_empty() { Err(Error::NoMap { hemisphere }) } else { Ok(scans) }
}
