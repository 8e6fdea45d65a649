//! The page in a real browser: `web/tests/`, run by node in headless Chromium against the real server.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::media::film;
use crate::server::Server;
use crate::stopping::slow_transcriber;

const TRANSCRIPT: &str = "1\n00:00:00,500 --> 00:00:03,000\nThe quick brown fox looks up\n\n2\n00:00:03,500 --> 00:00:06,000\nand listens to the wind\n";

/// Whether a program runs at all.
fn runs(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|ran| ran.success())
}

#[test]
fn a_person_predicts_and_watches() {
    let chromium = std::env::var("ENCORTEX_CHROMIUM").unwrap_or_else(|_| "chromium".to_owned());
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("web");
    if !runs("node") || !runs(&chromium) || !runs("espeak-ng") || !web.join("node_modules").exists() {
        eprintln!(
            "SKIPPED: the page is not tested: node, {chromium}, espeak-ng or web/node_modules is absent; run scripts/setup"
        );
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (clip, transcript) = (folder.path().join("clip.mp4"), folder.path().join("clip.srt"));
    std::fs::write(&clip, film(8)).expect("a film");
    std::fs::write(&transcript, TRANSCRIPT).expect("a transcript");
    let server = Server::start_with(&["--model", "simulated"]);
    let transcriber = slow_transcriber(folder.path());
    let busy =
        Server::start_with(&["--queue-capacity", "0", "--max-upload-bytes", "1000000", "--transcriber", &transcriber]);
    let status = Command::new("npm")
        .args(["test", "--silent"])
        .current_dir(&web)
        .env("ENCORTEX_PAGE", format!("http://{}/", server.address))
        .env("ENCORTEX_BUSY_PAGE", format!("http://{}/", busy.address))
        .env("ENCORTEX_BINARY", env!("CARGO_BIN_EXE_encortex"))
        .env("ENCORTEX_FILM", &clip)
        .env("ENCORTEX_TRANSCRIPT", &transcript)
        .env("ENCORTEX_PICTURES", Path::new(env!("CARGO_TARGET_TMPDIR")).join("page"))
        .env("ENCORTEX_CHROMIUM", which(&chromium))
        .status();
    assert!(status.expect("npm runs").success(), "the tests of the page failed");
}

/// The path of a program, which the browser's driver wants.
fn which(program: &str) -> String {
    let found = Command::new("which").arg(program).output().expect("which runs");
    String::from_utf8_lossy(&found.stdout).trim().to_owned()
}
