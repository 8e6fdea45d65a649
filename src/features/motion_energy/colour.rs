//! What a frame's light and colours are to the eye: CIE 1976 L*, a*, b*.

use tch::{Kind, Tensor};

/// Rows of the matrix from linear sRGB to XYZ, each over its white point (D65), so that white is (1, 1, 1).
const RGB_TO_XYZ: [[f64; 3]; 3] =
    [[0.433_953, 0.376_219, 0.189_828], [0.212_671, 0.715_160, 0.072_169], [0.017_758, 0.109_477, 0.872_766]];
/// Below this share of white, lightness grows linearly.
const DARK: f64 = 0.008_856;

/// 8-bit sRGB `(frame, channel, height, width)` as L* in 0 to 100, a* (green to red) and b* (blue to yellow), in float32
/// of the same shape. L* is that of pymoten 0.1.3.
pub fn lab(rgb: &Tensor) -> Tensor {
    let gamma = rgb.to_kind(Kind::Float) / 255.0;
    let linear = (&gamma / 12.92).where_self(&gamma.lt(0.04045), &((&gamma + 0.055) / 1.055).pow_tensor_scalar(2.4));
    let xyz = Tensor::from_slice2(&RGB_TO_XYZ).to_kind(Kind::Float).to_device(rgb.device());
    let xyz = Tensor::einsum("oc,nchw->nohw", &[&xyz, &linear], None::<i64>);
    let f = (&xyz * 7.787 + 4.0 / 29.0).where_self(&xyz.lt(DARK), &xyz.clamp_min(DARK).pow_tensor_scalar(1.0 / 3.0));
    let [x, y, z] = [0, 1, 2].map(|axis| f.select(1, axis));
    Tensor::stack(&[&y * 116.0 - 16.0, (&x - &y) * 500.0, (&y - &z) * 200.0], 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(colour: [u8; 3]) -> [f64; 3] {
        let lab = lab(&Tensor::from_slice(&colour).reshape([1, 3, 1, 1]));
        [0, 1, 2].map(|axis| lab.double_value(&[0, axis, 0, 0]))
    }

    /// L* as pymoten gives it.
    #[test]
    fn lightness_is_pymotens() {
        let expected = [
            ([255, 0, 0], 53.240_588),
            ([0, 255, 0], 87.735_099),
            ([0, 0, 255], 32.295_673),
            ([128, 128, 128], 53.585_013),
            ([10, 10, 10], 2.741_735),
            ([255, 255, 255], 100.0),
        ];
        for (colour, lightness) in expected {
            assert!((of(colour)[0] - lightness).abs() < 1e-3, "{colour:?}: {:?}", of(colour));
        }
    }

    #[test]
    fn colours_lie_on_their_sides_and_greys_on_none() {
        let [[_, red, _], [_, green, _], [_, _, blue], [_, _, yellow]] =
            [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 0]].map(of);
        assert!(red > 70.0 && green < -70.0 && blue < -100.0 && yellow > 90.0);
        let [_, a, b] = of([90, 90, 90]);
        assert!(a.abs() < 0.01 && b.abs() < 0.01, "{a}, {b}");
    }
}
