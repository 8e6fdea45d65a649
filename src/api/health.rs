//! `/health/live`: the process answers. `/health/ready`: the next prediction would be run.

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use crate::jobs::Worker;
use crate::predict::Health;

/// Whether the server takes predictions.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    ready: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, description = "It does.")))]
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// Whether the model is loaded and warm, its last forward went well, and the server is not shutting down.
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(super) async fn ready(extract::State(state): extract::State<State>) -> (StatusCode, Json<Readiness>) {
    match reason_not_ready(&state) {
        None => (StatusCode::OK, Json(Readiness { ready: true, reason: None })),
        reason => (StatusCode::SERVICE_UNAVAILABLE, Json(Readiness { ready: false, reason })),
    }
}

/// `None` when all is well.
pub(super) fn reason_not_ready(state: &State) -> Option<String> {
    if state.closing.is_cancelled() || state.workers.iter().any(Worker::is_draining) {
        return Some("the server is shutting down".to_owned());
    }
    match state.predictor.health() {
        Health::Ready => None,
        Health::Unloaded | Health::Loading => Some("the model is loading".to_owned()),
        Health::Failed(reason) => Some(reason),
    }
}
