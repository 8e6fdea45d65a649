//! Heads that begin at the principal components of what was measured.
//!
//! What a small area answers to reaches the encoder only through directions of the head that point at that area, and random
//! heads have none, so that it is learned late. Components point at everything that varies together from the first step on. Each
//! is as long as its scores are spread, so that the latents to be learned have unit variance.
//!
//! Found by subspace iteration, one response after the other: Halko, Martinsson and Tropp, SIAM Review 53 (2011), algorithm 4.4.

use rand::RngExt;
use rand_distr::StandardNormal;
use tch::{Kind, Tensor};

use super::Recording;
use super::draws::stream;

/// Passes over the responses.
const ITERATIONS: usize = 5;

/// The largest components of all responses, `(component, output)`; as many as wanted, or as there are outputs.
pub(super) fn components(recordings: &[Recording], wanted: i64, seed: u64) -> Option<Tensor> {
    let responses = || recordings.iter().flat_map(|recording| &recording.responses).map(|response| &response.rows);
    let outputs = responses().next()?.size()[1];
    let count = wanted.min(outputs);
    let mut rng = stream(seed, "components", 0);
    let random: Vec<f32> = (0..outputs * count).map(|_| rng.sample(StandardNormal)).collect();
    let mut basis = Tensor::from_slice(&random).view([outputs, count]);
    for _ in 0..ITERATIONS {
        let mut product = Tensor::zeros([outputs, count], (Kind::Float, basis.device()));
        responses().for_each(|rows| product += rows.transpose(0, 1).mm(&rows.mm(&basis)));
        basis = Tensor::linalg_qr(&product, "reduced").0;
    }
    let mut covariance = Tensor::zeros([count, count], (Kind::Float, basis.device()));
    for rows in responses() {
        let scores = rows.mm(&basis);
        covariance += scores.transpose(0, 1).mm(&scores);
    }
    covariance /= responses().map(|rows| rows.size()[0]).sum::<i64>().max(1) as f64;
    let (variances, directions) = covariance.linalg_eigh("L");
    Some((basis.mm(&directions) * variances.clamp_min(0.0).sqrt()).transpose(0, 1))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::Response;
    use super::*;
    use crate::encoder::SubjectRow;

    /// Two areas, of two outputs and of one, that answer to waves of their own.
    fn recording(number: usize) -> Recording {
        let rows = Array2::from_shape_fn((40, 6), |(row, output)| match output {
            0 | 1 => 2.0 * (row as f32 * 0.9 + number as f32).sin(),
            4 => 0.5 * (row as f32 * 0.31 + 2.0 * number as f32).cos(),
            _ => 0.0,
        });
        Recording { features: Vec::new(), scans: 40, responses: vec![Response::of(SubjectRow(0), 0, &rows)] }
    }

    #[test]
    fn components_point_at_each_area_as_strongly_as_it_varies() {
        let recordings: Vec<Recording> = (0..5).map(recording).collect();
        let found = components(&recordings, 2, 3).unwrap();
        let found: Vec<f32> = found.abs().reshape([-1]).try_into().unwrap();
        let of = |component: usize, output: usize| found[component * 6 + output];
        assert!((of(0, 4) - 0.5 / 2f32.sqrt()).abs() < 0.03, "{found:?}");
        assert!((of(1, 0) - 2.0 / 2f32.sqrt()).abs() < 0.05 && (of(1, 1) - of(1, 0)).abs() < 1e-4, "{found:?}");
        assert!([of(0, 0), of(1, 4), of(1, 2)].iter().all(|other| *other < 0.02), "{found:?}");
    }

    #[test]
    fn there_are_no_more_components_than_outputs_and_none_of_nothing() {
        assert_eq!(components(&[recording(0)], 99, 0).unwrap().size(), [6, 6]);
        assert!(components(&[], 2, 0).is_none());
    }
}
