//! What an evaluation found, as it is written down. `docs/scores.md` says how to read it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::features::Modality;
use crate::predict::ModelIdentity;

/// A model beside measured responses. A score that does not exist is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EvaluationReport {
    pub model: ModelIdentity,
    /// True where the responses were simulated and nobody was scanned: the scores are no evidence about brains.
    pub simulated: bool,
    /// Which runs were scored: `test`, those that the study marks so, or `all`, where it marks none.
    pub scored: String,
    /// Values of a response: vertices, then voxels of the subcortex where the model predicts it; or regions, where runs hold a
    /// value for each.
    pub outputs: usize,
    /// `fsaverage3` … `fsaverage6`, where the outputs are vertices.
    pub space: Option<String>,
    pub people: Vec<PersonReport>,
    /// Where two people or more saw the same stimulus.
    pub group: Option<GroupReport>,
    /// The model against the linear models of the same people, where there are any.
    pub comparison: Option<ComparisonReport>,
    /// What was left out or done for want of better, in sentences.
    pub notes: Vec<String>,
    /// Names of the files that were written beside it: the table of regions and the maps.
    pub files: Vec<String>,
}

/// One person's runs, all rows together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PersonReport {
    pub subject: String,
    /// The subject of the model whose head predicted them.
    pub predicted_by: String,
    pub runs: usize,
    /// How much was compared (min).
    pub minutes: f64,
    /// Outputs without a score, because what was measured or predicted never changes there.
    pub masked: usize,
    /// Mean Pearson r of predicted and measured responses over the outputs that have one.
    pub mean_r: Option<f64>,
    /// Mean coefficient of determination over the same.
    pub mean_r_squared: Option<f64>,
    /// The share of outputs whose r is above chance at a false discovery rate of 0.05, one sample a minute being counted as
    /// independent; where three minutes or more were compared.
    pub significant: Option<f64>,
    pub shifts: Option<ShiftReport>,
    pub ceiling: Option<CeilingReport>,
    pub retrieval: Option<RetrievalReport>,
    pub linear: Option<LinearReport>,
    /// Where the outputs are vertices or regions.
    pub regions: Vec<RegionScore>,
}

/// A test against predictions that come at the wrong time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ShiftReport {
    /// Circular shifts drawn of one run.
    pub draws: usize,
    /// The least shift (s).
    pub least_s: f64,
    /// Length of the run (s).
    pub seconds: f64,
    /// The share of outputs above chance at a false discovery rate of 0.05.
    pub significant: f64,
}

/// What the most repeated stimulus says of how well any model could do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CeilingReport {
    /// How often the stimulus was shown.
    pub repeats: usize,
    /// The greatest r with the mean of the repeats that a model can be expected to have, from random halves of them; the mean
    /// over outputs where it is above 0.1.
    pub r: f64,
    /// The model's r with that mean over this ceiling; the mean over the same outputs.
    pub share: f64,
}

/// Whether a predicted pattern finds its own stretch of the stimulus among all stretches of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RetrievalReport {
    /// Length of a stretch (s).
    pub segment_s: f64,
    /// Stretches of all runs.
    pub segments: usize,
    /// The share of stretches whose prediction is most like their own measurement.
    pub top_1: f64,
    /// What guessing would reach.
    pub chance: f64,
    /// Mean rank of the own stretch, 1 the best.
    pub mean_rank: f64,
}

/// The linear model of the same features, fitted to the person's training runs and scored on the same rows as the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LinearReport {
    /// Runs that it was fitted to.
    pub runs: usize,
    pub mean_r: Option<f64>,
    /// The model's mean r over the linear model's, where that is above 0.
    pub ratio: Option<f64>,
    /// The share of outputs where the model's r is the larger one.
    pub outputs_better: f64,
    pub modalities: Vec<ModalityVariance>,
}

/// What one modality explains in the linear model; means over outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ModalityVariance {
    pub modality: Modality,
    /// Principal components that its features were reduced to.
    pub components: usize,
    /// The share of the features' variance that these hold.
    pub features_kept: f64,
    /// Its part of the R² of the whole linear model (product measure); the parts add up.
    pub part: Option<f64>,
    /// R² that is lost without it; where there is another modality.
    pub unique: Option<f64>,
}

/// A region of one person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RegionScore {
    pub region: String,
    /// Vertices of both hemispheres.
    pub vertices: usize,
    /// Mean r of its vertices.
    pub mean_r: Option<f64>,
    /// r of its mean response.
    pub r: Option<f64>,
    /// Mean ceiling of its vertices.
    pub ceiling: Option<f64>,
    /// Mean r of its vertices by the linear model.
    pub linear_r: Option<f64>,
}

/// One prediction for everyone, beside how well people predict each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[schema(as = EvaluatedGroup)]
pub struct GroupReport {
    /// The subject of the model whose head predicted the group.
    pub predicted_by: String,
    /// Stimuli that two people or more saw.
    pub stimuli: usize,
    /// R_group: the mean over outputs of the r of the prediction with the mean of those who saw the stimulus.
    pub mean_r: Option<f64>,
    pub people: Vec<GroupMember>,
    /// The share of people whose group-predictivity R_group exceeds, the mean over outputs.
    pub share_exceeded: Option<f64>,
}

/// How well a person is predicted by the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupMember {
    pub subject: String,
    /// Group-predictivity: mean over outputs of the r of the person with the mean of the others.
    pub predictivity: Option<f64>,
    /// The same of the person with the prediction for the group.
    pub r: Option<f64>,
}

/// The model against the linear model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ComparisonReport {
    /// What a pair is: `people`, or with one person `outputs`, which are not independent of each other.
    pub over: String,
    pub pairs: usize,
    /// Mean r of the model over that of the linear models, where that is above 0.
    pub ratio: Option<f64>,
    /// The model's r less the linear model's, the mean over pairs.
    pub difference: f64,
    /// Student's t of the differences.
    pub t: Option<f64>,
    /// Of both tails.
    pub p: Option<f64>,
}

/// A number, where there is one.
pub(super) fn known(value: impl Into<f64>) -> Option<f64> {
    Some(value.into()).filter(|value| value.is_finite())
}

/// The mean of the values that are numbers.
pub(super) fn mean<'a>(values: impl IntoIterator<Item = &'a f32>) -> Option<f64> {
    let finite = values.into_iter().filter(|value| value.is_finite());
    let (sum, count) = finite.fold((0.0, 0), |(sum, count), value| (sum + f64::from(*value), count + 1));
    known(sum / f64::from(count))
}
