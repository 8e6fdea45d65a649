//! The predicted responses to the runs of an experiment, one for each set of modalities that its conditions ask for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ndarray::Array2;
use tokio_util::sync::CancellationToken;

use super::stimuli::Stimuli;
use super::{Error, Progress, Step, peak, runs};
use crate::experiment::design::{Run, Trial};
use crate::experiment::{Estimate, Spec};
use crate::features::Modality;
use crate::predict::{Output, Prediction, PredictionRequest, Predictor};

/// What is scanned.
pub(super) struct Session<'a> {
    pub(super) spec: &'a Spec,
    pub(super) runs: Vec<Run>,
    pub(super) stimuli: &'a Stimuli,
    /// What is read off the encoder: every vertex, or the means of regions.
    pub(super) output: Output,
}

/// All runs, predicted.
pub(super) struct Scans {
    pub(super) runs: Vec<Run>,
    conditions: Vec<String>,
    /// For each condition, which of a run's predictions speaks for it.
    mask_of: Vec<usize>,
    /// By run, then by set of modalities.
    scanned: Vec<Vec<Scanned>>,
}

/// One run as one set of modalities has it.
struct Scanned {
    prediction: Prediction,
    folder: PathBuf,
}

/// A trial, and in which rows of which response it is to be read.
pub(super) struct Placed<'a> {
    pub(super) mask: usize,
    pub(super) condition: &'a str,
    /// Names the stimulus among those of its condition.
    pub(super) stimulus: String,
    pub(super) trial: &'a Trial,
}

impl Scans {
    /// Predicts every run of a session. Responses go to folders in `folder`.
    pub(super) fn predict(
        predictor: &Predictor,
        Session { spec, runs, stimuli, output }: Session,
        folder: &Path,
        listen: &mut dyn FnMut(Progress),
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let (masks, mask_of) = distinct(spec.masks());
        let grey = runs::grey_picture(spec.design().gap(), folder)?;
        let total = runs.len() * masks.len();
        let mut scanned = Vec::with_capacity(runs.len());
        for (number, run) in runs.iter().enumerate() {
            let rows = match spec.estimate() {
                Estimate::Peak(peak) => {
                    Some(peak::rows(run, peak.span_s(), predictor.settings().tr_s, predictor.settings().lag_s))
                }
                Estimate::Glm(_) | Estimate::Timecourse(_) => None,
            };
            let mut of_run = Vec::with_capacity(masks.len());
            for (mask, modalities) in masks.iter().enumerate() {
                listen(Progress { step: Step::Predict, done: number * masks.len() + mask, total });
                let request = PredictionRequest {
                    source: runs::source(run, stimuli, grey.as_deref()),
                    task: spec.name.clone(),
                    subjects: spec.subjects.clone(),
                    modalities: modalities.clone(),
                    overlap_s: spec.design().overlap_s(),
                    save_features: false,
                    output: output.clone(),
                    rows: rows.clone(),
                };
                predictor.check(&request)?;
                let results = folder.join(format!("run-{}-{mask}", number + 1));
                std::fs::create_dir_all(&results).map_err(Error::file(&results))?;
                let prediction = predictor.run_blocking(request, results.clone(), |_| (), cancel.clone())?;
                of_run.push(Scanned { prediction, folder: results });
            }
            scanned.push(of_run);
        }
        listen(Progress { step: Step::Predict, done: total, total });
        let conditions = stimuli.conditions().to_vec();
        Ok(Self { runs, conditions, mask_of, scanned })
    }

    /// What the model says of itself and of the first run.
    pub(super) fn prediction(&self) -> &Prediction {
        &self.scanned[0][0].prediction
    }

    /// What was done for want of better in any run, once each.
    pub(super) fn notes(&self) -> Vec<String> {
        let mut notes: Vec<String> = Vec::new();
        for note in self.scanned.iter().flatten().flat_map(|scanned| &scanned.prediction.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }

    /// The set of modalities that speaks for a condition.
    pub(super) fn mask_of(&self, condition: &str) -> Option<usize> {
        let index = self.conditions.iter().position(|name| name == condition)?;
        Some(self.mask_of[index])
    }

    /// The response `(time, vertex)` of a subject to a run, or `(time, region)` where means were asked for.
    pub(super) fn response(&self, run: usize, mask: usize, subject: &str) -> Result<Array2<f32>, Error> {
        let Scanned { prediction, folder } = &self.scanned[run][mask];
        Ok(prediction.response(folder, subject)?)
    }

    /// The same with some rows read, and the others 0.
    pub(super) fn response_at(
        &self,
        run: usize,
        mask: usize,
        subject: &str,
        rows: &BTreeSet<usize>,
    ) -> Result<Array2<f32>, Error> {
        let Scanned { prediction, folder } = &self.scanned[run][mask];
        Ok(prediction.response_at(folder, subject, rows)?)
    }

    /// Predictions of each run.
    pub(super) fn masks(&self) -> usize {
        self.scanned.first().map_or(0, Vec::len)
    }

    /// The trials of one run, in order.
    pub(super) fn trials(&self, run: usize) -> impl Iterator<Item = Placed<'_>> {
        self.runs[run].trials.iter().map(move |trial| Placed {
            mask: self.mask_of[trial.condition],
            condition: &self.conditions[trial.condition],
            stimulus: format!("{:06}", trial.stimulus),
            trial,
        })
    }
}

/// The sets of modalities that there are, and which of them each condition has.
fn distinct(masks: Vec<Option<Vec<Modality>>>) -> (Vec<Option<Vec<Modality>>>, Vec<usize>) {
    let mut kinds: Vec<Option<Vec<Modality>>> = Vec::new();
    let mut of = Vec::with_capacity(masks.len());
    for mask in masks {
        let place = kinds.iter().position(|kind| *kind == mask).unwrap_or_else(|| {
            kinds.push(mask);
            kinds.len() - 1
        });
        of.push(place);
    }
    (kinds, of)
}
