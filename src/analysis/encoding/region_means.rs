//! From weights for the means of regions to weights for the outputs that these are means of.

use ndarray::{Array2, ArrayView2, Axis};

use super::Error;
use super::error::expect;
use super::spectrum::eigen;

/// Eigenvalues below this share of the largest are those of regions that are alike.
const ALIKE: f64 = 1e-9;

/// The weights `(output, feature)` nearest to `prior` whose means over sets of outputs are `means`, `(set, feature)`.
///
/// With `A` the averaging they are `W₀ + A⁺ (M − A W₀)`. Outputs of no set keep the prior's weights, those of one set move together,
/// and where sets that overlap contradict each other their least-squares compromise is met. A set without outputs moves none.
///
/// # Errors
/// [`Error::Shape`] for other numbers of sets or features, [`Error::Eigen`].
pub fn spread(
    prior: ArrayView2<'_, f32>,
    sets: &[Vec<usize>],
    means: ArrayView2<'_, f32>,
) -> Result<Array2<f32>, Error> {
    expect("a model of means", "sets", means.nrows(), sets.len())?;
    expect("a model of means", "features", means.ncols(), prior.ncols())?;
    let averaging = Array2::from_shape_fn((sets.len(), sets.len()), |(one, other)| {
        let shared = sets[one].iter().filter(|output| sets[other].contains(output)).count();
        shared as f64 / (sets[one].len() * sets[other].len()).max(1) as f64
    });
    let (axes, values) = eigen(averaging.view(), &|_| 1.0)?;
    let least = ALIKE * values.iter().copied().fold(0.0, f64::max);
    let inverse = values.mapv(|value| if value > least { value.recip() } else { 0.0 });
    let change = Array2::from_shape_fn(means.dim(), |(set, feature)| {
        let of_prior: f64 = sets[set].iter().map(|output| f64::from(prior[[*output, feature]])).sum();
        f64::from(means[[set, feature]]) - of_prior / sets[set].len().max(1) as f64
    });
    let moves = (&axes * &inverse).dot(&axes.t().dot(&change));
    let mut weights = prior.to_owned();
    for (set, moved) in sets.iter().zip(moves.axis_iter(Axis(0))) {
        for output in set {
            let share = 1.0 / set.len() as f64;
            weights.row_mut(*output).zip_mut_with(&moved, |weight, moved| *weight += (moved * share) as f32);
        }
    }
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use ndarray::{arr2, s};

    use super::super::fixtures::normal;
    use super::*;

    fn mean(weights: &Array2<f32>, set: &[usize]) -> ndarray::Array1<f32> {
        weights.select(Axis(0), set).mean_axis(Axis(0)).unwrap()
    }

    #[test]
    fn means_are_met_and_what_is_in_no_set_stays() {
        let prior = normal(9, 3, 1);
        let sets = [vec![0, 1, 2], vec![2, 3], vec![5], vec![]];
        let means = normal(4, 3, 2);
        let spread = spread(prior.view(), &sets, means.view()).unwrap();
        for (set, wanted) in sets[..3].iter().zip(means.outer_iter()) {
            assert!((mean(&spread, set) - wanted).iter().all(|difference| difference.abs() < 1e-5));
        }
        let moved = &spread - &prior;
        assert!(moved.select(Axis(0), &[4, 6, 7, 8]).iter().all(|moved| *moved == 0.0));
        let together = &moved.row(0) - &moved.row(1);
        assert!(together.iter().all(|difference| difference.abs() < 1e-6));
    }

    #[test]
    fn two_of_the_same_region_meet_half_way() {
        let means = arr2(&[[1.0], [3.0]]);
        let spread = spread(Array2::zeros((3, 1)).view(), &[vec![0, 1], vec![0, 1]], means.view()).unwrap();
        assert!((&spread.slice(s![..2, 0]) - 2.0).iter().all(|difference| difference.abs() < 1e-6), "{spread}");
    }

    #[test]
    fn another_number_of_sets_is_refused() {
        let refusal = spread(normal(3, 2, 0).view(), &[vec![0]], normal(2, 2, 0).view()).unwrap_err();
        assert_eq!(refusal.to_string(), "a model of means has 2 sets and 1 are needed");
    }
}
