//! `POST /v1/subjects`: measured runs and their stimuli, uploaded before, become a subject of the lab's own.

use std::path::Path;

use axum::extract::{self, Request};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::experiment_view::ExperimentView;
use super::lent::lend;
use super::studies::{Study, queued};
use super::{Error, Problem, State, json};
use crate::bold::BoldFile;
use crate::catalogue::{self, SubjectCard};
use crate::jobs::CellWork;
use crate::scanner::Scanner;
use crate::stimulus::{Source, TextTiming};
use crate::store::{self, Store};
use crate::study::{self, FitOrder, Method, Split, StudyRun, TOLERANCE_S};

/// A subject to be fitted to measured runs.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SubjectOrder {
    /// What the subject is called from then on: letters, digits, `-` and `_`.
    name: String,
    /// The model that is served here, where it is to be named.
    model: Option<String>,
    /// Two or more, of two stimuli or more.
    runs: Vec<RunOrder>,
    /// How the head is fitted: by `ridge` when left out.
    #[serde(default)]
    method: Method,
    /// Where the runs hold a value for each region of a set, its mean response, in place of the vertices: `builtin`, or an installed
    /// atlas. They are `.npy` or `.h5`, with as many columns as the set has regions, in its order. Vertices of a region then move
    /// together, and those of none are as the average subject's.
    regions: Option<String>,
    /// How much a run and its stimulus may differ in length (s).
    #[serde(default = "usual_tolerance_s")]
    tolerance_s: f64,
    /// Whether the responses were simulated and nobody was scanned.
    #[serde(default)]
    simulated: bool,
}

/// A measured run.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RunOrder {
    stimulus: ShownOrder,
    /// The id of an uploaded `.npy`, `.h5`, `.dtseries.nii` or `.nii.gz` in MNI152, or of both files of a `.func.gii` pair. The
    /// names that they were uploaded under tell which is which.
    bold: Vec<String>,
    /// The name of the array in an HDF5 file.
    dataset: Option<String>,
    /// Time between two scans (s), where the file does not say it.
    tr_s: Option<f64>,
    /// When in the run the stimulus begins (s).
    #[serde(default)]
    onset_s: f64,
    /// Whether the run is kept from the fit and scored. Where none is, those of the last fifth of the stimuli of a new subject
    /// are, and all runs of an evaluation.
    #[serde(default)]
    held_out: bool,
}

/// What was shown: one of film, sound and text, by the ids of uploads.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ShownOrder {
    video: Option<String>,
    audio: Option<String>,
    text: Option<String>,
    /// The words of a film or sound with their times.
    transcript: Option<String>,
    /// When the words of a text are perceived: `spoken` and heard, or `estimated`.
    #[schema(value_type = Option<String>)]
    timing: Option<TextTiming>,
}

pub(super) fn usual_tolerance_s() -> f64 {
    TOLERANCE_S
}

/// Refuses another model than the one that is served.
pub(super) fn check_model(state: &State, asked: Option<&String>) -> Result<(), Error> {
    let served = state.predictor.card().name.clone();
    match asked.cloned().filter(|asked| *asked != served) {
        Some(asked) => Err(Error::OtherModel { asked, served }),
        None => Ok(()),
    }
}

/// Fits a head of their own to a person's measured responses, on the frozen encoder of the model. It is queued, as an experiment
/// of one cell whose report is the subject's card; the subject is there once it has succeeded.
#[utoipa::path(
    post, path = "/v1/subjects", tag = "subjects", request_body = SubjectOrder,
    responses(
        (status = 202, body = ExperimentView, headers(("Location" = String)), description = "It is queued."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload or atlas."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "There is a subject of this name."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The name, the model or a run is not one that can be used."),
    )
)]
pub(super) async fn create(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Error> {
    let order: SubjectOrder = json::order(request).await?;
    check_model(&state, order.model.as_ref())?;
    let (store, scanner, predictor) = (state.store.clone(), state.scanner.clone(), state.predictor.clone());
    let look = move || {
        order.regions.as_deref().map(|set| scanner.region_set(set)).transpose()?;
        catalogue::check_name(&order.name)?;
        if predictor.subjects()?.contains(&order.name) {
            return Err(Error::Catalogue(catalogue::Error::SubjectExists { name: order.name }));
        }
        order.uploads().try_for_each(|id| store.describe_stimulus(id).map(drop))?;
        Ok(order)
    };
    let order = tokio::task::spawn_blocking(look).await??;
    queued(&state, &format!("fit {}", order.name), &Study::Fit(order)).await
}

impl SubjectOrder {
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The ids of the measured files.
    pub(super) fn measured(&self) -> impl Iterator<Item = &String> {
        self.runs.iter().flat_map(RunOrder::measured)
    }

    fn uploads(&self) -> impl Iterator<Item = &String> {
        self.runs.iter().flat_map(RunOrder::uploads)
    }

    /// Fits the subject; for a blocking thread. Runs that are made ready lie in the cell's own folder, and go with it.
    pub(super) fn make(&self, scanner: &Scanner, store: &Store, work: &CellWork) -> Result<SubjectCard, Error> {
        let workdir = tempfile::tempdir_in(&work.folder)
            .map_err(|source| store::Error::File { path: work.folder.clone(), source })?;
        let run = |(place, run): (usize, &RunOrder)| {
            run.open(store, &workdir.path().join(format!("run-{}", place + 1)), &self.name)
        };
        let runs = self.runs.iter().enumerate().map(run).collect::<Result<Vec<_>, Error>>()?;
        let regions = self.regions.as_deref().map(|set| scanner.region_set(set)).transpose()?;
        let origin = blake3::hash(work.spec.as_bytes()).to_hex().to_string();
        let order = FitOrder {
            name: &self.name,
            runs: &runs,
            method: self.method,
            regions: regions.as_deref(),
            tolerance_s: self.tolerance_s,
            simulated: self.simulated,
            origin: Some(&origin),
        };
        let resources = scanner.fit_resources(workdir.path(), workdir.path(), &work.cancel);
        Ok(study::fit(order, &resources, &mut |_| ())?)
    }
}

impl RunOrder {
    /// The ids of its measured files.
    pub(super) fn measured(&self) -> impl Iterator<Item = &String> {
        self.bold.iter()
    }

    /// The ids of all that it names.
    pub(super) fn uploads(&self) -> impl Iterator<Item = &String> {
        let ShownOrder { video, audio, text, transcript, .. } = &self.stimulus;
        [video, audio, text, transcript].into_iter().flatten().chain(&self.bold)
    }

    /// A run of this person. Its files are lent in `folder`.
    pub(super) fn open(&self, store: &Store, folder: &Path, subject: &str) -> Result<StudyRun, Error> {
        let uploads = self.bold.iter().map(|id| store.stimulus(id)).collect::<Result<Vec<_>, _>>()?;
        let files = lend(&uploads, folder)?;
        let Some(first) = files.first() else {
            let expected = "the id of a measured run, or of both files of a pair";
            return Err(Error::BadValue { field: "bold", value: "[]".to_owned(), expected });
        };
        Ok(StudyRun {
            subject: subject.to_owned(),
            source: self.stimulus.source(store)?,
            bold: BoldFile::named(first, self.dataset.as_deref()).map_err(study::Error::from)?,
            tr_s: self.tr_s,
            onset_s: self.onset_s,
            split: Some(if self.held_out { Split::Test } else { Split::Train }),
        })
    }
}

impl ShownOrder {
    fn source(&self, store: &Store) -> Result<Source, Error> {
        let path = |id: &String| store.stimulus(id).map(|stimulus| stimulus.path);
        let transcript = self.transcript.as_ref().map(path).transpose()?;
        match (&self.video, &self.audio, &self.text) {
            (Some(video), None, None) => Ok(Source::Video { path: path(video)?, transcript }),
            (None, Some(audio), None) => Ok(Source::Audio { path: path(audio)?, transcript }),
            (None, None, Some(text)) if transcript.is_none() => {
                Ok(Source::Text { path: path(text)?, timing: self.timing.unwrap_or_default() })
            }
            (None, None, Some(_)) => {
                Err(Error::MisplacedField { field: "transcript", stimulus: "text", goes_with: "video and audio" })
            }
            (None, None, None) => Err(Error::NoStimulus),
            (Some(_), _, _) => Err(Error::TwoStimuli { first: "video", second: "audio or text" }),
            (None, Some(_), Some(_)) => Err(Error::TwoStimuli { first: "audio", second: "text" }),
        }
    }
}
