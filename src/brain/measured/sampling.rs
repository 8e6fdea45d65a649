//! Sampling a volume along the grey-matter ribbon.

use crate::brain::nifti::Affine;

/// Points from the pial to the white surface, ends included.
const POINTS: usize = 10;

/// The inverse of a transform; `None` if it has none.
pub(super) fn inverse(affine: &Affine) -> Option<Affine> {
    let [a, b, c] = affine.map(|row| [row[0], row[1], row[2]]);
    let columns = [cross(b, c), cross(c, a), cross(a, b)];
    let determinant = dot(a, columns[0]);
    if !determinant.is_finite() || determinant.abs() < 1e-12 {
        return None;
    }
    let offset = affine.map(|row| row[3]);
    let inverse = [0, 1, 2].map(|row| {
        let [x, y, z] = [0, 1, 2].map(|column: usize| columns[column][row] / determinant);
        [x, y, z, -dot([x, y, z], offset)]
    });
    inverse.as_flattened().iter().all(|value| value.is_finite()).then_some(inverse)
}

pub(super) fn transform(affine: &Affine, point: [f64; 3]) -> [f64; 3] {
    affine.map(|row| dot([row[0], row[1], row[2]], point) + row[3])
}

/// A grid of voxels, the first axis varying fastest.
pub(super) struct Grid<'a> {
    pub(super) shape: [usize; 3],
    pub(super) values: &'a [f32],
}

impl Grid<'_> {
    /// The mean over the line between two points (voxel indices) of those samples that lie within the grid and whose
    /// voxels all have a value; `None` if there are none.
    pub(super) fn mean_along(&self, pial: [f64; 3], white: [f64; 3]) -> Option<f32> {
        let samples = (0..POINTS).filter_map(|step| {
            let part = step as f64 / (POINTS - 1) as f64;
            self.at([0, 1, 2].map(|axis| pial[axis] + part * (white[axis] - pial[axis])))
        });
        let (sum, count) = samples.fold((0.0, 0u32), |(sum, count), sample| (sum + sample, count + 1));
        (count > 0).then(|| (sum / f64::from(count)) as f32)
    }

    /// Trilinear interpolation.
    fn at(&self, point: [f64; 3]) -> Option<f64> {
        if !self.contains(point) {
            return None;
        }
        let [x, y, z] = [0, 1, 2].map(|axis| {
            let below = (point[axis].floor() as usize).min(self.shape[axis].saturating_sub(2));
            let part = point[axis] - below as f64;
            [(below, 1.0 - part), (below + 1, part)]
        });
        let mut sum = 0.0;
        for (k, of_k) in z {
            for (j, of_j) in y {
                for (i, of_i) in x {
                    let weight = of_i * of_j * of_k;
                    if weight > 0.0 {
                        let value = self.values[(k * self.shape[1] + j) * self.shape[0] + i];
                        if !value.is_finite() {
                            return None;
                        }
                        sum += weight * f64::from(value);
                    }
                }
            }
        }
        Some(sum)
    }

    /// Whether a point lies between the centres of the outermost voxels.
    pub(super) fn contains(&self, point: [f64; 3]) -> bool {
        point.iter().zip(self.shape).all(|(at, length)| *at >= 0.0 && *at <= (length - 1) as f64)
    }
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_linear_field_is_interpolated_exactly() {
        let shape = [3, 4, 5];
        let field = |[x, y, z]: [f64; 3]| 2.0 * x - 3.0 * y + 0.5 * z;
        let mut values = Vec::new();
        for (k, j, i) in (0..5).flat_map(|k| (0..4).flat_map(move |j| (0..3).map(move |i| (k, j, i)))) {
            values.push(field([i, j, k].map(f64::from)) as f32);
        }
        let grid = Grid { shape, values: &values };
        for point in [[0.0, 0.0, 0.0], [2.0, 3.0, 4.0], [0.25, 2.5, 3.9], [1.0, 0.1, 2.0]] {
            assert!((grid.at(point).unwrap() - field(point)).abs() < 1e-6, "{point:?}");
        }
        let mean = grid.mean_along([0.0, 0.0, 0.0], [2.0, 3.0, 4.0]).unwrap();
        assert!((f64::from(mean) - field([1.0, 1.5, 2.0])).abs() < 1e-6);
    }

    #[test]
    fn samples_outside_or_beside_a_missing_voxel_are_left_out() {
        let values = [1.0, 2.0, f32::NAN, 4.0];
        let grid = Grid { shape: [4, 1, 1], values: &values };
        assert_eq!(grid.at([-0.1, 0.0, 0.0]), None);
        assert_eq!(grid.at([1.5, 0.0, 0.0]), None);
        assert_eq!(grid.at([1.0, 0.0, 0.0]), Some(2.0));
        assert_eq!(grid.mean_along([0.0, 0.0, 0.0], [-9.0, 0.0, 0.0]), Some(1.0));
        assert_eq!(grid.mean_along([1.2, 0.0, 0.0], [2.8, 0.0, 0.0]), None);
    }

    #[test]
    fn a_singular_transform_has_no_inverse() {
        assert_eq!(inverse(&[[1.0, 0.0, 0.0, 0.0], [2.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0, 0.0]]), None);
    }

    proptest! {
        #[test]
        fn an_inverse_undoes_its_transform(
            rows in prop::array::uniform3(prop::array::uniform4(-9.0..9.0f64)),
            point in prop::array::uniform3(-99.0..99.0f64),
        ) {
            let mut affine = rows;
            (0..3).for_each(|axis| affine[axis][axis] += 30.0);
            let back = transform(&inverse(&affine).unwrap(), transform(&affine, point));
            prop_assert!(back.iter().zip(point).all(|(back, point)| (back - point).abs() < 1e-6));
        }
    }
}
