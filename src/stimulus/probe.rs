//! What a media file holds, read from ffmpeg's banner as the reference's reader (moviepy) reads it.
//!
//! The duration has the 1/100 s that the banner prints, and the frame rate is the printed one, corrected to
//! the exact 1000/1001 fraction where it is one (23.98 is 24000/1001). The clips of a film are placed by
//! these two numbers, so they are taken from where the reference takes them.

use std::{path::Path, sync::LazyLock};

use regex::Regex;

use super::{Error, Ffmpeg, container::Container, error::name_of};

/// Pixels a frame may have: 8K UHD.
const FRAME_PIXELS: u64 = 7680 * 4320;
/// Frame rates accepted (frames/s).
const FRAME_RATES: (f64, f64) = (0.1, 1000.0);
/// Sample rates accepted (Hz).
const SAMPLE_RATES: (u32, u32) = (8_000, 192_000);
/// Audio channels accepted.
const CHANNELS: u16 = 8;

/// What a media file holds: its first film and its first sound.
#[derive(Clone, Debug, PartialEq)]
pub struct Media {
    /// As the container states it (s), to 1/100 s; `None` where it does not.
    pub duration_s: Option<f64>,
    pub video: Option<VideoStream>,
    pub audio: Option<AudioStream>,
}

/// The first video stream that is not a cover picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VideoStream {
    /// Pixels, after rotation.
    pub width: u32,
    pub height: u32,
    /// Frames/s.
    pub fps: f64,
}

/// The first audio stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioStream {
    /// Hz.
    pub sample_rate: u32,
    pub channels: u16,
}

impl Ffmpeg {
    /// What a media file holds. A file that is a playlist, a picture, text, damaged, or outside the limits
    /// (1–8 channels, 8–192 kHz, 8K frames) is refused.
    pub fn probe(&self, path: &Path) -> Result<Media, Error> {
        let container = Container::of(path)?;
        if container.is_still() {
            let (found, wanted) = ("a picture", "a film or a sound");
            return Err(Error::WrongContainer { name: name_of(path), found, wanted });
        }
        let banner = self.describe(path, container)?;
        if !banner.lines().any(|line| line.starts_with("Input #0")) {
            return Err(Error::undecodable(path, &banner));
        }
        read_banner(&banner, &name_of(path))
    }
}

macro_rules! pattern {
    ($name:ident, $pattern:literal) => {
        static $name: LazyLock<Regex> = LazyLock::new(|| Regex::new($pattern).expect("the pattern is constant"));
    };
}
pattern!(DURATION, r"^ {1,4}Duration: (\d+):(\d+):(\d+(?:\.\d+)?)");
pattern!(STREAM, r"^ {1,4}Stream #0:\d+[^:]*(?::\d+)?[^:]*: (\w+): (.*)$");
pattern!(SIZE, r"[ ,](\d+)x(\d+)(?:[ ,\[]|$)");
pattern!(FPS, r" (\d+(?:\.\d+)?) fps");
pattern!(TBR, r" (\d+(?:\.\d+)?)(k?) tbr");
pattern!(ROTATION, r"rotation of (-?\d+(?:\.\d+)?) degrees");
pattern!(SAMPLE_RATE, r" (\d+) Hz");

fn read_banner(banner: &str, name: &str) -> Result<Media, Error> {
    let mut media = Media { duration_s: None, video: None, audio: None };
    let mut inside_video = false;
    for line in banner.lines() {
        if let Some(parts) = DURATION.captures(line) {
            media.duration_s = media.duration_s.or(clock(&parts[1], &parts[2], &parts[3]));
        } else if let Some(parts) = STREAM.captures(line) {
            inside_video = false;
            match &parts[1] {
                "Video" if media.video.is_none() && !parts[2].contains("(attached pic)") => {
                    media.video = Some(video_stream(&parts[2], name)?);
                    inside_video = true;
                }
                "Audio" if media.audio.is_none() => media.audio = Some(audio_stream(&parts[2], name)?),
                _ => {}
            }
        } else if let (true, Some(parts)) = (inside_video, ROTATION.captures(line)) {
            media.video = media.video.map(|video| video.turned(parts[1].parse().unwrap_or(0.0)));
        }
    }
    Ok(media)
}

impl VideoStream {
    fn turned(self, degrees: f64) -> VideoStream {
        let on_its_side = (degrees / 90.0).round() as i64 % 2 != 0;
        if on_its_side { VideoStream { width: self.height, height: self.width, ..self } } else { self }
    }
}

fn clock(hours: &str, minutes: &str, seconds: &str) -> Option<f64> {
    let part = |text: &str| text.parse::<f64>().ok();
    Some(part(hours)? * 3600.0 + part(minutes)? * 60.0 + part(seconds)?)
}

fn video_stream(line: &str, name: &str) -> Result<VideoStream, Error> {
    let not_stated = |what| Error::NotStated { name: name.into(), what };
    let size = SIZE.captures(line).ok_or_else(|| not_stated("frame size"))?;
    let pixels = |text: &str| text.parse::<u32>().map_err(|_| not_stated("frame size"));
    let (width, height) = (pixels(&size[1])?, pixels(&size[2])?);
    if u64::from(width) * u64::from(height) > FRAME_PIXELS || width == 0 || height == 0 {
        return Err(Error::FrameSize { name: name.into(), width, height, limit: FRAME_PIXELS });
    }
    let printed = FPS.captures(line).and_then(|parts| parts[1].parse().ok());
    let from_base = || {
        let parts = TBR.captures(line)?;
        let thousands = if &parts[2] == "k" { 1000.0 } else { 1.0 };
        Some(parts[1].parse::<f64>().ok()? * thousands)
    };
    let fps = exact_rate(printed.or_else(from_base).ok_or_else(|| not_stated("frame rate"))?);
    let (minimum, maximum) = FRAME_RATES;
    if !(minimum..=maximum).contains(&fps) {
        return Err(Error::FrameRate { name: name.into(), fps, minimum, maximum });
    }
    Ok(VideoStream { width, height, fps })
}

/// The broadcast rate that a rounded one stands for, for the rates that the reference corrects.
fn exact_rate(printed: f64) -> f64 {
    let broadcast = |whole: f64| whole * 1000.0 / 1001.0;
    let close = |whole: &f64| printed != *whole && (printed - broadcast(*whole)).abs() < 0.01;
    [23.0, 24.0, 25.0, 30.0, 50.0].into_iter().find(close).map_or(printed, broadcast)
}

fn audio_stream(line: &str, name: &str) -> Result<AudioStream, Error> {
    let not_stated = |what| Error::NotStated { name: name.into(), what };
    let rate = SAMPLE_RATE.captures(line).and_then(|parts| parts[1].parse::<u32>().ok());
    let rate = rate.ok_or_else(|| not_stated("sample rate"))?;
    let (minimum, maximum) = SAMPLE_RATES;
    if !(minimum..=maximum).contains(&rate) {
        return Err(Error::SampleRate { name: name.into(), rate, minimum, maximum });
    }
    let layout = line.split(" Hz, ").nth(1).and_then(|rest| rest.split(',').next());
    let channels = layout.and_then(channels_of).ok_or_else(|| not_stated("number of channels"))?;
    match u16::try_from(channels) {
        Ok(channels @ 1..=CHANNELS) => Ok(AudioStream { sample_rate: rate, channels }),
        _ => Err(Error::Channels { name: name.into(), channels, maximum: CHANNELS }),
    }
}

/// How many channels a layout has, by ffmpeg's names: `mono`, `stereo`, `5.1(side)`, `7 channels`, ….
fn channels_of(layout: &str) -> Option<u32> {
    let plain = layout.split('(').next()?.trim();
    let digits = |text: &str| text.split('.').map(|part| part.parse::<u32>().ok()).sum::<Option<u32>>();
    match plain {
        "mono" => Some(1),
        "stereo" | "downmix" | "binaural" => Some(2),
        "quad" => Some(4),
        "hexagonal" => Some(6),
        "octagonal" | "cube" => Some(8),
        "hexadecagonal" => Some(16),
        _ => match plain.split_once(' ') {
            Some((count, "channels")) => count.parse().ok(),
            _ => digits(plain),
        },
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BANNER: &str = "\
Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'clip.mp4':
  Metadata:
    title           : Duration: 09:00:00.00
  Duration: 00:01:12.50, start: 0.000000, bitrate: 355 kb/s
  Stream #0:0[0x1](und): Video: h264 (avc1 / 0x31637661), yuv420p, 320x240 [SAR 1:1], 23.98 fps, 23.98 tbr (default)
    Side data:
      displaymatrix: rotation of -90.00 degrees
  Stream #0:1[0x2](und): Audio: aac (LC) (mp4a / 0x6134706D), 22050 Hz, 5.1(side), fltp, 80 kb/s (default)
At least one output file must be specified
";

    #[test]
    fn a_banner_is_read() {
        let media = read_banner(BANNER, "clip.mp4").unwrap();
        assert_eq!(media.duration_s, Some(72.5));
        assert_eq!(media.video, Some(VideoStream { width: 240, height: 320, fps: 24000.0 / 1001.0 }));
        assert_eq!(media.audio, Some(AudioStream { sample_rate: 22050, channels: 6 }));
    }

    #[test]
    fn older_banners_and_cover_pictures_are_read() {
        let banner = "\
Input #0, mp3, from 'a.mp3':
  Duration: N/A, bitrate: 1 kb/s
    Stream #0:0: Audio: mp3, 44100 Hz, stereo, fltp, 64 kb/s
    Stream #0:1: Video: png, rgba(pc), 16x16, 90k tbr, 90k tbn (attached pic)
";
        let media = read_banner(banner, "a.mp3").unwrap();
        assert_eq!(
            media,
            Media { duration_s: None, video: None, audio: Some(AudioStream { sample_rate: 44100, channels: 2 }) }
        );
    }

    #[test]
    fn rates_are_corrected_as_the_reference_does() {
        for (printed, exact) in
            [(25.0, 25.0), (23.98, 24000.0 / 1001.0), (29.97, 30000.0 / 1001.0), (59.94, 59.94), (12.5, 12.5)]
        {
            assert_eq!(exact_rate(printed), exact);
        }
    }

    #[test]
    fn layouts_are_counted() {
        for (layout, channels) in [("mono", 1), ("2.1", 3), ("5.1(side)", 6), ("7.1", 8), ("24 channels", 24)] {
            assert_eq!(channels_of(layout), Some(channels), "{layout}");
        }
        assert_eq!(channels_of("unknown"), None);
    }

    #[test]
    fn what_is_over_a_limit_is_named() {
        let audio = |line: &str| audio_stream(line, "a.wav").unwrap_err().to_string();
        assert!(audio("pcm, 4000 Hz, mono, s16").contains("4000 Hz"));
        assert!(audio("pcm, 44100 Hz, 16 channels, s16").contains("16 audio channels"));
        let video = video_stream("h264, yuv420p, 30000x30000, 25 fps, 25 tbr", "v.mp4").unwrap_err();
        assert!(matches!(video, Error::FrameSize { width: 30000, .. }));
    }

    proptest! {
        #[test]
        fn any_banner_is_answered(
            banner in "(  Duration: [0-9:.]{0,14}|  Stream #0:0: (Video|Audio): [ ,a-z0-9x.\n]{0,60}|.{0,40}\n){0,6}"
        ) {
            drop(read_banner(&banner, "clip.mp4"));
        }
    }
}
