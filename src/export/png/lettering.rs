//! Letters as strokes of a pen, so that they are smooth at every size.

use std::ops::Range;

/// Heights in a glyph: capitals reach from the baseline to the cap line, descenders down to 0.
const BASELINE: f32 = 2.0;
const CAP_LINE: f32 = 8.0;

/// Between glyphs, and in place of a space.
const GAP: f32 = 1.7;
const SPACE: f32 = 2.2;

/// Width of the pen over the height of capitals.
const PEN: f32 = 0.13;

/// The strokes of a character, as pairs of digits `xy` of the points that they join, `y` up. A stroke that begins with
/// `~` is a curve: it touches the middles of the lines between its points, and ends in its ends.
/// A character that is not known is a box.
fn glyph(character: char) -> &'static str {
    match character {
        'A' => "022842 1434",
        'B' => "0208 0818 0525 0212 ~18484525 ~25454212",
        'C' => "~474808024243",
        'D' => "0208 0818 0212 ~18484212",
        'E' => "48080242 0535",
        'F' => "480802 0535",
        'G' => "~474808024245 4525",
        'H' => "0802 4842 0545",
        'I' => "2822",
        'J' => "4844 ~44420204",
        'K' => "0802 4804 1542",
        'L' => "080242",
        'M' => "0208254842",
        'N' => "02084248",
        'O' | '0' => "~284842020828",
        'P' => "0208 0828 0525 ~28484525",
        'Q' => "~284842020828 2442",
        'R' => "0208 0828 0525 ~28484525 2542",
        'S' => "~4748080545420203",
        'T' => "0848 2822",
        'U' => "0804 ~04024244 4448",
        'V' => "082248",
        'W' => "0812263248",
        'X' => "0842 4802",
        'Y' => "082548 2522",
        'Z' => "08480242",
        'a' => "4642 ~454606024243",
        'b' => "0802 ~050646420203",
        'c' => "~454606024243",
        'd' => "4842 ~454606024243",
        'e' => "0444 ~444606024243",
        'f' => "1217 ~171838 0636",
        'g' => "4641 ~41400001 ~454606024243",
        'h' => "0802 ~04064644 4442",
        'i' => "2622 2828",
        'j' => "2621 ~212000 2828",
        'k' => "0802 3603 1432",
        'l' => "2822",
        'm' => "0602 ~04062624 2422 ~24264644 4442",
        'n' => "0602 ~04064644 4442",
        'o' => "~264642020626",
        'p' => "0600 ~050646420203",
        'q' => "4640 ~454606024243",
        'r' => "0602 ~040636",
        's' => "~4546060444420203",
        't' => "1813 ~131232 0636",
        'u' => "0604 ~04024244 4642",
        'v' => "062246",
        'w' => "0612253246",
        'x' => "0642 4602",
        'y' => "0622 4610",
        'z' => "06460242",
        '1' => "072822",
        '2' => "~0708484602 0242",
        '3' => "~0708484525 ~2545420203",
        '4' => "32380444",
        '5' => "480805 ~0545420203",
        '6' => "~254542020525 ~380803",
        '7' => "084812",
        '8' => "~284845050828 ~254542020525",
        '9' => "~254548080525 ~474212",
        '-' => "0434",
        '+' => "0444 2226",
        '_' => "0141",
        '.' => "2223",
        ',' => "2211",
        ':' => "2526 2223",
        '/' => "0238",
        '(' => "~28080222",
        ')' => "~08282202",
        ' ' => "",
        _ => "0208484202",
    }
}

/// A line of text; `(0, 0)` is the left end, half-way up the capitals, `y` down (pixels).
pub(super) struct Line {
    strokes: Vec<Stroke>,
    pub(super) width: f32,
}

impl Line {
    /// Capitals are `size` pixels high.
    pub(super) fn new(text: &str, size: f32) -> Self {
        let scale = size / (CAP_LINE - BASELINE);
        let mut strokes = Vec::new();
        let mut x = 0.0;
        for character in text.chars() {
            let shapes: Vec<Vec<[f32; 2]>> = glyph(character).split_ascii_whitespace().map(stroke_points).collect();
            let across = || shapes.iter().flatten().map(|point| point[0]);
            let left = across().fold(f32::INFINITY, f32::min);
            if left.is_infinite() {
                x += SPACE;
                continue;
            }
            strokes.extend(shapes.iter().map(|shape| {
                let place =
                    |&[px, py]: &[f32; 2]| [(x + px - left) * scale, ((BASELINE + CAP_LINE) / 2.0 - py) * scale];
                Stroke { points: shape.iter().map(place).collect(), radius: PEN * size / 2.0 }
            }));
            x += across().fold(0.0, f32::max) - left + GAP;
        }
        Self { strokes, width: (x - GAP).max(0.0) * scale }
    }

    pub(super) fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }
}

/// One movement of the pen.
pub(super) struct Stroke {
    points: Vec<[f32; 2]>,
    radius: f32,
}

impl Stroke {
    /// Where ink can lie, along `x` and `y`.
    pub(super) fn bounds(&self) -> [Range<f32>; 2] {
        [0, 1].map(|axis| {
            let along = || self.points.iter().map(|point| point[axis]);
            along().fold(f32::INFINITY, f32::min) - self.radius - 1.0
                ..along().fold(f32::NEG_INFINITY, f32::max) + self.radius + 1.0
        })
    }

    /// How much of a pixel is covered, from 0 to 1.
    pub(super) fn ink(&self, pixel: [f32; 2]) -> f32 {
        let distances = self.points.windows(2).map(|ends| distance(pixel, ends[0], ends[1]));
        (self.radius + 0.5 - distances.fold(f32::INFINITY, f32::min)).clamp(0.0, 1.0)
    }
}

fn stroke_points(stroke: &str) -> Vec<[f32; 2]> {
    let digits: Vec<f32> = stroke.chars().filter_map(|digit| digit.to_digit(10)).map(|digit| digit as f32).collect();
    let points = digits.as_chunks().0.to_vec();
    if stroke.starts_with('~') { (0..3).fold(points, |points, _| cut_corners(&points)) } else { points }
}

/// Chaikin's corner cutting, which tends to a quadratic B-spline.
fn cut_corners(points: &[[f32; 2]]) -> Vec<[f32; 2]> {
    let quarter = |from: [f32; 2], to: [f32; 2]| [0, 1].map(|axis| from[axis] * 0.75 + to[axis] * 0.25);
    let mut cut = vec![points[0]];
    for (place, ends) in points.windows(2).enumerate() {
        if place > 0 {
            cut.push(quarter(ends[0], ends[1]));
        }
        if place + 2 < points.len() {
            cut.push(quarter(ends[1], ends[0]));
        }
    }
    cut.push(points[points.len() - 1]);
    cut
}

fn distance(point: [f32; 2], from: [f32; 2], to: [f32; 2]) -> f32 {
    let along = [to[0] - from[0], to[1] - from[1]];
    let offset = [point[0] - from[0], point[1] - from[1]];
    let length = along[0] * along[0] + along[1] * along[1];
    let part =
        if length > 0.0 { ((offset[0] * along[0] + offset[1] * along[1]) / length).clamp(0.0, 1.0) } else { 0.0 };
    (offset[0] - along[0] * part).hypot(offset[1] - along[1] * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_printable_character_can_be_drawn() {
        for character in ' '..='~' {
            let line = Line::new(&character.to_string(), 20.0);
            assert_eq!(line.strokes().is_empty(), character == ' ', "{character:?}");
            assert!(line.strokes().iter().all(|stroke| stroke.points.len() >= 2), "{character:?}");
        }
    }

    #[test]
    fn ink_lies_on_the_stroke() {
        let line = Line::new("I", 30.0);
        assert_eq!(line.strokes()[0].ink([0.0, 0.0]), 1.0);
        assert_eq!(line.strokes()[0].ink([10.0, 0.0]), 0.0);
    }
}
