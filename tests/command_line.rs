//! The command line from outside: what it refuses, it says in its own words alone.

use std::path::Path;
use std::process::{Command, Output};

/// Runs the program on the untrained model, with a data folder of its own.
fn encortex(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(arguments)
        .env("ENCORTEX_DATA_DIR", folder.join("data"))
        .env("ENCORTEX_MODEL", "untrained")
        .output()
        .expect("the program starts")
}

/// The model would still be warming up when these end, were it loaded for them.
#[test]
fn a_refused_experiment_ends_with_its_own_message() {
    let folder = tempfile::tempdir().unwrap();
    let (spec, out) = (folder.path().join("spec.json"), folder.path().join("out"));
    std::fs::write(&spec, r#"{"name":"x"}"#).unwrap();
    let (spec, out) = (spec.to_str().unwrap(), out.to_str().unwrap());
    for arguments in [&["experiment", "check", spec][..], &["experiment", "run", spec, "--out", out]] {
        let refused = encortex(folder.path(), arguments);
        let message = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(1), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && message.contains("cannot be run:"), "{arguments:?}: {message}");
        assert!(!message.contains("panicked") && !message.contains("model-"), "{arguments:?}: {message}");
    }
}
