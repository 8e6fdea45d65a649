//! `/v1/predictions`: asking for a response, following it, withdrawing it.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query, Request};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::form::{Asked, PredictionForm, PredictionOrder};
use super::prediction_view::{PredictionSummary, PredictionView, href};
use super::{Error, Problem, State, prefer};
use crate::jobs::{JobState, Withdrawn};
use crate::predict::{Health, Output, PredictionRequest};

const DEFAULT_LIST: usize = 100;
const LONGEST_LIST: usize = 1000;

/// Which part of a list is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// How many, at most 1000; 100 when left out.
    limit: Option<usize>,
    /// Only those in this state.
    state: Option<JobState>,
}

/// Predictions, the newest first.
#[utoipa::path(
    get, path = "/v1/predictions", tag = "predictions", params(Page),
    responses((status = 200, body = [PredictionSummary]))
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Json<Vec<PredictionSummary>>, Error> {
    let Query(page) = page?;
    let limit = page.limit.unwrap_or(DEFAULT_LIST).min(LONGEST_LIST);
    let jobs = state.predictions.list(page.state, None, u32::try_from(limit).unwrap_or(u32::MAX)).await?;
    let summaries = jobs.into_iter().map(|job| PredictionSummary::of(&state, job));
    Ok(Json(summaries.collect::<Result<_, _>>()?))
}

/// Asks for a prediction. The same question is the same prediction: it is joined where it is, not run twice.
///
/// With `Prefer: wait=60` the answer comes with the result when it is ready in time.
#[utoipa::path(
    post, path = "/v1/predictions", tag = "predictions",
    params(("Prefer" = Option<String>, Header, example = "wait=60")),
    request_body(content((PredictionForm = "multipart/form-data"), (PredictionOrder = "application/json"))),
    responses(
        (status = 200, body = PredictionView, description = "The result is ready."),
        (status = 202, body = PredictionView, headers(("Location" = String)), description = "It is queued."),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Told while the body arrives."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The stimulus or a parameter cannot be used."),
        (status = 503, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "The waiting room is full."),
    )
)]
pub(super) async fn create(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Error> {
    if let Health::Failed(reason) = state.predictor.health() {
        return Err(Error::ModelFailed { reason });
    }
    let patience = prefer::wait(request.headers());
    let asked = Asked::receive(&state, request).await?;
    let naming = state.clone();
    let Named { key, request, stimuli } = tokio::task::spawn_blocking(move || named(&naming, asked)).await??;
    let mut status = state.predictions.submit(&key, request, stimuli).await?;
    if let Some(patience) = patience {
        status = tokio::select! {
            finished = state.predictions.finished(&key) => finished?,
            () = tokio::time::sleep(patience) => state.predictions.status(&key).await?,
            () = state.closing.cancelled() => state.predictions.status(&key).await?,
        };
    }
    let location = HeaderValue::try_from(href(&key)).map_err(|_| Error::Interrupted)?;
    let mut response = match (status.job.state, status.job.failure.clone()) {
        (JobState::Failed, Some(failure)) => Error::PredictionFailed(failure).into_response(),
        (JobState::Succeeded, _) => Json(PredictionView::of(&state, status).await?).into_response(),
        _ => (StatusCode::ACCEPTED, Json(PredictionView::of(&state, status).await?)).into_response(),
    };
    response.headers_mut().insert(header::LOCATION, location);
    if let Some(applied) = patience.and_then(|wait| HeaderValue::try_from(format!("wait={}", wait.as_secs())).ok()) {
        response.headers_mut().insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok(response)
}

/// A prediction's state, stage, progress, time axes and files.
#[utoipa::path(
    get, path = "/v1/predictions/{id}", tag = "predictions",
    responses((status = 200, body = PredictionView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Json<PredictionView>, Error> {
    Ok(Json(PredictionView::of(&state, state.predictions.status(&id).await?).await?))
}

/// Cancels a prediction that is not finished; deletes one that is, with its results.
#[utoipa::path(
    delete, path = "/v1/predictions/{id}", tag = "predictions",
    responses(
        (status = 202, body = PredictionView, description = "It stops within a window's time."),
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn withdraw(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    match state.predictions.withdraw(&id).await? {
        Withdrawn::Cancelled(status) => {
            Ok((StatusCode::ACCEPTED, Json(PredictionView::of(&state, *status).await?)).into_response())
        }
        Withdrawn::Deleted => Ok(StatusCode::NO_CONTENT.into_response()),
    }
}

/// A prediction to be queued.
struct Named {
    key: String,
    request: PredictionRequest,
    /// Uploads that it reads.
    stimuli: Vec<String>,
}

/// Names a prediction, for which it reads the stimulus.
fn named(state: &State, asked: Asked) -> Result<Named, Error> {
    let Asked { stimulus, parameters } = asked;
    let served = &state.predictor.card().name;
    if let Some(asked) = parameters.model.clone().filter(|asked| asked != served) {
        return Err(Error::OtherModel { asked, served: served.clone() });
    }
    let stimuli = stimulus.ids();
    let request = PredictionRequest {
        task: stimulus.task(),
        source: stimulus.into_source(&parameters)?,
        subjects: parameters.subjects,
        modalities: parameters.modalities,
        overlap_s: parameters.overlap_s.unwrap_or(0.0),
        save_features: parameters.save_features.unwrap_or(false),
        output: Output::Responses,
        rows: None,
    };
    state.predictor.check(&request)?;
    let key = state.predictor.key(&request)?;
    Ok(Named { key, request, stimuli })
}
