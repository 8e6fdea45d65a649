//! Triangles to pixels: orthographic, with a depth buffer, several samples a pixel.

use super::colour::Colour;

/// Samples along each side of a pixel.
const SAMPLES: usize = 2;

/// A vertex of a triangle as it is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Corner {
    /// To the right, up, towards the eye (mm); the origin is the middle of the picture.
    pub(super) point: [f32; 3],
    /// What is interpolated between corners.
    pub(super) attributes: [f32; 5],
}

/// What is seen through each sample.
pub(super) struct Raster {
    width: usize,
    height: usize,
    samples_per_mm: f32,
    depth: Vec<f32>,
    attributes: Vec<[f32; 5]>,
}

/// A finished drawing.
pub(super) struct Panel {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Colour times coverage, and coverage, of each pixel.
    pub(super) pixels: Vec<(Colour, f32)>,
}

impl Raster {
    /// An empty picture of this width and height (mm).
    pub(super) fn new(extent_mm: [f32; 2], pixels_per_mm: f32) -> Self {
        let [width, height] = extent_mm.map(|extent| (extent * pixels_per_mm).ceil() as usize * SAMPLES);
        Self {
            width,
            height,
            samples_per_mm: pixels_per_mm * SAMPLES as f32,
            depth: vec![f32::NEG_INFINITY; width * height],
            attributes: vec![[0.0; 5]; width * height],
        }
    }

    /// Draws a triangle where nothing nearer to the eye has been drawn.
    pub(super) fn draw(&mut self, corners: [Corner; 3]) {
        let [a, b, c] = corners.map(|corner| {
            let [right, up, _] = corner.point;
            let (x, y) = (right * self.samples_per_mm, -up * self.samples_per_mm);
            [self.width as f32 / 2.0 + x, self.height as f32 / 2.0 + y]
        });
        let area = twice_area(a, b, c);
        if area == 0.0 {
            return;
        }
        let span = |axis: usize, size: usize| {
            let low = a[axis].min(b[axis]).min(c[axis]).floor().max(0.0) as usize;
            let high = a[axis].max(b[axis]).max(c[axis]).ceil().clamp(0.0, size as f32) as usize;
            low..high
        };
        for y in span(1, self.height) {
            for x in span(0, self.width) {
                let sample = [x as f32 + 0.5, y as f32 + 0.5];
                let weights = [twice_area(sample, b, c), twice_area(a, sample, c), twice_area(a, b, sample)];
                let weights = weights.map(|weight| weight / area);
                if weights.iter().all(|weight| *weight >= 0.0) {
                    self.put(y * self.width + x, &corners, weights);
                }
            }
        }
    }

    fn put(&mut self, sample: usize, corners: &[Corner; 3], weights: [f32; 3]) {
        let ([a, b, c], [wa, wb, wc]) = (corners, weights);
        let depth = a.point[2] * wa + b.point[2] * wb + c.point[2] * wc;
        if depth > self.depth[sample] {
            self.depth[sample] = depth;
            self.attributes[sample] =
                [0, 1, 2, 3, 4].map(|at| a.attributes[at] * wa + b.attributes[at] * wb + c.attributes[at] * wc);
        }
    }

    /// Colours the samples and averages those of each pixel.
    pub(super) fn shade(&self, colour: impl Fn([f32; 5]) -> Colour) -> Panel {
        let (width, height) = (self.width / SAMPLES, self.height / SAMPLES);
        let mut pixels = vec![([0.0; 3], 0.0); width * height];
        let share = 1.0 / (SAMPLES * SAMPLES) as f32;
        for (sample, attributes) in self.attributes.iter().enumerate() {
            if self.depth[sample] > f32::NEG_INFINITY {
                let (sum, coverage) =
                    &mut pixels[sample / self.width / SAMPLES * width + sample % self.width / SAMPLES];
                let seen = colour(*attributes);
                *sum = std::array::from_fn(|channel| sum[channel] + seen[channel] * share);
                *coverage += share;
            }
        }
        Panel { width, height, pixels }
    }
}

fn twice_area(a: [f32; 2], b: [f32; 2], c: [f32; 2]) -> f32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn triangle(depth: f32, attribute: f32) -> [Corner; 3] {
        [[-9.0, -9.0], [9.0, -9.0], [0.0, 9.0]]
            .map(|[x, y]| Corner { point: [x, y, depth], attributes: [attribute, 0.0, 0.0, 0.0, 0.0] })
    }

    #[test]
    fn the_nearest_triangle_is_seen() {
        let mut raster = Raster::new([10.0, 10.0], 1.0);
        raster.draw(triangle(2.0, 0.75));
        raster.draw(triangle(1.0, 0.25));
        let panel = raster.shade(|attributes| [attributes[0]; 3]);
        let (colour, coverage) = panel.pixels[5 * panel.width + 5];
        assert!((coverage - 1.0).abs() < 1e-6 && (colour[0] - 0.75).abs() < 1e-5);
        assert_eq!(panel.pixels[0].1, 0.0, "a corner that no triangle reaches is empty");
    }
}
