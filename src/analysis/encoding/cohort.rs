//! One prediction for a whole cohort: how well it stands for the group, beside how well the group stands for its members.

use ndarray::{Array1, Array2, ArrayView2, ArrayView3, Axis};

use super::Error;
use super::ceiling::intersubject_correlation;
use super::error::expect;
use super::series::{correlations, mean_of};

/// A prediction beside the responses of a cohort to the same stimulus (TRIBE v2, section 2.3).
#[derive(Clone, Debug, PartialEq)]
pub struct GroupPrediction {
    /// R_group, `(output)`: the prediction with the mean of the cohort.
    pub group: Array1<f32>,
    /// `(subject, output)`: the prediction with each subject.
    pub subjects: Array2<f32>,
    /// Group-predictivity, `(subject, output)`: the mean of the others with each subject.
    pub predictivity: Array2<f32>,
}

impl GroupPrediction {
    /// Of a prediction `(time, output)` and responses `(subject, time, output)`.
    ///
    /// # Errors
    /// [`Error::Rows`], [`Error::Shape`], and [`Error::TooFew`] for fewer than two subjects.
    pub fn new(predicted: ArrayView2<'_, f32>, subjects: ArrayView3<'_, f32>) -> Result<Self, Error> {
        let (count, rows, outputs) = subjects.dim();
        if predicted.nrows() != rows {
            return Err(Error::Rows { what: "predicted responses", found: predicted.nrows(), expected: rows });
        }
        expect("the prediction", "outputs", predicted.ncols(), outputs)?;
        let predictivity = intersubject_correlation(subjects)?;
        let single = |r: Array1<f64>| r.mapv(|r| r as f32);
        let mut each = Array2::zeros((count, outputs));
        for (mut row, subject) in each.outer_iter_mut().zip(subjects.axis_iter(Axis(0))) {
            row.assign(&single(correlations(predicted, subject)));
        }
        let group = single(correlations(predicted, mean_of(subjects, 0..count).view()));
        Ok(Self { group, subjects: each, predictivity })
    }

    /// The share of subjects whose group-predictivity the prediction's R_group exceeds, an output each.
    pub fn share_exceeded(&self) -> Array1<f32> {
        let outputs = self.group.iter().zip(self.predictivity.columns());
        let share = |(group, subjects): (&f32, ndarray::ArrayView1<'_, f32>)| {
            let known = subjects.iter().filter(|r| !r.is_nan()).count();
            subjects.iter().filter(|r| *r < group).count() as f32 / known as f32
        };
        outputs.map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::stack;

    use super::super::fixtures::normal;
    use super::*;

    #[test]
    fn a_perfect_prediction_of_what_is_shared_exceeds_every_subject() {
        let shared = normal(800, 3, 0);
        let subjects: Vec<_> = (1..7).map(|subject| &shared + &(normal(800, 3, subject) * 1.5)).collect();
        let subjects = stack(Axis(0), &subjects.iter().map(|subject| subject.view()).collect::<Vec<_>>()).unwrap();
        let found = GroupPrediction::new(shared.view(), subjects.view()).unwrap();
        // Noise of variance 2.25 over 6 subjects.
        let expected = 1.0 / (1.0_f32 + 2.25 / 6.0).sqrt();
        assert!(found.group.iter().all(|r| (r - expected).abs() < 0.04), "{}", found.group);
        assert!(found.share_exceeded().iter().all(|&share| share == 1.0));
        assert!(found.subjects.mean().unwrap() > found.predictivity.mean().unwrap());
        assert!(GroupPrediction::new(normal(799, 3, 0).view(), subjects.view()).is_err());
    }
}
