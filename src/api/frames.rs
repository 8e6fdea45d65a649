//! `…/frames`: a response as plain numbers, for programs that draw it.

use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;

use super::files::{send, succeeded};
use super::{Error, Problem, State};
use crate::predict::{self, Prediction};

/// Whose response.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Frames {
    /// May be left out when the prediction has one subject.
    subject: Option<String>,
}

/// A subject's response: little-endian float32, a row the vertex values of one second. `X-Shape` gives
/// `time,vertex`; a range of bytes gives some of the rows.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/frames", tag = "predictions",
    params(Frames, ("Range" = Option<String>, Header, example = "bytes=0-81935")),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("X-Shape" = String), ("X-Dtype" = String), ("ETag" = String))),
        (status = 206, description = "The range that was asked for."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The prediction has not succeeded (yet)."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "There is no such subject."),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    frames: Result<Query<Frames>, QueryRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Query(Frames { subject }) = frames?;
    let (folder, result) = succeeded(&state, &id).await?;
    let subject = subject_of(&result, subject)?;
    let path = predict::files::response_path(&folder, &result, &subject)?;
    let mut response = send(&path, request).await;
    let headers = response.headers_mut();
    if let Ok(shape) = HeaderValue::try_from(format!("{},{}", result.seconds, result.vertices)) {
        headers.insert(HeaderName::from_static("x-shape"), shape);
    }
    headers.insert(HeaderName::from_static("x-dtype"), HeaderValue::from_static("<f4"));
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    Ok(response)
}

/// The subject that is asked for, or the only one.
pub(super) fn subject_of(result: &Prediction, asked: Option<String>) -> Result<String, Error> {
    match (asked, result.subjects.as_slice()) {
        (Some(subject), _) => Ok(subject),
        (None, [only]) => Ok(only.name.clone()),
        (None, several) => {
            Err(Error::SubjectWanted { known: several.iter().map(|subject| subject.name.clone()).collect() })
        }
    }
}
