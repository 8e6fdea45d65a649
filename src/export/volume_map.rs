//! A map on a grid of voxels of its own, such as the statistic of a group, as NIfTI-1.
//!
//! The sform places the voxels; there is no qform, which cannot hold every transform. What the map is of is a JSON comment
//! in a header extension.

use std::io::Write;

use flate2::{Compression, GzBuilder};
use serde_json::{Map, Value};

use super::header::Header;
use super::{Error, Origin, ScalarMap};
use crate::brain::GRID;

const HEADER_BYTES: usize = 348;
const COMMENT: i32 = 6;
const FLOAT32: i16 = 16;
const MILLIMETRES: u8 = 2;
const NAME_BYTES: usize = 15;

/// Where the voxels lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoxelGrid {
    /// Voxels along `x`, `y` and `z`.
    pub shape: [usize; 3],
    /// Voxel indices to millimetres: the first three rows of the matrix.
    pub affine: [[f64; 4]; 3],
    /// By the NIfTI standard: 4 for MNI152, 2 for another scan.
    pub space: i16,
}

impl VoxelGrid {
    /// FSL's and HCP's 2 mm grid of MNI152.
    pub const MNI152: Self = Self {
        shape: GRID,
        affine: [[-2.0, 0.0, 0.0, 90.0], [0.0, 2.0, 0.0, -126.0], [0.0, 0.0, 2.0, -72.0]],
        space: 4,
    };
}

/// Writes a map, a value a voxel, `x` varying fastest, as a gzipped volume. `origin.mesh` is not looked at.
///
/// # Errors
///
/// Where the values are not as many as the voxels, and where an axis is longer than NIfTI-1 has numbers for.
pub fn write(to: impl Write, map: &ScalarMap, grid: &VoxelGrid, origin: &Origin) -> Result<(), Error> {
    let voxels = grid.shape.iter().product();
    if map.values.len() != voxels {
        return Err(Error::VoxelCount { found: map.values.len(), expected: voxels });
    }
    let entries = origin.entries.iter().map(|(name, value)| ((*name).to_owned(), Value::from(value.as_str())));
    let mut comment = Value::Object(entries.collect::<Map<_, _>>()).to_string().into_bytes();
    comment.resize((8 + comment.len()).next_multiple_of(16) - 8, 0);
    let mut gzip = GzBuilder::new().mtime(0).write(to, Compression::default());
    gzip.write_all(&header(map, grid, 8 + comment.len(), origin.label)?)?;
    gzip.write_all(&[1, 0, 0, 0])?;
    gzip.write_all(&(8 + comment.len() as i32).to_le_bytes())?;
    gzip.write_all(&COMMENT.to_le_bytes())?;
    gzip.write_all(&comment)?;
    for value in map.values {
        gzip.write_all(&value.to_le_bytes())?;
    }
    Ok(gzip.finish()?.flush()?)
}

fn header(map: &ScalarMap, grid: &VoxelGrid, extension_bytes: usize, label: &str) -> Result<[u8; HEADER_BYTES], Error> {
    let too_large = |_| Error::GridTooLarge { shape: grid.shape };
    let [nx, ny, nz] = grid.shape.map(i16::try_from);
    let (nx, ny, nz) = (nx.map_err(too_large)?, ny.map_err(too_large)?, nz.map_err(too_large)?);
    let size = |axis: usize| grid.affine.iter().map(|row| row[axis].powi(2)).sum::<f64>().sqrt() as f32;
    let [x, y, z] = grid.affine.map(|row| row.map(|entry| entry as f32));
    let (_, intent, parameter) = map.statistic.intent();
    Ok(Header::new()
        .i32(0, [HEADER_BYTES as i32])
        .bytes(38, b"r")
        .i16(40, [3, nx, ny, nz, 1, 1, 1, 1])
        .f32(56, [parameter])
        .i16(68, [intent, FLOAT32, 32])
        .f32(76, [1.0, size(0), size(1), size(2)])
        .f32(108, [(HEADER_BYTES + 4 + extension_bytes) as f32, 1.0, 0.0])
        .bytes(123, &[MILLIMETRES])
        .bytes(148, label.as_bytes())
        .i16(252, [0, grid.space])
        .f32(280, x)
        .f32(296, y)
        .f32(312, z)
        .bytes(328, &map.name.as_bytes()[..map.name.floor_char_boundary(NAME_BYTES)])
        .bytes(344, b"n+1\0")
        .finish())
}

#[cfg(test)]
mod tests {
    use super::super::Statistic;
    use super::super::fixtures::provenance;
    use super::*;
    use crate::brain::{Mesh, Volumes};

    const GRID: VoxelGrid = VoxelGrid {
        shape: [2, 3, 4],
        affine: [[0.0, 3.0, 0.0, -5.0], [-2.0, 0.0, 0.5, 1.0], [0.0, 0.0, 4.0, 7.0]],
        space: 4,
    };

    #[test]
    fn a_volume_lies_where_it_was_said_to() {
        let values: Vec<f32> = (0..24).map(|voxel| voxel as f32 - 7.5).collect();
        let statistic = Statistic::T { degrees_of_freedom: Some(15.0) };
        let map = ScalarMap { name: "group", statistic, values: &values };
        let mut file = Vec::new();
        write(&mut file, &map, &GRID, &(&provenance(Mesh::Fsaverage3)).into()).unwrap();
        let read = Volumes::from_nifti(&file).unwrap();
        assert_eq!((read.shape(), read.affine(), read.maps()), (GRID.shape, GRID.affine, &[values][..]));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let map = ScalarMap { name: "", statistic: Statistic::Value, values: &[0.0; 24] };
        let origin = Origin::from(&provenance(Mesh::Fsaverage3));
        let refused = |grid| write(Vec::new(), &map, &grid, &origin).unwrap_err().to_string();
        assert_eq!(refused(VoxelGrid { shape: [2; 3], ..GRID }), "a map has 24 values for the 8 voxels of its grid");
        let long = ScalarMap { values: &[0.0; 40_000], ..map };
        let refusal = write(Vec::new(), &long, &VoxelGrid { shape: [40_000, 1, 1], ..GRID }, &origin).unwrap_err();
        assert!(refusal.to_string().contains("[40000, 1, 1]"));
    }
}
