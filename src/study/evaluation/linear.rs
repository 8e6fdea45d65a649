//! The linear model that the field uses, on the features that the encoder takes: what a transformer must be better than.
//!
//! The features of each modality are reduced to at most forty principal components, found on the stimuli that people are
//! fitted to, and delayed by 1–9 s; a banded ridge has a penalty for each modality.

use ndarray::{Array1, Array2, Axis, Slice, concatenate, s};
use tokio_util::sync::CancellationToken;

use super::report::{LinearReport, ModalityVariance, known, mean};
use crate::analysis::encoding::{
    self, BandedRidge, Bands, Criterion, Delays, LinearModel, Moments, PrincipalComponents, Runs, Scores,
    VariancePartition, draw_shares, penalties, unique_variance,
};
use crate::encoder::Settings;
use crate::features::Modality;
use crate::study::kept_features::KeptFeatures;
use crate::study::states::{Aligned, StateReader};
use crate::study::{Error, StudyRun};

/// Principal components of a modality.
const COMPONENTS: usize = 40;
/// Rows, evenly over all training stimuli, that components are found on.
const SAMPLES: usize = 2048;
/// From when to when a stimulus speaks into a response (s).
const DELAYS_S: [f64; 2] = [1.0, 9.0];
/// Mixtures of penalties that are tried, and groups of runs that they are chosen on.
const DRAWS: usize = 5;
const GROUPS: usize = 5;
const SEED: u64 = 0;

/// How features become the columns of a linear model; the same for everybody.
pub(super) struct Design<'a> {
    features: &'a KeptFeatures,
    /// The modalities that change at all.
    bands: Vec<(Modality, PrincipalComponents)>,
    delays: Delays,
    outputs: usize,
}

/// A linear model of one person, and what it says of runs that it has not seen.
pub(super) struct Linear<'a> {
    design: &'a Design<'a>,
    ridge: BandedRidge,
    fitted: Runs,
    model: LinearModel,
    held_out: Moments,
}

/// What came of it.
pub(super) struct LinearScores {
    pub(super) scores: Scores,
    runs: usize,
    modalities: Vec<ModalityVariance>,
}

impl<'a> Design<'a> {
    /// Finds components on the stimuli of these runs; `None` where no feature changes in them.
    pub(super) fn of(
        runs: &[&StudyRun],
        reader: &mut StateReader,
        features: &'a KeptFeatures,
    ) -> Result<Option<Self>, Error> {
        let mut shown = Vec::new();
        for run in runs {
            let stimulus = reader.show(run)?;
            if !shown.contains(&stimulus) {
                shown.push(stimulus);
            }
        }
        let step = shown.iter().map(|(_, rows)| rows).sum::<usize>().div_ceil(SAMPLES).max(1);
        let mut bands = Vec::new();
        for modality in Modality::ALL {
            let mut samples = Vec::new();
            for (content, _) in &shown {
                let found = features.read(content, modality)?;
                samples.extend(found.map(|found| found.slice(s![..;step, ..]).to_owned()));
            }
            let views: Vec<_> = samples.iter().map(|samples| samples.view()).collect();
            let Ok(samples) = concatenate(Axis(0), &views) else { continue };
            match PrincipalComponents::of(samples.view(), COMPONENTS) {
                Ok(components) => bands.push((modality, components)),
                Err(encoding::Error::ConstantFeatures) => (),
                Err(error) => return Err(error.into()),
            }
        }
        let settings = reader.predictor.settings();
        let outputs = reader.outputs();
        Ok((!bands.is_empty()).then_some(Self { features, bands, delays: delays(settings)?, outputs }))
    }

    /// The columns of a run, `(row, modality × delay × component)`. A modality that the stimulus lacks is 0.
    fn columns(&self, run: &Aligned) -> Result<Array2<f32>, Error> {
        let rows = run.first..run.first + run.states.nrows();
        let mut columns = Vec::new();
        for (modality, components) in &self.bands {
            columns.push(match self.features.read(&run.content, *modality)? {
                Some(features) => {
                    let delayed = self.delays.apply(components.apply(features.view())?.view());
                    delayed.slice_axis(Axis(0), Slice::from(rows.clone())).to_owned()
                }
                None => Array2::zeros((rows.len(), self.delays.width(components.count()))),
            });
        }
        let columns: Vec<_> = columns.iter().map(|columns| columns.view()).collect();
        Ok(concatenate(Axis(1), &columns).expect("all bands have the rows of the run. This is a bug."))
    }

    /// Fits a person's linear model to their runs, two or more.
    pub(super) fn fit(
        &'a self,
        runs: &[&StudyRun],
        reader: &mut StateReader,
        cancel: &CancellationToken,
        step: &mut dyn FnMut(),
    ) -> Result<Linear<'a>, Error> {
        let bands = Bands::new(self.bands.iter().map(|(_, components)| self.delays.width(components.count())))?;
        let mut fitted = Runs::new(bands.features(), self.outputs, GROUPS)?;
        for run in runs {
            let run = reader.read(run)?;
            fitted.add(self.columns(&run)?.view(), run.measured.view())?;
            step();
        }
        let draws = if bands.count() == 1 { 1 } else { DRAWS };
        let ridge = BandedRidge {
            shares: draw_shares(bands.count(), draws, SEED)?,
            penalties: penalties(0.0, 6.0, 10),
            criterion: Criterion::RSquared,
            bands,
        };
        let model = ridge.fit(&fitted, cancel)?.model;
        let held_out = Moments::new(fitted.features(), fitted.outputs())?;
        Ok(Linear { design: self, ridge, fitted, model, held_out })
    }
}

/// In rows, counted from the response of a row: that was measured a lag after its stimulus.
fn delays(settings: &Settings) -> Result<Delays, Error> {
    let [first, last] = DELAYS_S.map(|seconds| seconds / settings.tr_s);
    let lag = (settings.lag_s / settings.tr_s).round() as isize;
    Ok(Delays::new((first.ceil() as isize..=last.floor() as isize).map(|rows| rows - lag))?)
}

impl Linear<'_> {
    /// Adds a run that it is to be scored on.
    pub(super) fn hold(&mut self, run: &Aligned) -> Result<(), Error> {
        Ok(self.held_out.add(self.design.columns(run)?.view(), run.measured.view())?)
    }

    /// The scores of all runs that were held.
    pub(super) fn finish(self, cancel: &CancellationToken) -> Result<LinearScores, Error> {
        let Self { design, ridge, fitted, model, held_out } = self;
        let partition = VariancePartition::new(&model, &ridge.bands, &held_out)?;
        let unique = match ridge.bands.count() {
            1 => None,
            _ => Some(unique_variance(&ridge, &model, &fitted, &held_out, cancel)?),
        };
        let of_band = |(band, (modality, components)): (usize, &(Modality, PrincipalComponents))| ModalityVariance {
            modality: *modality,
            components: components.count(),
            features_kept: components.explained(),
            part: mean(partition.parts.row(band)),
            unique: unique.as_ref().and_then(|unique| mean(unique.row(band))),
        };
        let modalities = design.bands.iter().enumerate().map(of_band).collect();
        Ok(LinearScores { scores: model.score(&held_out)?, runs: fitted.count(), modalities })
    }
}

impl LinearScores {
    /// Beside the r of the model, an output each.
    pub(super) fn report(&self, r: &Array1<f32>) -> LinearReport {
        let pairs = || r.iter().zip(&self.scores.r).filter(|(model, linear)| model.is_finite() && linear.is_finite());
        let better = pairs().filter(|(model, linear)| model > linear).count();
        LinearReport {
            runs: self.runs,
            mean_r: mean(&self.scores.r),
            ratio: ratio(mean(r), mean(&self.scores.r)),
            outputs_better: known(better as f64 / pairs().count() as f64).unwrap_or(0.0),
            modalities: self.modalities.clone(),
        }
    }
}

/// One mean r over another, where that is above 0.
pub(super) fn ratio(model: Option<f64>, linear: Option<f64>) -> Option<f64> {
    linear.filter(|linear| *linear > 0.0).zip(model).map(|(linear, model)| model / linear)
}
