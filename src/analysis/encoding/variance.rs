//! How much of the variance that a model explains each band of features explains.

use ndarray::{Array1, Array2, Axis, s};
use tokio_util::sync::CancellationToken;

use super::cores::{blocks, joined, on_all_cores};
use super::error::expect;
use super::product::product;
use super::{BandedRidge, Bands, Error, LinearModel, Moments, Runs};

/// The variance of held-out runs that a model explains, a band at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct VariancePartition {
    /// `(band, output)`: the product measure (Dupré la Tour et al., NeuroImage 264, 2022), `Σ ŷ_b (2 y − ŷ) / Σ y²` with
    /// `ŷ_b` the prediction from band `b` alone; NaN for an output that never changes. A band that hurts is negative.
    pub parts: Array2<f32>,
    /// R² of the whole model about the means of predictions and responses, to which the parts sum.
    pub total: Array1<f32>,
}

impl VariancePartition {
    /// Splits the variance that `model` explains in `data`. As himalaya's `r2_score_split` of centred series.
    ///
    /// # Errors
    /// [`Error::Bands`] and [`Error::Shape`] where model, data and bands differ in features or outputs.
    pub fn new(model: &LinearModel, bands: &Bands, data: &Moments) -> Result<Self, Error> {
        let weights = model.weights();
        if bands.features() != weights.ncols() {
            return Err(Error::Bands { found: bands.features(), expected: weights.ncols() });
        }
        expect("the data", "features", data.features(), weights.ncols())?;
        expect("the data", "outputs", data.outputs(), weights.nrows())?;
        let gram = data.gram.mapv(|value| value as f32);
        let blocks = on_all_cores(blocks(data.outputs()), |outputs| {
            let weights = weights.slice(s![outputs.clone(), ..]);
            let gained = &data.cross_of(outputs.clone()) * 2.0 - product(weights, gram.view());
            let mut parts = Array2::zeros((bands.count(), outputs.len()));
            for (range, mut part) in bands.ranges().zip(parts.outer_iter_mut()) {
                let shared = &weights.slice(s![.., range.clone()]) * &gained.slice(s![.., range]);
                part.assign(&shared.sum_axis(Axis(1)));
                part.zip_mut_with(&data.squares.slice(s![outputs.clone()]), |part, &square| {
                    *part = if square > 0.0 { (f64::from(*part) / square) as f32 } else { f32::NAN };
                });
            }
            Ok(parts)
        })?;
        let parts = joined(Axis(1), &blocks);
        Ok(Self { total: parts.sum_axis(Axis(0)), parts })
    }
}

/// What only a band explains: R² on `held_out` of `whole`, the model with all bands that `ridge` fits to `runs`, less that of a
/// model fitted without the band, `(band, output)`. Fits one model a band.
///
/// # Errors
/// As [`BandedRidge::fit`]; [`Error::Bands`] where there is one band only.
pub fn unique_variance(
    ridge: &BandedRidge,
    whole: &LinearModel,
    runs: &Runs,
    held_out: &Moments,
    cancel: &CancellationToken,
) -> Result<Array2<f32>, Error> {
    let whole = whole.score(held_out)?.r_squared;
    let mut unique = Array2::zeros((ridge.bands.count(), runs.outputs()));
    for (band, mut unique) in unique.outer_iter_mut().enumerate() {
        let (bands, features) = ridge.bands.without(band)?;
        let kept: Vec<usize> = (0..ridge.bands.count()).filter(|index| *index != band).collect();
        let others = ridge.shares.select(Axis(1), &kept);
        let is_mixture = |row: &usize| others.row(*row).sum() > 0.0;
        let draws: Vec<usize> = (0..others.nrows()).filter(is_mixture).collect();
        let others = others.select(Axis(0), &draws);
        let sums = others.sum_axis(Axis(1)).insert_axis(Axis(1));
        let without = BandedRidge { bands, shares: others / sums, ..ridge.clone() };
        let fit = without.fit(&runs.select(&features), cancel)?;
        unique.assign(&(&whole - &fit.model.score(&held_out.select(&features))?.r_squared));
    }
    Ok(unique)
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::super::{Criterion, Ridge, draw_shares};
    use super::*;

    /// Two bands of two features with equal parts in an output; a third of noise.
    fn run(seed: u64) -> (Array2<f32>, Array2<f32>) {
        let features = normal(400, 6, seed);
        let signal = features.slice(s![.., ..4]).sum_axis(Axis(1)).insert_axis(Axis(1));
        let responses = signal + normal(400, 1, 100 + seed);
        (features, responses)
    }

    #[test]
    fn equal_bands_share_the_variance_and_noise_has_none() {
        let mut runs = Runs::new(6, 1, 3).unwrap();
        for seed in 0..3 {
            let (features, responses) = run(seed);
            runs.add(features.view(), responses.view()).unwrap();
        }
        let (features, responses) = run(9);
        let held_out = Moments::of(features.view(), responses.view()).unwrap();
        let ridge = BandedRidge {
            bands: Bands::new([2, 2, 2]).unwrap(),
            penalties: Ridge::default().penalties,
            shares: draw_shares(3, 10, 0).unwrap(),
            criterion: Criterion::RSquared,
        };
        let token = CancellationToken::new();
        let fit = ridge.fit(&runs, &token).unwrap();
        let partition = VariancePartition::new(&fit.model, &ridge.bands, &held_out).unwrap();
        let near = |found: f32, expected: f32| (found - expected).abs() < 0.06;
        assert!(near(partition.parts[[0, 0]], 0.4) && near(partition.parts[[1, 0]], 0.4), "{partition:?}");
        assert!(near(partition.parts[[2, 0]], 0.0) && near(partition.total[0], 0.8));
        let r_squared = fit.model.score(&held_out).unwrap().r_squared[0];
        assert!((partition.total[0] - r_squared).abs() < 0.01, "the means differ little");
        let unique = unique_variance(&ridge, &fit.model, &runs, &held_out, &token).unwrap();
        assert!(near(unique[[0, 0]], 0.4) && near(unique[[1, 0]], 0.4) && near(unique[[2, 0]], 0.0), "{unique}");
    }
}
