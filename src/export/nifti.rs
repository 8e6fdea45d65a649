//! NIfTI-1 volumes in MNI152, 2 mm: the response as a 4-D series, or its mean as one volume.
//!
//! The nifti crate writes only what fits in memory, to a path; the series is streamed second by second instead. The
//! provenance, which the header has no room for, is a JSON comment in a header extension.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::header::Header;
use super::rows::{finite_row, seconds};
use super::{Error, Provenance, Rows, SliceRows, sidecar};
use crate::brain::{AFFINE, GRID, VolumeMap};

const HEADER_BYTES: usize = 348;
const COMMENT: i32 = 6;
const FLOAT32: i16 = 16;
const MNI152: i16 = 4;
const MILLIMETRES: u8 = 2;
const SECONDS: u8 = 8;
const LONGEST: usize = i16::MAX as usize;

/// Writes the response as a gzipped 4-D series (mm, s), starting in scanner time.
pub fn write_series(
    to: impl Write,
    rows: &mut dyn Rows,
    provenance: &Provenance,
    map: &VolumeMap,
) -> Result<(), Error> {
    let seconds = seconds(rows, provenance.mesh)?;
    if seconds > LONGEST {
        return Err(Error::TooLong { seconds, limit: LONGEST });
    }
    let mut volumes = Volumes::begin(to, Some(seconds), provenance, map)?;
    let mut row = vec![0.0; provenance.mesh.vertices()];
    for time in 0..seconds {
        finite_row(rows, time, &mut row)?;
        volumes.write(&row)?;
    }
    volumes.finish()
}

/// Writes one value a vertex, such as the mean over time, as a gzipped volume.
pub fn write_mean(to: impl Write, mean: &[f32], provenance: &Provenance, map: &VolumeMap) -> Result<(), Error> {
    let mut rows = SliceRows::new(mean, mean.len().max(1));
    seconds(&rows, provenance.mesh)?;
    let mut row = vec![0.0; mean.len()];
    finite_row(&mut rows, 0, &mut row)?;
    let mut volumes = Volumes::begin(to, None, provenance, map)?;
    volumes.write(&row)?;
    volumes.finish()
}

/// A NIfTI file to which volumes are appended.
struct Volumes<'a, W: Write> {
    gzip: flate2::write::GzEncoder<W>,
    map: &'a VolumeMap,
    volume: Vec<u8>,
}

impl<'a, W: Write> Volumes<'a, W> {
    fn begin(to: W, seconds: Option<usize>, provenance: &Provenance, map: &'a VolumeMap) -> Result<Self, Error> {
        if map.mesh() != provenance.mesh {
            return Err(Error::VolumeMesh { map: map.mesh(), response: provenance.mesh });
        }
        let mut comment = sidecar::volume(provenance, map).into_bytes();
        comment.resize((8 + comment.len()).next_multiple_of(16) - 8, 0);
        let mut gzip = GzBuilder::new().mtime(0).write(to, Compression::default());
        gzip.write_all(&header(seconds, 8 + comment.len(), provenance))?;
        gzip.write_all(&[1, 0, 0, 0])?;
        gzip.write_all(&(8 + comment.len() as i32).to_le_bytes())?;
        gzip.write_all(&COMMENT.to_le_bytes())?;
        gzip.write_all(&comment)?;
        Ok(Self { gzip, map, volume: vec![0; 4 * GRID.iter().product::<usize>()] })
    }

    /// Appends the volume that shows a response row; voxels without a vertex are 0.
    fn write(&mut self, row: &[f32]) -> Result<(), Error> {
        for &(voxel, place) in self.map.voxels() {
            self.volume[4 * voxel as usize..][..4].copy_from_slice(&row[place as usize].to_le_bytes());
        }
        Ok(self.gzip.write_all(&self.volume)?)
    }

    fn finish(self) -> Result<(), Error> {
        Ok(self.gzip.finish()?.flush()?)
    }
}

/// A series has a fourth dimension, a time step and a time origin.
fn header(seconds: Option<usize>, extension_bytes: usize, provenance: &Provenance) -> [u8; HEADER_BYTES] {
    let [nx, ny, nz] = GRID.map(|voxels| voxels as i16);
    let [size_x, size_y, size_z] = [0, 1, 2].map(|axis| AFFINE[axis][axis].abs());
    let [x, y, z] = [0, 1, 2].map(|axis| AFFINE[axis][3]);
    let (dimensions, volumes, step, start, units) = match seconds {
        Some(seconds) => {
            let (step, start) = (provenance.tr_s as f32, provenance.bold_time_s(0) as f32);
            (4, seconds as i16, step, start, MILLIMETRES | SECONDS)
        }
        None => (3, 1, 0.0, 0.0, MILLIMETRES),
    };
    // The first axis points left: a mirrored frame (qfac -1), turned half around the front-back axis.
    let (handedness, half_turn_around_y) = (-1.0, [0.0, 1.0, 0.0]);
    Header::new()
        .i32(0, [HEADER_BYTES as i32])
        .bytes(38, b"r")
        .i16(40, [dimensions, nx, ny, nz, volumes, 1, 1, 1])
        .i16(70, [FLOAT32, 32])
        .f32(76, [handedness, size_x, size_y, size_z, step, 0.0, 0.0, 0.0])
        .f32(108, [(HEADER_BYTES + 4 + extension_bytes) as f32, 1.0, 0.0])
        .bytes(123, &[units])
        .f32(136, [start])
        .bytes(148, provenance.label().as_bytes())
        .i16(252, [MNI152, MNI152])
        .f32(256, half_turn_around_y)
        .f32(268, [x, y, z])
        .f32(280, AFFINE[0])
        .f32(296, AFFINE[1])
        .f32(312, AFFINE[2])
        .bytes(344, b"n+1\0")
        .finish()
}
