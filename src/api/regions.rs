//! `/v1/regions`: the published regions that need no atlas.

use axum::Json;
use axum::extract;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Error, State};
use crate::brain::{Hemisphere, Region, Surfaces};
use crate::scanner;

/// A region of the built-in set, on the mesh of the surfaces.
#[derive(Serialize, ToSchema)]
pub(super) struct RegionView {
    /// Short, as experiments and tables call it.
    #[schema(example = "FFA")]
    name: String,
    #[schema(example = "fusiform face area")]
    long_name: String,
    /// Of the left and of the right hemisphere, each numbered within its own.
    vertices: [Vec<u32>; 2],
    /// Where its coordinates were published, and what they are there.
    citations: Vec<String>,
}

/// The built-in regions: spheres around published coordinates, with the vertices that lie in them.
#[utoipa::path(get, path = "/v1/regions", tag = "atlases", responses((status = 200, body = [RegionView])))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Vec<RegionView>>, Error> {
    let surfaces = state.surfaces().await?;
    let views = move || {
        Region::builtin().iter().map(|region| RegionView::of(region, &surfaces)).collect::<Result<Vec<_>, Error>>()
    };
    Ok(Json(tokio::task::spawn_blocking(views).await??))
}

impl RegionView {
    fn of(region: &Region, surfaces: &Surfaces) -> Result<Self, Error> {
        let patch = region.patch(surfaces, surfaces.mesh()).map_err(scanner::Error::from)?;
        Ok(Self {
            name: region.name.clone(),
            long_name: region.long_name.clone(),
            vertices: Hemisphere::BOTH.map(|side| patch.vertices(side).to_vec()),
            citations: region.spheres.iter().map(|sphere| sphere.citation.clone()).collect(),
        })
    }
}
