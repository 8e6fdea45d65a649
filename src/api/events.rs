//! `…/events`: a prediction's story as server-sent events.

use std::time::Duration;

use axum::extract::{self, Path};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{Event as Sent, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};

use super::{Error, Problem, State};
use crate::jobs::{Event, Happening};

const PING: Duration = Duration::from_secs(15);

/// What happened to a prediction and what happens next, until it is finished.
///
/// Events are `state` (`{state, failure}`) and `progress` (`{stage, fraction, windows_done, windows_total, seconds_done}`),
/// numbered. Seconds that are done can be read at once. A client that lost its connection sends the last number as
/// `Last-Event-ID` and misses nothing; 204 tells it that nothing more will come.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/events", tag = "predictions",
    params(("Last-Event-ID" = Option<u64>, Header)),
    responses(
        (status = 200, content_type = "text/event-stream", body = String),
        (status = 204, description = "It is finished and all its events were seen."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let seen = last_seen(&headers).unwrap_or(0);
    let is_finished = state.predictions.status(&id).await?.job.state.is_finished();
    let mut events = Box::pin(state.predictions.events(&id, seen).await?.peekable());
    if is_finished && events.as_mut().peek().await.is_none() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Ok(as_they_come(&state, events.map(|event| event.map_err(axum::Error::new).and_then(sent))))
}

/// Events as they happen, until there are no more or the server shuts down.
pub(super) fn as_they_come(
    state: &State,
    events: impl Stream<Item = Result<Sent, axum::Error>> + Send + 'static,
) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-cache"), (HeaderName::from_static("x-accel-buffering"), "no")];
    let events = events.take_until(state.closing.clone().cancelled_owned());
    (headers, Sse::new(events).keep_alive(KeepAlive::new().interval(PING))).into_response()
}

/// The number of the last event that a client has seen.
pub(super) fn last_seen(headers: &HeaderMap) -> Option<u64> {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.trim().parse().ok())
}

fn sent(event: Event) -> Result<Sent, axum::Error> {
    let sent = Sent::default().id(event.number.to_string());
    match &event.what {
        Happening::State { state, failure } => {
            sent.event("state").json_data(serde_json::json!({ "state": state, "failure": failure }))
        }
        Happening::Progress(progress) => sent.event("progress").json_data(progress),
    }
}
