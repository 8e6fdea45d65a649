//! Small stimuli, made by ffmpeg.

use std::path::Path;
use std::process::{Command, Stdio};

/// Runs ffmpeg with inputs and options, and returns the file it makes.
pub(crate) fn ffmpeg(arguments: &[&str], name: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join(name);
    run(arguments, &path);
    std::fs::read(&path).expect("ffmpeg made the file")
}

fn run(arguments: &[&str], to: &Path) {
    let program = std::env::var("ENCORTEX_FFMPEG").unwrap_or_else(|_| "ffmpeg".to_owned());
    let made = Command::new(program)
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments)
        .arg(to)
        .stdin(Stdio::null())
        .output()
        .expect("ffmpeg is installed");
    assert!(made.status.success(), "ffmpeg {arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
}

/// Seconds of a moving test pattern with a tone.
pub(crate) fn film(seconds: u32) -> Vec<u8> {
    let (picture, tone) =
        (format!("testsrc=duration={seconds}:size=96x64:rate=10"), format!("sine=duration={seconds}"));
    let inputs = ["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone];
    ffmpeg(&[&inputs[..], &["-pix_fmt", "yuv420p", "-shortest"]].concat(), "film.mp4")
}

/// A film without sound, with ffmpeg's options for its shape.
pub(crate) fn silent_film(source: &str, options: &[&str]) -> Vec<u8> {
    ffmpeg(&[&["-f", "lavfi", "-i", source, "-pix_fmt", "yuv420p"], options].concat(), "film.mp4")
}

/// A tone in a WAV file.
pub(crate) fn tone(seconds: f64, sample_rate: u32, channels: u32) -> Vec<u8> {
    let source = format!("sine=duration={seconds}:sample_rate={sample_rate}");
    ffmpeg(&["-f", "lavfi", "-i", &source, "-ac", &channels.to_string()], "tone.wav")
}

pub(crate) fn picture() -> Vec<u8> {
    ffmpeg(&["-f", "lavfi", "-i", "testsrc=size=64x48:rate=1:duration=1", "-frames:v", "1"], "picture.png")
}

/// A 32-bit float WAV file of these samples at 16 kHz.
pub(crate) fn float_wav(samples: &[f32]) -> Vec<u8> {
    let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = |bytes: usize| u32::try_from(bytes).expect("a short sound").to_le_bytes();
    let mut wav = Vec::new();
    wav.extend_from_slice(b"RIFF");
    wav.extend_from_slice(&length(36 + data.len()));
    wav.extend_from_slice(b"WAVEfmt ");
    wav.extend_from_slice(&16u32.to_le_bytes());
    wav.extend_from_slice(&3u16.to_le_bytes());
    wav.extend_from_slice(&1u16.to_le_bytes());
    wav.extend_from_slice(&16_000u32.to_le_bytes());
    wav.extend_from_slice(&64_000u32.to_le_bytes());
    wav.extend_from_slice(&4u16.to_le_bytes());
    wav.extend_from_slice(&32u16.to_le_bytes());
    wav.extend_from_slice(b"data");
    wav.extend_from_slice(&length(data.len()));
    wav.extend_from_slice(&data);
    wav
}
