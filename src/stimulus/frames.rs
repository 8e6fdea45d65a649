//! The frames of a film, decoded in order, one in memory at a time.
//!
//! Frame n is what shows at second n / fps: a film of a constant rate gives its own frames, any other is
//! brought to the rate that it states. ffmpeg seeks near a stretch and then counts by the frames' own
//! times, so a stretch begins with exactly the frame that counting from the start would give.

use super::{
    Error, Ffmpeg, Film, FilmSource, child::Child, child::last_line, container::Container, error::name_of, still,
};

/// How far before a stretch decoding begins (s), so that the frame shown at its first instant is known.
const LEAD_S: f64 = 2.0;

/// Decoded frames in order, each RGB 8-bit (height, width, 3), from [`Film::first_frame`] on. It ends with
/// the stretch, or before it where the file holds fewer frames than it states: its last frame then holds on.
pub struct Frames {
    name: String,
    frame_bytes: usize,
    decoder: Option<Child>,
    given: usize,
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
        let decoder = match self.source {
            FilmSource::Still => still::decode(ffmpeg, &self.path, frame_bytes)?,
            FilmSource::Video { fps } => self.decode(ffmpeg, fps, frame_bytes)?,
        };
        Ok(Frames { name: name_of(&self.path), frame_bytes, decoder: Some(decoder), given: 0 })
    }

    fn decode(&self, ffmpeg: &Ffmpeg, fps: f64, frame_bytes: usize) -> Result<Child, Error> {
        let first = self.first_frame();
        let count = self.frame_number(self.duration) - first + 1;
        let onset_s = first as f64 / fps;
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
        if let Some(frame) = decoder.next_block()?.filter(|frame| frame.len() == self.frame_bytes) {
            self.given += 1;
            self.decoder = Some(decoder);
            return Ok(Some(frame));
        }
        let ended = decoder.ended()?;
        match (self.given, ended.success) {
            (_, false) => Err(Error::Undecodable { name: self.name.clone(), reason: last_line(&ended.diagnostics) }),
            (0, true) => Err(Error::NoFrame { name: self.name.clone() }),
            (_, true) => Ok(None),
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
