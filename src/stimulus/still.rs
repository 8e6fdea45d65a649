//! A picture, held still: decoded once, upright, to RGB.

use std::path::Path;

use super::{
    Error, Ffmpeg, Film, FilmSource, child::Child, child::last_line, container::Container, content_of, error::name_of,
};

/// How long a picture is shown where nothing else is said (s).
pub const STILL_S: f64 = 1.0;

/// Pixels a picture may have.
const PIXELS: u64 = 7680 * 4320;

/// A picture of a file, held from 0 to `duration` seconds.
pub(super) fn hold(ffmpeg: &Ffmpeg, path: &Path, duration: f64) -> Result<Film, Error> {
    if !(duration.is_finite() && duration > 0.0) {
        return Err(Error::BadDuration { seconds: duration });
    }
    let (width, height) = size(ffmpeg, path)?;
    let content = content_of(path)?;
    let path = path.to_path_buf();
    Ok(Film { path, content, start: 0.0, duration, offset: 0.0, source: FilmSource::Still, width, height })
}

/// Starts decoding a picture to raw RGB, in one block.
pub(super) fn decode(ffmpeg: &Ffmpeg, path: &Path, frame_bytes: usize) -> Result<Child, Error> {
    let container = container(path)?;
    ffmpeg.decode(path, container, &[], &options("rawvideo"), frame_bytes)
}

/// Width and height after rotation, from the header of the picture decoded as a PPM.
fn size(ffmpeg: &Ffmpeg, path: &Path) -> Result<(u32, u32), Error> {
    let undecodable = |reason| Error::Undecodable { name: name_of(path), reason };
    let mut decoder = ffmpeg.decode(path, container(path)?, &[], &options("ppm"), 64)?;
    let Some(head) = decoder.next_block()? else {
        return Err(undecodable(last_line(&decoder.ended()?.diagnostics)));
    };
    let head = String::from_utf8_lossy(&head);
    let mut numbers = head.split_ascii_whitespace().skip(1).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(width)), Some(Ok(height))) if u64::from(width) * u64::from(height) > PIXELS => {
            Err(Error::FrameSize { name: name_of(path), width, height, limit: PIXELS })
        }
        (Some(Ok(width)), Some(Ok(height))) if width > 0 && height > 0 => Ok((width, height)),
        _ => Err(undecodable("its size is unknown".into())),
    }
}

fn container(path: &Path) -> Result<Container, Error> {
    match Container::of(path)? {
        still if still.is_still() => Ok(still),
        _ => Err(Error::WrongContainer { name: name_of(path), found: "a film or a sound", wanted: "a picture" }),
    }
}

fn options(codec: &str) -> Vec<String> {
    let muxer = if codec == "ppm" { "image2pipe" } else { codec };
    ["-frames:v", "1", "-pix_fmt", "rgb24", "-c:v", codec, "-f", muxer].map(String::from).into()
}
