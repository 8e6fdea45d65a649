//! How alike two maps are: Pearson's and Spearman's correlation over the places where both have a value.

use statrs::function::beta::beta_reg;

use super::ComparisonError as Error;

/// Fewer points always lie on a line.
const FEWEST_PAIRS: usize = 3;

/// Spread over mean (both of absolute values) under which rounding is all that varies, as in `scipy.stats.pearsonr`.
const CONSTANT: f64 = 1e-13;

/// A correlation coefficient and the number of pairs behind it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Correlation {
    /// From −1 to 1.
    pub r: f64,
    /// Pairs of values.
    pub n: usize,
}

impl Correlation {
    /// The two-sided p of no correlation if the pairs were independent, by Student's t with `n − 2` degrees of freedom,
    /// as `scipy.stats.pearsonr` has it.
    ///
    /// Neighbouring vertices and parcels are not independent: the spin test ([`super::spin_test`]) heeds that.
    pub fn p(self) -> f64 {
        let unexplained = (1.0 - self.r) * (1.0 + self.r);
        if unexplained <= 0.0 { 0.0 } else { beta_reg((self.n as f64 - 2.0) / 2.0, 0.5, unexplained.min(1.0)) }
    }
}

/// Pearson's correlation over the places where the mask, if there is one, holds and both values are finite. Equal to
/// `scipy.stats.pearsonr` of those.
pub fn pearson(x: &[f64], y: &[f64], mask: Option<&[bool]>) -> Result<Correlation, Error> {
    let (x, y) = pairs(x, y, mask)?;
    pearson_of_pairs(&x, &y)
}

/// Spearman's correlation over the same places, ties at their mean rank. Equal to `scipy.stats.spearmanr`.
pub fn spearman(x: &[f64], y: &[f64], mask: Option<&[bool]>) -> Result<Correlation, Error> {
    let (x, y) = pairs(x, y, mask)?;
    spearman_of_pairs(&x, &y)
}

/// The values of both maps at the places that count.
pub(super) fn pairs(x: &[f64], y: &[f64], mask: Option<&[bool]>) -> Result<(Vec<f64>, Vec<f64>), Error> {
    same_length("the second map", y.len(), x.len())?;
    if let Some(mask) = mask {
        same_length("the mask", mask.len(), x.len())?;
    }
    let is_in = |place: usize| mask.is_none_or(|mask| mask[place]);
    let pairs = x.iter().zip(y).enumerate();
    Ok(pairs.filter(|(place, (x, y))| is_in(*place) && x.is_finite() && y.is_finite()).map(|(_, pair)| pair).unzip())
}

pub(super) fn same_length(what: &'static str, found: usize, expected: usize) -> Result<(), Error> {
    if found == expected { Ok(()) } else { Err(Error::Length { what, found, expected }) }
}

/// Pearson's correlation of finite values.
pub(super) fn pearson_of_pairs(x: &[f64], y: &[f64]) -> Result<Correlation, Error> {
    let n = x.len();
    if n < FEWEST_PAIRS {
        return Err(Error::TooFewPairs { found: n, needed: FEWEST_PAIRS });
    }
    let (x, y) = (deviations(x)?, deviations(y)?);
    let r: f64 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
    Ok(Correlation { r: r.clamp(-1.0, 1.0), n })
}

/// Spearman's correlation of finite values.
pub(super) fn spearman_of_pairs(x: &[f64], y: &[f64]) -> Result<Correlation, Error> {
    for map in [x, y] {
        if map.first().is_some_and(|first| map.iter().all(|value| value == first)) {
            return Err(Error::Constant { value: map[0], n: map.len() });
        }
    }
    pearson_of_pairs(&mid_ranks(x), &mid_ranks(y))
}

/// Deviations from the mean, of length 1 together.
fn deviations(values: &[f64]) -> Result<Vec<f64>, Error> {
    let n = values.len();
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    // Scaled by a power of two, which is exact, so that no sum or square leaves the range of a float.
    let scale = 2f64.powi(-(largest.log2() as i32).clamp(-1000, 1000));
    let mean = values.iter().map(|value| value * scale).sum::<f64>() / n as f64;
    let deviations: Vec<f64> = values.iter().map(|value| value * scale - mean).collect();
    let norm = deviations.iter().map(|value| value * value).sum::<f64>().sqrt();
    if norm <= CONSTANT * mean.abs() {
        return Err(Error::Constant { value: values[0], n });
    }
    Ok(deviations.into_iter().map(|value| value / norm).collect())
}

/// Ranks from 1; equal values share their mean rank. As `scipy.stats.rankdata`.
pub(super) fn mid_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut below = 0;
    for ties in order.chunk_by(|&a, &b| values[a] == values[b]) {
        for &place in ties {
            ranks[place] = below as f64 + (ties.len() as f64 + 1.0) / 2.0;
        }
        below += ties.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_correlates_perfectly_and_its_mirror_negatively() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let y = x.map(|value| 7.0 - 2.0 * value);
        assert!((pearson(&x, &x, None).unwrap().r - 1.0).abs() < 1e-15);
        assert!((pearson(&x, &y, None).unwrap().r + 1.0).abs() < 1e-15);
        assert!(pearson(&x, &y, None).unwrap().p() < 1e-10);
    }

    #[test]
    fn values_that_are_missing_or_masked_do_not_count() {
        let x = [1.0, f64::NAN, 3.0, 4.0, 100.0, 6.0];
        let y = [2.0, 1.0, 1.0, 5.0, -100.0, f64::INFINITY];
        let mask = [true, true, true, true, false, true];
        let all = pearson(&[1.0, 3.0, 4.0], &[2.0, 1.0, 5.0], None).unwrap();
        assert_eq!(pearson(&x, &y, Some(&mask)).unwrap(), all);
        assert_eq!(all.n, 3);
    }

    #[test]
    fn a_constant_map_is_refused() {
        let constant = pearson(&[0.1; 9], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0], None).unwrap_err();
        assert!(matches!(constant, Error::Constant { value: 0.1, n: 9 }), "{constant}");
        let constant = spearman(&[1.0, 2.0, 3.0], &[0.0; 3], None).unwrap_err();
        assert_eq!(
            constant.to_string(),
            "a map is constant (0 at all 3 places): its correlation with another is undefined"
        );
    }

    #[test]
    fn too_few_pairs_and_other_lengths_are_refused() {
        assert!(matches!(pearson(&[1.0, 2.0], &[2.0, 1.0], None), Err(Error::TooFewPairs { found: 2, .. })));
        let refusal = pearson(&[1.0; 4], &[1.0; 3], None).unwrap_err();
        assert_eq!(refusal.to_string(), "the second map has 3 values and 4 are needed, one a vertex of the map");
        assert!(spearman(&[1.0; 4], &[1.0; 4], Some(&[true])).is_err());
    }

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(mid_ranks(&[3.0, -1.0, 3.0, 0.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(mid_ranks(&[0.0, -0.0]), [1.5, 1.5]);
    }

    #[test]
    fn very_large_and_very_small_values_correlate_as_others_do() {
        let (x, y) = ([1.0, 2.0, 4.0, 3.0], [2.0, 1.0, 3.0, 9.0]);
        let plain = pearson(&x, &y, None).unwrap().r;
        let scaled = pearson(&x.map(|value| value * 1e300), &y.map(|value| value * 1e-300), None).unwrap().r;
        assert!((plain - scaled).abs() < 1e-15);
    }

    proptest! {
        #[test]
        fn spearman_sees_only_the_order(x in prop::collection::vec(-20i32..20, 3..40), seed in any::<u32>()) {
            let x: Vec<f64> = x.into_iter().map(f64::from).collect();
            let y: Vec<f64> = (0..x.len()).map(|place| f64::from(seed.wrapping_mul(2_654_435_761u32.wrapping_mul(place as u32 + 1)))).collect();
            let stretched: Vec<f64> = x.iter().map(|value| (value / 3.0).exp()).collect();
            if let (Ok(plain), Ok(bent)) = (spearman(&x, &y, None), spearman(&stretched, &y, None)) {
                prop_assert!((plain.r - bent.r).abs() < 1e-14);
                prop_assert!(plain.r.abs() <= 1.0 && (0.0..=1.0).contains(&plain.p()));
            }
        }
    }
}
