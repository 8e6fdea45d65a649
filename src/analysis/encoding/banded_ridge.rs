//! Banded ridge: each modality has a penalty of its own, so that a large or noisy one does not drown the others.

use std::collections::BTreeMap;

use ndarray::{Array1, Array2, Axis, Zip};
use tokio_util::sync::CancellationToken;

use super::cores::{BLOCK, joined, on_all_cores};
use super::cross_validation::CrossValidation;
use super::error::expect;
use super::product::product;
use super::ridge::check;
use super::spectrum::Spectrum;
use super::{Bands, Criterion, Error, LinearModel, Moments, PenaltyRule, Runs};

/// Ridge regression in which the features of band `b` have the penalty `α / γ_b` (Nunez-Elizalde, Huth & Gallant,
/// NeuroImage 197, 2019), chosen for each output by random search (Dupré la Tour et al., NeuroImage 264, 2022): all α of a
/// grid at each of many mixtures γ, on groups of runs that were left out. As himalaya's `GroupRidgeCV`.
#[derive(Clone, Debug, PartialEq)]
pub struct BandedRidge {
    pub bands: Bands,
    /// The grid of α.
    pub penalties: Vec<f64>,
    /// Mixtures γ `(draw, band)`, as [`draw_shares`](super::draw_shares) makes them.
    pub shares: Array2<f64>,
    pub criterion: Criterion,
}

/// A banded ridge model with what was chosen for it.
#[derive(Clone, Debug, PartialEq)]
pub struct BandedRidgeFit {
    pub model: LinearModel,
    /// `α / γ_b`: `(output, band)`.
    pub penalties: Array2<f64>,
    /// As [`RidgeFit::held_out`](super::RidgeFit::held_out).
    pub held_out: Array1<f32>,
}

/// The best mixture and α of each output so far.
struct Choice {
    score: Array1<f32>,
    draw: Array1<usize>,
    alpha: Array1<f64>,
}

impl BandedRidge {
    /// Chooses mixture and α for each output by leaving out each group of `runs`, and fits on all of them.
    ///
    /// # Errors
    /// As [`Ridge::fit`](super::Ridge::fit); [`Error::Bands`] where the bands hold other features than the runs, and
    /// [`Error::Shares`] where a mixture is none.
    pub fn fit(&self, runs: &Runs, cancel: &CancellationToken) -> Result<BandedRidgeFit, Error> {
        check(&self.penalties, false)?;
        self.check_shares()?;
        if self.bands.features() != runs.features() {
            return Err(Error::Bands { found: self.bands.features(), expected: runs.features() });
        }
        let validation = CrossValidation::new(runs, self.criterion)?;
        let outputs = runs.outputs();
        let mut choice = Choice {
            score: Array1::from_elem(outputs, f32::NEG_INFINITY),
            draw: Array1::zeros(outputs),
            alpha: Array1::zeros(outputs),
        };
        for (draw, shares) in self.shares.outer_iter().enumerate() {
            let scores = validation.scores(&self.penalties, Some(&self.bands.scale(shares)), None, cancel)?;
            let (alphas, scores) = PenaltyRule::Best.choose(&self.penalties, &scores);
            choice.improve(draw, &scores, &alphas.mapv(|index| self.penalties[index]));
        }
        let weights = self.weights(&validation.total, &choice, cancel)?;
        let penalty = |(output, band)| choice.alpha[output] / self.shares[[choice.draw[output], band]];
        Ok(BandedRidgeFit {
            model: LinearModel::through_means(weights, &validation.total),
            penalties: Array2::from_shape_fn((outputs, self.bands.count()), penalty),
            held_out: choice.score,
        })
    }

    fn check_shares(&self) -> Result<(), Error> {
        expect("a mixture", "bands", self.shares.ncols(), self.bands.count())?;
        if self.shares.nrows() == 0 {
            return Err(Error::Shares { draw: 0, problem: "missing: one mixture or more is needed".to_owned() });
        }
        let is_mixture = |row: &ndarray::ArrayView1<'_, f64>| {
            row.iter().all(|share| share.is_finite() && *share >= 0.0) && row.sum() > 0.0
        };
        match self.shares.outer_iter().position(|row| !is_mixture(&row)) {
            Some(draw) => {
                let problem =
                    format!("{}: they are finite, not negative, and one is more than 0", self.shares.row(draw));
                Err(Error::Shares { draw, problem })
            }
            None => Ok(()),
        }
    }

    /// Outputs that have the same mixture are fitted together.
    fn weights(&self, data: &Moments, choice: &Choice, cancel: &CancellationToken) -> Result<Array2<f32>, Error> {
        let mut outputs_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (output, &draw) in choice.draw.iter().enumerate() {
            outputs_of.entry(draw).or_default().push(output);
        }
        let mut weights = Array2::zeros(data.cross.dim());
        for (draw, outputs) in outputs_of {
            let spectrum = Spectrum::new(data.gram.view(), Some(&self.bands.scale(self.shares.row(draw))))?;
            let fitted = on_all_cores(outputs.chunks(BLOCK), |outputs| {
                if cancel.is_cancelled() {
                    return Err(Error::Cancelled);
                }
                let mut along = product(data.cross.select(Axis(0), outputs).view(), spectrum.axes.view());
                spectrum.weigh(along.view_mut(), None, |place| choice.alpha[outputs[place]]);
                Ok(product(along.view(), spectrum.axes.t()))
            })?;
            for (&output, fitted) in outputs.iter().zip(joined(Axis(0), &fitted).outer_iter()) {
                weights.row_mut(output).assign(&fitted);
            }
        }
        Ok(weights)
    }
}

impl Choice {
    fn improve(&mut self, draw: usize, scores: &Array1<f32>, alphas: &Array1<f64>) {
        let chosen = Zip::from(&mut self.score).and(&mut self.draw).and(&mut self.alpha).and(scores).and(alphas);
        chosen.for_each(|best, best_draw, best_alpha, &score, &alpha| {
            if score > *best {
                (*best, *best_draw, *best_alpha) = (score, draw, alpha);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::super::{Ridge, draw_shares};
    use super::*;

    /// Two bands of 6 and 30 features; only the first matters.
    fn runs() -> Runs {
        let mut runs = Runs::new(36, 8, 4).unwrap();
        let planted = normal(6, 8, 77);
        for run in 0..4 {
            let features = normal(40, 36, run);
            let responses = features.slice(ndarray::s![.., ..6]).dot(&planted) + normal(40, 8, 40 + run) * 2.0;
            runs.add(features.view(), responses.view()).unwrap();
        }
        runs
    }

    fn banded(draws: usize) -> BandedRidge {
        BandedRidge {
            bands: Bands::new([6, 30]).unwrap(),
            penalties: Ridge::default().penalties,
            shares: draw_shares(2, draws, 1).unwrap(),
            criterion: Criterion::RSquared,
        }
    }

    #[test]
    fn a_band_of_noise_is_kept_small_and_the_model_is_better_for_it() {
        let (runs, token) = (runs(), CancellationToken::new());
        let banded = banded(30).fit(&runs, &token).unwrap();
        let plain = Ridge::default().fit(&runs, None, &token).unwrap();
        let noise = banded.model.weights().slice(ndarray::s![.., 6..]).mapv(f32::abs).mean().unwrap();
        assert!(noise < 0.05, "{noise}");
        assert!(banded.held_out.iter().zip(&plain.held_out).all(|(banded, plain)| banded >= plain));
        assert!(
            banded.penalties.column(1).iter().zip(banded.penalties.column(0)).all(|(noise, signal)| noise > signal)
        );
    }

    #[test]
    fn equal_shares_are_a_plain_ridge() {
        let (runs, token) = (runs(), CancellationToken::new());
        let banded = banded(1).fit(&runs, &token).unwrap();
        let penalties = Ridge::default().penalties.iter().map(|penalty| penalty * 2.0).collect();
        let plain = Ridge { penalties, ..Ridge::default() }.fit(&runs, None, &token).unwrap();
        assert!((&banded.model.weights() - &plain.model.weights()).iter().all(|difference| difference.abs() < 1e-5));
    }

    #[test]
    fn bands_and_mixtures_are_checked() {
        let token = CancellationToken::new();
        let narrow = BandedRidge { bands: Bands::new([6, 29]).unwrap(), ..banded(3) };
        assert_eq!(narrow.fit(&runs(), &token), Err(Error::Bands { found: 35, expected: 36 }));
        let mut negative = banded(2);
        negative.shares[[1, 0]] = -0.5;
        let refusal = negative.fit(&runs(), &token).unwrap_err().to_string();
        assert!(refusal.starts_with("the shares of the bands at draw 1 are [-0.5, "), "{refusal}");
    }
}
