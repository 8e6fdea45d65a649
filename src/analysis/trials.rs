//! Statistics whose unit is the stimulus: do conditions differ by more than their stimuli do?

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, ArrayView2, Zip};

use super::Error;
use super::contrast::weights_of;
use super::finite::refuse_not_finite;
use super::one_sample::mean_and_variance;
use super::significance::{TINY, p_of_t, t_statistic, z_of_t};

/// What was shown in a trial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    pub condition: String,
    /// Trials of a condition with the same stimulus are repetitions.
    pub stimulus: String,
}

/// An estimate for each stimulus: a map each, repetitions averaged.
#[derive(Clone, Debug)]
pub struct StimulusEstimates {
    conditions: Vec<String>,
    /// `(stimulus, vertex)`, a condition each.
    estimates: Vec<Array2<f32>>,
}

/// A contrast of conditions over stimuli, a vertex each.
///
/// The variance is that between stimuli of a condition. A deterministic model adds none of its own, so that `t` and `p`
/// tell whether other stimuli of the same kind would show the effect, and nothing about other people.
#[derive(Clone, Debug)]
pub struct TrialContrast {
    /// The conditions with a weight: name, weight, number of stimuli.
    pub conditions: Vec<(String, f64, usize)>,
    /// Weighted sum of the conditions' means, in the unit of the estimates.
    pub effect: Array1<f64>,
    pub standard_error: Array1<f64>,
    /// Effect over standard error: Welch's t for any number of conditions.
    pub t: Array1<f64>,
    /// Welch–Satterthwaite.
    pub degrees_of_freedom: Array1<f64>,
    /// The effect in pooled standard deviations of stimuli. The weights are scaled to a difference of two averages,
    /// so that `5·own − all` has the d of `own − others`.
    pub cohens_d: Array1<f64>,
}

impl TrialContrast {
    /// How probable a t as large is without an effect, of both tails.
    pub fn p(&self) -> Array1<f64> {
        p_of_t(&self.t, &self.degrees_of_freedom)
    }

    /// The normal deviate as improbable as t.
    pub fn z(&self) -> Array1<f64> {
        z_of_t(&self.t, &self.degrees_of_freedom)
    }
}

/// A condition that takes part in a contrast, with two stimuli or more.
pub(super) struct WeightedCondition<'a> {
    pub name: &'a str,
    pub weight: f64,
    /// `(stimulus, vertex)`.
    pub estimates: ArrayView2<'a, f32>,
}

/// Mean and variance of a condition over its stimuli, a vertex each.
struct Spread {
    weight: f64,
    n: f64,
    mean: Array1<f64>,
    variance: Array1<f64>,
}

impl StimulusEstimates {
    /// `estimates` is `(trial, vertex)`, a row for each of `trials`. Conditions and stimuli are put in the order of their
    /// names, so that the order of presentation changes nothing.
    pub fn new(trials: &[Trial], estimates: ArrayView2<'_, f32>) -> Result<Self, Error> {
        if trials.len() != estimates.nrows() {
            return Err(Error::Trials { found: trials.len(), expected: estimates.nrows() });
        }
        refuse_not_finite(estimates)?;
        let mut rows: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for (row, trial) in trials.iter().enumerate() {
            rows.entry(&trial.condition).or_default().entry(&trial.stimulus).or_default().push(row);
        }
        let averaged = |stimuli: BTreeMap<&str, Vec<usize>>| {
            let mut averages = Array2::zeros((stimuli.len(), estimates.ncols()));
            for (mut average, repetitions) in averages.rows_mut().into_iter().zip(stimuli.values()) {
                average.assign(&mean_of_rows(estimates, repetitions));
            }
            averages
        };
        let (conditions, estimates) =
            rows.into_iter().map(|(condition, stimuli)| (condition.to_owned(), averaged(stimuli))).unzip();
        Ok(Self { conditions, estimates })
    }

    /// Names of the conditions, in their order.
    pub fn conditions(&self) -> &[String] {
        &self.conditions
    }

    /// Estimates `(stimulus, vertex)` of a condition.
    pub fn of(&self, condition: &str) -> Option<ArrayView2<'_, f32>> {
        let index = self.conditions.iter().position(|name| name == condition)?;
        Some(self.estimates[index].view())
    }

    /// A contrast by weights of conditions. Each of them needs two stimuli or more.
    pub fn contrast<S: AsRef<str>>(&self, weights: &[(S, f64)]) -> Result<TrialContrast, Error> {
        let weighted = self.weighted(weights)?;
        let named = |condition: &WeightedCondition<'_>| {
            (condition.name.to_owned(), condition.weight, condition.estimates.nrows())
        };
        let conditions = weighted.iter().map(named).collect();
        let parts: Vec<Spread> = weighted.iter().map(Spread::of).collect();
        let vertices = parts[0].mean.len();
        let sum = |term: &dyn Fn(&Spread, usize) -> f64| -> Array1<f64> {
            (0..vertices).map(|vertex| parts.iter().map(|part| term(part, vertex)).sum()).collect()
        };
        let effect = sum(&|part, vertex| part.weight * part.mean[vertex]);
        let variance = sum(&|part, vertex| part.share(vertex));
        let squares = sum(&|part, vertex| part.share(vertex).powi(2) / (part.n - 1.0));
        let freedom: f64 = parts.iter().map(|part| part.n - 1.0).sum();
        let pooled = sum(&|part, vertex| part.variance[vertex] * (part.n - 1.0) / freedom);
        let scale = scale(parts.iter().map(|part| part.weight));
        let t = Zip::from(&effect).and(&variance).map_collect(|&effect, &variance| t_statistic(effect, variance));
        let degrees_of_freedom = Zip::from(&variance)
            .and(&squares)
            .map_collect(|&variance, &squares| if squares > 0.0 { variance * variance / squares } else { freedom });
        Ok(TrialContrast {
            conditions,
            cohens_d: Zip::from(&effect).and(&pooled).map_collect(|e, v| e / scale / v.max(TINY).sqrt()),
            effect,
            standard_error: variance.mapv(f64::sqrt),
            t,
            degrees_of_freedom,
        })
    }

    /// The conditions that have a weight.
    pub(super) fn weighted<S: AsRef<str>>(&self, weights: &[(S, f64)]) -> Result<Vec<WeightedCondition<'_>>, Error> {
        let weights = weights_of(weights, &self.conditions)?;
        let parts = self.conditions.iter().zip(&weights).zip(&self.estimates);
        let parts = parts.filter(|((_, weight), _)| **weight != 0.0);
        parts
            .map(|((condition, &weight), estimates)| match estimates.nrows() {
                found @ 0..2 => Err(Error::TooFewStimuli { condition: condition.clone(), found }),
                _ => Ok(WeightedCondition { name: condition, weight, estimates: estimates.view() }),
            })
            .collect()
    }
}

impl Spread {
    fn of(condition: &WeightedCondition<'_>) -> Self {
        let (mean, variance) = mean_and_variance(condition.estimates);
        Self { weight: condition.weight, n: condition.estimates.nrows() as f64, mean, variance }
    }

    /// What the condition adds to the variance of the effect.
    fn share(&self, vertex: usize) -> f64 {
        self.weight * self.weight * self.variance[vertex] / self.n
    }
}

fn mean_of_rows(estimates: ArrayView2<'_, f32>, rows: &[usize]) -> Array1<f32> {
    let mut sum = Array1::<f64>::zeros(estimates.ncols());
    for &row in rows {
        sum.zip_mut_with(&estimates.row(row), |sum, &value| *sum += f64::from(value));
    }
    sum.mapv(|sum| (sum / rows.len() as f64) as f32)
}

/// The greater of the sums of positive and of negative weights.
fn scale(weights: impl Iterator<Item = f64> + Clone) -> f64 {
    let positive: f64 = weights.clone().filter(|weight| *weight > 0.0).sum();
    let negative: f64 = weights.filter(|weight| *weight < 0.0).sum();
    positive.max(-negative)
}

#[cfg(test)]
mod tests {
    use ndarray::arr2;

    use super::super::significance::both_tails;
    use super::*;

    fn trials(names: &[(&str, &str)]) -> Vec<Trial> {
        let trial = |&(condition, stimulus): &(&str, &str)| Trial {
            condition: condition.to_owned(),
            stimulus: stimulus.to_owned(),
        };
        names.iter().map(trial).collect()
    }

    fn two_conditions() -> StimulusEstimates {
        let trials = trials(&[("a", "1"), ("a", "2"), ("a", "3"), ("b", "4"), ("b", "5")]);
        StimulusEstimates::new(&trials, arr2(&[[5.0], [7.0], [9.0], [1.0], [2.0]]).view()).unwrap()
    }

    #[test]
    fn two_conditions_are_compared_as_by_welch() {
        let contrast = two_conditions().contrast(&[("a", 1.0), ("b", -1.0)]).unwrap();
        assert_eq!(contrast.conditions, [("a".to_owned(), 1.0, 3), ("b".to_owned(), -1.0, 2)]);
        let variance = 4.0 / 3.0 + 0.5 / 2.0;
        assert_eq!(contrast.effect[0], 5.5);
        assert!((contrast.standard_error[0] - f64::sqrt(variance)).abs() < 1e-12);
        let freedom = variance.powi(2) / ((4.0_f64 / 3.0).powi(2) / 2.0 + 0.25_f64.powi(2));
        assert!((contrast.degrees_of_freedom[0] - freedom).abs() < 1e-12);
        assert!((contrast.cohens_d[0] - 5.5 / (8.5_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert!((contrast.p()[0] - both_tails(contrast.t[0], freedom)).abs() < 1e-15);
    }

    #[test]
    fn repetitions_are_one_stimulus() {
        let rows = arr2(&[[4.0], [6.0], [7.0], [9.0], [1.0], [2.0]]);
        let trials = trials(&[("a", "1"), ("a", "1"), ("a", "2"), ("a", "3"), ("b", "4"), ("b", "5")]);
        let repeated = StimulusEstimates::new(&trials, rows.view()).unwrap();
        assert_eq!(repeated.of("a"), two_conditions().of("a"));
    }

    #[test]
    fn the_size_of_the_weights_changes_the_effect_and_nothing_else() {
        let small = two_conditions().contrast(&[("a", 1.0), ("b", -1.0)]).unwrap();
        let large = two_conditions().contrast(&[("a", 5.0), ("b", -5.0)]).unwrap();
        assert_eq!(large.effect[0], 5.0 * small.effect[0]);
        assert!((large.t[0] - small.t[0]).abs() < 1e-12 && (large.cohens_d[0] - small.cohens_d[0]).abs() < 1e-12);
    }

    #[test]
    fn a_condition_of_one_stimulus_is_named_if_it_has_a_weight() {
        let trials = trials(&[("a", "1"), ("a", "2"), ("b", "3"), ("b", "3"), ("c", "4"), ("c", "5")]);
        let estimates = StimulusEstimates::new(&trials, Array2::zeros((6, 1)).view()).unwrap();
        assert!(estimates.contrast(&[("a", 1.0), ("c", -1.0)]).is_ok());
        let refusal = estimates.contrast(&[("a", 1.0), ("b", -1.0)]).unwrap_err();
        assert_eq!(refusal, Error::TooFewStimuli { condition: "b".into(), found: 1 });
    }

    #[test]
    fn a_vertex_without_any_variance_is_finite() {
        let trials = trials(&[("a", "1"), ("a", "2"), ("b", "3"), ("b", "4")]);
        let rows = arr2(&[[1.0, 0.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]]);
        let contrast = StimulusEstimates::new(&trials, rows.view()).unwrap();
        let contrast = contrast.contrast(&[("a", 1.0), ("b", -1.0)]).unwrap();
        assert_eq!((contrast.t[1], contrast.p()[1], contrast.cohens_d[1]), (0.0, 1.0, 0.0));
        assert!(contrast.t[0].is_finite() && contrast.z()[0].is_finite() && contrast.cohens_d[0].is_finite());
    }

    #[test]
    fn trials_and_estimates_belong_together() {
        let trials = trials(&[("a", "1"), ("a", "2")]);
        let refusal = StimulusEstimates::new(&trials, Array2::zeros((3, 1)).view()).unwrap_err();
        assert_eq!(refusal, Error::Trials { found: 2, expected: 3 });
        let refusal = StimulusEstimates::new(&trials, arr2(&[[0.0], [f32::INFINITY]]).view()).unwrap_err();
        assert_eq!(refusal, Error::NotFinite { row: 1, vertex: 0 });
    }
}
