//! `/v1/multisensory` and `/v1/validations`: experiments that no spec describes. Each is queued as an experiment of one
//! cell, and followed, cancelled and fetched where experiments are.

use axum::Json;
use axum::extract::{self, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::evaluations::EvaluationOrder;
use super::experiment_view::{ExperimentView, href};
use super::fits::SubjectOrder;
use super::{Error, Problem, State, json};
use crate::jobs::CellWork;
use crate::predict::{self, Output, PredictionRequest};
use crate::scanner::{self, Benchmark, REPORT, Scanner, Space};
use crate::stimulus::Source;
use crate::store::{self, Stimulus, Store, write_whole};

/// A film, to be seen, heard and read in every choice of these.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MultisensoryOrder {
    /// The id of an uploaded film with its sound.
    video: String,
    /// The id of its uploaded words with their times.
    transcript: Option<String>,
    /// Names of the model's subjects; its default when empty.
    #[serde(default)]
    subjects: Vec<String>,
}

/// Stimuli to show, and maps that people had of the same.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidationOrder {
    /// The id of an uploaded zip with a folder a localizer (`faces`, `speech_silence` …), in it one a condition. Localizers
    /// of texts need none.
    stimuli: String,
    /// The id of an uploaded zip with a measured map a localizer, named as it: `faces.nii.gz`, or `places.L.func.gii` with
    /// `places.R.func.gii`. A localizer without one is not run.
    maps: String,
    /// An installed atlas whose parcels are compared; vertices when left out. The paper has the 360 of HCP-MMP.
    atlas: Option<String>,
    /// Of the maps that are volumes.
    #[serde(default)]
    space: Space,
    /// Whose response; the model's default when left out.
    subject: Option<String>,
}

/// As it is stored, in the place of a spec.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Study {
    Multisensory(MultisensoryOrder),
    Validation(ValidationOrder),
    Fit(SubjectOrder),
    Evaluation(EvaluationOrder),
}

/// Predicts a film from every set of text, audio and video, and maps how they come together: the max rule, super-additivity,
/// dominance, and red, green and blue. Its report is a masking proxy, and says so.
#[utoipa::path(
    post, path = "/v1/multisensory", tag = "experiments", request_body = MultisensoryOrder,
    responses(
        (status = 202, body = ExperimentView, headers(("Location" = String)), description = "It is queued, as an experiment of one cell."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The model has no such subject."),
    )
)]
pub(super) async fn multisensory(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, Error> {
    let order: MultisensoryOrder = json::order(request).await?;
    let store = state.store.clone();
    let look = move || order.request(|id| store.describe_stimulus(id)).map(|request| (order, request));
    let (order, request) = tokio::task::spawn_blocking(look).await??;
    state.predictor.check(&request)?;
    queued(&state, &format!("multisensory {}", request.task), &Study::Multisensory(order)).await
}

/// Runs the ten contrasts of TRIBE v2's paper with its protocol, and compares them with measured maps: R beside the
/// published one. What lacks stimuli or a map is a row that says so.
#[utoipa::path(
    post, path = "/v1/validations", tag = "experiments", request_body = ValidationOrder,
    responses(
        (status = 202, body = ExperimentView, headers(("Location" = String)), description = "It is queued, as an experiment of one cell."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload or atlas."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The model has no such subject."),
    )
)]
pub(super) async fn validate(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, Error> {
    let order: ValidationOrder = json::order(request).await?;
    let (store, uploads) = (state.store.clone(), [order.stimuli.clone(), order.maps.clone()]);
    let look = move || uploads.iter().try_for_each(|id| store.describe_stimulus(id).map(drop));
    tokio::task::spawn_blocking(look).await??;
    if let Some(atlas) = &order.atlas {
        state.scanner.atlases.licence(atlas)?;
    }
    let known = state.predictor.subjects()?;
    if let Some(name) = order.subject.clone().filter(|subject| !known.contains(subject)) {
        return Err(Error::Predict(predict::Error::UnknownSubject { name, known }));
    }
    queued(&state, "validation", &Study::Validation(order)).await
}

/// Queues a study under the hash of all that its result depends on.
pub(super) async fn queued(state: &State, name: &str, study: &Study) -> Result<Response, Error> {
    let text = serde_json::to_string(study).map_err(|error| Error::MalformedBody { reason: error.to_string() })?;
    let revision = state.predictor.revision_for(&text)?;
    let id = blake3::hash(format!("{revision}\n{text}").as_bytes()).to_hex()[..32].to_owned();
    let status = state.experiments.submit(&id, name, &text, 1).await?;
    let location = HeaderValue::try_from(href(&id)).map_err(|_| Error::Interrupted)?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(ExperimentView::of(state, status).await?))
        .into_response())
}

impl Study {
    /// Reads what is stored of an experiment; `None` where that is a spec.
    pub(super) fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The ids of all measured runs that it names.
    pub(super) fn measured(&self) -> Vec<&String> {
        match self {
            Self::Fit(order) => order.measured().collect(),
            Self::Evaluation(order) => order.measured().collect(),
            Self::Multisensory(_) | Self::Validation(_) => Vec::new(),
        }
    }

    /// Those of a subject, where it fits or evaluates them.
    pub(super) fn measured_of(&self, name: &str) -> Option<Vec<&String>> {
        match self {
            Self::Fit(order) => (order.name() == name).then(|| order.measured().collect()),
            Self::Evaluation(order) => order.measured_of(name),
            Self::Multisensory(_) | Self::Validation(_) => None,
        }
    }

    /// Makes the cell; for a blocking thread. Its report takes the place of an experiment's.
    pub(super) fn make(&self, scanner: &Scanner, store: &Store, work: &CellWork) -> Result<(), Error> {
        let report = match self {
            Self::Multisensory(order) => {
                let request = order.request(|id| store.stimulus(id))?;
                let report = scanner.multisensory(&request, &work.folder, &mut |_| (), &work.cancel)?;
                serde_json::to_vec_pretty(&report)
            }
            Self::Validation(order) => serde_json::to_vec_pretty(&order.make(scanner, store, work)?),
            Self::Fit(order) => serde_json::to_vec_pretty(&order.make(scanner, store, work)?),
            Self::Evaluation(order) => serde_json::to_vec_pretty(&order.make(scanner, store, work)?),
        };
        let path = work.folder.join(REPORT);
        let report = report.map_err(|error| store::Error::File { path: path.clone(), source: error.into() })?;
        Ok(write_whole(&path, &report)?)
    }
}

impl MultisensoryOrder {
    fn request(&self, find: impl Fn(&str) -> Result<Stimulus, store::Error>) -> Result<PredictionRequest, Error> {
        let film = find(&self.video)?;
        let transcript = self.transcript.as_deref().map(find).transpose()?;
        let task = std::path::Path::new(&film.name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Ok(PredictionRequest {
            source: Source::Video { path: film.path, transcript: transcript.map(|transcript| transcript.path) },
            task,
            subjects: self.subjects.clone(),
            modalities: None,
            overlap_s: 0.0,
            save_features: false,
            output: Output::Responses,
            rows: None,
        })
    }
}

impl ValidationOrder {
    fn make(&self, scanner: &Scanner, store: &Store, work: &CellWork) -> Result<scanner::ValidationReport, Error> {
        let workdir = tempfile::tempdir_in(&work.folder)
            .map_err(|source| store::Error::File { path: work.folder.clone(), source })?;
        let [stimuli, maps] = ["stimuli", "maps"].map(|name| workdir.path().join(name));
        scanner::unpack(&store.stimulus(&self.stimuli)?.path, &stimuli)?;
        scanner::unpack(&store.stimulus(&self.maps)?.path, &maps)?;
        let benchmark = Benchmark {
            stimuli: &stimuli,
            maps: &maps,
            atlas: self.atlas.as_deref(),
            space: self.space,
            subject: self.subject.as_deref(),
        };
        let mut report = scanner.validate(benchmark, workdir.path(), &mut |_, _| (), &work.cancel)?;
        // Where the zips were unpacked is nobody's business.
        let place = format!("{}/", workdir.path().display());
        for missing in report.rows.iter_mut().filter_map(|row| row.missing.as_mut()) {
            *missing = missing.replace(&place, "");
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_study_is_told_from_a_spec() {
        let order = MultisensoryOrder { video: "a".to_owned(), transcript: None, subjects: Vec::new() };
        let text = serde_json::to_string(&Study::Multisensory(order)).unwrap();
        assert!(matches!(Study::of(&text), Some(Study::Multisensory(order)) if order.video == "a"));
        for spec in ["{}", r#"{"localizer": "faces"}"#, r#"{"name": "multisensory", "conditions": []}"#] {
            assert!(Study::of(spec).is_none(), "{spec}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,128}") {
            prop_assert!(Study::of(&text).is_none());
        }
    }
}
