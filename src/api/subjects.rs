//! `/v1/subjects`: the lab's own subjects, whose heads were fitted to measured responses.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::{self, Path, Request};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::files::send;
use super::studies::Study;
use super::{Error, Problem, State};
use crate::catalogue::SubjectCard;
use crate::jobs::ExperimentStatus;
use crate::store;

/// A subject, and the files that are kept of them.
#[derive(Serialize, ToSchema)]
pub(super) struct SubjectView {
    #[serde(flatten)]
    card: SubjectCard,
    /// Whether the model that is served here is the one that the subject was fitted on.
    usable: bool,
    href: String,
    files: Vec<SubjectFile>,
}

/// A file that can be fetched. All of them together are the subject's export.
#[derive(Serialize, ToSchema)]
pub(super) struct SubjectFile {
    name: String,
    href: String,
}

/// The lab's own subjects, by name. The model's are on its card.
#[utoipa::path(get, path = "/v1/subjects", tag = "subjects", responses((status = 200, body = [SubjectView])))]
pub(super) async fn list(extract::State(state): extract::State<State>) -> Result<Json<Vec<SubjectView>>, Error> {
    let list = move || {
        let cards = state.predictor.shelf().list()?;
        cards.into_iter().map(|card| SubjectView::of(&state, card)).collect::<Result<Vec<_>, Error>>()
    };
    Ok(Json(tokio::task::spawn_blocking(list).await??))
}

/// A subject: what the head was fitted to, and how well it predicts what it was not.
#[utoipa::path(
    get, path = "/v1/subjects/{name}", tag = "subjects",
    responses((status = 200, body = SubjectView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<Json<SubjectView>, Error> {
    let show = move || SubjectView::of(&state, state.predictor.shelf().get(&name)?);
    Ok(Json(tokio::task::spawn_blocking(show).await??))
}

/// A file of a subject: the head, the card, or a map.
#[utoipa::path(
    get, path = "/v1/subjects/{name}/files/{file}", tag = "subjects",
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("ETag" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path((name, file)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let find = move || {
        let shelf = state.predictor.shelf();
        let card = shelf.get(&name)?;
        let known = shelf.files(&card)?;
        if !known.contains(&file) {
            return Err(Error::Predict(crate::predict::Error::UnknownFile { name: file, known }));
        }
        Ok(shelf.folder_of(&card).join(file))
    };
    Ok(send(&tokio::task::spawn_blocking(find).await??, request).await)
}

/// Deletes a subject with every trace of their data: the head, its scores, the fit, the evaluations that they are in, and the
/// runs that were uploaded for these and are in no other's. Predictions that were made by the head keep its name and nothing of
/// the data; delete them by their ids.
#[utoipa::path(
    delete, path = "/v1/subjects/{name}", tag = "subjects",
    responses(
        (status = 204, description = "Nothing is kept of the subject."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn remove(
    extract::State(state): extract::State<State>,
    Path(name): Path<String>,
) -> Result<StatusCode, Error> {
    let shelf = state.predictor.shelf().clone();
    let known = name.clone();
    tokio::task::spawn_blocking(move || shelf.get(&known).map(drop)).await??;
    remove_studies(&state, &name).await?;
    let shelf = state.predictor.shelf().clone();
    tokio::task::spawn_blocking(move || shelf.remove(&name)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes the fits and evaluations of a subject, with the measured runs that were uploaded for them.
async fn remove_studies(state: &State, name: &str) -> Result<(), Error> {
    let study = |status: &ExperimentStatus| Study::of(&status.experiment.spec);
    let studies = state.experiments.list(None, usize::MAX, |status| study(status).is_some()).await?;
    let studies: Vec<(&ExperimentStatus, Study)> =
        studies.iter().filter_map(|status| Some((status, study(status)?))).collect();
    let (own, others): (Vec<_>, Vec<_>) =
        studies.iter().partition(|(_, study): &&(&ExperimentStatus, Study)| study.measured_of(name).is_some());
    let needed: BTreeSet<&String> = others.iter().flat_map(|(_, study)| study.measured()).collect();
    let uploads: BTreeSet<&String> = own.iter().filter_map(|(_, study)| study.measured_of(name)).flatten().collect();
    for id in uploads.difference(&needed) {
        let (store, id) = (state.store.clone(), (*id).clone());
        let removed = tokio::task::spawn_blocking(move || store.remove_stimulus(&id)).await?;
        match removed {
            Ok(()) | Err(store::Error::UnknownStimulus { .. }) => (),
            Err(error) => return Err(error.into()),
        }
    }
    for (status, _) in &own {
        state.experiments.withdraw(&status.experiment.key).await?;
    }
    Ok(())
}

impl SubjectView {
    fn of(state: &State, card: SubjectCard) -> Result<Self, Error> {
        let href = format!("/v1/subjects/{}", card.name);
        let file = |name: String| SubjectFile { href: format!("{href}/files/{name}"), name };
        let files = state.predictor.shelf().files(&card)?.into_iter().map(file).collect();
        let usable = state.predictor.own_subjects()?.contains(&card);
        Ok(Self { card, usable, files, href })
    }
}
