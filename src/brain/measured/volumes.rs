//! Maps of the volume, one or more on one grid, and their way to the surface.

use super::sampling::{Grid, inverse, transform};
use super::{Error, MAX_MAPS, MeasuredMap, numbered};
use crate::brain::mni152::to_mni152;
use crate::brain::nifti::{Affine, Limits, Nifti};
use crate::brain::{Hemisphere, Mesh, Surfaces};

/// The code of Talairach space in a NIfTI header.
const TALAIRACH: i16 = 3;

/// From the pial to the white position of a vertex, in voxel indices.
pub(super) type Line = [[f64; 3]; 2];

/// The space that a volume is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeSpace {
    /// That of SPM, FSL, fMRIPrep and published coordinates.
    Mni152,
    /// That of fsaverage and of volumes that FreeSurfer writes for it.
    Mni305,
}

/// Maps on one grid of voxels: a 3-D NIfTI file has one, a 4-D one several, such as one a subject.
#[derive(Clone, Debug)]
pub struct Volumes {
    shape: [usize; 3],
    affine: Affine,
    /// Millimetres to voxel indices.
    inverse: Affine,
    maps: Vec<Vec<f32>>,
    /// Between the numbers that the file can hold; 0 for floats.
    step: f32,
}

impl Volumes {
    /// Reads a NIfTI-1 or NIfTI-2 file, gzipped or not, of any axis order, orientation and number type.
    ///
    /// The sform places the voxels, or the qform where there is none, as in nibabel. A header that says Talairach is
    /// refused; one that says "scanner" or "aligned" is taken at the caller's word, since SPM writes it for MNI152.
    pub fn from_nifti(bytes: &[u8]) -> Result<Self, Error> {
        let nifti = Nifti::read(bytes, Limits::MAPS).map_err(Error::Nifti)?;
        let (grid, maps) = Self::grid_of(&nifti)?;
        if maps > MAX_MAPS {
            return Err(Error::TooManyMaps { found: maps, limit: MAX_MAPS });
        }
        Ok(Self { maps: (0..maps).map(|map| grid.volume_of(&nifti, map)).collect(), ..grid })
    }

    /// The grid that a file's volumes lie on, without a map, and how many volumes there are.
    pub(super) fn grid_of(nifti: &Nifti) -> Result<(Self, usize), Error> {
        let dims = &nifti.header.dims;
        let Some((&shape, further)) = dims.split_first_chunk() else { return Err(Error::Axes { found: dims.len() }) };
        let (affine, code) = nifti.header.affine.ok_or(Error::NoOrientation)?;
        if code == TALAIRACH {
            return Err(Error::Talairach);
        }
        let inverse = inverse(&affine).ok_or(Error::Singular)?;
        Ok((Self { shape, affine, inverse, maps: Vec::new(), step: nifti.step() }, further.iter().product()))
    }

    /// The voxels of one volume of a file on this grid.
    pub(super) fn volume_of(&self, nifti: &Nifti, volume: usize) -> Vec<f32> {
        let voxels: usize = self.shape.iter().product();
        nifti.values(volume * voxels..(volume + 1) * voxels)
    }

    /// The same with 0 where the file says the nearest that it can: integers with a scale and an intercept often have no
    /// number for 0, which stands outside of masks, and come back from it by up to half a step.
    pub fn with_zeros_restored(mut self) -> Self {
        let is_zero = |value: &f32| value.abs() <= self.step / 2.0;
        self.maps.iter_mut().flatten().filter(|value| is_zero(value)).for_each(|value| *value = 0.0);
        self
    }

    /// Maps on the grid of these, one value a voxel, such as a group's statistic of its subjects' maps.
    pub fn with_maps(&self, maps: Vec<Vec<f32>>) -> Result<Self, Error> {
        let expected = self.shape.iter().product();
        match maps.iter().find(|map| map.len() != expected) {
            Some(map) => Err(Error::VoxelCount { found: map.len(), expected }),
            None => Ok(Self { maps, ..*self }),
        }
    }

    /// Voxels along `x`, `y` and `z` of the grid.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Voxel indices to millimetres: the first three rows of the matrix.
    pub fn affine(&self) -> [[f64; 4]; 3] {
        self.affine
    }

    /// For each map its voxels, `x` varying fastest. What is not finite was not measured.
    pub fn maps(&self) -> &[Vec<f32>] {
        &self.maps
    }

    /// Samples every map at the vertices of `mesh`.
    ///
    /// The value at a vertex is the mean over ten points, evenly spaced from its pial to its white position (both
    /// brought to the volume's space), of the trilinear interpolation. Points outside the grid, or next to a voxel that
    /// is not finite, are left out; a vertex that has no others was not measured. A voxel of 0 counts as 0. This is
    /// nilearn's `vol_to_surf(image, pial, inner_mesh=white)`, but for points up to a voxel beyond the last centres, to
    /// which nilearn extrapolates.
    ///
    /// Refused where under half of the vertices lie within the grid.
    pub fn on_surface(&self, space: VolumeSpace, surfaces: &Surfaces, mesh: Mesh) -> Result<Vec<MeasuredMap>, Error> {
        let ribbon = self.ribbon(space, surfaces, mesh)?;
        let map =
            |index: usize| MeasuredMap { name: numbered(index), mesh, values: self.along(&ribbon, &self.maps[index]) };
        Ok((0..self.maps.len()).map(map).collect())
    }

    /// The pial and the white position of every vertex of `mesh`, in voxel indices; refused where under half of them lie
    /// within the grid.
    pub(super) fn ribbon(&self, space: VolumeSpace, surfaces: &Surfaces, mesh: Mesh) -> Result<Vec<Line>, Error> {
        if surfaces.mesh() < mesh {
            return Err(Error::CoarseSurfaces { surfaces: surfaces.mesh(), wanted: mesh });
        }
        let lines: Vec<Line> =
            Hemisphere::BOTH.into_iter().flat_map(|side| self.lines(space, surfaces, side, mesh)).collect();
        let covered = lines.iter().filter(|ends| ends.iter().any(|end| self.contains(*end))).count();
        if 2 * covered < lines.len() {
            return Err(Error::OtherSpace { covered, vertices: lines.len() });
        }
        Ok(lines)
    }

    /// The value of a volume at each of these lines.
    pub(super) fn along(&self, ribbon: &[Line], values: &[f32]) -> Vec<Option<f32>> {
        let grid = Grid { shape: self.shape, values };
        ribbon.iter().map(|[pial, white]| grid.mean_along(*pial, *white)).collect()
    }

    /// Whether a point (voxel indices) lies within the grid.
    fn contains(&self, point: [f64; 3]) -> bool {
        Grid { shape: self.shape, values: &[] }.contains(point)
    }

    /// The pial and the white position of each vertex, in voxel indices.
    fn lines(&self, space: VolumeSpace, surfaces: &Surfaces, side: Hemisphere, mesh: Mesh) -> Vec<Line> {
        let to_voxel = |point: &[f32; 3]| {
            let point = point.map(f64::from);
            let point = match space {
                VolumeSpace::Mni152 => to_mni152(point),
                VolumeSpace::Mni305 => point,
            };
            transform(&self.inverse, point)
        };
        let hemisphere = surfaces.of(side);
        let ends = hemisphere.pial.coordinates.iter().zip(&hemisphere.white.coordinates);
        ends.take(mesh.vertices_per_hemisphere()).map(|(pial, white)| [to_voxel(pial), to_voxel(white)]).collect()
    }
}
