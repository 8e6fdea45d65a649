//! `/health/live`: the process answers. `/health/ready`: the next prediction would be run.

use axum::Json;
use axum::extract;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::State;
use crate::predict::Health;

/// Whether the server takes predictions.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    ready: bool,
    /// Whether this server makes predictions itself. Where it does not, it takes them for workers that it does not know.
    works: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/health/live", tag = "operation", responses((status = 200, description = "It does.")))]
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// Whether predictions are taken.
///
/// They are not while the server shuts down, nor, where it makes them itself, before the model is loaded and warm, or when its
/// last forward went wrong.
#[utoipa::path(
    get, path = "/health/ready", tag = "operation",
    responses((status = 200, body = Readiness), (status = 503, body = Readiness))
)]
pub(super) async fn ready(extract::State(state): extract::State<State>) -> (StatusCode, Json<Readiness>) {
    let (works, reason) = (!state.workers.are_elsewhere(), reason_not_ready(&state));
    let status = if reason.is_none() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready: reason.is_none(), works, reason }))
}

/// `None` when all is well.
pub(super) fn reason_not_ready(state: &State) -> Option<String> {
    if state.closing.is_cancelled() || state.workers.are_draining() {
        return Some("the server is shutting down".to_owned());
    }
    match state.predictor.health() {
        _ if state.workers.are_elsewhere() => None,
        Health::Ready => None,
        Health::Unloaded | Health::Loading => Some("the model is loading".to_owned()),
        Health::Failed(reason) => Some(reason),
    }
}
