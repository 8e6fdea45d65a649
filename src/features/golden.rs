//! The published pipeline's own outputs, which the tests compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};

/// The folder of goldens, if it lies beside the project; says loudly that a test is skipped if not.
pub(super) fn folder() -> Option<PathBuf> {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared");
    if !shared.exists() {
        eprintln!("SKIPPED: ../shared is absent");
        return None;
    }
    Some(shared.join("golden"))
}

/// The folder of an extractor in the golden Hugging Face cache.
pub(super) fn model(golden: &Path, name: &str) -> PathBuf {
    golden.join("hf_home/hub").join(name).join("snapshots").join("0".repeat(40))
}

/// The tensors of `expected/NAME`.
pub(super) fn expected(golden: &Path, name: &str) -> BTreeMap<String, Tensor> {
    let tensors = Tensor::read_safetensors(golden.join("expected").join(name)).expect("a golden can be read");
    tensors.into_iter().collect()
}

/// Prints ‖a − b‖ / ‖b‖ and holds it against a limit.
pub(super) fn assert_close(what: &str, actual: &Tensor, expected: &Tensor, limit: f64) {
    assert_eq!(actual.size(), expected.size(), "{what}");
    let (actual, expected) = (actual.to_kind(Kind::Double), expected.to_kind(Kind::Double));
    let error = ((actual - &expected).norm() / expected.norm()).double_value(&[]);
    println!("{what}: relative error {error:.1e}, at most {limit:.0e}");
    assert!(error <= limit, "{what}: {error:.1e} > {limit:.0e}");
}
