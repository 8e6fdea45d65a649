//! `/v1/experiments`: virtual experiments, from one localizer to a grid of cells.

use std::path::PathBuf;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{self, Path, Query, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::{IntoParams, ToSchema};

use super::cell::with_desk;
use super::experiment_view::{ExperimentSummary, ExperimentView, href};
use super::files::send;
use super::{Error, Problem, State, page};
use crate::experiment::design::Preview;
use crate::experiment::limits::MAX_SPEC_BYTES;
use crate::experiment::{Findings, Spec};
use crate::export::table::TableFormat;
use crate::jobs::{ExperimentStatus, JobState};
use crate::scanner::{self, Intake, Order, REPORT, SweepTable};

/// Which part of the list is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// How many, at most 1000; 100 when left out.
    limit: Option<usize>,
    /// The list goes on after the experiment of this id; `Link` names the next page.
    cursor: Option<String>,
    /// Only those in this state: `running`, `succeeded`, `failed` or `cancelled`.
    state: Option<JobState>,
    /// Only those of this name.
    name: Option<String>,
}

/// What an experiment would be, had it been asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct Validated {
    /// What is wrong, which forbids to run it, and what is doubtful.
    findings: Findings,
    /// Cells of its grid; one where it has none.
    cells: Option<u64>,
    /// Onsets, windows and forwards of its first cell, where nothing is wrong.
    design: Option<Preview>,
}

/// Experiments, the newest first.
#[utoipa::path(
    get, path = "/v1/experiments", tag = "experiments", params(Page),
    responses((status = 200, body = [ExperimentSummary], headers(("Link" = String))))
)]
pub(super) async fn list(
    extract::State(state): extract::State<State>,
    page: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Error> {
    let Query(Page { limit, cursor, state: wanted, name }) = page?;
    let limit = page::length(limit);
    let is_wanted = |status: &ExperimentStatus| {
        wanted.is_none_or(|wanted| status.state() == wanted)
            && name.as_ref().is_none_or(|name| status.experiment.name == *name)
    };
    let list = state.experiments.list(cursor.as_deref(), limit, is_wanted).await?;
    let filters = [("state", wanted.map(JobState::as_str)), ("name", name.as_deref())];
    let last = list.last().map(|status| status.experiment.key.as_str());
    let link = page::next("/v1/experiments", &filters, list.len(), limit, last);
    Ok((link, Json(list.iter().map(ExperimentSummary::of).collect::<Vec<_>>())).into_response())
}

/// Asks for an experiment: the whole spec is looked through first. The same experiment is joined where it is:
/// cells of it that failed or were cancelled are queued anew.
#[utoipa::path(
    post, path = "/v1/experiments", tag = "experiments", request_body = Spec,
    responses(
        (status = 202, body = ExperimentView, headers(("Location" = String)), description = "Its cells are queued."),
        (status = 413, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "Every fault of the spec, with its path."),
    )
)]
pub(super) async fn create(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Error> {
    let spec = spec(request).await?;
    let looking = state.clone();
    let (id, spec, cells) = tokio::task::spawn_blocking(move || looked_through(&looking, spec)).await??;
    let text = serde_json::to_string(&spec).map_err(|error| Error::MalformedBody { reason: error.to_string() })?;
    let status = state.experiments.submit(&id, &spec.name, &text, cells).await?;
    let location = HeaderValue::try_from(href(&id)).map_err(|_| Error::Interrupted)?;
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, location)], Json(ExperimentView::of(&state, status).await?))
        .into_response())
}

/// Looks an experiment through and shows its design, without running it.
#[utoipa::path(
    post, path = "/v1/experiments:validate", tag = "experiments", request_body = Spec,
    responses((status = 200, body = Validated), (status = 422, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn validate(
    extract::State(state): extract::State<State>,
    request: Request,
) -> Result<Json<Validated>, Error> {
    let spec = spec(request).await?;
    let validating = move || {
        with_desk(&state.store, |desk| {
            let Intake { spec: complete, events, findings } = state.scanner.take_in(spec.clone(), desk)?;
            if !findings.are_harmless() {
                return Ok(Validated { findings, cells: None, design: None });
            }
            let find = |stimulus: &_| desk.find(stimulus);
            let order = Order { spec: &complete, events: &events, warnings: &[], find: &find };
            let design = state.scanner.preview(order, desk.workdir, &CancellationToken::new())?;
            Ok(Validated { findings, cells: Some(state.scanner.grid(&spec, desk)?.cells()), design: Some(design) })
        })
    };
    Ok(Json(tokio::task::spawn_blocking(validating).await??))
}

/// An experiment: how far its cells are, why some failed, and where results are.
#[utoipa::path(
    get, path = "/v1/experiments/{id}", tag = "experiments",
    responses((status = 200, body = ExperimentView), (status = 404, body = Problem, content_type = "application/problem+json"))
)]
pub(super) async fn show(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Json<ExperimentView>, Error> {
    Ok(Json(ExperimentView::of(&state, state.experiments.status(&id).await?).await?))
}

/// Cancels what is left of an experiment; deletes one of which nothing is left, with its results.
#[utoipa::path(
    delete, path = "/v1/experiments/{id}", tag = "experiments",
    responses(
        (status = 202, body = ExperimentView, description = "What runs of it stops within a window's time."),
        (status = 204, description = "It is gone."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn withdraw(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    Ok(match state.experiments.withdraw(&id).await? {
        Some(status) => (StatusCode::ACCEPTED, Json(ExperimentView::of(&state, status).await?)).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// A file of a cell: its report `experiment.json`, or one that the report names. Cell 0 is the only one where there is no
/// grid.
#[utoipa::path(
    get, path = "/v1/experiments/{id}/cells/{cell}/files/{name}", tag = "experiments",
    responses(
        (status = 200, content_type = "application/octet-stream", body = Vec<u8>, headers(("ETag" = String))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn download(
    extract::State(state): extract::State<State>,
    Path((id, cell, name)): Path<(String, u64, String)>,
    request: Request,
) -> Result<Response, Error> {
    let (folder, report) = report(&state, &id, cell).await?.ok_or_else(|| Error::NoResult { id, cell })?;
    let named = report["files"].as_array().into_iter().flatten().filter_map(|file| file.as_str());
    let known: Vec<String> = named.map(str::to_owned).chain([REPORT.to_owned()]).collect();
    if !known.contains(&name) {
        return Err(Error::Predict(crate::predict::Error::UnknownFile { name, known }));
    }
    Ok(send(&folder.join(name), request).await)
}

/// All cells that are done as one table: a row for each cell, contrast, subject and region. Numbers are numbers in each
/// format, and null, NaN or an empty field where there is none.
#[utoipa::path(
    get, path = "/v1/experiments/{id}/{table}", tag = "experiments",
    params(("id" = String, Path), ("table" = String, Path, description = "`table.csv`, `table.parquet` or `table.h5`.")),
    responses(
        (status = 200, description = "The table.", content((String = "text/csv"), (Vec<u8> = "application/vnd.apache.parquet"), (Vec<u8> = "application/x-hdf5"))),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn table(
    extract::State(state): extract::State<State>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Error> {
    let Some(format) = TableFormat::ALL.into_iter().find(|format| table_name(*format) == name) else {
        let known = TableFormat::ALL.map(table_name).to_vec();
        return Err(Error::Predict(crate::predict::Error::UnknownFile { name, known }));
    };
    let spec = state.experiments.status(&id).await?.experiment.spec;
    let writing = move || write_table(&state, &id, &spec, format);
    let file = tokio::task::spawn_blocking(writing).await??;
    let mut response = send(&file, request).await;
    if response.status().is_success() {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    }
    Ok(response)
}

fn table_name(format: TableFormat) -> String {
    format!("table.{}", format.extension())
}

/// The table in a file that is gone when it has been sent.
fn write_table(state: &State, id: &str, spec: &str, format: TableFormat) -> Result<tempfile::TempPath, Error> {
    let spec = Spec::from_json(spec.as_bytes()).map_err(scanner::Error::from)?;
    let grid = with_desk(&state.store, |desk| Ok(state.scanner.grid(&spec, desk)?))?;
    let file = tempfile::NamedTempFile::new();
    let file = file.map_err(|source| crate::store::Error::File { path: std::env::temp_dir(), source })?;
    let file = file.into_temp_path();
    let mut table = SweepTable::create(&file, format, &spec.grid)?;
    let results = state.experiments.all_results(id)?;
    for cell in grid.iter() {
        table.add(&cell, &results(cell.number)?)?;
    }
    table.finish()?;
    Ok(file)
}

/// Where a cell's results lie, and what it found, in its own words; `None` until it is done.
pub(super) async fn report(state: &State, id: &str, cell: u64) -> Result<Option<(PathBuf, serde_json::Value)>, Error> {
    let (experiments, id) = (state.experiments.clone(), id.to_owned());
    let read = move || {
        let folder = experiments.results(&id, cell)?;
        let path = folder.join(REPORT);
        match std::fs::read(&path) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok().map(|report| (folder, report))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Store(crate::store::Error::File { path, source })),
        }
    };
    tokio::task::spawn_blocking(read).await?
}

async fn spec(request: Request) -> Result<Spec, Error> {
    let body = axum::body::to_bytes(request.into_body(), MAX_SPEC_BYTES).await;
    let body = body.map_err(|_| Error::BodyTooLarge { limit: MAX_SPEC_BYTES as u64 })?;
    Ok(Spec::from_json(&body).map_err(scanner::Error::from)?)
}

/// The id of an experiment without fault, its spec, and how many cells it has.
fn looked_through(state: &State, spec: Spec) -> Result<(String, Spec, u64), Error> {
    with_desk(&state.store, |desk| {
        let intake = state.scanner.take_in(spec.clone(), desk)?;
        if !intake.findings.are_harmless() {
            return Err(scanner::Error::from(crate::experiment::Error::Faults(intake.findings)).into());
        }
        let cells = state.scanner.grid(&spec, desk)?.cells();
        let name = if spec.name.is_empty() { intake.spec.name } else { spec.name.clone() };
        let spec = Spec { name, ..spec };
        let mut hasher = blake3::Hasher::new();
        let text = serde_json::to_string(&spec).unwrap_or_default();
        hasher.update(state.predictor.revision_for(&text)?.as_bytes());
        hasher.update(text.as_bytes());
        Ok((hasher.finalize().to_hex()[..32].to_owned(), spec, cells))
    })
}
