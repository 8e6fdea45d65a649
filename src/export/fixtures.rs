//! A known response for the tests of the writers.

use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use super::{Provenance, Training};
use crate::brain::Mesh;

pub(super) fn provenance(mesh: Mesh) -> Provenance {
    Provenance {
        model: "tribe-v2".to_owned(),
        training: Training::Measured,
        weights_sha256: "5e".repeat(32),
        licence: "CC BY-NC 4.0".to_owned(),
        mesh,
        subject: "average".to_owned(),
        task: "clip".to_owned(),
        stimulus_blake3: "b3".repeat(32),
        tr_s: 1.0,
        start_s: 0.0,
        lag_s: 5.0,
    }
}

/// `(time, vertex)`; no two values are the same.
pub(super) fn response(seconds: usize, mesh: Mesh) -> Vec<f32> {
    (0..seconds * mesh.vertices()).map(|index| index as f32 / 1024.0 - 3.0).collect()
}

/// Opens an HDF5 file that was just written. Where another test starts a program at that moment, the child has the file's
/// lock until it has become that program.
pub(super) fn reopened(path: &Path) -> ::hdf5::File {
    let again = || {
        sleep(Duration::from_millis(20));
        ::hdf5::File::open(path).ok()
    };
    std::iter::repeat_with(again).take(100).flatten().next().expect("an HDF5 file")
}
