//! Features that belong together, such as those of a modality, and how much each group of them may weigh.

use std::ops::Range;

use ndarray::{Array1, Array2};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Gamma};

use super::Error;

/// The most draws of a search.
const MOST_DRAWS: usize = 100_000;
/// Concentrations of the Dirichlet distribution, by turns: one band at a time, and all mixtures alike (himalaya's).
const CONCENTRATIONS: [f64; 2] = [0.1, 1.0];

/// Bands of neighbouring features, in their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bands(Vec<usize>);

impl Bands {
    /// Of `sizes` features each.
    ///
    /// # Errors
    /// [`Error::Bands`] where one is empty, or none given.
    pub fn new(sizes: impl IntoIterator<Item = usize>) -> Result<Self, Error> {
        let sizes: Vec<usize> = sizes.into_iter().collect();
        if sizes.is_empty() || sizes.contains(&0) {
            return Err(Error::Bands { found: sizes.iter().sum(), expected: sizes.iter().sum() });
        }
        Ok(Self(sizes))
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// All features of all bands.
    pub fn features(&self) -> usize {
        self.0.iter().sum()
    }

    /// The features of each.
    pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> {
        self.0.iter().scan(0, |from, size| {
            *from += size;
            Some(*from - size..*from)
        })
    }

    /// The bands without one of them, and the features that are left.
    ///
    /// # Errors
    /// [`Error::Bands`] where it is the only one.
    pub fn without(&self, band: usize) -> Result<(Self, Vec<usize>), Error> {
        let others = |index: &usize| *index != band;
        let left = Self::new((0..self.count()).filter(others).map(|index| self.0[index]))?;
        let features = self.ranges().enumerate().filter(|(index, _)| others(index)).flat_map(|(_, range)| range);
        Ok((left, features.collect()))
    }

    /// The root of its band's share for each feature.
    pub(super) fn scale(&self, shares: ndarray::ArrayView1<'_, f64>) -> Array1<f64> {
        self.ranges().zip(shares).flat_map(|(range, share)| vec![share.sqrt(); range.len()]).collect()
    }
}

/// Shares of bands `(draw, band)` that each sum to 1: equal shares first, then Dirichlet draws whose concentration changes
/// from 0.1 to 1 and back.
///
/// # Errors
/// [`Error::Draws`] for none, or over 100,000.
pub fn draw_shares(bands: usize, draws: usize, seed: u64) -> Result<Array2<f64>, Error> {
    if !(1..=MOST_DRAWS).contains(&draws) {
        return Err(Error::Draws { found: draws, limit: MOST_DRAWS });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut shares = Array2::from_elem((draws, bands), 1.0 / bands as f64);
    for (draw, mut row) in shares.outer_iter_mut().enumerate().skip(1) {
        let gamma =
            Gamma::new(CONCENTRATIONS[(draw - 1) % 2], 1.0).expect("a concentration is positive. This is a bug.");
        row.mapv_inplace(|_| gamma.sample(&mut rng).max(f64::MIN_POSITIVE));
        let sum = row.sum();
        row /= sum;
    }
    Ok(shares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_sum_to_one_and_begin_equal() {
        let shares = draw_shares(3, 200, 1).unwrap();
        assert!(shares.row(0).iter().all(|share| (share - 1.0 / 3.0).abs() < 1e-15));
        assert!(
            shares.outer_iter().all(|row| (row.sum() - 1.0).abs() < 1e-12 && row.iter().all(|share| *share >= 0.0))
        );
        let greatest = |first: usize| -> f64 {
            let rows = shares.outer_iter().skip(first).step_by(2);
            rows.map(|row| row.iter().copied().fold(0.0, f64::max)).sum::<f64>() / 100.0
        };
        assert!(greatest(1) > 0.85 && greatest(2) < 0.75, "a low concentration favours one band");
        assert_eq!(shares, draw_shares(3, 200, 1).unwrap());
        assert_eq!(draw_shares(3, 0, 1), Err(Error::Draws { found: 0, limit: 100_000 }));
    }

    #[test]
    fn a_band_can_be_left_out() {
        let bands = Bands::new([2, 1, 3]).unwrap();
        assert_eq!(bands.ranges().collect::<Vec<_>>(), [0..2, 2..3, 3..6]);
        assert_eq!(bands.without(1).unwrap(), (Bands::new([2, 3]).unwrap(), vec![0, 1, 3, 4, 5]));
        assert!(Bands::new([4]).unwrap().without(0).is_err() && Bands::new([2, 0]).is_err());
    }
}
