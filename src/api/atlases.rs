//! `/v1/atlases`: the parcellations that regions, comparisons and tables are made over.

use axum::Json;
use axum::extract::{self, Path, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::lent::lend;
use super::{Error, Problem, State, json};
use crate::brain::{self, Atlas, Hemisphere, Mesh, atlas::Parcel};
use crate::scanner;
use crate::store;

/// An atlas in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct AtlasSummary {
    name: String,
    /// What was accepted when it was installed.
    licence: String,
    href: String,
}

/// An atlas, on the mesh of the model's responses.
#[derive(Serialize, ToSchema)]
pub(super) struct AtlasView {
    #[serde(flatten)]
    summary: AtlasSummary,
    #[schema(example = "fsaverage5")]
    mesh: String,
    /// Those with a vertex, in the order of the files.
    parcels: Vec<ParcelView>,
}

/// A parcel of an atlas.
#[derive(Serialize, ToSchema)]
pub(super) struct ParcelView {
    name: String,
    /// How many of the left hemisphere, and of the right one.
    vertices: [usize; 2],
}

/// The files of an atlas, uploaded before.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AtlasOrder {
    /// Ids of uploads: `.annot` or `.label.gii` of both hemispheres, a `.dlabel.nii`, or a `.u16` with its `.json`. The names
    /// that they were uploaded under tell which is which.
    files: Vec<String>,
    /// The licence that they came under, in words.
    licence: String,
}

/// The atlases that are installed.
#[utoipa::path(get, path = "/v1/atlases", tag = "atlases", responses((status = 200, body = [AtlasSummary])))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Vec<AtlasSummary>>, Error> {
    let list = move || {
        let names = state.scanner.atlases.names()?;
        names.into_iter().map(|name| AtlasSummary::of(&state, &name)).collect::<Result<Vec<_>, Error>>()
    };
    Ok(Json(tokio::task::spawn_blocking(list).await??))
}

/// An atlas with its parcels.
#[utoipa::path(
    get, path = "/v1/atlases/{name}", tag = "atlases",
    responses((status = 200, body = AtlasView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Json<AtlasView>, Error> {
    let show = move || {
        let atlas = state.scanner.atlases.load(&name, mesh(&state)?)?;
        AtlasView::of(&state, &atlas)
    };
    Ok(Json(tokio::task::spawn_blocking(show).await??))
}

/// Which parcel every vertex lies in: little-endian int32, the left hemisphere's vertices, then the right one's. A number is the
/// place of a parcel in the atlas's `parcels`, counted from 0; -1 stands where there is none.
#[utoipa::path(
    get, path = "/v1/atlases/{name}/labels", tag = "atlases",
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn labels(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let labels = move || {
        let atlas = state.scanner.atlases.load(&name, mesh(&state)?)?;
        let bytes: Vec<u8> =
            atlas.labels().iter().flat_map(|label| label.map_or(-1, i32::from).to_le_bytes()).collect();
        let headers = [(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"))];
        Ok((headers, bytes).into_response())
    };
    tokio::task::spawn_blocking(labels).await?
}

/// Installs an atlas from uploaded files, in the place of one of the same name.
#[utoipa::path(
    put, path = "/v1/atlases/{name}", tag = "atlases", request_body = AtlasOrder,
    responses(
        (status = 200, body = AtlasView, description = "It replaces another."),
        (status = 201, body = AtlasView),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "The files are no atlas, or one of another mesh."),
        (status = 503, body = Problem, content_type = "application/problem+json", headers(("Retry-After" = u64)), description = "As many analyses run as may."),
    )
)]
pub(super) async fn install(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
    request: Request,
) -> Result<(StatusCode, Json<AtlasView>), Error> {
    let AtlasOrder { files, licence } = json::order(request).await?;
    if licence.trim().is_empty() {
        return Err(Error::BadValue { field: "licence", value: licence, expected: "the atlas's licence, in words" });
    }
    let room = state.room.clone();
    let install = move || {
        let uploads = files.iter().map(|id| state.store.stimulus(id)).collect::<Result<Vec<_>, _>>()?;
        let atlases = &state.scanner.atlases;
        let is_new = !atlases.names()?.contains(&name);
        let folder = tempfile::tempdir()
            .map_err(|source| Error::Store(store::Error::File { path: std::env::temp_dir(), source }))?;
        let files = lend(&uploads, folder.path())?;
        let atlas = atlases.add(&name, &files, &licence, mesh(&state)?)?;
        let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
        Ok((status, Json(AtlasView::of(&state, &atlas)?)))
    };
    room.run(install).await
}

/// That of the model's responses.
fn mesh(state: &State) -> Result<Mesh, Error> {
    let vertices = usize::try_from(state.predictor.card().vertices).unwrap_or(usize::MAX);
    Ok(Mesh::with_vertices(vertices).map_err(|error: brain::Error| scanner::Error::from(error))?)
}

impl AtlasSummary {
    fn of(state: &State, name: &str) -> Result<Self, Error> {
        let licence = state.scanner.atlases.licence(name)?;
        Ok(Self { name: name.to_owned(), licence, href: format!("/v1/atlases/{name}") })
    }
}

impl AtlasView {
    fn of(state: &State, atlas: &Atlas) -> Result<Self, Error> {
        let parcel = |Parcel { patch, .. }: &Parcel| ParcelView {
            name: patch.name.clone(),
            vertices: Hemisphere::BOTH.map(|side| patch.vertices(side).len()),
        };
        Ok(Self {
            summary: AtlasSummary::of(state, &atlas.name)?,
            mesh: atlas.mesh().to_string(),
            parcels: atlas.parcels().iter().map(parcel).collect(),
        })
    }
}
