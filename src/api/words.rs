//! `…/words`: what is said or read in a stimulus, and when.

use axum::Json;
use axum::extract::{self, Path};

use super::files::read;
use super::readable::under_way;
use super::{Error, Problem, State};
use crate::jobs::JobState;
use crate::predict::{Prediction, WordShown};

/// The words of a prediction's stimulus, as its model was given them. Predictions that were made before words were kept have
/// none.
#[utoipa::path(
    get, path = "/v1/predictions/{id}/words", tag = "predictions",
    responses(
        (status = 200, body = [WordShown]),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json", description = "The prediction has no second (yet)."),
    )
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Json<Vec<WordShown>>, Error> {
    let folder = match state.predictions.status(&id).await?.job.state {
        JobState::Succeeded => read(&state, &id).await?.0,
        JobState::Running => under_way(&state, &id).await?.ok_or(Error::NotFinished { state: JobState::Running })?.0,
        state => return Err(Error::NotFinished { state }),
    };
    Ok(Json(tokio::task::spawn_blocking(move || Prediction::words(&folder)).await??))
}
