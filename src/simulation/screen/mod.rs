//! What is on the screen at a moment of a programme, as pixels.

mod pattern;
mod picture;

pub(super) use picture::{Picture, PictureError};

use std::collections::BTreeMap;

use self::pattern::Pattern;
use super::programme::{Category, Programme, Seen, Timed, Travel};

/// Pixels of a side.
pub(super) const SIDE: usize = 128;
/// Frames a second: as many as `built-in:motion-energy` looks at, so that it sees each of them once.
pub(super) const FRAME_HZ: f64 = 16.0;
/// Bytes of a frame, RGB.
pub(super) const FRAME_BYTES: usize = 3 * SIDE * SIDE;
const MID_GREY: u8 = 128;
/// Standard deviation of the luminance (of 255) that counts as a contrast of 1.
const FULL_CONTRAST: f64 = 60.0;
const LARGEST_CONTRAST: f64 = 1.5;

/// Pictures, portraits by the opening of their mouths, and how loud each utterance is, frame by frame.
#[derive(Clone, Debug, Default)]
pub(super) struct Gallery {
    pub(super) pictures: BTreeMap<Category, Vec<Picture>>,
    pub(super) portraits: Vec<Vec<Picture>>,
    /// From 0 to 1, at [`FRAME_HZ`].
    pub(super) lips: Vec<Vec<f32>>,
}

/// The screen of one film.
pub(super) struct Screen<'a> {
    programme: &'a Programme,
    gallery: &'a Gallery,
    /// The sight that is on, or the next one.
    at: usize,
    pattern: Option<(u64, Pattern)>,
}

impl<'a> Screen<'a> {
    pub(super) fn new(programme: &'a Programme, gallery: &'a Gallery) -> Self {
        Self { programme, gallery, at: 0, pattern: None }
    }

    /// Draws the frame at a time that is not before that of the last call.
    pub(super) fn draw(&mut self, second: f64, frame: &mut [u8]) {
        let sights = &self.programme.sights;
        while sights.get(self.at).is_some_and(|sight| sight.end_s() <= second) {
            self.at += 1;
        }
        match sights.get(self.at).filter(|sight| sight.onset_s <= second) {
            None => frame.fill(0),
            Some(sight) => self.draw_sight(sight, second, frame),
        }
    }

    fn draw_sight(&mut self, sight: &Timed<Seen>, second: f64, frame: &mut [u8]) {
        let since_s = second - sight.onset_s;
        match sight.what {
            Seen::Grey => frame.fill(MID_GREY),
            Seen::Picture { category, number, travel: Travel::HELD } => {
                frame.copy_from_slice(self.gallery.pictures[&category][number].pixels());
            }
            Seen::Picture { category, number, travel } => {
                let part = since_s / sight.duration_s;
                let between = |ends: [f64; 2]| ends[0] + part * (ends[1] - ends[0]);
                let shift = [0, 1].map(|axis| between([travel.shift[0][axis], travel.shift[1][axis]]));
                self.gallery.pictures[&category][number].draw_moved(shift, between(travel.size), frame);
            }
            Seen::Pattern { seed, moves } => {
                if self.pattern.as_ref().is_none_or(|(drawn, _)| *drawn != seed) {
                    self.pattern = Some((seed, Pattern::draw(seed)));
                }
                if let Some((_, pattern)) = &self.pattern {
                    pattern.draw_at(if moves { since_s } else { 0.0 }, frame);
                }
            }
            Seen::Talking { portrait, lips, .. } => {
                let mouths = &self.gallery.portraits[portrait];
                let loudness = self.gallery.lips[lips].get((since_s * FRAME_HZ) as usize).copied().unwrap_or(0.0);
                let mouth = (loudness * (mouths.len() - 1) as f32).round() as usize;
                frame.copy_from_slice(mouths[mouth.min(mouths.len() - 1)].pixels());
            }
        }
    }
}

/// Root mean square of a frame's luminance about its mean, 1 being a strong picture.
pub(super) fn contrast(frame: &[u8]) -> f64 {
    let luminance =
        |pixel: &[u8; 3]| 0.299 * f64::from(pixel[0]) + 0.587 * f64::from(pixel[1]) + 0.114 * f64::from(pixel[2]);
    let pixels = frame.as_chunks::<3>().0;
    let (sum, squares) =
        pixels.iter().map(luminance).fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value));
    let mean = sum / pixels.len() as f64;
    ((squares / pixels.len() as f64 - mean * mean).max(0.0).sqrt() / FULL_CONTRAST).min(LARGEST_CONTRAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn programme(what: Seen) -> Programme {
        Programme { length_s: 3.0, sights: vec![Timed { onset_s: 1.0, duration_s: 1.0, what }], sounds: Vec::new() }
    }

    fn frames(what: Seen, gallery: &Gallery) -> Vec<Vec<u8>> {
        let programme = programme(what);
        let mut screen = Screen::new(&programme, gallery);
        let mut frame = vec![0; FRAME_BYTES];
        let draw = |number: usize| {
            screen.draw(number as f64 / FRAME_HZ, &mut frame);
            frame.clone()
        };
        (0..48).map(draw).collect()
    }

    #[test]
    fn the_screen_is_black_but_for_its_sights() {
        let frames = frames(Seen::Grey, &Gallery::default());
        for (number, frame) in frames.iter().enumerate() {
            let expected = if (16..32).contains(&number) { MID_GREY } else { 0 };
            assert!(frame.iter().all(|value| *value == expected), "frame {number}");
        }
    }

    #[test]
    fn patterns_move_where_they_are_to_and_have_contrast() {
        for seed in 0..8 {
            let moving = frames(Seen::Pattern { seed, moves: true }, &Gallery::default());
            let still = frames(Seen::Pattern { seed, moves: false }, &Gallery::default());
            assert_eq!(moving[16], still[16]);
            assert!((17..32).all(|number| still[number] == still[16] && moving[number] != moving[number - 1]));
            assert!(contrast(&moving[20]) > 0.15 && contrast(&moving[0]) == 0.0, "{}", contrast(&moving[20]));
        }
    }

    #[test]
    fn a_mouth_is_as_wide_open_as_its_voice_is_loud() {
        let mouth = |value: u8| Picture::new(vec![value; FRAME_BYTES]);
        let gallery = Gallery {
            portraits: vec![(0..5).map(|step| mouth(10 * step)).collect()],
            lips: vec![vec![0.0, 0.5, 1.0]],
            ..Gallery::default()
        };
        let frames = frames(Seen::Talking { portrait: 0, lips: 0, is_own_voice: true }, &gallery);
        assert_eq!([16, 17, 18, 19].map(|number| frames[number][0]), [0, 20, 40, 0]);
    }
}
