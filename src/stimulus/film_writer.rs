//! Films written: frames and perhaps a track in, an MP4 file out, the same bytes whenever the same is put in.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::NamedTempFile;

use super::child::last_line;
use super::{Error, Ffmpeg};

/// Constant rate factor of x264: hardly any loss.
const QUALITY: &str = "18";
/// Rate (Hz) and bits a second of the track.
const TRACK_HZ: &str = "16000";
const TRACK_BITS: &str = "48k";

/// Size and rate of a film's frames.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FilmShape {
    pub width: usize,
    pub height: usize,
    pub frame_hz: f64,
}

/// What is heard: one channel, full scale at ±1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Track<'a> {
    pub samples: &'a [f32],
    pub sample_rate: u32,
}

impl Track<'_> {
    /// A file of its samples.
    fn raw(self) -> Result<NamedTempFile, Error> {
        let unwritten = |source| Error::Read { name: "the track of a film".into(), source };
        let mut file = NamedTempFile::new().map_err(unwritten)?;
        let samples: Vec<u8> = self.samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
        file.write_all(&samples).and_then(|()| file.flush()).map_err(unwritten)?;
        Ok(file)
    }
}

/// A film that is being written. Dropped before [`Self::finish`], it leaves half a file behind.
pub struct FilmWriter {
    process: Child,
    frames: Option<ChildStdin>,
    /// Read by the process as long as it runs.
    _track: Option<NamedTempFile>,
}

impl FilmWriter {
    /// Starts a film with all of its track, or a silent one.
    ///
    /// # Errors
    /// [`Error::Spawn`] where ffmpeg does not start, [`Error::Read`] where there is no room for the track.
    pub fn start(ffmpeg: &Ffmpeg, to: &Path, shape: FilmShape, track: Option<Track>) -> Result<Self, Error> {
        let mut command = Command::new(ffmpeg.program());
        let size = format!("{}x{}", shape.width, shape.height);
        command.args(["-hide_banner", "-loglevel", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &size]);
        command.args(["-r", &shape.frame_hz.to_string(), "-i", "pipe:"]);
        let file = track.map(Track::raw).transpose()?;
        if let (Some(track), Some(file)) = (track, &file) {
            command.args(["-f", "f32le", "-ac", "1", "-ar", &track.sample_rate.to_string(), "-i"]).arg(file.path());
        }
        command
            .args(["-c:v", "libx264", "-preset", "veryfast", "-crf", QUALITY, "-pix_fmt", "yuv420p", "-threads", "1"]);
        command.args(["-c:a", "aac", "-b:a", TRACK_BITS, "-ar", TRACK_HZ, "-map_metadata", "-1"]);
        command.args(["-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", "-f", "mp4"]).arg(to);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|source| Error::Spawn { program: "ffmpeg".into(), source })?;
        Ok(Self { frames: process.stdin.take(), process, _track: file })
    }

    /// Adds a frame, RGB, row by row.
    ///
    /// # Errors
    /// [`Error::Failed`] where ffmpeg has ended, with its reason.
    pub fn write(&mut self, frame: &[u8]) -> Result<(), Error> {
        match self.frames.as_mut().map(|frames| frames.write_all(frame)) {
            Some(Ok(())) => Ok(()),
            Some(Err(_)) | None => Err(self.reason()),
        }
    }

    /// Waits until the film is written.
    ///
    /// # Errors
    /// [`Error::Failed`] where ffmpeg did not write it, with its reason.
    pub fn finish(mut self) -> Result<(), Error> {
        drop(self.frames.take());
        let ended = self.process.wait().map_err(|source| Error::Spawn { program: "ffmpeg".into(), source })?;
        if ended.success() { Ok(()) } else { Err(self.reason()) }
    }

    fn reason(&mut self) -> Error {
        drop(self.frames.take());
        let mut said = String::new();
        let _what_came_is_kept = self.process.stderr.take().map(|mut stderr| stderr.read_to_string(&mut said));
        Error::Failed { program: "ffmpeg".into(), reason: last_line(&said) }
    }
}

impl Drop for FilmWriter {
    /// Stops a process that still runs; one that has ended is left as it is.
    fn drop(&mut self) {
        let _already_gone = self.process.kill();
        let _already_waited_for = self.process.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: FilmShape = FilmShape { width: 32, height: 16, frame_hz: 8.0 };

    fn write(ffmpeg: &Ffmpeg, to: &Path) -> Result<(), Error> {
        let samples: Vec<f32> = (0..16_000).map(|sample| 0.2 * (sample as f32 * 0.1).sin()).collect();
        let mut film = FilmWriter::start(ffmpeg, to, SHAPE, Some(Track { samples: &samples, sample_rate: 8_000 }))?;
        for frame in 0..16u8 {
            film.write(&vec![16 * frame; 3 * SHAPE.width * SHAPE.height])?;
        }
        film.finish()
    }

    #[test]
    fn a_film_is_written_with_its_track_and_twice_the_same() {
        let Ok(ffmpeg) = Ffmpeg::locate(None) else {
            eprintln!("SKIPPED: ffmpeg is absent");
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let paths = ["one.mp4", "two.mp4"].map(|name| folder.path().join(name));
        paths.iter().for_each(|path| write(&ffmpeg, path).unwrap());
        let media = ffmpeg.probe(&paths[0]).unwrap();
        assert!(media.duration_s.is_some_and(|duration_s| (duration_s - 2.0).abs() < 0.1), "{media:?}");
        assert_eq!(media.video.map(|video| (video.width, video.height)), Some((32, 16)));
        assert_eq!(std::fs::read(&paths[0]).unwrap(), std::fs::read(&paths[1]).unwrap());
        let refused = write(&ffmpeg, &folder.path().join("no-such-folder/film.mp4")).unwrap_err();
        assert!(matches!(&refused, Error::Failed { program, .. } if program == "ffmpeg"), "{refused}");
    }
}
