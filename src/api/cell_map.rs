//! `…/cells/{cell}/map`: a map of an experiment as plain numbers, for programs that draw it.

use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use utoipa::IntoParams;

use super::map_source::MapSource;
use super::{Error, Problem, State};
use crate::scanner::one_map;

/// Which map.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    /// A contrast and a statistic, as files name them: `effect`, `t`, `z`, `p`, `q`, and `pperm` and `pfwe` where permutations were
    /// asked for. The first contrast's effect when left out.
    #[param(example = "faces (t)")]
    map: Option<String>,
    /// The experiment's first when left out.
    subject: Option<String>,
}

/// A map of a cell: little-endian float32, the values of the left hemisphere's vertices, then those of the right one's. Cell 0 is
/// the only one where there is no grid.
#[utoipa::path(
    get, path = "/v1/experiments/{id}/cells/{cell}/map", tag = "experiments", params(Wanted),
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("X-Shape" = String), ("X-Dtype" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such experiment, or no result of the cell (yet)."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "There is no such map or subject, or the experiment was run without maps."),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path((experiment, cell)): Path<(String, u64)>,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(Wanted { map, subject }) = wanted?;
    state.experiments.status(&experiment).await?;
    let surfaces = state.surfaces().await?;
    let read = move || {
        let file = MapSource::Cell { experiment, cell, subject }.open(&state)?;
        Ok::<_, Error>(one_map(&file, map.as_deref(), &surfaces)?)
    };
    let values = tokio::task::spawn_blocking(read).await??;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream")),
        (HeaderName::from_static("x-shape"), HeaderValue::from(values.len())),
        (HeaderName::from_static("x-dtype"), HeaderValue::from_static("<f4")),
    ];
    let body: Vec<u8> = values.into_iter().flat_map(f32::to_le_bytes).collect();
    Ok((headers, Bytes::from(body)).into_response())
}
