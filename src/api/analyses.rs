//! `/v1/group-statistics`, `/v1/components`, and `/v1/analyses`, where what they made is found again.
//!
//! An analysis is named by what was asked: the same again is answered from the store.

use std::path::Path as FilePath;

use axum::Json;
use axum::extract::{self, Path, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::analysis_view::{Analysis, AnalysisSummary, AnalysisView};
use super::files::send;
use super::map_source::MapSource;
use super::{Error, Problem, State, json};
use crate::scanner::{self, ComponentsRequest, Space};

const MOST_COMPONENTS: usize = 100;

/// Maps of several people.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct GroupOrder {
    /// A file each, or one with several maps. They are uploads.
    maps: Vec<MapSource>,
    /// Of maps that are volumes.
    #[serde(default)]
    space: Space,
}

/// What to take apart.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ComponentsOrder {
    /// Whose head; the model's default subject when left out.
    subject: Option<String>,
    /// How many components, at most 100.
    #[serde(default = "five")]
    components: usize,
    #[serde(default)]
    seed: u64,
    /// A map to correlate the components with.
    reference: Option<MapSource>,
    /// Of the reference where it is a volume.
    #[serde(default)]
    space: Space,
}

fn five() -> usize {
    5
}

/// One-sample t of people's maps against 0, in the places that the maps were given in.
#[utoipa::path(
    post, path = "/v1/group-statistics", tag = "analyses", request_body = GroupOrder,
    responses(
        (status = 200, body = AnalysisView, headers(("Location" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The maps cannot be used, or not together."),
        (status = 503, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "As many analyses run as may."),
    )
)]
pub(super) async fn group(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Error> {
    let order: GroupOrder = json::order(request).await?;
    if order.maps.iter().any(MapSource::is_predicted) {
        let (value, expected) = ("cell".to_owned(), "uploads: a group is of maps that were measured");
        return Err(Error::BadValue { field: "maps", value, expected });
    }
    let id = id("group-statistics", "", &order)?;
    kept_or_made(state, id, move |state, folder| {
        let maps = order.maps.iter().map(|map| map.open(state)).collect::<Result<Vec<_>, _>>()?;
        Ok(Analysis::GroupStatistics(scanner::group(&maps, order.space, &state.scanner.anatomy, folder)?))
    })
    .await
}

/// Independent components of a subject's head (FastICA), of the model that this server runs.
#[utoipa::path(
    post, path = "/v1/components", tag = "analyses", request_body = ComponentsOrder,
    responses(
        (status = 200, body = AnalysisView, headers(("Location" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The subject is unknown, or the reference cannot be used."),
        (status = 503, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "As many analyses run as may."),
    )
)]
pub(super) async fn components(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Response, Error> {
    let order: ComponentsOrder = json::order(request).await?;
    if order.components > MOST_COMPONENTS {
        let value = order.components.to_string();
        return Err(Error::BadValue { field: "components", value, expected: "at most 100" });
    }
    let id = id("components", state.predictor.revision(), &order)?;
    kept_or_made(state, id, move |state, folder| {
        let reference = order.reference.map(|map| map.open(state)).transpose()?;
        let request = ComponentsRequest {
            subject: order.subject.as_deref(),
            components: order.components,
            seed: order.seed,
            reference: reference.as_ref().map(|file| (file, order.space)),
        };
        let report = scanner::components(state.predictor.model(), request, &state.scanner.anatomy, folder)?;
        Ok(Analysis::Components(report))
    })
    .await
}

/// Analyses that were made, the newest first.
#[utoipa::path(get, path = "/v1/analyses", tag = "analyses", responses((status = 200, body = [AnalysisSummary])))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Vec<AnalysisSummary>>, Error> {
    let list = move || -> Result<Vec<_>, Error> {
        let ids = state.store.analyses()?.into_iter();
        ids.map(|id| Ok(AnalysisSummary::from(AnalysisView::read(&state.store.analysis(&id)?, id)?))).collect()
    };
    Ok(Json(tokio::task::spawn_blocking(list).await??))
}

/// An analysis that was made.
#[utoipa::path(
    get, path = "/v1/analyses/{id}", tag = "analyses",
    responses((status = 200, body = AnalysisView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Json<AnalysisView>, Error> {
    Ok(Json(AnalysisView::read(&state.store.analysis(&id)?, id)?))
}

/// Removes an analysis with its files.
#[utoipa::path(
    delete, path = "/v1/analyses/{id}", tag = "analyses",
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    tokio::task::spawn_blocking(move || state.store.remove_analysis(&id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// A file of an analysis.
#[utoipa::path(
    get, path = "/v1/analyses/{id}/files/{name}", tag = "analyses",
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("ETag" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let folder = state.store.analysis(&id)?;
    let view = AnalysisView::read(&folder, id)?;
    Ok(send(&folder.join(view.file(&name)?), request).await)
}

/// 32 hexadecimal digits over all that a result depends on.
fn id(kind: &str, model: &str, order: &impl Serialize) -> Result<String, Error> {
    let order = serde_json::to_string(order).map_err(|error| Error::MalformedBody { reason: error.to_string() })?;
    Ok(blake3::hash(format!("{kind}\n{model}\n{order}").as_bytes()).to_hex()[..32].to_owned())
}

/// Answers with an analysis that the store has, or has it made there.
async fn kept_or_made(
    state: State,
    id: String,
    make: impl FnOnce(&State, &FilePath) -> Result<Analysis, Error> + Send + 'static,
) -> Result<Response, Error> {
    let folder = match state.store.analysis(&id) {
        Ok(folder) => folder,
        Err(_) => {
            let (room, id) = (state.room.clone(), id.clone());
            let work = move || {
                let making = state.store.begin_analysis()?;
                make(&state, making.path())?.write(making.path())?;
                Ok(state.store.keep_analysis(&id, making)?)
            };
            room.run(work).await?
        }
    };
    let view = AnalysisView::read(&folder, id)?;
    let location = HeaderValue::try_from(view.href()).map_err(|_| Error::Interrupted)?;
    Ok(([(header::LOCATION, location)], Json(view)).into_response())
}
