//! `/v1/localizers`: the paradigms of the library.

use axum::Json;
use axum::extract::Path;

use super::{Error, Problem};
use crate::experiment::{Library, Localizer};
use crate::scanner;

/// All paradigms: conditions, the stimuli that they want, design, contrasts, expected regions, published agreement.
#[utoipa::path(get, path = "/v1/localizers", tag = "experiments", responses((status = 200, body = [Localizer])))]
pub(super) async fn list() -> Result<Json<Vec<Localizer>>, Error> {
    Ok(Json(Library::embedded().map_err(scanner::Error::from)?.localizers().to_vec()))
}

/// One paradigm.
#[utoipa::path(
    get, path = "/v1/localizers/{name}", tag = "experiments",
    responses((status = 200, body = Localizer), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(Path(name): Path<String>) -> Result<Json<Localizer>, Error> {
    let library = Library::embedded().map_err(scanner::Error::from)?;
    Ok(Json(library.localizer(&name).map_err(scanner::Error::from)?.clone()))
}
