//! P values from permutations: what a t is when signs or labels are given by chance.

use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate};
use rand::RngExt;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio_util::sync::CancellationToken;

use super::finite::refuse_not_finite;
use super::max_statistic::Permutations;
use super::significance::t_statistic;
use super::{Error, StimulusEstimates};

/// The most permutations of one test.
const LIMIT: usize = 1_000_000;

/// What permutations say of a t, a vertex each; both tails count.
#[derive(Clone, Debug, PartialEq)]
pub struct PermutationTest {
    /// The observed statistic.
    pub t: Array1<f64>,
    /// The share of permutations in which the vertex has a t at least as large.
    pub p: Array1<f64>,
    /// The share of permutations in which any vertex has a t as large: corrected for the number of vertices (family-wise
    /// error by the greatest statistic; Nichols & Holmes, Human Brain Mapping 15, 2002).
    pub p_fwer: Array1<f64>,
    /// Permutations made, the observed order among them: the least p is one over it.
    pub permutations: usize,
}

/// Flips the signs of whole maps `(map, vertex)`: a one-sample test of maps that are as likely as their negatives.
///
/// Where there are no more than `permutations` ways to flip, all of them are made and p is exact, as that of
/// `scipy.stats.permutation_test` with `permutation_type="samples"`. Otherwise `permutations` flips are drawn beside the
/// observed signs, flip `i` from stream `i` of the seed's ChaCha.
pub fn flip_signs(
    maps: ArrayView2<'_, f32>,
    permutations: usize,
    seed: u64,
    cancel: &CancellationToken,
) -> Result<PermutationTest, Error> {
    check(permutations)?;
    let n = maps.nrows();
    if n < 2 {
        return Err(Error::TooFewMaps { found: n });
    }
    refuse_not_finite(maps)?;
    let all = (n < usize::BITS as usize).then(|| 1 << n).filter(|&all: &usize| all <= permutations);
    let sign = |negative: bool| if negative { -1.0 } else { 1.0 };
    let draw = |number: usize| -> Vec<f64> {
        match (all, number) {
            (Some(_), _) => (0..n).map(|map| sign(number >> map & 1 == 1)).collect(),
            (None, 0) => vec![1.0; n],
            (None, _) => {
                let mut rng = stream(seed, number);
                (0..n).map(|_| sign(rng.random())).collect()
            }
        }
    };
    let count = n as f64;
    let statistic = |signs: &Array2<f64>, maps: &Array2<f64>| {
        let sums = signs.dot(maps);
        let squares = maps.mapv(|value| value * value).sum_axis(Axis(0));
        Array2::from_shape_fn(sums.dim(), |place| {
            let mean = sums[place] / count;
            t_statistic(mean, variance(squares[place.1], mean, count) / count)
        })
    };
    Permutations { count: all.unwrap_or(permutations + 1), width: n, draw, statistic }.test(maps, cancel)
}

/// Deals the stimuli of the weighted conditions out to them anew: a test of whether it matters which condition a
/// stimulus belongs to. The statistic is Welch's t, as in [`StimulusEstimates::contrast`].
///
/// `permutations` orders are drawn beside the observed one, order `i` from stream `i` of the seed's ChaCha.
pub fn permute_labels<S: AsRef<str>>(
    estimates: &StimulusEstimates,
    weights: &[(S, f64)],
    permutations: usize,
    seed: u64,
    cancel: &CancellationToken,
) -> Result<PermutationTest, Error> {
    check(permutations)?;
    let conditions = estimates.weighted(weights)?;
    let rows: Vec<ArrayView2<'_, f32>> = conditions.iter().map(|condition| condition.estimates).collect();
    let stimuli = concatenate(Axis(0), &rows).expect("all stimuli have the same vertices. This is a bug.");
    let labels: Vec<usize> = rows.iter().enumerate().flat_map(|(label, rows)| vec![label; rows.nrows()]).collect();
    let parts: Vec<(f64, f64)> =
        conditions.iter().map(|condition| (condition.weight, condition.estimates.nrows() as f64)).collect();
    // For each condition which stimuli belong to it, one condition after the other.
    let draw = |number: usize| -> Vec<f64> {
        let mut labels = labels.clone();
        if number > 0 {
            labels.shuffle(&mut stream(seed, number));
        }
        let belongs = |condition| labels.iter().map(move |&label| f64::from(u8::from(label == condition)));
        (0..parts.len()).flat_map(belongs).collect()
    };
    let statistic = |members: &Array2<f64>, stimuli: &Array2<f64>| {
        let centred = stimuli - &(stimuli.sum_axis(Axis(0)) / labels.len() as f64);
        let shape = (members.nrows() * parts.len(), labels.len());
        let by_condition = members.to_shape(shape).expect("a row holds a row a condition. This is a bug.");
        let (sums, squares) = (by_condition.dot(&centred), by_condition.dot(&centred.mapv(|value| value * value)));
        Array2::from_shape_fn((members.nrows(), stimuli.ncols()), |(permutation, vertex)| {
            let (mut effect, mut noise) = (0.0, 0.0);
            for (condition, (weight, n)) in parts.iter().enumerate() {
                let place = (permutation * parts.len() + condition, vertex);
                let mean = sums[place] / n;
                effect += weight * mean;
                noise += weight * weight * variance(squares[place], mean, *n) / n;
            }
            t_statistic(effect, noise)
        })
    };
    let width = parts.len() * labels.len();
    Permutations { count: permutations + 1, width, draw, statistic }.test(stimuli.view(), cancel)
}

fn check(permutations: usize) -> Result<(), Error> {
    match permutations {
        1..=LIMIT => Ok(()),
        found => Err(Error::Permutations { found, limit: LIMIT }),
    }
}

fn stream(seed: u64, number: usize) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number as u64);
    rng
}

/// Unbiased, from the sum of squares.
fn variance(squares: f64, mean: f64, n: f64) -> f64 {
    (squares - n * mean * mean).max(0.0) / (n - 1.0)
}

#[cfg(test)]
mod tests {
    use ndarray::{arr2, s};

    use super::super::{OneSample, Trial};
    use super::*;

    /// Noise in (−½, ½), `(map, vertex)`.
    fn noise(maps: usize, vertices: usize, seed: u64) -> Array2<f32> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        Array2::from_shape_simple_fn((maps, vertices), || rng.random::<f32>() - 0.5)
    }

    /// Half of the rows a condition.
    fn halves(rows: &Array2<f32>) -> StimulusEstimates {
        let trial = |row: usize| Trial {
            condition: if row < rows.nrows() / 2 { "a" } else { "b" }.to_owned(),
            stimulus: format!("{row:03}"),
        };
        StimulusEstimates::new(&(0..rows.nrows()).map(trial).collect::<Vec<_>>(), rows.view()).unwrap()
    }

    fn flipped(maps: ArrayView2<'_, f32>, permutations: usize, seed: u64) -> Result<PermutationTest, Error> {
        flip_signs(maps, permutations, seed, &CancellationToken::new())
    }

    /// The first half against the second.
    fn relabelled(rows: &Array2<f32>, permutations: usize, seed: u64) -> Result<PermutationTest, Error> {
        permute_labels(&halves(rows), &DIFFERENCE, permutations, seed, &CancellationToken::new())
    }

    const DIFFERENCE: [(&str, f64); 2] = [("a", 1.0), ("b", -1.0)];

    #[test]
    fn few_maps_are_flipped_in_every_way() {
        let test = flipped(arr2(&[[1.0, 1.0], [2.0, -1.5], [3.0, 1.0]]).view(), 8, 0).unwrap();
        assert_eq!(test.permutations, 8);
        assert_eq!(test.p[0], 0.25, "all positive and all negative are as large");
        let t = OneSample::new(arr2(&[[1.0], [2.0], [3.0]]).view()).unwrap().t[0];
        assert!((test.t[0] - t).abs() < 1e-9);
    }

    #[test]
    fn a_planted_vertex_is_found_and_no_other() {
        let mut maps = noise(24, 60, 1);
        maps.slice_mut(s![.., 7]).mapv_inplace(|value| value + 0.8);
        for test in [flipped(maps.view(), 500, 3).unwrap(), {
            maps.slice_mut(s![..12, 7]).mapv_inplace(|value| value + 1.2);
            relabelled(&maps, 500, 3).unwrap()
        }] {
            assert_eq!(test.permutations, 501);
            let found: Vec<usize> = (0..60).filter(|&vertex| test.p_fwer[vertex] < 0.05).collect();
            assert_eq!(found, [7]);
            assert!(test.p.iter().zip(&test.p_fwer).all(|(p, corrected)| p <= corrected && *p > 0.0));
        }
    }

    #[test]
    fn a_seed_gives_the_same_p_values_and_another_seed_others() {
        let maps = noise(30, 5, 2);
        let of = |seed| flipped(maps.view(), 200, seed).unwrap();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1).p, of(2).p);
    }

    #[test]
    fn the_statistic_of_labels_is_that_of_the_contrast() {
        let rows = noise(20, 9, 5);
        let test = relabelled(&rows, 1, 0).unwrap();
        let contrast = halves(&rows).contrast(&DIFFERENCE).unwrap();
        assert!(test.t.iter().zip(&contrast.t).all(|(a, b)| (a - b).abs() < 1e-9));
    }

    #[test]
    fn chance_is_significant_as_often_as_it_should_be() {
        let significant = |p: f64| usize::from(p <= 0.05);
        let (mut flips, mut labels) = (0, 0);
        for seed in 0..200 {
            let maps = noise(12, 10, seed);
            let any = |test: &PermutationTest| significant(test.p_fwer.iter().copied().fold(1.0, f64::min));
            flips += any(&flipped(maps.view(), 99, seed).unwrap());
            labels += any(&relabelled(&maps, 99, seed).unwrap());
        }
        // 10 of 200 are expected; 22 or more have a probability of 0.0004.
        assert!((1..22).contains(&flips) && (1..22).contains(&labels), "{flips} and {labels} of 200");
    }

    #[test]
    fn the_number_of_permutations_is_bounded() {
        let refusal = flipped(noise(3, 1, 0).view(), 0, 0).unwrap_err();
        assert_eq!(refusal.to_string(), "0 permutations were asked for: from 1 to 1000000 can be made");
        assert!(relabelled(&noise(4, 1, 0), LIMIT + 1, 0).is_err());
    }

    #[test]
    fn a_cancelled_test_stops() {
        let cancel = CancellationToken::new();
        cancel.cancel();
        let maps = noise(20, 3, 0);
        assert_eq!(flip_signs(maps.view(), LIMIT, 0, &cancel), Err(Error::Cancelled));
        assert_eq!(permute_labels(&halves(&maps), &DIFFERENCE, LIMIT, 0, &cancel), Err(Error::Cancelled));
    }
}
