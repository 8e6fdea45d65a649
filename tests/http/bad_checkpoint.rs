//! Checkpoints that a stranger may have made. The server refuses to start on each, says why, and runs nothing of it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// The folder of the published model, or a loud word that the test did not run.
fn published() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden/tribe_tiny");
    if !folder.is_dir() {
        eprintln!("SKIPPED: ../shared is absent, whose model this test spoils");
        return None;
    }
    Some(folder)
}

/// The published layout with a checkpoint of these bytes and a configuration changed by `change`.
fn spoilt(published: &Path, checkpoint: &[u8], change: impl Fn(String) -> String) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = std::fs::read_to_string(published.join("config.yaml")).unwrap();
    std::fs::write(folder.path().join("config.yaml"), change(config)).unwrap();
    std::fs::write(folder.path().join("best.ckpt"), checkpoint).unwrap();
    folder
}

/// Starts the program on a model and returns what it says when it refuses.
#[track_caller]
fn refusal(model: &Path, published: &Path) -> String {
    let data = tempfile::tempdir().unwrap();
    let ended = Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data.path())
        .arg("--model")
        .arg(model)
        .env("HF_HOME", published.join("../hf_home"))
        .output()
        .expect("the program runs");
    let log = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(!ended.status.success() && !log.contains("panicked"), "{log}");
    log
}

#[test]
fn one_that_would_run_a_command() {
    let Some(published) = published() else { return };
    let proof = tempfile::tempdir().unwrap();
    let proof = proof.path().join("run");
    let pickle = format!("cposix\nsystem\n(S'touch {}'\ntR.", proof.display());
    let mut archive = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    archive.start_file("archive/data.pkl", stored).unwrap();
    archive.write_all(pickle.as_bytes()).unwrap();
    let checkpoint = archive.finish().unwrap().into_inner();
    let log = refusal(spoilt(&published, &checkpoint, |config| config).path(), &published);
    assert!(log.contains("best.ckpt") && log.contains("posix"), "{log}");
    assert!(!proof.exists(), "the checkpoint's command was run");
}

#[test]
fn one_that_is_truncated() {
    let Some(published) = published() else { return };
    let whole = std::fs::read(published.join("best.ckpt")).unwrap();
    for kept in [30, whole.len() / 2, whole.len() - 10] {
        let log = refusal(spoilt(&published, &whole[..kept], |config| config).path(), &published);
        assert!(log.contains("best.ckpt"), "{kept} bytes: {log}");
    }
}

#[test]
fn one_whose_tensors_have_other_shapes_than_the_configuration_says() {
    let Some(published) = published() else { return };
    let whole = std::fs::read(published.join("best.ckpt")).unwrap();
    let wider = |config: String| config.replace("hidden: 288", "hidden: 576");
    let log = refusal(spoilt(&published, &whole, wider).path(), &published);
    assert!(log.contains("time_pos_embed") && log.contains("576") && log.contains("288"), "{log}");
}
