//! The vertices where a map is largest, and how much those of two maps overlap.

use super::ComparisonError as Error;

/// Where the `fraction` of the finite values that are largest stand; of equal values those that come first. The number of
/// vertices is rounded.
pub(super) fn top(map: &[f64], fraction: f64) -> Result<Vec<bool>, Error> {
    if !(fraction > 0.0 && fraction < 1.0) {
        return Err(Error::Fraction(fraction));
    }
    let mut order: Vec<usize> = (0..map.len()).filter(|vertex| map[*vertex].is_finite()).collect();
    let count = (fraction * order.len() as f64).round() as usize;
    if count == 0 {
        return Err(Error::NoTop { fraction, vertices: order.len() });
    }
    order.sort_by(|&a, &b| map[b].total_cmp(&map[a]));
    let mut is_top = vec![false; map.len()];
    for vertex in &order[..count] {
        is_top[*vertex] = true;
    }
    Ok(is_top)
}

/// Dice's coefficient of two sets of the same vertices, from 0 (apart) to 1 (the same).
pub(super) fn dice(a: &[bool], b: &[bool]) -> f64 {
    let count = |set: &[bool]| set.iter().filter(|is_in| **is_in).count();
    let both = a.iter().zip(b).filter(|(a, b)| **a && **b).count();
    2.0 * both as f64 / (count(a) + count(b)) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_of_the_finite_values() {
        let map = [5.0, f64::NAN, 1.0, 9.0, f64::INFINITY, -3.0];
        assert_eq!(top(&map, 0.5).unwrap(), [true, false, false, true, false, false]);
        assert_eq!(top(&[2.0, 2.0, 2.0, 2.0], 0.25).unwrap(), [true, false, false, false]);
    }

    #[test]
    fn a_fraction_that_is_none_or_gives_no_vertex_is_refused() {
        for fraction in [0.0, 1.0, -0.1, f64::NAN] {
            assert!(matches!(top(&[1.0; 10], fraction), Err(Error::Fraction(_))), "{fraction}");
        }
        assert!(matches!(top(&[1.0; 4], 0.1), Err(Error::NoTop { vertices: 4, .. })));
    }

    #[test]
    fn dice_is_one_for_the_same_set_and_zero_for_sets_apart() {
        let (a, b) = ([true, true, false, false], [false, true, true, false]);
        assert_eq!((dice(&a, &a), dice(&a, &b), dice(&a, &[false, false, true, true])), (1.0, 0.5, 0.0));
    }
}
