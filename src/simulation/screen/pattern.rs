//! Dots that drift, turn or expand together, and drifting gratings, in a round window: the patterns of `scripts/stimuli`.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::{MID_GREY, SIDE};
use crate::simulation::random::generator;

const DOTS: usize = 220;
/// A dot is put elsewhere after so long (s), which keeps the dots as dense everywhere.
const LIFE_S: f64 = 0.5;
/// Radius of the window and width of its edge (half sides).
const WINDOW: f64 = 0.92;
const EDGE: f64 = 0.04;

/// A pattern; lengths in half sides of the screen.
pub(super) struct Pattern {
    kind: Kind,
}

enum Kind {
    Dots { dots: Vec<Dot>, radius: f64, flow: Flow },
    Grating { direction: [f64; 2], cycles: f64, hz: f64, phase: f64 },
}

struct Dot {
    /// Where it is born in each of its lives.
    places: [[f64; 2]; 16],
    /// How far its first life has gone (s).
    age_s: f64,
    shade: f64,
}

enum Flow {
    Drift([f64; 2]),
    /// Radians a second.
    Turn(f64),
    /// Growth a second.
    Expand(f64),
}

impl Pattern {
    pub(super) fn draw(seed: u64) -> Self {
        let mut rng = generator(seed, "pattern");
        let kind = match rng.random_range(0..4) {
            3 => {
                let heading: f64 = rng.random_range(0.0..TAU);
                Kind::Grating {
                    direction: [heading.cos(), heading.sin()],
                    cycles: rng.random_range(3.0..7.0),
                    hz: rng.random_range(3.0..6.0),
                    phase: rng.random(),
                }
            }
            flow => {
                let speed: f64 = rng.random_range(0.5..0.9);
                let way = if rng.random() { speed } else { -speed };
                let heading: f64 = rng.random_range(0.0..TAU);
                let flow = match flow {
                    0 => Flow::Drift([speed * heading.cos(), speed * heading.sin()]),
                    1 => Flow::Turn(1.6 * way),
                    _ => Flow::Expand(1.2 * way),
                };
                let radius = rng.random_range(0.018..0.03);
                Kind::Dots { dots: (0..DOTS).map(|_| Dot::draw(&mut rng)).collect(), radius, flow }
            }
        };
        Self { kind }
    }

    /// Draws the pattern as it is after so many seconds.
    pub(super) fn draw_at(&self, second: f64, frame: &mut [u8]) {
        let mut shades = vec![0.0f64; SIDE * SIDE];
        match &self.kind {
            Kind::Grating { direction, cycles, hz, phase } => {
                for (at, shade) in shades.iter_mut().enumerate() {
                    let [x, y] = centre(at);
                    let along = x * direction[0] + y * direction[1];
                    *shade = 110.0 * (TAU * (cycles / 2.0 * along - hz * second + phase)).sin();
                }
            }
            Kind::Dots { dots, radius, flow } => {
                for dot in dots {
                    stamp(dot.place(second, flow), *radius, dot.shade, &mut shades);
                }
            }
        }
        for (at, (pixel, shade)) in frame.as_chunks_mut::<3>().0.iter_mut().zip(shades).enumerate() {
            let [x, y] = centre(at);
            let window = ((WINDOW - x.hypot(y)) / EDGE).clamp(0.0, 1.0);
            *pixel = [(f64::from(MID_GREY) + window * shade).round().clamp(0.0, 255.0) as u8; 3];
        }
    }
}

impl Dot {
    fn draw(rng: &mut ChaCha8Rng) -> Self {
        let places = std::array::from_fn(|_| [rng.random_range(-1.0..1.0), rng.random_range(-1.0..1.0)]);
        let shade = if rng.random() { 127.0 } else { -128.0 };
        Self { places, age_s: rng.random_range(0.0..LIFE_S), shade }
    }

    fn place(&self, second: f64, flow: &Flow) -> [f64; 2] {
        let lived = (second + self.age_s) / LIFE_S;
        let [x, y] = self.places[lived as usize % self.places.len()];
        let since_s = lived.fract() * LIFE_S;
        match flow {
            Flow::Drift([dx, dy]) => [x + dx * since_s, y + dy * since_s].map(|value| (value + 3.0) % 2.0 - 1.0),
            Flow::Turn(speed) => {
                let (sin, cos) = (speed * since_s).sin_cos();
                [x * cos - y * sin, x * sin + y * cos]
            }
            Flow::Expand(growth) => [x, y].map(|value| value * (growth * since_s).exp()),
        }
    }
}

/// The middle of a pixel, from -1 to 1.
fn centre(at: usize) -> [f64; 2] {
    [at % SIDE, at / SIDE].map(|pixel| (pixel as f64 + 0.5) * 2.0 / SIDE as f64 - 1.0)
}

/// Puts a disc with soft edges over what is there.
fn stamp([x, y]: [f64; 2], radius: f64, shade: f64, shades: &mut [f64]) {
    let pixel = |value: f64| (value + 1.0) * SIDE as f64 / 2.0 - 0.5;
    let (x, y, radius) = (pixel(x), pixel(y), radius * SIDE as f64 / 2.0);
    let span = |middle: f64| {
        let [low, high] =
            [middle - radius - 1.0, middle + radius + 2.0].map(|edge| edge.clamp(0.0, SIDE as f64) as usize);
        low..high
    };
    for row in span(y) {
        for column in span(x) {
            let cover = (radius + 0.5 - (column as f64 - x).hypot(row as f64 - y)).clamp(0.0, 1.0);
            let value = &mut shades[row * SIDE + column];
            *value += cover * (shade - *value);
        }
    }
}
