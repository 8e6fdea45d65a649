//! From a t statistic to p and z, in both tails alike.

use ndarray::{Array1, Zip};
use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::beta_reg;

/// Variances below this count as this, so that a vertex that never changes has a t of 0 and no NaN (nilearn's `DEF_TINY`).
pub(super) const TINY: f64 = 1e-50;
/// The least p that a z is read from; z stays within ±37.1.
const LEAST_P: f64 = 1e-300;

/// An effect in units of its standard error.
pub(super) fn t_statistic(effect: f64, variance: f64) -> f64 {
    effect / variance.max(TINY).sqrt()
}

/// P(T > t) of Student's distribution.
pub(super) fn upper_tail(t: f64, degrees_of_freedom: f64) -> f64 {
    let outer = outer_tail(t, degrees_of_freedom);
    if t > 0.0 { outer } else { 1.0 - outer }
}

/// P(|T| > |t|) of Student's distribution.
pub(super) fn both_tails(t: f64, degrees_of_freedom: f64) -> f64 {
    2.0 * outer_tail(t, degrees_of_freedom)
}

/// The normal deviate that is as improbable as t: from the upper tail where t is positive and from the lower one where
/// it is not, as nilearn 0.14.1's `Contrast.z_score` does it, since a p near 1 has no digits left.
pub(super) fn z_score(t: f64, degrees_of_freedom: f64) -> f64 {
    let p = outer_tail(t, degrees_of_freedom).clamp(LEAST_P, 0.5);
    Normal::standard().inverse_cdf(p).abs().copysign(t)
}

/// [`both_tails`] of every vertex.
pub fn p_of_t(t: &Array1<f64>, degrees_of_freedom: &Array1<f64>) -> Array1<f64> {
    Zip::from(t).and(degrees_of_freedom).map_collect(|&t, &degrees_of_freedom| both_tails(t, degrees_of_freedom))
}

/// [`z_score`] of every vertex.
pub fn z_of_t(t: &Array1<f64>, degrees_of_freedom: &Array1<f64>) -> Array1<f64> {
    Zip::from(t).and(degrees_of_freedom).map_collect(|&t, &degrees_of_freedom| z_score(t, degrees_of_freedom))
}

/// P(T > |t|).
fn outer_tail(t: f64, degrees_of_freedom: f64) -> f64 {
    let square = t * t;
    let share = square / (degrees_of_freedom + square);
    if square == 0.0 {
        0.5
    } else if share < 1.0 / (1.0 + degrees_of_freedom) {
        0.5 - 0.5 * beta_reg(0.5, 0.5 * degrees_of_freedom, share)
    } else {
        0.5 * beta_reg(0.5 * degrees_of_freedom, 0.5, degrees_of_freedom / (degrees_of_freedom + square))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_the_tables() {
        assert!((upper_tail(2.228_138_851_986_273, 10.0) - 0.025).abs() < 1e-12);
        assert!((both_tails(-2.228_138_851_986_273, 10.0) - 0.05).abs() < 1e-12);
        assert!((upper_tail(1.0, 1.0) - 0.25).abs() < 1e-14);
        assert_eq!(upper_tail(0.0, 7.0), 0.5);
    }

    #[test]
    fn z_is_odd_and_bounded() {
        for t in [1e-8, 0.3, 2.0, 40.0, 1e30] {
            assert_eq!(z_score(t, 480.0), -z_score(-t, 480.0));
        }
        assert!((z_score(1e30, 480.0) - 37.047).abs() < 1e-3);
        assert_eq!(z_score(0.0, 480.0), 0.0);
    }

    #[test]
    fn z_is_less_than_t() {
        for t in [1e-6, 0.1, 1.0, 5.0, 30.0] {
            let z = z_score(t, 20.0);
            assert!(0.0 < z && z < t, "{z} for {t}");
        }
    }

    #[test]
    fn a_vertex_without_variance_is_not_significant_by_itself() {
        assert_eq!(t_statistic(0.0, 0.0), 0.0);
        assert!(t_statistic(1.0, 0.0).is_finite());
    }
}
