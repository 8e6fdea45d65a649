//! The published pipeline's own outputs, which the tests compare with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tch::{Kind, Tensor};
use tokio_util::sync::CancellationToken;

use super::{Features, LayerSelection};
use crate::stimulus::{Ffmpeg, Limits, Shelf, Source, Speech, Timeline, Tools};

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

/// The layers that the released configuration names.
pub(super) fn released_layers() -> LayerSelection {
    LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers: Some(20) }
}

/// Features as a tensor, `(group, width, item)`.
pub(super) fn tensor(features: &Features) -> Tensor {
    let shape: Vec<i64> = features.shape().iter().map(|&size| size as i64).collect();
    Tensor::from_slice(&features.iter().copied().collect::<Vec<_>>()).reshape(shape)
}

/// A stimulus laid out in time, decoded as the server decodes it.
pub(super) struct LaidOut {
    pub(super) timeline: Timeline,
    pub(super) tools: Tools,
    /// Holds the decoded sound.
    _folder: tempfile::TempDir,
}

impl LaidOut {
    pub(super) fn new(source: &Source) -> Self {
        let ffmpeg = Ffmpeg::locate(None).expect("ffmpeg is there");
        let limits = Limits { duration_s: 60.0 };
        let tools = Tools { ffmpeg, speech: Speech::locate(None, "en"), transcriber: None, limits };
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let (timeline, _) = source
            .lay_out(&tools, &Shelf::new(folder.path()), &CancellationToken::new())
            .expect("a golden can be laid out");
        Self { timeline, tools, _folder: folder }
    }

    /// The golden film.
    pub(super) fn clip(golden: &Path) -> Self {
        Self::new(&Source::Video { path: golden.join("stimuli/clip.mp4"), transcript: None })
    }

    /// The golden speech.
    pub(super) fn hamlet(golden: &Path) -> Self {
        Self::new(&Source::Audio { path: golden.join("stimuli/hamlet.wav"), transcript: None })
    }
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
    eprintln!("{what}: relative error {error:.1e}, at most {limit:.0e}");
    assert!(error <= limit, "{what}: {error:.1e} > {limit:.0e}");
}
