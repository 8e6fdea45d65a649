//! From MNI305, where fsaverage lies, to MNI152, where volumes and published coordinates do.

/// FreeSurfer's linear transform. Source: "Coordinate systems" in the FreeSurfer wiki, use case 8.
const MNI305_TO_MNI152: [[f64; 4]; 3] =
    [[0.9975, -0.0073, 0.0176, -0.0429], [0.0146, 1.0009, -0.0024, 1.5496], [-0.0130, -0.0093, 0.9971, 1.1840]];

/// Brings a point (mm) from MNI305 to MNI152.
pub(super) fn to_mni152([x, y, z]: [f64; 3]) -> [f64; 3] {
    MNI305_TO_MNI152.map(|row| row[0] * x + row[1] * y + row[2] * z + row[3])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transform_gives_the_example_of_its_source() {
        let point = to_mni152([10.0, -20.0, 35.0]);
        let expected = [10.695, -18.409, 36.137];
        assert!(point.iter().zip(expected).all(|(found, expected)| (found - expected).abs() < 0.005), "{point:?}");
    }
}
