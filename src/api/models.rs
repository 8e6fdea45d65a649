//! `/v1/models`: what can be run here, and what is missing to run it.

use axum::Json;
use axum::extract::{self, Path};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, Problem, State};
use crate::catalogue::Card;

/// All models that this server knows.
#[derive(Serialize, ToSchema)]
pub(super) struct Models {
    /// The name of the one that it runs.
    serving: String,
    models: Vec<Card>,
}

/// All models, and which one this server runs.
#[utoipa::path(get, path = "/v1/models", tag = "models", responses((status = 200, body = Models)))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Models>, Error> {
    let serving = state.predictor.card().clone();
    let mut models = tokio::task::spawn_blocking(move || state.catalogue.list()).await?;
    if models.iter().all(|card| card.name != serving.name) {
        models.insert(0, serving.clone());
    }
    Ok(Json(Models { serving: serving.name, models }))
}

/// A model's card: parameters, sizes, space, subjects, licence, and what is missing to run it.
#[utoipa::path(
    get, path = "/v1/models/{name}", tag = "models",
    responses((status = 200, body = Card), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Json<Card>, Error> {
    if state.predictor.card().name == name {
        return Ok(Json(state.predictor.card().clone()));
    }
    Ok(Json(tokio::task::spawn_blocking(move || state.catalogue.show(&name)).await??))
}
