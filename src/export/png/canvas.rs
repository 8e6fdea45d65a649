//! The sheet that views, bars and texts are put on.

use super::colour::{Colour, WHITE, mix};
use super::lettering::Line;
use super::raster::Panel;

/// White until drawn on; the origin is the upper left corner.
pub(super) struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Colour>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![WHITE; width * height] }
    }

    /// Puts a panel, whose upper left corner comes to `(left, top)`, over what is there.
    pub(super) fn paste(&mut self, panel: &Panel, left: usize, top: usize) {
        for (row, pixels) in panel.pixels.chunks_exact(panel.width).enumerate() {
            let start = (top + row) * self.width + left;
            for (under, (colour, coverage)) in self.pixels[start..].iter_mut().zip(pixels) {
                *under = std::array::from_fn(|channel| under[channel] * (1.0 - coverage) + colour[channel]);
            }
        }
    }

    pub(super) fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, colour: Colour) {
        for y in top..top + height {
            self.pixels[y * self.width + left..][..width].fill(colour);
        }
    }

    /// Writes from `left` on, capitals `size` pixels high, centred about the height `y`.
    pub(super) fn text(&mut self, text: &str, left: usize, y: usize, size: f32, colour: Colour) {
        self.write(&Line::new(text, size), left as f32, y, colour);
    }

    pub(super) fn text_right(&mut self, text: &str, right: usize, y: usize, size: f32, colour: Colour) {
        let line = Line::new(text, size);
        self.write(&line, right as f32 - line.width, y, colour);
    }

    pub(super) fn text_centred(&mut self, text: &str, x: usize, y: usize, size: f32, colour: Colour) {
        let line = Line::new(text, size);
        self.write(&line, x as f32 - line.width / 2.0, y, colour);
    }

    /// What does not fit on the sheet is cut off.
    fn write(&mut self, line: &Line, left: f32, y: usize, colour: Colour) {
        let top = y as f32;
        for stroke in line.strokes() {
            let [xs, ys] = stroke.bounds();
            let columns = clip(left + xs.start, left + xs.end, self.width);
            for row in clip(top + ys.start, top + ys.end, self.height) {
                for column in columns.clone() {
                    let ink = stroke.ink([column as f32 + 0.5 - left, row as f32 + 0.5 - top]);
                    let pixel = &mut self.pixels[row * self.width + column];
                    *pixel = mix(*pixel, colour, ink);
                }
            }
        }
    }

    /// Rows of red, green and blue bytes.
    pub(super) fn to_rgb8(&self) -> Vec<u8> {
        self.pixels.iter().flatten().map(|channel| (channel * 255.0).round() as u8).collect()
    }
}

fn clip(low: f32, high: f32, size: usize) -> std::ops::Range<usize> {
    low.floor().max(0.0) as usize..high.ceil().clamp(0.0, size as f32) as usize
}
