//! `…/files/{name}`: a prediction's files, made when they are first asked for.

use std::path::{Path as FilePath, PathBuf};

use axum::body::Body;
use axum::extract::{self, Path, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tower_http::services::ServeFile;

use super::{Error, Problem, State};
use crate::jobs::JobState;
use crate::predict::{self, Anatomy, Prediction};

const BINARY: &str = "application/octet-stream";

/// A file of a prediction, whole or a range of its bytes.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/files/{name}", tag = "predictions",
    params(("Range" = Option<String>, Header, example = "bytes=0-1023"), ("If-None-Match" = Option<String>, Header)),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("ETag" = String))),
        (status = 206, description = "The range that was asked for."),
        (status = 304, description = "The client has it."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The prediction has not succeeded (yet)."),
        (status = 416, description = "There is no such range."),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let (folder, result) = succeeded(&state, &id).await?;
    let making = move || make(&folder, &result, &name, &state.config.anatomy);
    let (path, media_type) = tokio::task::spawn_blocking(making).await??;
    let mut response = send(&path, request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Ok(disposition) = HeaderValue::try_from(format!("attachment; filename=\"{name}\"")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

fn make(
    folder: &FilePath,
    result: &Prediction,
    name: &str,
    anatomy: &Anatomy,
) -> Result<(PathBuf, &'static str), Error> {
    let path = predict::files::make(folder, name, anatomy)?;
    let file = predict::files::list(result)?.into_iter().find(|file| file.name == name);
    Ok((path, file.map_or(BINARY, |file| file.format.media_type())))
}

/// The folder and the result of a prediction that has succeeded.
pub(super) async fn succeeded(state: &State, id: &str) -> Result<(PathBuf, Prediction), Error> {
    match state.predictions.status(id).await?.job.state {
        JobState::Succeeded => read(state, id).await,
        state => Err(Error::NotFinished { state }),
    }
}

/// The same, of one whose state is known.
pub(super) async fn read(state: &State, id: &str) -> Result<(PathBuf, Prediction), Error> {
    let (predictions, id) = (state.predictions.clone(), id.to_owned());
    let read = move || {
        let folder = predictions.results(&id)?;
        let result = Prediction::read(&folder)?;
        Ok((folder, result))
    };
    tokio::task::spawn_blocking(read).await?
}

/// Streams a file with `Range`, `ETag` and the conditions that go with them.
pub(super) async fn send(path: &FilePath, request: Request) -> Response {
    match ServeFile::new(path).try_call(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            let path = path.to_owned();
            Error::Store(crate::store::Error::File { path, source: error }).into_response()
        }
    }
}
