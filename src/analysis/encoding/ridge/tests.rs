//! Planted weights are found, priors are kept to, and what cannot be fitted is refused.

use super::super::fixtures::normal;
use super::*;

/// `W₀` `(output, feature)`.
fn planted() -> Array2<f32> {
    normal(12, 8, 99)
}

fn runs(count: u64, rows: usize, noise: f32) -> Runs {
    let mut runs = Runs::new(8, 12, count.max(2) as usize).unwrap();
    for run in 0..count {
        let features = normal(rows, 8, run);
        let responses = features.dot(&planted().t()) + normal(rows, 12, 50 + run) * noise + run as f32 * 0.01;
        runs.add(features.view(), responses.view()).unwrap();
    }
    runs
}

fn fit(runs: &Runs, prior: Option<&Array2<f32>>) -> Result<RidgeFit, Error> {
    Ridge::default().fit(runs, prior.map(|prior| prior.view()), &CancellationToken::new())
}

fn distance(fit: &RidgeFit) -> f32 {
    (&fit.model.weights() - &planted()).iter().map(|difference| difference.abs()).fold(0.0, f32::max)
}

#[test]
fn planted_weights_are_found() {
    let fit = fit(&runs(4, 200, 0.1), None).unwrap();
    assert!(distance(&fit) < 0.05, "{}", distance(&fit));
    assert!(fit.held_out.iter().all(|&score| score > 0.97));
    assert!(fit.model.intercepts().iter().all(|intercept| intercept.abs() < 0.05));
}

#[test]
fn noise_calls_for_the_greatest_penalty() {
    let mut runs = Runs::new(8, 12, 4).unwrap();
    for run in 0..4 {
        runs.add(normal(30, 8, run).view(), normal(30, 12, 70 + run).view()).unwrap();
    }
    let fit = fit(&runs, None).unwrap();
    let most = fit.penalties.iter().filter(|&&penalty| penalty > 100.0).count();
    assert!(most >= 10, "{}", fit.penalties);
}

#[test]
fn a_true_prior_is_kept_to_where_the_data_are_few() {
    let few = runs(2, 5, 1.5);
    let alone = distance(&fit(&few, None).unwrap());
    let guided = distance(&fit(&few, Some(&planted())).unwrap());
    assert!(guided < 0.3 * alone, "{guided} with the prior, {alone} without");
}

#[test]
fn an_endless_penalty_is_the_prior_itself() {
    let ridge = Ridge { penalties: vec![f64::INFINITY], ..Ridge::default() };
    let kept = ridge.fit(&runs(2, 20, 1.0), Some((&planted() * 3.0).view()), &CancellationToken::new()).unwrap();
    assert!((&kept.model.weights() - &(&planted() * 3.0)).iter().all(|difference| difference.abs() < 1e-5));
    let alone = ridge.fit(&runs(2, 20, 1.0), None, &CancellationToken::new());
    assert_eq!(alone, Err(Error::Penalty { found: f64::INFINITY }));
}

#[test]
fn fewer_samples_than_features_can_be_fitted() {
    let fit = fit(&runs(2, 3, 0.01), None).unwrap();
    assert!(fit.model.weights().iter().all(|weight| weight.is_finite()));
}

#[test]
fn an_output_that_never_changes_has_no_weights() {
    let mut runs = Runs::new(8, 1, 2).unwrap();
    for run in 0..2 {
        runs.add(normal(20, 8, run).view(), Array2::from_elem((20, 1), 3.0).view()).unwrap();
    }
    let fit = fit(&runs, None).unwrap();
    assert!(fit.model.weights().iter().all(|&weight| weight == 0.0));
    assert_eq!((fit.held_out[0], fit.model.intercepts()[0]), (0.0, 3.0));
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    assert_eq!(fit(&runs(1, 20, 1.0), None), Err(Error::TooFewRuns { found: 1 }));
    let mut constant = Runs::new(8, 12, 2).unwrap();
    for run in 0..2 {
        constant.add(Array2::zeros((20, 8)).view(), normal(20, 12, run).view()).unwrap();
    }
    assert_eq!(fit(&constant, None), Err(Error::ConstantFeatures));
    let refusal = fit(&runs(2, 20, 1.0), Some(&Array2::zeros((12, 7)))).unwrap_err();
    assert_eq!(refusal.to_string(), "a prior has 7 features and 8 are needed");
    let of = |penalties: Vec<f64>| {
        let ridge = Ridge { penalties, criterion: Criterion::Correlation, ..Ridge::default() };
        ridge.fit(&runs(2, 20, 1.0), None, &CancellationToken::new()).unwrap_err()
    };
    assert_eq!((of(vec![]), of(vec![1.0, 0.0])), (Error::NoPenalty, Error::Penalty { found: 0.0 }));
    let cancelled = CancellationToken::new();
    cancelled.cancel();
    assert_eq!(Ridge::default().fit(&runs(2, 20, 1.0), None, &cancelled), Err(Error::Cancelled));
}

#[test]
fn penalties_are_spread_by_their_logarithm() {
    let found = penalties(0.0, 4.0, 3);
    assert!(found.iter().zip([1.0, 100.0, 10_000.0]).all(|(found, expected)| (found / expected - 1.0).abs() < 1e-12));
    assert_eq!(penalties(2.0, 9.0, 1), [100.0]);
}
