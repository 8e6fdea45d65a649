//! Pictures from PNG files, brought to the size of the screen.

use std::io::Cursor;

use super::{FRAME_BYTES, MID_GREY, SIDE};

/// The largest side of a picture file (pixels).
const MAX_SIDE: usize = 4096;

/// An RGB picture of [`SIDE`] pixels a side.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::simulation) struct Picture {
    pixels: Vec<u8>,
}

/// Why a file is no picture for the screen.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    #[error("it is no PNG picture")]
    Png(#[from] png::DecodingError),
    #[error("it has {width} × {height} pixels; a picture is square, and a side a multiple of {SIDE} up to {MAX_SIDE}")]
    Size { width: usize, height: usize },
    #[error("its colours are neither RGB nor RGBA nor grey, of 8 bits each")]
    Colours,
}

impl Picture {
    /// `FRAME_BYTES` bytes, RGB.
    #[cfg(test)]
    pub(super) fn new(pixels: Vec<u8>) -> Self {
        debug_assert_eq!(pixels.len(), FRAME_BYTES);
        Self { pixels }
    }

    /// Reads a PNG file and makes it smaller by averaging.
    pub(in crate::simulation) fn from_png(bytes: &[u8]) -> Result<Self, PictureError> {
        let mut decoder = png::Decoder::new(Cursor::new(bytes));
        decoder.set_transformations(png::Transformations::normalize_to_color8());
        let mut reader = decoder.read_info()?;
        let (width, height) = (reader.info().width as usize, reader.info().height as usize);
        if width != height || width == 0 || width % SIDE != 0 || width > MAX_SIDE {
            return Err(PictureError::Size { width, height });
        }
        let mut values = vec![0; reader.output_buffer_size().ok_or(PictureError::Size { width, height })?];
        let shown = reader.next_frame(&mut values)?;
        let channels = shown.color_type.samples();
        let colours = match channels {
            1 | 2 => [0, 0, 0],
            3 | 4 => [0, 1, 2],
            _ => return Err(PictureError::Colours),
        };
        let fold = width / SIDE;
        let mut pixels = Vec::with_capacity(FRAME_BYTES);
        for (row, column, colour) in places(&colours) {
            let near = |of: usize| of * fold..(of + 1) * fold;
            let cell = near(row).flat_map(|y| near(column).map(move |x| (y * width + x) * channels + colour));
            let sum: u32 = cell.map(|at| u32::from(values[at])).sum();
            pixels.push(((sum + (fold * fold) as u32 / 2) / (fold * fold) as u32) as u8);
        }
        Ok(Self { pixels })
    }

    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// Draws the picture shifted by so many half sides and larger by a factor; around it is grey.
    pub(super) fn draw_moved(&self, shift: [f64; 2], size: f64, frame: &mut [u8]) {
        let half = SIDE as f64 / 2.0;
        let source = |pixel: usize, shift: f64| ((pixel as f64 + 0.5 - half) - shift * half) / size + half - 0.5;
        for row in 0..SIDE {
            for column in 0..SIDE {
                let colour = self.between(source(column, shift[0]), source(row, shift[1]));
                let at = 3 * (row * SIDE + column);
                frame[at..at + 3].copy_from_slice(&colour);
            }
        }
    }

    /// The colour between pixels, bilinear.
    fn between(&self, x: f64, y: f64) -> [u8; 3] {
        let (left, top) = (x.floor(), y.floor());
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0)].map(|(right, down)| {
            let weight = (1.0 - (left + right - x).abs()) * (1.0 - (top + down - y).abs());
            (weight, self.pixel(left + right, top + down))
        });
        [0, 1, 2].map(|colour| {
            corners.iter().map(|(weight, pixel)| weight * f64::from(pixel[colour])).sum::<f64>().round() as u8
        })
    }

    fn pixel(&self, x: f64, y: f64) -> [u8; 3] {
        let is_within = |value: f64| (0.0..SIDE as f64).contains(&value);
        if !is_within(x) || !is_within(y) {
            return [MID_GREY; 3];
        }
        let at = 3 * (y as usize * SIDE + x as usize);
        [self.pixels[at], self.pixels[at + 1], self.pixels[at + 2]]
    }
}

/// Row, column and channel of every byte of a frame.
fn places(colours: &[usize; 3]) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    (0..SIDE)
        .flat_map(move |row| (0..SIDE).flat_map(move |column| colours.iter().map(move |colour| (row, column, *colour))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn png(side: usize, kind: png::ColorType, values: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, side as u32, side as u32);
        encoder.set_color(kind);
        let mut writer = encoder.write_header().unwrap();
        writer.write_image_data(values).unwrap();
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn a_larger_picture_is_averaged() {
        let side = 2 * SIDE;
        let values: Vec<u8> = (0..side * side).flat_map(|at| [if at % 2 == 0 { 100 } else { 200 }, 50, 7]).collect();
        let picture = Picture::from_png(&png(side, png::ColorType::Rgb, &values)).unwrap();
        assert_eq!(picture.pixels()[..6], [150, 50, 7, 150, 50, 7]);
        let grey = Picture::from_png(&png(SIDE, png::ColorType::Grayscale, &vec![9; SIDE * SIDE])).unwrap();
        assert!(grey.pixels().iter().all(|value| *value == 9));
    }

    #[test]
    fn a_picture_of_another_shape_is_refused_with_its_size() {
        let error = Picture::from_png(&png(100, png::ColorType::Grayscale, &[0; 10_000])).unwrap_err();
        assert!(error.to_string().contains("100 × 100"), "{error}");
        assert!(matches!(Picture::from_png(b"no picture"), Err(PictureError::Png(_))));
    }

    #[test]
    fn a_picture_that_stays_is_itself_and_one_that_moves_leaves_grey() {
        let picture = Picture::new((0..FRAME_BYTES).map(|at| (at * 7 % 251) as u8).collect());
        let mut frame = vec![0; FRAME_BYTES];
        picture.draw_moved([0.0, 0.0], 1.0, &mut frame);
        assert_eq!(frame, picture.pixels());
        picture.draw_moved([0.5, 0.0], 1.0, &mut frame);
        let quarter = SIDE / 4;
        assert_eq!(frame[..3 * quarter], vec![MID_GREY; 3 * quarter]);
        assert_eq!(frame[3 * quarter..3 * SIDE], picture.pixels()[..3 * (SIDE - quarter)]);
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = Picture::from_png(&bytes);
        }

        #[test]
        fn damaged_pictures_never_panic(at in 8usize..200, value: u8) {
            let mut bytes = png(SIDE, png::ColorType::Rgb, &[77; FRAME_BYTES]);
            let last = bytes.len() - 1;
            bytes[at.min(last)] = value;
            let _ = Picture::from_png(&bytes);
        }
    }
}
