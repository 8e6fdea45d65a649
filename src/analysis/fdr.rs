//! The false discovery rate over vertices or parcels.

use super::Error;

/// Benjamini–Hochberg q values (J R Stat Soc B 57, 1995) of p values, in their order: the least rate of false
/// discoveries at which each is one. Equal to `scipy.stats.false_discovery_control(method="bh")`.
pub fn false_discovery_rate(p: &[f64]) -> Result<Vec<f64>, Error> {
    if let Some((index, &found)) = p.iter().enumerate().find(|(_, p)| !(0.0..=1.0).contains(*p)) {
        return Err(Error::PValue { index, found });
    }
    let mut falling: Vec<usize> = (0..p.len()).collect();
    falling.sort_by(|&a, &b| p[b].total_cmp(&p[a]));
    let mut q = vec![0.0; p.len()];
    let mut least = 1.0_f64;
    for (greater, &index) in falling.iter().enumerate() {
        let rank = p.len() - greater;
        least = least.min(p[index] * (p.len() as f64 / rank as f64));
        q[index] = least;
    }
    Ok(q)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_greatest_p_stays_and_the_least_is_multiplied() {
        let q = false_discovery_rate(&[0.04, 0.001, 0.5, 0.03]).unwrap();
        let expected = [0.16 / 3.0, 0.004, 0.5, 0.16 / 3.0];
        assert!(q.iter().zip(expected).all(|(q, expected)| (q - expected).abs() < 1e-15), "{q:?}");
    }

    #[test]
    fn what_is_no_p_value_is_refused_with_its_place() {
        let refusal = false_discovery_rate(&[0.1, f64::NAN]).unwrap_err();
        assert_eq!(refusal.to_string(), "p value 1 is NaN: p values lie between 0 and 1");
        assert_eq!(false_discovery_rate(&[1.5]), Err(Error::PValue { index: 0, found: 1.5 }));
        assert_eq!(false_discovery_rate(&[]), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn q_is_never_less_than_p_and_keeps_the_order(p in prop::collection::vec(0.0_f64..=1.0, 1..60)) {
            let q = false_discovery_rate(&p).unwrap();
            for i in 0..p.len() {
                prop_assert!(q[i] >= p[i] && q[i] <= 1.0);
                for j in 0..p.len() {
                    prop_assert!(p[i] > p[j] || q[i] <= q[j]);
                }
            }
        }
    }
}
