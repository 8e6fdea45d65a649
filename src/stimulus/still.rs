//! A picture, held still: decoded once, upright, to RGB.

use std::path::Path;

use super::{Error, Ffmpeg, Film, FilmSource, child::Child, container::Container, content_of, error::name_of};

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
    Ok(Film {
        path,
        content,
        start: 0.0,
        duration,
        offset: 0.0,
        source: FilmSource::Still,
        width,
        height,
        retouch: None,
    })
}

/// Starts decoding a picture to raw RGB, in one block, at its own size or at that of a retouched film.
pub(super) fn decode(ffmpeg: &Ffmpeg, film: &Film, frame_bytes: usize) -> Result<Child, Error> {
    let container = container(&film.path)?;
    let mut output = options("rawvideo");
    if film.retouch.is_some() {
        output.extend(["-vf".into(), format!("scale={}:{}:flags=bicubic", film.width, film.height)]);
    }
    ffmpeg.decode(&film.path, container, &[], &output, frame_bytes)
}

/// Width and height after rotation, from the header of the picture decoded as a PPM.
fn size(ffmpeg: &Ffmpeg, path: &Path) -> Result<(u32, u32), Error> {
    let mut decoder = ffmpeg.decode(path, container(path)?, &[], &options("ppm"), 64)?;
    let Some(head) = decoder.next_block()? else {
        return Err(Error::undecodable(path, &decoder.ended()?.diagnostics));
    };
    let head = String::from_utf8_lossy(&head);
    let mut numbers = head.split_ascii_whitespace().skip(1).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(width)), Some(Ok(height))) if u64::from(width) * u64::from(height) > PIXELS => {
            Err(Error::FrameSize { name: name_of(path), width, height, limit: PIXELS })
        }
        (Some(Ok(width)), Some(Ok(height))) if width > 0 && height > 0 => Ok((width, height)),
        _ => Err(Error::NotStated { name: name_of(path), what: "size" }),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stimulus::clips;

    #[test]
    fn pictures_of_every_format_are_held() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.png", "a.jpg", "a.bmp"] {
            let arguments = ["-f", "lavfi", "-i", "color=c=0x204080:s=30x50", "-frames:v", "1"];
            let path = clips::make(folder.path(), name, &arguments);
            let film = hold(&ffmpeg, &path, 2.5).unwrap();
            assert_eq!((film.width, film.height, film.duration), (30, 50, 2.5), "{name}");
            assert_eq!((film.first_frame(), film.frame_number(2.0)), (0, 0));
            let frames: Vec<Vec<u8>> = film.frames(&ffmpeg).unwrap().map(Result::unwrap).collect();
            assert_eq!((frames.len(), frames[0].len()), (1, 30 * 50 * 3), "{name}");
            let close = frames[0].chunks(3).flat_map(|pixel| pixel.iter().zip([0x20, 0x40, 0x80_u8]));
            assert!(close.into_iter().all(|(value, wanted)| value.abs_diff(wanted) < 8), "{name}");
        }
    }

    #[test]
    fn what_is_no_picture_is_refused() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        let film = clips::counting_film(folder.path(), "film.mp4", "25", "1");
        assert!(matches!(hold(&ffmpeg, &film, 1.0), Err(Error::WrongContainer { .. })));
        let broken = folder.path().join("broken.png");
        std::fs::write(&broken, b"\x89PNG\r\n\x1a\n and no more").unwrap();
        assert!(matches!(hold(&ffmpeg, &broken, 1.0), Err(Error::Undecodable { .. })));
        for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(hold(&ffmpeg, &broken, seconds), Err(Error::BadDuration { .. })));
        }
    }
}
