//! `/v1/stimuli`: uploads, kept once by the hash of their bytes.

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, FromRequest, Multipart, Path, Query, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::form::media_type;
use super::{Error, Problem, State, media};
use crate::store::{Incoming, Stimulus};

/// An upload.
#[derive(Serialize, ToSchema)]
pub(super) struct StimulusView {
    /// BLAKE3 of the bytes: equal bytes are one stimulus.
    id: String,
    /// The file's name as it was last uploaded.
    #[schema(example = "clip.mp4")]
    name: String,
    bytes: u64,
    /// What its name says it is.
    #[schema(example = "video/mp4")]
    media_type: &'static str,
    #[schema(value_type = String, format = DateTime)]
    uploaded: Timestamp,
    href: String,
}

impl From<Stimulus> for StimulusView {
    fn from(stimulus: Stimulus) -> Self {
        let Stimulus { id, name, bytes, uploaded, path: _ } = stimulus;
        Self { href: format!("/v1/stimuli/{id}"), media_type: media::media_type(&name), id, name, bytes, uploaded }
    }
}

/// What a raw body is called.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Upload {
    /// File name of a raw body; its extension tells the format of a transcript, a map or an atlas.
    filename: Option<String>,
}

/// All uploads, the last one first.
#[utoipa::path(get, path = "/v1/stimuli", tag = "stimuli", responses((status = 200, body = [StimulusView])))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Vec<StimulusView>>, Error> {
    let stimuli = tokio::task::spawn_blocking(move || state.store.stimuli()).await??;
    Ok(Json(stimuli.into_iter().map(StimulusView::from).collect()))
}

/// Uploads a file: a stimulus, its words, a zip of stimuli, a statistic map or a file of an atlas. It comes as the body
/// itself, or as the one file of a form.
#[utoipa::path(
    post, path = "/v1/stimuli", tag = "stimuli", params(Upload),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 201, body = StimulusView, headers(("Location" = String))),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "Told while the body arrives."),
    )
)]
pub(super) async fn upload(
    extract::State(state): extract::State<State>,
    upload: Result<Query<Upload>, QueryRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Query(Upload { filename }) = upload?;
    let incoming = if media_type(request.headers()) == "multipart/form-data" {
        from_form(&state, Multipart::from_request(request, &()).await?).await?
    } else {
        from_body(&state, filename.as_deref().unwrap_or("stimulus"), request).await?
    };
    let view = StimulusView::from(incoming.keep().await?);
    let location = HeaderValue::try_from(&view.href).map_err(|_| Error::Interrupted)?;
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], Json(view)).into_response())
}

/// An upload's name, size and time.
#[utoipa::path(
    get, path = "/v1/stimuli/{id}", tag = "stimuli",
    responses((status = 200, body = StimulusView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Json<StimulusView>, Error> {
    let stimulus = tokio::task::spawn_blocking(move || state.store.describe_stimulus(&id)).await??;
    Ok(Json(stimulus.into()))
}

/// Removes an upload that no unfinished prediction reads.
#[utoipa::path(
    delete, path = "/v1/stimuli/{id}", tag = "stimuli",
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "A prediction still reads it."),
    )
)]
pub(super) async fn remove(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    if state.predictions.needs(&id).await? {
        return Err(Error::StimulusInUse { id });
    }
    tokio::task::spawn_blocking(move || state.store.remove_stimulus(&id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

async fn from_body(state: &State, name: &str, request: Request) -> Result<Incoming, Error> {
    let mut incoming = state.store.receive(name, state.config.max_upload_bytes).await?;
    let mut body = request.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| Error::MalformedBody { reason: error.to_string() })?;
        incoming.write(&chunk).await?;
    }
    Ok(incoming)
}

async fn from_form(state: &State, mut form: Multipart) -> Result<Incoming, Error> {
    let limit = state.config.max_upload_bytes;
    let of_form = |error| Error::of_form(&error, limit);
    let mut received = None;
    while let Some(mut field) = form.next_field().await.map_err(of_form)? {
        let name = field.file_name().or(field.name()).unwrap_or("stimulus").to_owned();
        if received.is_some() {
            return Err(Error::RepeatedField { field: "the file" });
        }
        let mut incoming = state.store.receive(&name, limit).await?;
        while let Some(chunk) = field.chunk().await.map_err(of_form)? {
            incoming.write(&chunk).await?;
        }
        received = Some(incoming);
    }
    received.ok_or(Error::NoStimulus)
}
