//! Which penalty is taken, by how well models with it did on groups of runs that were left out.

use ndarray::{Array1, Array3, ArrayView1, Axis};

/// How a penalty is chosen from scores, each output by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PenaltyRule {
    /// The greatest mean score over groups, of equals the first penalty.
    #[default]
    Best,
    /// The greatest penalty whose mean score lies below the best one by no more than the standard error of their difference
    /// over groups: the one-standard-error rule (Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984,
    /// §3.4.3). Weights stay near their prior as long as few or noisy data do not speak clearly against it.
    OneStandardError,
}

impl PenaltyRule {
    /// Which of the penalties each output is given, and its mean score there. `scores` is `(group, penalty, output)`.
    pub(super) fn choose(self, penalties: &[f64], scores: &Array3<f32>) -> (Array1<usize>, Array1<f32>) {
        let mean = scores.mean_axis(Axis(0)).expect("there are groups. This is a bug.");
        let outputs = scores.axis_iter(Axis(2)).zip(mean.columns());
        let chosen = outputs.map(|(scores, mean)| {
            let best = first_greatest(mean);
            match self {
                Self::Best => best,
                Self::OneStandardError => {
                    let is_as_good = |other: &usize| {
                        let difference = &scores.column(*other) - &scores.column(best);
                        mean_of(&difference) + standard_error(&difference) >= 0.0
                    };
                    let as_good = (0..penalties.len()).filter(is_as_good);
                    as_good.max_by(|one, other| penalties[*one].total_cmp(&penalties[*other])).unwrap_or(best)
                }
            }
        });
        let chosen: Array1<usize> = chosen.collect();
        let held_out = chosen.iter().enumerate().map(|(output, penalty)| mean[[*penalty, output]]).collect();
        (chosen, held_out)
    }
}

fn first_greatest(scores: ArrayView1<'_, f32>) -> usize {
    (1..scores.len()).fold(0, |best, other| if scores[other] > scores[best] { other } else { best })
}

fn mean_of(values: &Array1<f32>) -> f32 {
    values.sum() / values.len() as f32
}

/// Of the mean, from the values' spread over n − 1.
fn standard_error(values: &Array1<f32>) -> f32 {
    let (count, mean) = (values.len() as f32, mean_of(values));
    let squares: f32 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (count - 1.0) / count).sqrt()
}

#[cfg(test)]
mod tests {
    use ndarray::arr3;

    use super::*;

    const PENALTIES: [f64; 3] = [1.0, 100.0, f64::INFINITY];

    /// Of three outputs: one that is clearly better with little penalty, one that is so in one group only, one that never changes.
    fn scores() -> Array3<f32> {
        arr3(&[
            [[0.5, 0.9, 0.0], [0.4, 0.0, 0.0], [0.1, 0.0, 0.0]],
            [[0.6, 0.0, 0.0], [0.5, 0.1, 0.0], [0.2, 0.1, 0.0]],
            [[0.4, 0.0, 0.0], [0.3, 0.1, 0.0], [0.0, 0.1, 0.0]],
        ])
    }

    #[test]
    fn the_best_mean_is_taken_and_of_equals_the_first() {
        let (chosen, held_out) = PenaltyRule::Best.choose(&PENALTIES, &scores());
        assert_eq!(chosen, Array1::from(vec![0, 0, 0]));
        assert!((held_out[0] - 0.5).abs() < 1e-6 && (held_out[1] - 0.3).abs() < 1e-6);
    }

    #[test]
    fn a_difference_within_its_error_is_none() {
        let (chosen, held_out) = PenaltyRule::OneStandardError.choose(&PENALTIES, &scores());
        assert_eq!(chosen, Array1::from(vec![0, 2, 2]));
        assert!((held_out[1] - 0.2 / 3.0).abs() < 1e-6, "{held_out}");
    }
}
