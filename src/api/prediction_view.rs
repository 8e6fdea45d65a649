//! A prediction as clients see it: state, progress, both time axes, and where everything is.

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use super::files::read;
use super::readable::under_way;
use crate::jobs::{Asked, Failure, Job, JobState, JobStatus};
use crate::predict::files::ResultFile;
use crate::predict::{self, Format, Prediction, Progress};

/// A prediction in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct PredictionSummary {
    id: String,
    /// What its stimulus is called in file names.
    task: String,
    state: JobState,
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    href: String,
}

/// A prediction.
#[derive(Serialize, ToSchema)]
pub(super) struct PredictionView {
    id: String,
    /// What its stimulus is called in file names.
    task: String,
    /// Ids of the uploads that it reads: the stimulus, what that names, its transcript. They may have been removed since.
    stimuli: Vec<String>,
    state: JobState,
    model: ModelView,
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    started: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished: Option<Timestamp>,
    /// Predictions that wait before this one, while it is queued.
    ahead: Option<usize>,
    /// The last step, while it runs.
    progress: Option<Progress>,
    /// Why it failed.
    failure: Option<Failure>,
    /// Rows of the response that can be read: some while it runs, all once it has succeeded.
    seconds_done: usize,
    /// When the rows of the response are, once there is one.
    time: Option<TimeAxes>,
    /// What is being predicted, while it runs and some seconds are done: as the result will be, without features and timings.
    under_way: Option<Prediction>,
    /// What was predicted, once it has succeeded.
    result: Option<Prediction>,
    /// Made when they are first asked for.
    files: Vec<FileView>,
    links: Links,
}

/// The model that answers.
#[derive(Serialize, ToSchema)]
pub(super) struct ModelView {
    name: String,
    /// False for random weights: what such a model predicts means nothing.
    trained: bool,
    /// True where it was trained on simulated responses: what it predicts is no evidence about brains.
    simulated: bool,
}

/// Row i of a response is the brain's answer to one second of the stimulus, measured some seconds later.
#[derive(Serialize, ToSchema)]
pub(super) struct TimeAxes {
    /// When the rows' stimulus is seen and heard.
    stimulus: Axis,
    /// When a scanner would measure it.
    bold: Axis,
}

/// Equally spaced times.
#[derive(Serialize, ToSchema)]
pub(super) struct Axis {
    /// Time of the first row (s).
    start_s: f64,
    /// From row to row (s).
    step_s: f64,
    /// Number of rows.
    rows: usize,
}

/// A file of a prediction.
#[derive(Serialize, ToSchema)]
pub(super) struct FileView {
    name: String,
    format: Format,
    /// Whose response it holds; all subjects' when null.
    subject: Option<String>,
    media_type: &'static str,
    href: String,
}

/// Where the rest is.
#[derive(Serialize, ToSchema)]
pub(super) struct Links {
    #[serde(rename = "self")]
    itself: String,
    /// Server-sent events.
    events: String,
    /// Rows as little-endian float32, `?subject=`.
    frames: String,
}

/// Where a prediction is found.
pub(super) fn href(id: &str) -> String {
    format!("/v1/predictions/{id}")
}

impl PredictionSummary {
    pub(super) fn of(state: &State, job: Job) -> Result<Self, super::Error> {
        let Asked { task, .. } = state.predictions.asked(&job)?;
        Ok(Self { href: href(&job.key), id: job.key, task, state: job.state, created: job.created })
    }
}

impl PredictionView {
    /// Reads the result of a prediction that has succeeded, or what there is of one that runs.
    pub(super) async fn of(state: &State, status: JobStatus) -> Result<Self, super::Error> {
        let JobStatus { job, ahead } = status;
        let (result, under_way) = match job.state {
            JobState::Succeeded => (Some(read(state, &job.key).await?.1), None),
            JobState::Running => (None, under_way(state, &job.key).await?),
            JobState::Queued | JobState::Failed | JobState::Cancelled => (None, None),
        };
        let (under_way, seconds_done) = match under_way {
            Some((_, prediction, rows)) => (Some(prediction), rows),
            None => (None, result.as_ref().map_or(0, |result| result.seconds)),
        };
        let href = href(&job.key);
        let Asked { task, stimuli } = state.predictions.asked(&job)?;
        let card = state.predictor.card();
        Ok(Self {
            model: match &result {
                Some(Prediction { model, .. }) => {
                    ModelView { name: model.name.clone(), trained: model.trained, simulated: model.simulated }
                }
                None => ModelView { name: card.name.clone(), trained: card.trained, simulated: card.simulated },
            },
            task,
            stimuli,
            created: job.created,
            started: job.started,
            finished: job.finished,
            ahead,
            progress: job.progress,
            failure: job.failure,
            seconds_done,
            time: result.as_ref().or(under_way.as_ref()).map(TimeAxes::of),
            files: result.as_ref().map_or(Ok(Vec::new()), |result| files(&href, result))?,
            under_way,
            result,
            links: Links { events: format!("{href}/events"), frames: format!("{href}/frames"), itself: href },
            state: job.state,
            id: job.key,
        })
    }
}

impl TimeAxes {
    fn of(result: &Prediction) -> Self {
        let axis = |start_s| Axis { start_s, step_s: result.tr_s, rows: result.seconds };
        Self { stimulus: axis(result.start_s), bold: axis(result.start_s + result.lag_s) }
    }
}

fn files(href: &str, result: &Prediction) -> Result<Vec<FileView>, predict::Error> {
    let view = |file: ResultFile| FileView {
        href: format!("{href}/files/{}", file.name),
        format: file.format,
        subject: file.subject().map(str::to_owned),
        media_type: file.format.media_type(),
        name: file.name,
    };
    Ok(predict::files::list(result)?.into_iter().map(view).collect())
}
