//! The course of the response after the stimuli of each condition, in each region.

use serde::Serialize;

use super::scans::Scans;
use super::{Error, peak};
use crate::analysis::StimulusEstimates;
use crate::experiment::TimecourseEstimate;

/// One region, condition and time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct CourseRow {
    pub(super) region: String,
    pub(super) condition: String,
    /// Seconds of the scan after onset.
    pub(super) after_s: f64,
    /// Over stimuli, in the unit of the response.
    pub(super) mean: f64,
    /// Between stimuli; none for one.
    pub(super) standard_deviation: Option<f64>,
    pub(super) stimuli: usize,
}

/// Reads a subject's courses, one row of the response after the other, in regions that are called so and have these
/// places in a row.
pub(super) fn read(
    scans: &Scans,
    subject: &str,
    course: &TimecourseEstimate,
    regions: &[(&str, Vec<usize>)],
) -> Result<Vec<CourseRow>, Error> {
    let tr_s = scans.prediction().tr_s;
    let steps = ((course.to_s - course.from_s) / tr_s + 1e-9).floor().max(0.0) as usize;
    let mut rows = Vec::new();
    for step in 0..=steps {
        let after_s = course.from_s + step as f64 * tr_s;
        let read = peak::read(scans, subject, (after_s, after_s))?;
        if read.trials.is_empty() {
            continue;
        }
        let estimates = StimulusEstimates::new(&read.trials, read.estimates.view())?;
        for condition in estimates.conditions() {
            let Some(stimuli) = estimates.of(condition) else { continue };
            for (region, places) in regions {
                let mean_of = |row: ndarray::ArrayView1<f32>| {
                    places.iter().map(|place| f64::from(row[*place])).sum::<f64>() / places.len() as f64
                };
                let means: Vec<f64> = stimuli.rows().into_iter().map(mean_of).collect();
                let (mean, standard_deviation) = spread(&means);
                rows.push(CourseRow {
                    region: (*region).to_owned(),
                    condition: condition.clone(),
                    after_s,
                    mean,
                    standard_deviation,
                    stimuli: means.len(),
                });
            }
        }
    }
    Ok(rows)
}

/// Mean and standard deviation (n − 1).
fn spread(values: &[f64]) -> (f64, Option<f64>) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    (mean, (values.len() > 1).then(|| (squares / (n - 1.0)).sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_that_of_a_sample() {
        assert_eq!(spread(&[1.0, 3.0]), (2.0, Some(2f64.sqrt())));
        assert_eq!(spread(&[5.0]), (5.0, None));
    }
}
