//! Frames with less contrast, blurred, or under noise.
//!
//! The definitions are those of Geirhos et al. 2018 (arXiv:1808.08750), on the 8-bit values of the frame as it is
//! decoded: first a Gaussian blur, then contrast about mid-grey, then a mixture with white noise; rounded once. Mid-grey
//! is the level of the grey that gaps show, so that a picture without contrast is that grey.

use std::iter;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use serde::{Deserialize, Serialize};

use super::{Content, Film, Manipulation};

/// Mid-grey (of 255).
const MID_GREY: f32 = 128.0;
/// The Gaussian is cut off after so many standard deviations.
const TRUNCATION: f64 = 4.0;
/// A blur of more pixels than this makes the frame smaller as it is decoded, since it leaves nothing smaller to see …
const WIDEST_PX: f64 = 8.0;
/// … down to a shorter side of so many pixels.
const SMALLEST_PX: f64 = 256.0;

/// What is done to every frame of a film or picture.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retouch {
    contrast: f32,
    /// Standard deviation of the blur (pixels).
    sigma_px: f64,
    noise: f32,
    /// Of the seed and of the unchanged film: the same noise at every level of it, and another for every film.
    noise_key: Content,
}

impl Film {
    /// The same stretch, its frames changed. Its content is another, unless nothing changes.
    pub(super) fn retouched(self, by: &Manipulation) -> Film {
        let Manipulation { contrast, blur, noise, seed, .. } = *by;
        let seen =
            Manipulation { contrast, blur, noise, seed: if noise > 0.0 { seed } else { 0 }, ..Default::default() };
        let Some(fingerprint) = seen.fingerprint() else { return self };
        let (width, height) = decoded_size(self.width, self.height, blur);
        let retouch = Retouch {
            contrast: contrast as f32,
            sigma_px: blur * f64::from(width.min(height)),
            noise: noise as f32,
            noise_key: blake3::keyed_hash(self.content.as_bytes(), &seed.to_le_bytes()),
        };
        let content = blake3::keyed_hash(self.content.as_bytes(), fingerprint.as_bytes());
        Film { content, width, height, retouch: Some(retouch), ..self }
    }
}

/// Width and height at which frames are decoded to be blurred.
fn decoded_size(width: u32, height: u32, blur: f64) -> (u32, u32) {
    let shorter = f64::from(width.min(height));
    let enough = f64::max(WIDEST_PX / blur, SMALLEST_PX);
    let scaled = |pixels: u32| (f64::from(pixels) * enough / shorter).round().max(1.0) as u32;
    if enough < shorter { (scaled(width), scaled(height)) } else { (width, height) }
}

impl Retouch {
    /// Changes frame `number` of a film, RGB 8-bit (height, width, 3).
    pub(super) fn apply(&self, frame: &mut [u8], width: usize, number: usize) {
        if frame.is_empty() {
            return;
        }
        let row = width * 3;
        let blur = (self.sigma_px > 0.0).then(|| Blur::new(frame, row, self.sigma_px));
        let mut generator = ChaCha8Rng::from_seed(*self.noise_key.as_bytes());
        generator.set_stream(number as u64);
        let mut noise = vec![0_u8; width];
        for (y, shown) in frame.chunks_mut(row).enumerate() {
            let values = match &blur {
                Some(blur) => blur.row(y),
                None => shown.iter().map(|value| f32::from(*value)).collect(),
            };
            if self.noise > 0.0 {
                generator.fill(&mut noise[..]);
            }
            let noise = noise.iter().flat_map(|level| iter::repeat_n(f32::from(*level), 3));
            for ((shown, value), noise) in shown.iter_mut().zip(values).zip(noise) {
                let signal = MID_GREY + self.contrast * (value - MID_GREY);
                *shown = ((1.0 - self.noise) * signal + self.noise * noise).round() as u8;
            }
        }
    }
}

/// A frame under a Gaussian, across its rows already; its edges mirror what lies inside.
struct Blur {
    kernel: Vec<f32>,
    row: usize,
    across_rows: Vec<f32>,
}

impl Blur {
    fn new(frame: &[u8], row: usize, sigma_px: f64) -> Self {
        let kernel = gaussian(sigma_px);
        let height = frame.len() / row;
        let mut across_rows = vec![0.0; frame.len()];
        for (y, sums) in across_rows.chunks_mut(row).enumerate() {
            let first = y as i64 - (kernel.len() / 2) as i64;
            for (weight, from) in kernel.iter().zip(mirrored(first, kernel.len(), height)) {
                let values = &frame[from * row..][..row];
                sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * f32::from(*value));
            }
        }
        Self { kernel, row, across_rows }
    }

    /// One row, blurred both ways.
    fn row(&self, y: usize) -> Vec<f32> {
        let (values, width) = (&self.across_rows[y * self.row..][..self.row], self.row / 3);
        let (first, reach) = (-((self.kernel.len() / 2) as i64), self.kernel.len() + width - 1);
        let padded: Vec<f32> = mirrored(first, reach, width).flat_map(|x| &values[x * 3..][..3]).copied().collect();
        let mut sums = vec![0.0; self.row];
        for (k, weight) in self.kernel.iter().enumerate() {
            sums.iter_mut().zip(&padded[k * 3..]).for_each(|(sum, value)| *sum += weight * value);
        }
        sums
    }
}

/// Weights of a Gaussian at whole pixels; they sum to 1.
fn gaussian(sigma_px: f64) -> Vec<f32> {
    let radius = (TRUNCATION * sigma_px).ceil() as i64;
    let weights: Vec<f64> = (-radius..=radius).map(|x| (-0.5 * (x as f64 / sigma_px).powi(2)).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| (weight / sum) as f32).collect()
}

/// `count` places from `first` on, those outside `0..length` mirrored at the edges.
fn mirrored(first: i64, count: usize, length: usize) -> impl Iterator<Item = usize> {
    let inside = move |place: i64| {
        let place = place.rem_euclid(2 * length as i64) as usize;
        if place < length { place } else { 2 * length - 1 - place }
    };
    (first..).take(count).map(inside)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use statrs::distribution::{ContinuousCDF, Normal};
    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::stimulus::{Event, Shelf, Source, clips, still};

    const PLAIN: Manipulation =
        Manipulation { contrast: 1.0, blur: 0.0, noise: 0.0, snr_db: None, speech_rate: 1.0, seed: 0 };

    /// The picture that ffmpeg's `source` draws, as it is shown.
    fn shown(source: &str, by: &Manipulation) -> (Film, Vec<u8>) {
        let folder = tempfile::tempdir().unwrap();
        let path = clips::make(folder.path(), "a.png", &["-f", "lavfi", "-i", source, "-frames:v", "1"]);
        frame_of(&path, by)
    }

    fn frame_of(path: &Path, by: &Manipulation) -> (Film, Vec<u8>) {
        let ffmpeg = clips::tools().ffmpeg;
        let film = still::hold(&ffmpeg, path, 1.0).unwrap().retouched(by);
        let frame = film.frames(&ffmpeg).unwrap().next().unwrap().unwrap();
        (film, frame)
    }

    /// Mean and standard deviation.
    fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let count = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / count;
        (mean, (values.map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt())
    }

    fn of_bytes(frame: &[u8]) -> (f64, f64) {
        moments(frame.iter().map(|value| f64::from(*value)))
    }

    #[test]
    fn half_the_contrast_is_half_the_rms_contrast_and_none_is_the_grey_of_gaps() {
        let pattern = "testsrc=s=160x120";
        let (_, whole) = shown(pattern, &PLAIN);
        let (_, half) = shown(pattern, &Manipulation { contrast: 0.5, ..PLAIN });
        assert!((of_bytes(&half).1 - of_bytes(&whole).1 / 2.0).abs() < 0.5, "{:?}", of_bytes(&half));
        for (half, whole) in half.iter().zip(&whole) {
            assert!((f64::from(*half) - 128.0 - (f64::from(*whole) - 128.0) / 2.0).abs() <= 0.5);
        }
        assert!(shown(pattern, &Manipulation { contrast: 0.0, ..PLAIN }).1.iter().all(|value| *value == 128));
    }

    #[test]
    fn a_blurred_edge_is_the_integral_of_the_gaussian() {
        let edge = "color=black:s=256x64,drawbox=x=128:w=128:h=64:color=white:t=fill";
        let blur = 5.0 / 64.0;
        let (_, frame) = shown(edge, &Manipulation { blur, ..PLAIN });
        let normal = Normal::new(0.0, 5.0).unwrap();
        for (x, pixel) in frame[..256 * 3].chunks(3).enumerate() {
            let wanted = 255.0 * normal.cdf(x as f64 + 0.5 - 128.0);
            assert!((f64::from(pixel[0]) - wanted).abs() < 1.5, "{} at {x}, {wanted} is wanted", pixel[0]);
        }
    }

    #[test]
    fn a_large_picture_is_made_smaller_before_a_wide_blur_which_stays_as_wide() {
        let edge = "color=black:s=2048x1024,drawbox=x=1024:w=1024:h=1024:color=white:t=fill";
        let (film, frame) = shown(edge, &Manipulation { blur: 0.1, ..PLAIN });
        assert_eq!((film.width, film.height, frame.len()), (512, 256, 512 * 256 * 3));
        let normal = Normal::new(0.0, 25.6).unwrap();
        for (x, pixel) in frame[..512 * 3].chunks(3).enumerate() {
            let wanted = 255.0 * normal.cdf(x as f64 + 0.5 - 256.0);
            assert!((f64::from(pixel[1]) - wanted).abs() < 2.0, "{} at {x}, {wanted} is wanted", pixel[1]);
        }
    }

    #[test]
    fn noise_has_its_variance_and_comes_again_with_its_seed() {
        let grey = "color=0x808080:s=200x150";
        let noisy = |noise, seed| shown(grey, &Manipulation { noise, seed, ..PLAIN }).1;
        let half = noisy(0.5, 1);
        let (mean, deviation) = of_bytes(&half);
        let uniform = ((256.0_f64.powi(2) - 1.0) / 12.0).sqrt();
        assert!((mean - 127.75).abs() < 1.0 && (deviation / (0.5 * uniform) - 1.0).abs() < 0.02, "{mean} {deviation}");
        assert!(half.chunks(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]), "noise is of luminance");
        assert_eq!(half, noisy(0.5, 1));
        assert_ne!(half, noisy(0.5, 2));
        let all = noisy(1.0, 1);
        let same_noise =
            half.iter().zip(&all).all(|(half, all)| (f64::from(*half) - (128.0 + f64::from(*all)) / 2.0).abs() <= 0.5);
        assert!(same_noise, "its level does not change its pattern");
    }

    #[test]
    fn the_noise_of_a_film_is_new_in_every_frame_and_the_same_from_wherever_it_is_decoded() {
        let ffmpeg = clips::tools().ffmpeg;
        let folder = tempfile::tempdir().unwrap();
        let path = clips::make(folder.path(), "film.mp4", &["-f", "lavfi", "-i", "color=gray:s=32x16:r=10:d=6"]);
        let tools = clips::tools();
        let event = Event {
            onset: 0.0,
            duration: None,
            stimulus: path,
            transcript: None,
            manipulation: Manipulation { noise: 1.0, ..PLAIN },
        };
        let source = Source::Sequence { events: vec![event], length_s: 6.0 };
        let (timeline, _) = source.lay_out(&tools, &Shelf::new(folder.path()), &CancellationToken::new()).unwrap();
        let film = &timeline.films[0];
        let frames: Vec<Vec<u8>> = film.frames(&ffmpeg).unwrap().map(Result::unwrap).collect();
        assert!(frames.windows(2).all(|pair| pair[0] != pair[1]));
        let later = Film { offset: 4.0, duration: 1.0, ..film.clone() };
        assert_eq!(later.frames(&ffmpeg).unwrap().next().unwrap().unwrap(), frames[40]);
    }

    #[test]
    fn a_changed_picture_has_another_content_and_an_unchanged_one_its_own() {
        let pattern = "testsrc=s=16x16";
        let content = |by: Manipulation| shown(pattern, &by).0.content;
        let own = content(PLAIN);
        assert_eq!(own, content(Manipulation { seed: 3, snr_db: Some(0.0), speech_rate: 2.0, ..PLAIN }));
        let changed = [
            content(Manipulation { contrast: 0.5, ..PLAIN }),
            content(Manipulation { blur: 0.1, ..PLAIN }),
            content(Manipulation { noise: 0.1, ..PLAIN }),
            content(Manipulation { noise: 0.1, seed: 1, ..PLAIN }),
        ];
        let distinct: std::collections::HashSet<_> = changed.iter().chain([&own]).collect();
        assert_eq!(distinct.len(), 5);
    }

    proptest! {
        #[test]
        fn frames_of_any_size_keep_a_plain_colour(
            width in 1_usize..40, height in 1_usize..40, level: u8, sigma_px in 0.01_f64..20.0,
        ) {
            let retouch = Retouch { contrast: 1.0, sigma_px, noise: 0.0, noise_key: blake3::hash(b"") };
            let mut frame = vec![level; width * height * 3];
            retouch.apply(&mut frame, width, 0);
            prop_assert!(frame.iter().all(|value| *value == level));
        }
    }
}
