//! NIfTI-1 volumes in MNI152, 2 mm: the response as a 4-D series, its mean or another map as one volume.
//!
//! The nifti crate writes only what fits in memory, to a path; the series is streamed second by second instead. The
//! provenance, which the header has no room for, is a JSON comment in a header extension.

use std::io::Write;

use flate2::{Compression, GzBuilder};

use super::header::Header;
use super::map::MapRows;
use super::rows::{finite_row, seconds};
use super::subcortical::Subcortical;
use super::{Error, Provenance, Rows, ScalarMap, Statistic, sidecar};
use crate::brain::{AFFINE, GRID, Subcortex, VolumeMap};

const HEADER_BYTES: usize = 348;
const COMMENT: i32 = 6;
const FLOAT32: i16 = 16;
const MNI152: i16 = 4;
const MILLIMETRES: u8 = 2;
const SECONDS: u8 = 8;
const INTENT_NAME_BYTES: usize = 15;
const LONGEST: usize = i16::MAX as usize;

/// Writes the response as a gzipped 4-D series (mm, s), starting in scanner time. A voxel of the subcortex shows its own value.
pub fn write_series(
    to: impl Write,
    rows: &mut dyn Rows,
    mut subcortical: Option<Subcortical>,
    provenance: &Provenance,
    map: &VolumeMap,
) -> Result<(), Error> {
    let seconds = seconds(rows, provenance.mesh)?;
    subcortical.iter().try_for_each(|subcortical| subcortical.check(seconds))?;
    if seconds > LONGEST {
        return Err(Error::TooLong { seconds, limit: LONGEST });
    }
    let mut volumes = Volumes::begin(to, Content::Series { seconds }, provenance, map)?;
    let mut row = vec![0.0; provenance.mesh.vertices()];
    let mut voxels = vec![0.0; subcortical.as_ref().map_or(0, |subcortical| subcortical.subcortex.voxels().len())];
    for time in 0..seconds {
        finite_row(rows, time, &mut row)?;
        volumes.show(&row);
        if let Some(Subcortical { rows, subcortex }) = &mut subcortical {
            finite_row(*rows, time, &mut voxels)?;
            volumes.show_subcortex(subcortex, &voxels);
        }
        volumes.write()?;
    }
    volumes.finish()
}

/// Writes the mean of a response over time, a value a vertex and one a voxel of the subcortex, as a gzipped volume.
pub fn write_mean(
    to: impl Write,
    mean: &[f32],
    subcortical: Option<(&[f32], &Subcortex)>,
    provenance: &Provenance,
    map: &VolumeMap,
) -> Result<(), Error> {
    let mean = ScalarMap { name: "", statistic: Statistic::Value, values: mean };
    write_volume(to, &mean, subcortical, provenance, map)
}

/// Writes a map as a gzipped volume, with the intent code of its statistic. The header has room for 15 bytes of its name.
pub fn write_map(to: impl Write, map: &ScalarMap, provenance: &Provenance, voxels: &VolumeMap) -> Result<(), Error> {
    write_volume(to, map, None, provenance, voxels)
}

fn write_volume(
    to: impl Write,
    map: &ScalarMap,
    subcortical: Option<(&[f32], &Subcortex)>,
    provenance: &Provenance,
    voxels: &VolumeMap,
) -> Result<(), Error> {
    let mut row = vec![0.0; provenance.mesh.vertices()];
    finite_row(&mut MapRows::new(&[*map], provenance.mesh)?, 0, &mut row)?;
    let mut volumes = Volumes::begin(to, Content::Map(map), provenance, voxels)?;
    volumes.show(&row);
    if let Some((values, subcortex)) = subcortical {
        volumes.show_subcortex(subcortex, values);
    }
    volumes.write()?;
    volumes.finish()
}

/// What the volumes of a file are.
#[derive(Clone, Copy)]
enum Content<'a> {
    Series { seconds: usize },
    Map(&'a ScalarMap<'a>),
}

/// A NIfTI file to which volumes are appended.
struct Volumes<'a, W: Write> {
    gzip: flate2::write::GzEncoder<W>,
    map: &'a VolumeMap,
    volume: Vec<u8>,
}

impl<'a, W: Write> Volumes<'a, W> {
    fn begin(to: W, content: Content, provenance: &Provenance, map: &'a VolumeMap) -> Result<Self, Error> {
        if map.mesh() != provenance.mesh {
            return Err(Error::VolumeMesh { map: map.mesh(), response: provenance.mesh });
        }
        let mut comment = sidecar::volume(provenance, map).into_bytes();
        comment.resize((8 + comment.len()).next_multiple_of(16) - 8, 0);
        let mut gzip = GzBuilder::new().mtime(0).write(to, Compression::default());
        gzip.write_all(&header(content, 8 + comment.len(), provenance))?;
        gzip.write_all(&[1, 0, 0, 0])?;
        gzip.write_all(&(8 + comment.len() as i32).to_le_bytes())?;
        gzip.write_all(&COMMENT.to_le_bytes())?;
        gzip.write_all(&comment)?;
        Ok(Self { gzip, map, volume: vec![0; 4 * GRID.iter().product::<usize>()] })
    }

    /// Puts a response row into the volume; voxels without a vertex are 0.
    fn show(&mut self, row: &[f32]) {
        for &(voxel, place) in self.map.voxels() {
            self.put(voxel as usize, row[place as usize]);
        }
    }

    /// Puts the values of a subcortex in the place of what the cortex shows there.
    fn show_subcortex(&mut self, subcortex: &Subcortex, values: &[f32]) {
        for (voxel, value) in subcortex.voxels().iter().zip(values) {
            self.put(voxel.index(), *value);
        }
    }

    fn put(&mut self, voxel: usize, value: f32) {
        self.volume[4 * voxel..][..4].copy_from_slice(&value.to_le_bytes());
    }

    /// Appends the volume.
    fn write(&mut self) -> Result<(), Error> {
        Ok(self.gzip.write_all(&self.volume)?)
    }

    fn finish(self) -> Result<(), Error> {
        Ok(self.gzip.finish()?.flush()?)
    }
}

/// A series has a fourth dimension, a time step and a time origin; a map an intent.
fn header(content: Content, extension_bytes: usize, provenance: &Provenance) -> [u8; HEADER_BYTES] {
    let [nx, ny, nz] = GRID.map(|voxels| voxels as i16);
    let [size_x, size_y, size_z] = [0, 1, 2].map(|axis| AFFINE[axis][axis].abs());
    let [x, y, z] = [0, 1, 2].map(|axis| AFFINE[axis][3]);
    let (dimensions, volumes, step, start, units) = match content {
        Content::Series { seconds } => {
            let (step, start) = (provenance.tr_s as f32, provenance.bold_time_s(0) as f32);
            (4, seconds as i16, step, start, MILLIMETRES | SECONDS)
        }
        Content::Map(_) => (3, 1, 0.0, 0.0, MILLIMETRES),
    };
    let (name, (_, intent, parameter)) = match content {
        Content::Series { .. } => ("", Statistic::Value.intent()),
        Content::Map(map) => (map.name, map.statistic.intent()),
    };
    // The first axis points left: a mirrored frame (qfac -1), turned half around the front-back axis.
    let (handedness, half_turn_around_y) = (-1.0, [0.0, 1.0, 0.0]);
    Header::new()
        .i32(0, [HEADER_BYTES as i32])
        .bytes(38, b"r")
        .i16(40, [dimensions, nx, ny, nz, volumes, 1, 1, 1])
        .f32(56, [parameter])
        .i16(68, [intent, FLOAT32, 32])
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
        .bytes(328, &name.as_bytes()[..name.floor_char_boundary(INTENT_NAME_BYTES)])
        .bytes(344, b"n+1\0")
        .finish()
}

#[cfg(test)]
mod tests {
    use ::nifti::{InMemNiftiObject, IntoNdArray, NiftiObject};
    use flate2::read::GzDecoder;

    use super::super::SliceRows;
    use super::super::fixtures::{provenance, response};
    use super::*;
    use crate::brain::fixtures::surfaces;
    use crate::brain::{Mesh, Voxel};

    const MESH: Mesh = Mesh::Fsaverage3;

    fn map() -> VolumeMap {
        VolumeMap::from_surfaces(&surfaces(MESH), MESH, 3.0)
    }

    #[test]
    fn the_series_is_read_back_by_another_reader() {
        let (map, values) = (map(), response(2, MESH));
        let mut file = Vec::new();
        write_series(&mut file, &mut SliceRows::new(&values, 1_284), None, &provenance(MESH), &map).unwrap();
        assert_eq!(file[4..8], [0; 4], "no time of making in the gzip header");

        let object = InMemNiftiObject::from_reader(GzDecoder::new(file.as_slice())).unwrap();
        let header = object.header();
        assert_eq!(header.dim().unwrap(), [91, 109, 91, 2]);
        assert_eq!(header.pixdim[..5], [-1.0, 2.0, 2.0, 2.0, 1.0]);
        assert_eq!((header.xyzt_units, header.toffset, header.scl_slope), (10, 5.0, 1.0));
        assert_eq!((header.qform_code, header.sform_code), (4, 4));
        assert_eq!((header.srow_x, header.srow_y, header.srow_z), (AFFINE[0], AFFINE[1], AFFINE[2]));
        assert_eq!([header.quatern_b, header.quatern_c, header.quatern_d], [0.0, 1.0, 0.0]);

        let volumes = object.into_volume().into_ndarray::<f32>().unwrap();
        let mut expected = ndarray::Array4::<f32>::zeros((91, 109, 91, 2));
        for &(voxel, place) in map.voxels() {
            let (i, jk) = (voxel as usize % 91, voxel as usize / 91);
            for time in 0..2 {
                expected[[i, jk % 109, jk / 109, time]] = values[time * 1_284 + place as usize];
            }
        }
        assert!(volumes == expected.into_dyn());
    }

    #[test]
    fn the_mean_is_one_volume() {
        let mean = response(1, MESH);
        let mut file = Vec::new();
        write_mean(&mut file, &mean, None, &provenance(MESH), &map()).unwrap();
        let object = InMemNiftiObject::from_reader(GzDecoder::new(file.as_slice())).unwrap();
        assert_eq!(object.header().dim().unwrap(), [91, 109, 91]);
        assert_eq!(object.header().xyzt_units, 2);
    }

    #[test]
    fn voxels_of_the_subcortex_show_their_own_values() {
        let (map, values) = (map(), response(2, MESH));
        let shown = map.voxels()[0].0 as usize;
        let of_cortex =
            Voxel { indices: [shown % 91, shown / 91 % 109, shown / 91 / 109].map(|along| along as u16), label: 10 };
        let subcortex = Subcortex::new(vec![of_cortex, Voxel { indices: [45, 55, 40], label: 49 }]).unwrap();
        let own = [1e3, 2e3, 3e3, 4e3];
        let subcortical = Subcortical { rows: &mut SliceRows::new(&own, 2), subcortex: &subcortex };
        let mut file = Vec::new();
        let mut rows = SliceRows::new(&values, 1_284);
        write_series(&mut file, &mut rows, Some(subcortical), &provenance(MESH), &map).unwrap();
        let object = InMemNiftiObject::from_reader(GzDecoder::new(file.as_slice())).unwrap();
        let volumes = object.into_volume().into_ndarray::<f32>().unwrap();
        for (place, voxel) in subcortex.voxels().iter().enumerate() {
            let [i, j, k] = voxel.indices.map(usize::from);
            assert_eq!([volumes[[i, j, k, 0]], volumes[[i, j, k, 1]]], [own[place], own[2 + place]]);
        }
    }

    #[test]
    fn a_map_says_what_its_values_are() {
        let values = response(1, MESH);
        let statistic = Statistic::T { degrees_of_freedom: Some(18.0) };
        let t = ScalarMap { name: "faces − everything", statistic, values: &values };
        let mut file = Vec::new();
        write_map(&mut file, &t, &provenance(MESH), &map()).unwrap();
        let header = InMemNiftiObject::from_reader(GzDecoder::new(file.as_slice())).unwrap().header().clone();
        assert_eq!((header.intent_code, header.intent_p1), (3, 18.0));
        assert_eq!(&header.intent_name, "faces − every\0".as_bytes());
    }

    #[test]
    fn a_map_of_another_mesh_is_refused() {
        let values = response(1, Mesh::Fsaverage4);
        let refusal = write_mean(Vec::new(), &values, None, &provenance(Mesh::Fsaverage4), &map()).unwrap_err();
        assert_eq!(refusal.to_string(), "the voxel map is for fsaverage3 and the response is on fsaverage4");
    }
}
