//! Media made by ffmpeg for the tests of this folder.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use super::{Ffmpeg, Limits, Speech, Tools};

/// The programs of this machine, with a limit of ten minutes.
pub(super) fn tools() -> Tools {
    let ffmpeg = Ffmpeg::locate(None).expect("the tests need ffmpeg");
    Tools { ffmpeg, speech: Speech::locate(None, "en-us"), transcriber: None, limits: Limits { duration_s: 600.0 } }
}

/// Runs ffmpeg with `arguments` and a last one, the file `name` in `folder`.
pub(super) fn make(folder: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let path = folder.join(name);
    let made =
        Command::new("ffmpeg").args(["-nostdin", "-loglevel", "error", "-y"]).args(arguments).arg(&path).output();
    let made = made.expect("the tests need ffmpeg");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    path
}

/// A film whose frame n is all grey, of luma 16 + 2 (n % 100), in which every 12th frame is a key frame.
pub(super) fn counting_film(folder: &Path, name: &str, rate: &str, seconds: &str) -> PathBuf {
    let source = format!("nullsrc=s=32x16:r={rate}:d={seconds},format=yuv420p,geq=lum='16+2*mod(N,100)':cb=128:cr=128");
    let codec = ["-c:v", "libx264", "-qp", "0", "-g", "12", "-bf", "2"];
    make(folder, name, &[["-f", "lavfi", "-i", &source].as_slice(), &codec].concat())
}

/// Where the golden files are, or `None`, said loudly.
pub(super) fn golden() -> Option<PathBuf> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden");
    if !golden.exists() {
        eprintln!("SKIPPED: ../shared is absent");
        return None;
    }
    Some(golden)
}
