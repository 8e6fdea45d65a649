//! The frames of a film, decoded in order, one in memory at a time.
//!
//! Frame n is what shows at second n / fps: a film of a constant rate gives its own frames, any other is
//! brought to the rate that it states. ffmpeg seeks near a stretch and then counts by the frames' own
//! times, so a stretch begins with exactly the frame that counting from the start would give.

use std::path::PathBuf;

use super::{Error, Ffmpeg, Film, FilmSource, Retouch, child::Child, container::Container, error::name_of, still};

/// How far before a stretch decoding begins (s), so that the frame shown at its first instant is known.
const LEAD_S: f64 = 2.0;

/// Decoded frames in order, each RGB 8-bit (height, width, 3), from [`Film::first_frame`] on. It ends with
/// the stretch, or before it where the file holds fewer frames than it states: its last frame then holds on.
pub struct Frames {
    path: PathBuf,
    frame_bytes: usize,
    width: usize,
    retouch: Option<Retouch>,
    /// Frames/s, and the numbers of the first frame, of the next one, and of the one after the stretch.
    fps: f64,
    first: usize,
    next: usize,
    end: usize,
    decoder: Option<Child>,
}

impl Film {
    /// The number in the file of the frame shown `seconds` into this stretch: floor(fps · t + 1e-5),
    /// and 0 for a still.
    pub fn frame_number(&self, seconds: f64) -> usize {
        match self.source {
            FilmSource::Video { fps } => (fps * (self.offset + seconds) + 1e-5).floor().max(0.0) as usize,
            FilmSource::Still => 0,
        }
    }

    /// The number of the first frame that [`Film::frames`] gives.
    pub fn first_frame(&self) -> usize {
        self.frame_number(0.0)
    }

    /// Starts decoding this stretch.
    pub fn frames(&self, ffmpeg: &Ffmpeg) -> Result<Frames, Error> {
        let frame_bytes = self.width as usize * self.height as usize * 3;
        let (first, end) = (self.first_frame(), self.frame_number(self.duration) + 1);
        let (fps, decoder) = match self.source {
            FilmSource::Still => (1.0, still::decode(ffmpeg, self, frame_bytes)?),
            FilmSource::Video { fps } => (fps, self.decode(ffmpeg, fps, end - first, frame_bytes)?),
        };
        let (path, width, retouch) = (self.path.clone(), self.width as usize, self.retouch);
        Ok(Frames { path, frame_bytes, width, retouch, fps, first, next: first, end, decoder: Some(decoder) })
    }

    fn decode(&self, ffmpeg: &Ffmpeg, fps: f64, count: usize, frame_bytes: usize) -> Result<Child, Error> {
        let onset_s = self.first_frame() as f64 / fps;
        let mut input: Vec<String> = ["-copyts", "-start_at_zero"].map(String::from).into();
        if onset_s > LEAD_S {
            input.extend(["-ss".into(), format!("{:.6}", onset_s - LEAD_S)]);
        }
        let filter = format!(
            "fps=fps={fps}:start_time={onset_s:.6}:round=near,setpts=PTS-STARTPTS,scale={}:{}:flags=bicubic",
            self.width, self.height
        );
        let output = ["-map", "0:V:0", "-vf", &filter, "-frames:v", &count.to_string()];
        let output = output.into_iter().chain(["-pix_fmt", "rgb24", "-f", "rawvideo"]);
        let output: Vec<String> = output.map(String::from).collect();
        ffmpeg.decode(&self.path, Container::of(&self.path)?, &input, &output, frame_bytes)
    }
}

impl Frames {
    fn next_frame(&mut self) -> Result<Option<Vec<u8>>, Error> {
        let Some(mut decoder) = self.decoder.take() else { return Ok(None) };
        if let Some(mut frame) = decoder.next_block()?.filter(|frame| frame.len() == self.frame_bytes) {
            if let Some(retouch) = self.retouch {
                retouch.apply(&mut frame, self.width, self.next);
            }
            self.next += 1;
            self.decoder = Some(decoder);
            return Ok(Some(frame));
        }
        let (ended, name) = (decoder.ended()?, name_of(&self.path));
        let (held_s, stated_s) = (self.next as f64 / self.fps, self.end as f64 / self.fps);
        let is_empty = self.next == self.first;
        match self.next {
            _ if !ended.success => Err(Error::undecodable(&self.path, &ended.diagnostics)),
            0 => Err(Error::NoFrame { name }),
            _ if is_empty || ended.lost(held_s, stated_s) => Err(Error::Truncated { name, stated_s, held_s }),
            _ => Ok(None),
        }
    }
}

impl Iterator for Frames {
    type Item = Result<Vec<u8>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_frame().transpose()
    }
}

/// Whether a film shows anything: its first frame is decoded.
pub(super) fn check(ffmpeg: &Ffmpeg, film: &Film) -> Result<(), Error> {
    match film.frames(ffmpeg)?.next() {
        Some(frame) => frame.map(drop),
        None => Err(Error::NoFrame { name: name_of(&film.path) }),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use safetensors::SafeTensors;

    use super::*;
    use crate::stimulus::{clips, content_of};

    fn film(ffmpeg: &Ffmpeg, path: &Path, offset: f64, duration: f64) -> Film {
        let video = ffmpeg.probe(path).unwrap().video.unwrap();
        Film {
            path: path.into(),
            content: content_of(path).unwrap(),
            start: 0.0,
            duration,
            offset,
            source: FilmSource::Video { fps: video.fps },
            width: video.width,
            height: video.height,
            retouch: None,
        }
    }

    /// The numbers that the frames of a counting film show, modulo 100.
    fn numbers(ffmpeg: &Ffmpeg, film: &Film) -> Vec<i32> {
        let level =
            |frame: Result<Vec<u8>, Error>| ((f64::from(frame.unwrap()[0]) * 219.0 / 255.0 + 0.5) / 2.0).round() as i32;
        film.frames(ffmpeg).unwrap().map(level).collect()
    }

    #[test]
    fn frames_equal_the_reference() {
        let Some(golden) = clips::golden() else { return };
        let ffmpeg = clips::tools().ffmpeg;
        let film = film(&ffmpeg, &golden.join("stimuli/clip.mp4"), 0.0, 12.0);
        let frames: Vec<Vec<u8>> = film.frames(&ffmpeg).unwrap().map(Result::unwrap).collect();
        assert_eq!(frames.len(), 300);
        let bytes = std::fs::read(golden.join("expected/clip.steps.safetensors")).unwrap();
        let expected = SafeTensors::deserialize(&bytes).unwrap();
        let clip_end_s = 5.0;
        for (name, seconds) in
            [("video.9.frame_first", clip_end_s - 63.0 / 64.0 * 4.0), ("video.9.frame_last", clip_end_s)]
        {
            assert!(frames[film.frame_number(seconds)] == expected.tensor(name).unwrap().data(), "{name}");
        }
    }

    #[test]
    fn a_stretch_begins_with_the_frame_that_counting_gives() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        for (rate, name) in [
            ("25", "film.mp4"),
            ("24000/1001", "film.mkv"),
            ("30000/1001", "film.ts"),
            ("12.5", "film.mp4"),
            ("7", "film.ts"),
            ("60", "film.mkv"),
        ] {
            let path = clips::counting_film(folder.path(), name, rate, "12");
            for offset in [0.0, 1.0, 3.3, 10.96] {
                let film = film(&ffmpeg, &path, offset, 1.0);
                let first = film.first_frame() as i32;
                let shown = numbers(&ffmpeg, &film);
                let expected: Vec<i32> = (first..first + shown.len() as i32).map(|n| n % 100).collect();
                assert!(shown.len() >= 7);
                assert_eq!(shown, expected, "{rate} {name} {offset}");
            }
        }
    }

    #[test]
    fn a_film_turned_on_its_side_is_upright() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        let path = clips::counting_film(folder.path(), "film.mp4", "25", "1");
        let mut bytes = std::fs::read(&path).unwrap();
        let header = bytes.windows(4).position(|name| name == b"tkhd").unwrap();
        let quarter_turn: [i32; 9] = [0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30];
        for (bytes, value) in bytes[header + 44..].chunks_mut(4).zip(quarter_turn) {
            bytes.copy_from_slice(&value.to_be_bytes());
        }
        std::fs::write(&path, bytes).unwrap();
        let film = film(&ffmpeg, &path, 0.0, 1.0);
        assert_eq!((film.width, film.height), (16, 32));
        assert_eq!(film.frames(&ffmpeg).unwrap().next().unwrap().unwrap().len(), 16 * 32 * 3);
    }

    #[test]
    fn a_film_of_changing_rate_keeps_time() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        let steady = "nullsrc=s=32x16:r=20:d=6,format=yuv420p,geq=lum='16+2*mod(N,100)':cb=128:cr=128";
        let filter = &format!("{steady},select='lt(t,3)+not(mod(n,2))'");
        let arguments = ["-f", "lavfi", "-i", filter, "-c:v", "ffv1"];
        let path = clips::make(folder.path(), "film.mkv", &arguments);
        let film = film(&ffmpeg, &path, 4.0, 1.0);
        let frame = numbers(&ffmpeg, &film)[0];
        assert!((frame - 80).abs() <= 2, "frame {frame} is shown at 4 s");
    }

    #[test]
    fn a_film_that_is_dropped_stops_decoding() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        let path = clips::counting_film(folder.path(), "film.mp4", "25", "20");
        let mut frames = film(&ffmpeg, &path, 0.0, 20.0).frames(&ffmpeg).unwrap();
        assert!(frames.next().unwrap().is_ok());
        drop(frames);
    }
}
