//! Rotations of a sphere, drawn uniformly.

use rand_chacha::ChaCha20Rng;
use rand_distr::{Distribution, StandardNormal};

/// A rotation about the origin, as the rows of its matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rotation([[f64; 3]; 3]);

impl Rotation {
    /// One of all rotations, each equally likely: that of a unit quaternion whose direction is uniform (Shoemake 1992).
    pub fn random(generator: &mut ChaCha20Rng) -> Self {
        let quaternion: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(generator));
        let norm = quaternion.iter().map(|value| value * value).sum::<f64>().sqrt();
        let [w, x, y, z] = quaternion.map(|value| value / norm);
        Self([
            [1.0 - 2.0 * (y * y + z * z), 2.0 * (x * y - w * z), 2.0 * (x * z + w * y)],
            [2.0 * (x * y + w * z), 1.0 - 2.0 * (x * x + z * z), 2.0 * (y * z - w * x)],
            [2.0 * (x * z - w * y), 2.0 * (y * z + w * x), 1.0 - 2.0 * (x * x + y * y)],
        ])
    }

    /// The rows of the matrix.
    pub fn matrix(&self) -> [[f64; 3]; 3] {
        self.0
    }

    /// What the rotation looks like in a mirror at the plane between the hemispheres (`x` = 0).
    pub fn mirrored(&self) -> Self {
        let [[a, b, c], [d, e, f], [g, h, i]] = self.0;
        Self([[a, -b, -c], [-d, e, f], [-g, h, i]])
    }

    /// Where the point came from: the inverse rotation of it.
    pub(super) fn origin(&self, point: [f64; 3]) -> [f64; 3] {
        std::array::from_fn(|axis| (0..3).map(|row| self.0[row][axis] * point[row]).sum())
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const DRAWS: usize = 20_000;

    /// The largest distance of an empirical distribution from a continuous one (Kolmogorov–Smirnov).
    fn distance(mut values: Vec<f64>, cumulative: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let gaps = values.iter().enumerate().map(|(rank, value)| {
            let expected = cumulative(*value);
            (expected - rank as f64 / n).abs().max((expected - (rank as f64 + 1.0) / n).abs())
        });
        gaps.fold(0.0, f64::max)
    }

    fn rotations() -> Vec<[[f64; 3]; 3]> {
        let mut generator = ChaCha20Rng::seed_from_u64(11);
        (0..DRAWS).map(|_| Rotation::random(&mut generator).matrix()).collect()
    }

    /// Exceeded by one seed in a thousand.
    fn critical() -> f64 {
        1.95 / (DRAWS as f64).sqrt()
    }

    #[test]
    fn every_axis_is_sent_anywhere_on_the_sphere_alike() {
        let rotations = rotations();
        for (row, column) in (0..3).flat_map(|row| (0..3).map(move |column| (row, column))) {
            // Archimedes: a coordinate of a uniform point on the sphere is uniform.
            let found = distance(rotations.iter().map(|m| m[row][column]).collect(), |value| (value + 1.0) / 2.0);
            assert!(found < critical(), "entry ({row}, {column}): {found}");
        }
    }

    #[test]
    fn angles_are_distributed_as_in_the_uniform_measure() {
        let angle = |m: &[[f64; 3]; 3]| ((m[0][0] + m[1][1] + m[2][2] - 1.0) / 2.0).clamp(-1.0, 1.0).acos();
        let angles = rotations().iter().map(angle).collect();
        let found = distance(angles, |angle| (angle - angle.sin()) / std::f64::consts::PI);
        assert!(found < critical(), "{found}");
    }

    #[test]
    fn a_rotation_keeps_lengths_and_handedness_and_so_does_its_mirror_image() {
        let rotation = Rotation::random(&mut ChaCha20Rng::seed_from_u64(2));
        for [a, b, c] in [rotation.matrix(), rotation.mirrored().matrix()] {
            let cross = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
            assert!((0..3).all(|axis| (cross[axis] - c[axis]).abs() < 1e-14));
        }
        let point = [0.3, -0.5, 0.8];
        let mirrored = rotation.mirrored().origin([-0.3, -0.5, 0.8]);
        let [x, y, z] = rotation.origin(point);
        assert!((0..3).all(|axis| (mirrored[axis] - [-x, y, z][axis]).abs() < 1e-15));
    }
}
