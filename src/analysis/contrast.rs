//! A t contrast: a weighted sum of effects with its variance, and how improbable it is without an effect.

use ndarray::{Array1, Zip};

use super::significance::{t_statistic, upper_tail, z_score};
use super::{Error, GlmFit};

/// A weighted sum of effects, a vertex each; the numbers of nilearn 0.14.1's `compute_contrast` with `stat_type="t"`.
#[derive(Clone, Debug, PartialEq)]
pub struct Contrast {
    /// In the unit of the response.
    pub effect: Array1<f64>,
    /// Of the effect, over the noise of the time series.
    pub variance: Array1<f64>,
    pub degrees_of_freedom: f64,
}

impl GlmFit {
    /// A contrast by names of columns; those without a weight have none.
    pub fn contrast<S: AsRef<str>>(&self, weights: &[(S, f64)]) -> Result<Contrast, Error> {
        let weights = weights_of(weights, self.columns())?;
        let (effect, variance) = self.weighted(&weights);
        Ok(Contrast { effect, variance, degrees_of_freedom: self.degrees_of_freedom() })
    }
}

impl Contrast {
    /// Effect over its standard error; 0 where there is neither.
    pub fn t(&self) -> Array1<f64> {
        Zip::from(&self.effect).and(&self.variance).map_collect(|&effect, &variance| t_statistic(effect, variance))
    }

    /// P(T > t): one tail, as nilearn's. Twice the smaller of `p` and `1 − p` is the probability of both.
    pub fn p(&self) -> Array1<f64> {
        self.t().mapv(|t| upper_tail(t, self.degrees_of_freedom))
    }

    /// The normal deviate as improbable as t.
    pub fn z(&self) -> Array1<f64> {
        self.t().mapv(|t| z_score(t, self.degrees_of_freedom))
    }
}

/// The same contrast over several runs: effects are averaged, variances added for independent runs, degrees of freedom
/// summed, as nilearn 0.14.1's `FirstLevelModel` does with a list of runs (`compute_fixed_effect_contrast`).
pub fn fixed_effects(runs: &[Contrast]) -> Result<Contrast, Error> {
    let (first, others) = runs.split_first().ok_or(Error::NoRuns)?;
    let mut sum = first.clone();
    for run in others {
        if run.effect.len() != sum.effect.len() {
            return Err(Error::Vertices { found: run.effect.len(), expected: sum.effect.len() });
        }
        sum.effect += &run.effect;
        sum.variance += &run.variance;
        sum.degrees_of_freedom += run.degrees_of_freedom;
    }
    let share = 1.0 / runs.len() as f64;
    sum.effect *= share;
    sum.variance *= share * share;
    Ok(sum)
}

/// A weight for each of `names`. Weights of the same name add up.
pub(super) fn weights_of<S: AsRef<str>>(weights: &[(S, f64)], names: &[String]) -> Result<Array1<f64>, Error> {
    let mut vector = Array1::zeros(names.len());
    for (name, weight) in weights {
        let name = name.as_ref();
        let unknown = || Error::UnknownName { name: name.to_owned(), known: names.to_vec() };
        let index = names.iter().position(|known| known == name).ok_or_else(unknown)?;
        if !weight.is_finite() {
            return Err(Error::Weight { name: name.to_owned() });
        }
        vector[index] += weight;
    }
    if vector.iter().all(|weight| *weight == 0.0) { Err(Error::EmptyContrast) } else { Ok(vector) }
}

#[cfg(test)]
mod tests {
    use ndarray::arr1;

    use super::*;

    fn contrast(effect: f64, variance: f64, degrees_of_freedom: f64) -> Contrast {
        Contrast { effect: arr1(&[effect]), variance: arr1(&[variance]), degrees_of_freedom }
    }

    #[test]
    fn statistics_follow_from_effect_and_variance() {
        let contrast = contrast(-4.0, 4.0, 10.0);
        assert_eq!(contrast.t()[0], -2.0);
        assert!((contrast.p()[0] - 0.963_305_982_614_624).abs() < 1e-10);
        assert!((contrast.z()[0] + 1.790_409_932).abs() < 1e-8);
    }

    #[test]
    fn a_second_run_like_the_first_halves_the_variance() {
        let one = contrast(3.0, 2.0, 50.0);
        assert_eq!(fixed_effects(&[one.clone(), one]).unwrap(), contrast(3.0, 1.0, 100.0));
    }

    #[test]
    fn runs_of_different_vertices_are_refused() {
        let two = Contrast { effect: arr1(&[1.0, 2.0]), variance: arr1(&[1.0, 1.0]), degrees_of_freedom: 5.0 };
        let refusal = fixed_effects(&[contrast(1.0, 1.0, 5.0), two]);
        assert_eq!(refusal, Err(Error::Vertices { found: 2, expected: 1 }));
        assert_eq!(fixed_effects(&[]), Err(Error::NoRuns));
    }

    #[test]
    fn weights_are_checked_against_the_names() {
        let names = ["faces", "places"].map(str::to_owned);
        assert_eq!(weights_of(&[("places", -1.0), ("faces", 1.0)], &names).unwrap(), arr1(&[1.0, -1.0]));
        assert_eq!(
            weights_of(&[("facse", 1.0)], &names).unwrap_err().to_string(),
            "the contrast names \"facse\"; there are faces, places"
        );
        assert_eq!(weights_of(&[("faces", 1.0), ("faces", -1.0)], &names), Err(Error::EmptyContrast));
        assert_eq!(weights_of(&[("faces", f64::NAN)], &names), Err(Error::Weight { name: "faces".into() }));
    }
}
