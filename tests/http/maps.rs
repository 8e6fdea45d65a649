//! Statistic maps in the files that people have them in.

use encortex::brain::{Hemisphere, Mesh};
use encortex::export::volume_map::{self, VoxelGrid};
use encortex::export::{Origin, ScalarMap, Statistic, cifti, gifti};

pub(crate) const MESH: Mesh = Mesh::Fsaverage5;

/// A value a vertex that varies over the cortex as no two maps of different `phase` do.
pub(crate) fn wave(phase: f32) -> Vec<f32> {
    (0..MESH.vertices()).map(|vertex| (vertex as f32 / 500.0 + phase).sin()).collect()
}

pub(crate) fn cifti_of(values: &[f32]) -> Vec<u8> {
    let mut file = Vec::new();
    cifti::write_dscalar(&mut file, &[map(values)], origin()).expect("a map of the mesh");
    file
}

pub(crate) fn gifti_of(values: &[f32]) -> [Vec<u8>; 2] {
    Hemisphere::BOTH.map(|side| {
        let mut file = Vec::new();
        gifti::write_map(&mut file, &map(values), side, origin()).expect("a map of the mesh");
        file
    })
}

/// A map of ones, on a mesh of so many vertices a hemisphere, which may be any.
pub(crate) fn ascii_gifti(vertices: usize) -> Vec<u8> {
    let ones = "1 ".repeat(vertices);
    format!(
        "<GIFTI><DataArray Intent=\"NIFTI_INTENT_TTEST\" DataType=\"NIFTI_TYPE_FLOAT32\" Dimensionality=\"1\" \
         Dim0=\"{vertices}\" Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data>{ones}</Data></DataArray></GIFTI>"
    )
    .into_bytes()
}

/// A volume of 4 mm around a place (mm), whose voxels are numbered by `value`.
pub(crate) fn volume_of(centre_x: f64, value: impl Fn(usize) -> f32) -> Vec<u8> {
    let shape = [48, 60, 50];
    let affine = [[4.0, 0.0, 0.0, centre_x - 94.0], [0.0, 4.0, 0.0, -130.0], [0.0, 0.0, 4.0, -80.0]];
    let values: Vec<f32> = (0..shape.iter().product::<usize>()).map(value).collect();
    let mut file = Vec::new();
    volume_map::write(&mut file, &map(&values), &VoxelGrid { shape, affine, space: 4 }, &origin()).expect("a volume");
    file
}

fn map(values: &[f32]) -> ScalarMap<'_> {
    ScalarMap { name: "made up", statistic: Statistic::Value, values }
}

fn origin() -> Origin {
    Origin { mesh: MESH, label: "made up", warns: false, of: String::new(), by: String::new(), entries: Vec::new() }
}
