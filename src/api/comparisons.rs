//! `/v1/comparisons`: a predicted map against a measured one.

use axum::Json;
use axum::extract::{self, Request};
use serde::Deserialize;
use utoipa::ToSchema;

use super::map_source::MapSource;
use super::{Error, Problem, State, json};
use crate::scanner::{self, Agreement, CompareOptions};

/// A spin test of so many rotations takes about half a minute.
const MOST_SPINS: usize = 10_000;

/// Two maps, and how they are compared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ComparisonOrder {
    predicted: MapSource,
    measured: MapSource,
    #[serde(default)]
    options: CompareOptions,
}

/// Compares two maps over vertices, and over the parcels of an atlas: Pearson and Spearman, a spin test, Dice of the top
/// tenth. Nothing is kept.
#[utoipa::path(
    post, path = "/v1/comparisons", tag = "analyses", request_body = ComparisonOrder,
    responses(
        (status = 200, body = Agreement),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload, result or atlas."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A map is none, of another mesh or space, or holds a value that is no number."),
        (status = 503, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "As many analyses run as may."),
    )
)]
pub(super) async fn create(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Json<Agreement>, Error> {
    let ComparisonOrder { predicted, measured, options } = json::order(request).await?;
    if options.spins > MOST_SPINS {
        let value = options.spins.to_string();
        return Err(Error::BadValue { field: "options.spins", value, expected: "at most 10000" });
    }
    let room = state.room.clone();
    let compare = move || {
        let (predicted, measured) = (predicted.open(&state)?, measured.open(&state)?);
        let scanner = &state.scanner;
        Ok(scanner::compare(&predicted, &measured, &options, &scanner.anatomy, &scanner.atlases)?)
    };
    Ok(Json(room.run(compare).await?))
}
