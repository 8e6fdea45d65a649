//! Reading dense CIFTI-2 files: a NIfTI-2 whose header extension says in XML which vertices the rows of its matrix are.
//!
//! Source: the CIFTI-2 specification of the Human Connectome Project.

mod error;
mod matrix;
mod model;

pub use error::Error;
pub(super) use matrix::{Kind, MapEntry};

use self::matrix::Matrix;
use self::model::Cortex;
use super::Hemisphere;
use super::nifti::{Limits, Nifti};

/// The code of the header extension that holds the XML.
const EXTENSION_CODE: i32 = 32;

/// One or more maps over both cortices. What the file says of voxels is passed over.
#[derive(Debug)]
pub(super) struct Cifti {
    pub(super) kind: Kind,
    /// Time between two points of a series (s), where the file is one and says so.
    pub(super) step_s: Option<f64>,
    /// At least one.
    pub(super) maps: Vec<MapEntry>,
    cortices: [Option<Cortex>; 2],
    /// `(grayordinate, map)`, row-major.
    values: Vec<f32>,
}

/// Reads a `.dscalar.nii`, `.dtseries.nii` or `.dlabel.nii`.
pub(super) fn read(bytes: &[u8]) -> Result<Cifti, Error> {
    read_within(bytes, Limits::MAPS)
}

/// Reads a `.dtseries.nii` as large as a run is.
pub(super) fn read_run(bytes: &[u8]) -> Result<Cifti, Error> {
    read_within(bytes, Limits::RUN)
}

fn read_within(bytes: &[u8], limits: Limits) -> Result<Cifti, Error> {
    let nifti = Nifti::read(bytes, limits)?;
    let xml = nifti.extension(EXTENSION_CODE).ok_or(Error::NoExtension)?;
    let end = xml.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let matrix = Matrix::read(std::str::from_utf8(&xml[..end]).map_err(Error::NotText)?)?;
    let (maps, grayordinates) = (matrix.maps.len(), matrix.grayordinates);
    if maps == 0 || nifti.header.dims != [1, 1, 1, 1, maps, grayordinates] {
        return Err(Error::Shape { found: nifti.header.dims.clone(), maps, grayordinates });
    }
    Ok(Cifti {
        kind: matrix.kind,
        step_s: matrix.step_s,
        maps: matrix.maps,
        cortices: matrix.cortices,
        values: nifti.values(0..nifti.header.values()),
    })
}

impl Cifti {
    /// A map's value at each vertex of a cortex; `None` at those that the file leaves out.
    pub(super) fn at_vertices(&self, map: usize, hemisphere: Hemisphere) -> Result<Vec<Option<f32>>, Error> {
        let cortex = self.cortices[hemisphere as usize].as_ref().ok_or(Error::NoCortex { hemisphere })?;
        let mut values = vec![None; cortex.vertices];
        for (row, &vertex) in (cortex.first_row..).zip(&cortex.indices) {
            values[vertex as usize] = Some(self.values[row * self.maps.len() + map]);
        }
        Ok(values)
    }
}

#[cfg(test)]
pub(super) mod tests;
