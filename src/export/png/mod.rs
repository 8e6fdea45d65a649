//! A picture of a response on the inflated cortex: both hemispheres, from outside and from the middle.
//!
//! Greys show the folding, gyri lighter than sulci, as far as the colours of the response let them through.

mod canvas;
mod colour;
mod lettering;
mod raster;
mod view;

use std::io::Write;

use canvas::Canvas;
use colour::{BLACK, GREY, RED, Scale};
use view::View;

use super::rows::{finite_row, seconds};
use super::{Error, Origin, SOFTWARE, SliceRows};
use crate::brain::{Hemisphere, Surfaces};

const WIDTH: usize = 1600;
const HEIGHT: usize = 1250;

/// Where the middles of the two columns and rows of views lie, and their size (pixels per mm).
const COLUMNS: [usize; 2] = [415, 1185];
const ROWS: [usize; 2] = [365, 860];
const PIXELS_PER_MM: f32 = 3.25;

const BAR_WIDTH: usize = 460;
const BAR_HEIGHT: usize = 22;
const BAR_TOP: usize = 1110;

/// What a picture says of its values.
#[derive(Clone, Copy, Debug)]
pub struct Caption<'a> {
    /// Such as `predicted BOLD, mean over time`.
    pub what: &'a str,
    /// Such as `t`, below the colour bar.
    pub unit: &'a str,
}

/// The mean of a response over time.
pub const MEAN: Caption<'static> =
    Caption { what: "predicted BOLD, mean over time", unit: "predicted BOLD (arbitrary units)" };

/// Draws one value a vertex of `origin.mesh`, such as the mean over time, as a PNG of 1600 x 1250 pixels.
///
/// Colours reach to the 99th percentile of the absolute values. The scale is symmetric about 0 if any value is
/// negative.
pub fn cortex(
    to: impl Write,
    values: &[f32],
    caption: Caption,
    surfaces: &Surfaces,
    origin: impl Into<Origin>,
) -> Result<(), Error> {
    let origin = origin.into();
    let mut rows = SliceRows::new(values, values.len().max(1));
    seconds(&rows, origin.mesh)?;
    finite_row(&mut rows, 0, &mut vec![0.0; values.len()])?;
    let values = surfaces.resample(values)?;
    let scale = Scale::of(&values);

    let mut canvas = Canvas::new(WIDTH, HEIGHT);
    for (hemisphere, x) in Hemisphere::BOTH.into_iter().zip(COLUMNS) {
        let values = &values[surfaces.mesh().range(hemisphere)];
        for (view, y) in View::of(hemisphere).into_iter().zip(ROWS) {
            let panel = view.render(surfaces.of(hemisphere), values, &scale, PIXELS_PER_MM);
            canvas.paste(&panel, x - panel.width / 2, y - panel.height / 2);
            let (anterior, posterior) = if view.anterior_is_left() { ("A", "P") } else { ("P", "A") };
            canvas.text_centred(anterior, x - 372, y, 13.0, GREY);
            canvas.text_centred(posterior, x + 372, y, 13.0, GREY);
        }
    }
    for (name, y) in ["lateral", "medial"].into_iter().zip(ROWS) {
        canvas.text_centred(name, WIDTH / 2, y + 205, 15.0, GREY);
    }
    write_title(&mut canvas, caption.what, &origin);
    draw_colour_bar(&mut canvas, &scale, caption.unit);
    encode(to, &canvas, &origin)
}

fn write_title(canvas: &mut Canvas, what: &str, origin: &Origin) {
    canvas.text("L", 40, 76, 26.0, BLACK);
    canvas.text_right("R", WIDTH - 40, 76, 26.0, BLACK);
    canvas.text_centred(&format!("{what}: {}", origin.of), WIDTH / 2, 46, 22.0, BLACK);
    canvas.text_centred(&origin.by, WIDTH / 2, 88, 15.0, GREY);
    canvas.text(origin.label, 40, HEIGHT - 36, 14.0, if origin.warns { RED } else { BLACK });
    canvas.text_right(SOFTWARE, WIDTH - 40, HEIGHT - 36, 15.0, GREY);
}

fn draw_colour_bar(canvas: &mut Canvas, scale: &Scale, unit: &str) {
    let left = (WIDTH - BAR_WIDTH) / 2;
    for x in 0..BAR_WIDTH {
        let value = scale.low() + (scale.limit - scale.low()) * x as f32 / (BAR_WIDTH - 1) as f32;
        canvas.fill(left + x, BAR_TOP, 1, BAR_HEIGHT, scale.over(value, colour::GYRUS));
    }
    let middle = (scale.low() + scale.limit) / 2.0;
    for (value, x) in [(scale.low(), left), (middle, left + BAR_WIDTH / 2), (scale.limit, left + BAR_WIDTH)] {
        canvas.fill(x - 1, BAR_TOP + BAR_HEIGHT, 2, 8, GREY);
        canvas.text_centred(&number(value), x, BAR_TOP + BAR_HEIGHT + 34, 15.0, BLACK);
    }
    canvas.text_centred(unit, WIDTH / 2, BAR_TOP + BAR_HEIGHT + 74, 15.0, GREY);
}

/// Three significant digits.
fn number(value: f32) -> String {
    let magnitude = if value == 0.0 { 0 } else { value.abs().log10().floor() as i32 };
    match magnitude {
        0 if value == 0.0 => "0".to_owned(),
        -3..=4 => format!("{value:.*}", (2 - magnitude).max(0) as usize),
        _ => format!("{value:.2e}"),
    }
}

fn encode(to: impl Write, canvas: &Canvas, origin: &Origin) -> Result<(), Error> {
    let mut encoder = ::png::Encoder::new(to, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(::png::ColorType::Rgb);
    encoder.set_depth(::png::BitDepth::Eight);
    for (name, text) in &origin.entries {
        encoder.add_itxt_chunk((*name).to_owned(), text.replace('\0', "\u{fffd}"))?;
    }
    let mut picture = encoder.write_header()?;
    picture.write_image_data(&canvas.to_rgb8())?;
    Ok(picture.finish()?)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::provenance;
    use super::*;
    use crate::brain::Mesh;
    use crate::brain::fixtures::surfaces;

    const MESH: Mesh = Mesh::Fsaverage3;

    fn drawn(values: &[f32]) -> (Vec<u8>, Vec<String>) {
        let mut file = Vec::new();
        cortex(&mut file, values, MEAN, &surfaces(MESH), &provenance(MESH)).unwrap();
        let mut reader = ::png::Decoder::new(std::io::Cursor::new(file)).read_info().unwrap();
        let mut pixels = vec![0; 3 * WIDTH * HEIGHT];
        reader.next_frame(&mut pixels).unwrap();
        let texts = reader.info().utf8_text.iter().map(|chunk| chunk.keyword.clone()).collect();
        (pixels, texts)
    }

    /// Whether each quarter of the picture (left and right, outside and middle) shows saturated reds.
    fn quarters_with_red(pixels: &[u8]) -> [bool; 4] {
        [(COLUMNS[0], ROWS[0]), (COLUMNS[1], ROWS[0]), (COLUMNS[0], ROWS[1]), (COLUMNS[1], ROWS[1])].map(|(x, y)| {
            (y - 200..y + 200).any(|y| {
                (x - 350..x + 350).any(|x| {
                    let pixel = &pixels[3 * (y * WIDTH + x)..][..3];
                    pixel[0] > 110 && pixel[2] < pixel[0] / 2
                })
            })
        })
    }

    #[test]
    fn a_response_is_drawn_where_it_is() {
        let surfaces = surfaces(MESH);
        let mut values = vec![0.0; MESH.vertices()];
        for (value, point) in values.iter_mut().zip(&surfaces.of(Hemisphere::Left).inflated.coordinates) {
            *value = if point[0] < -40.0 { 1.0 } else { 0.0 };
        }
        let (pixels, texts) = drawn(&values);
        assert_eq!(quarters_with_red(&pixels), [true, false, false, false], "left hemisphere, from outside");
        assert!(texts.contains(&"WeightsSHA256".to_owned()));
    }

    #[test]
    fn no_response_is_drawn_in_greys() {
        assert_eq!(quarters_with_red(&drawn(&vec![0.0; MESH.vertices()]).0), [false; 4]);
    }

    #[test]
    fn numbers_have_three_digits() {
        let written = [0.0, 1.0795, -0.012345, 123.4, 3.2e-7].map(number);
        assert_eq!(written, ["0", "1.08", "-0.0123", "123", "3.20e-7"]);
    }
}
