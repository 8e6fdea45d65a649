//! Pictures of stripes: red, green or blue ones, each with a direction, width, contrast and brightness of its own.

use std::f64::consts::PI;
use std::fs::File;
use std::path::{Path, PathBuf};

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// Edge of a picture (pixels).
const SIDE: u32 = 64;

/// What the stripes of a picture have in common with those of others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Colour {
    Red,
    Green,
    Blue,
}

impl Colour {
    pub(crate) const ALL: [Self; 3] = [Self::Red, Self::Green, Self::Blue];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Red => "red",
            Self::Green => "green",
            Self::Blue => "blue",
        }
    }
}

/// Writes picture `number` of a colour; no two are alike.
pub(crate) fn write(folder: &Path, colour: Colour, number: u64) -> PathBuf {
    let path = folder.join(format!("{}-{number:04}.png", colour.name()));
    let file = File::create(&path).expect("a file of the temporary folder");
    let mut encoder = png::Encoder::new(file, SIDE, SIDE);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().expect("a header");
    writer.write_image_data(&stripes(colour, number)).expect("the pixels");
    writer.finish().expect("a whole picture");
    path
}

/// The pixels, three bytes each.
fn stripes(colour: Colour, number: u64) -> Vec<u8> {
    let mut rng = ChaCha8Rng::seed_from_u64(number);
    rng.set_stream(colour as u64);
    let brightness = rng.random_range(90.0..165.0);
    let contrast = rng.random_range(10.0..60.0);
    let (direction, phase) = (rng.random_range(0.0..PI), rng.random_range(0.0..2.0 * PI));
    let wave = 2.0 * PI / rng.random_range(4.0..24.0);
    let tint = rng.random_range(25.0..55.0);
    let channels: Vec<f64> = (0..Colour::ALL.len())
        .map(|channel| if channel == colour as usize { tint } else { -tint / 2.0 } + rng.random_range(-12.0..12.0))
        .collect();
    let mut pixels = Vec::with_capacity(3 * (SIDE * SIDE) as usize);
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (y, x))) {
        let along = f64::from(x) * direction.cos() + f64::from(y) * direction.sin();
        let light = brightness + contrast * (wave * along + phase).sin();
        pixels.extend(channels.iter().map(|channel| (light + channel + rng.random_range(-10.0..10.0)) as u8));
    }
    pixels
}
