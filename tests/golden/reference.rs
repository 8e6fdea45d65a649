//! The reference's tensors, and the table that compares ours with them.

#![expect(clippy::print_stdout, reason = "the table is what the test is run for")]

use std::path::{Path, PathBuf};

use ndarray::Array4;
use safetensors::SafeTensors;

/// The folder of shared material, or a loud word that the test did not run.
pub(crate) fn shared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !folder.join("golden").is_dir() {
        eprintln!("SKIPPED: ../shared is absent, nothing was compared with the reference");
        return None;
    }
    Some(folder)
}

/// A safetensors file of reference values.
pub(crate) struct Reference(Vec<u8>);

impl Reference {
    pub(crate) fn read(path: &Path) -> Self {
        Self(std::fs::read(path).unwrap())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.0).unwrap().tensor(name).is_ok()
    }

    pub(crate) fn array(&self, name: &str) -> Array4<f32> {
        let tensors = SafeTensors::deserialize(&self.0).unwrap();
        let [windows, groups, width, samples] = tensors.tensor(name).unwrap().shape().try_into().unwrap();
        Array4::from_shape_vec((windows, groups, width, samples), self.floats(name)).unwrap()
    }

    pub(crate) fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name, f32::from_le_bytes)
    }

    pub(crate) fn integers(&self, name: &str) -> Vec<i64> {
        self.words(name, i64::from_le_bytes)
    }

    pub(crate) fn bytes(&self, name: &str) -> Vec<u8> {
        SafeTensors::deserialize(&self.0).unwrap().tensor(name).unwrap().data().to_vec()
    }

    fn words<const SIZE: usize, T>(&self, name: &str, read: impl Fn([u8; SIZE]) -> T) -> Vec<T> {
        self.bytes(name).as_chunks().0.iter().map(|word| read(*word)).collect()
    }
}

/// Relative errors, printed together, each held to its bound.
#[derive(Default)]
pub(crate) struct Table(Vec<(String, f64, f64)>);

impl Table {
    pub(crate) fn compare(&mut self, case: &str, what: &str, ours: &[f32], reference: &[f32], bound: f64) {
        assert_eq!(ours.len(), reference.len(), "{case}: {what} has another size than the reference");
        let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>().sqrt();
        let difference =
            norm(&mut ours.iter().zip(reference).map(|(ours, reference)| f64::from(*ours) - f64::from(*reference)));
        let error = difference / norm(&mut reference.iter().map(|value| f64::from(*value)));
        self.0.push((format!("{case}: {what}"), error, bound));
    }

    pub(crate) fn finish(self) {
        println!("{:<40} {:>10} {:>10}", "against the reference", "error", "bound");
        for (what, error, bound) in &self.0 {
            println!("{what:<40} {error:>10.1e} {bound:>10.0e}");
        }
        for (what, error, bound) in &self.0 {
            assert!(error <= bound, "{what}: error {error:.1e} is over {bound:.0e}");
        }
    }
}
