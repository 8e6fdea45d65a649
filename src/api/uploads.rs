//! `/v1/uploads`: files that arrive in pieces, by [tus 1.0.0](https://tus.io/protocols/resumable-upload): creation, what has
//! arrived, the next piece, termination, and when an upload expires. The last piece makes a stimulus of it.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::extract::{self, Path, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;

use super::form::media_type;
use super::{Error, Problem, State, tus};
use crate::jobs;
use crate::store::{self, Piece, Upload, on_disk};

/// A client that sends nothing for so long has lost its connection, whatever the network says: another may go on.
const STALLED: Duration = Duration::from_secs(30);
const PIECE: &str = "application/offset+octet-stream";
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const STIMULUS: HeaderName = HeaderName::from_static("x-stimulus");

/// Which part of tus is spoken here.
#[utoipa::path(
    options, path = "/v1/uploads", tag = "stimuli",
    responses((status = 204, headers(("Tus-Version" = String), ("Tus-Extension" = String), ("Tus-Max-Size" = u64))))
)]
pub(super) async fn describe(extract::State(state): extract::State<State>) -> Response {
    let headers = [
        (tus::VERSIONS, HeaderValue::from_static(tus::VERSION)),
        (HeaderName::from_static("tus-extension"), HeaderValue::from_static("creation,expiration,termination")),
        (HeaderName::from_static("tus-max-size"), HeaderValue::from(state.config.max_upload_bytes)),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Begins an upload in pieces, for files that a connection may not hold for: what has arrived stays when it breaks, and when
/// the server is started anew. An upload that gets no piece for 24 hours is removed.
#[utoipa::path(
    post, path = "/v1/uploads", tag = "stimuli",
    params(
        ("Tus-Resumable" = String, Header, example = "1.0.0"),
        ("Upload-Length" = u64, Header, description = "Of the whole file (bytes)."),
        ("Upload-Metadata" = Option<String>, Header, example = "filename ZmlsbS5tcDQ=", description = "The file's name in base64."),
    ),
    responses(
        (status = 201, headers(("Location" = String), ("Upload-Expires" = String))),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "A header is absent or malformed."),
        (status = 412, body = Problem, content_type = "application/problem+json", headers(("Tus-Version" = String)), description = "Another version of tus is spoken here."),
        (status = 413, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn create(
    extract::State(state): extract::State<State>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let (length, limit) = (tus::bytes(&headers, &LENGTH)?, state.config.max_upload_bytes);
    let name = tus::filename(&headers)?.unwrap_or_else(|| "stimulus".to_owned());
    if length > limit {
        return Err(store::Error::TooLarge { name, limit }.into());
    }
    let upload = on_disk(move || state.store.begin_upload(&name, length)).await?;
    let location = HeaderValue::try_from(format!("/v1/uploads/{}", upload.id)).map_err(|_| Error::Interrupted)?;
    let told = [(header::LOCATION, location), (EXPIRES, tus::date(upload.expires))];
    Ok((StatusCode::CREATED, told).into_response())
}

/// How much of an upload has arrived.
#[utoipa::path(
    head, path = "/v1/uploads/{id}", tag = "stimuli",
    params(("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses(
        (status = 200, headers(("Upload-Offset" = u64), ("Upload-Length" = u64), ("Upload-Expires" = String), ("X-Stimulus" = String))),
        (status = 404, description = "It was never begun, was removed, or has expired."),
    )
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let store = state.store.clone();
    let mut upload = on_disk(move || store.upload(&id)).await?;
    if upload.is_whole() && upload.stimulus.is_none() {
        upload = state.store.append(&upload.id, upload.length).await?.end().await?;
    }
    let mut response = (StatusCode::OK, [(header::CACHE_CONTROL, "no-store")], standing(&upload)).into_response();
    response.headers_mut().insert(LENGTH, HeaderValue::from(upload.length));
    Ok(response)
}

/// Takes the next piece, from where the upload stands. `X-Stimulus` tells the stimulus that the last one has made of it.
///
/// A connection that breaks costs nothing of what has arrived: ask where the upload stands, and go on from there.
#[utoipa::path(
    patch, path = "/v1/uploads/{id}", tag = "stimuli",
    params(
        ("Tus-Resumable" = String, Header, example = "1.0.0"),
        ("Upload-Offset" = u64, Header, description = "Where the piece begins (bytes): where the upload stands."),
    ),
    request_body(content = Vec<u8>, content_type = "application/offset+octet-stream"),
    responses(
        (status = 204, headers(("Upload-Offset" = u64), ("Upload-Expires" = String), ("X-Stimulus" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "It was never begun, was removed, or has expired."),
        (status = 408, body = Problem, content_type = "application/problem+json", description = "Nothing came for 30 s."),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The upload stands elsewhere."),
        (status = 413, body = Problem, content_type = "application/problem+json", description = "It is more than was announced."),
        (status = 415, body = Problem, content_type = "application/problem+json"),
        (status = 423, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "Another piece is arriving."),
    )
)]
pub(super) async fn append(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    if media_type(request.headers()) != PIECE {
        let found = media_type(request.headers()).to_owned();
        return Err(Error::UnsupportedMediaType { found, expected: PIECE });
    }
    let piece = state.store.append(&id, tus::bytes(request.headers(), &OFFSET)?).await?;
    // A task of its own: what has arrived is kept though nobody waits for the answer.
    let upload = tokio::spawn(take(state, piece, request.into_body())).await??;
    Ok((StatusCode::NO_CONTENT, standing(&upload)).into_response())
}

/// Removes an upload that is not wanted any more. A stimulus that it has become stays.
#[utoipa::path(
    delete, path = "/v1/uploads/{id}", tag = "stimuli",
    params(("Tus-Resumable" = String, Header, example = "1.0.0")),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    on_disk(move || state.store.remove_upload(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Takes a body in. However it ends, what has arrived of it is kept.
async fn take(state: State, mut piece: Piece, body: Body) -> Result<Upload, Error> {
    let taken = tokio::select! {
        taken = fill(&mut piece, body.into_data_stream()) => taken,
        () = state.closing.cancelled() => Err(jobs::Error::Draining.into()),
    };
    let upload = piece.end().await?;
    taken.map(|()| upload)
}

async fn fill(piece: &mut Piece, mut body: BodyDataStream) -> Result<(), Error> {
    let stalled = |_| Error::BodyStalled { seconds: STALLED.as_secs() };
    while let Some(chunk) = tokio::time::timeout(STALLED, body.next()).await.map_err(stalled)? {
        let chunk = chunk.map_err(|error| Error::MalformedBody { reason: error.to_string() })?;
        piece.write(&chunk).await?;
    }
    Ok(())
}

/// Where an upload stands.
fn standing(upload: &Upload) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(OFFSET, HeaderValue::from(upload.arrived));
    headers.insert(EXPIRES, tus::date(upload.expires));
    if let Some(stimulus) = upload.stimulus.as_ref().and_then(|id| HeaderValue::try_from(id).ok()) {
        headers.insert(STIMULUS, stimulus);
    }
    headers
}
