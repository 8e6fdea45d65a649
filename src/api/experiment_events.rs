//! `…/experiments/{id}/events`: an experiment's progress as server-sent events.

use std::time::Duration;

use axum::extract::{self, Path};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::Event;
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Serialize;
use utoipa::ToSchema;

use super::events::{as_they_come, last_seen};
use super::experiment_view::ExperimentSummary;
use super::{Error, Problem, State};
use crate::jobs::{ExperimentStatus, JobState};

/// Cells that another process makes are seen after so long.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// How far an experiment is.
#[derive(Serialize, ToSchema)]
pub(super) struct ExperimentProgress {
    #[serde(flatten)]
    summary: ExperimentSummary,
    state: JobState,
    cells_per_second: f64,
    seconds_left: Option<f64>,
}

/// What a stream tells next.
enum Next {
    /// Anything that differs from this.
    After(Option<(JobState, u64, u64)>),
    Nothing,
}

/// How far an experiment is, each time that this changes, until nothing of it is left.
///
/// Events are `progress`, numbered by how many cells are over. A client that lost its connection sends the last number as
/// `Last-Event-ID`; 204 tells it that nothing more will come.
#[utoipa::path(
    get, path = "/v1/experiments/{id}/events", tag = "experiments",
    params(("Last-Event-ID" = Option<u64>, Header)),
    responses(
        (status = 200, content_type = "text/event-stream", body = ExperimentProgress),
        (status = 204, description = "It is over, and its last event was seen."),
        (status = 404, body = Problem, content_type = "application/problem+json"),
    )
)]
pub(super) async fn follow(
    extract::State(state): extract::State<State>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let status = state.experiments.status(&id).await?;
    if status.state() != JobState::Running && last_seen(&headers) == Some(status.finished()) {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let told = stream::try_unfold((state.clone(), id, Next::After(None)), |(state, id, next)| async move {
        let Next::After(told) = next else { return Ok(None) };
        loop {
            let status = state.experiments.status(&id).await.map_err(axum::Error::new)?;
            let now = (status.state(), status.finished(), status.counts.of(JobState::Running));
            if told != Some(now) {
                let next = if now.0 == JobState::Running { Next::After(Some(now)) } else { Next::Nothing };
                return Ok::<_, axum::Error>(Some((event(&status)?, (state, id, next))));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    });
    Ok(as_they_come(&state, told))
}

fn event(status: &ExperimentStatus) -> Result<Event, axum::Error> {
    Event::default().event("progress").id(status.finished().to_string()).json_data(ExperimentProgress {
        summary: ExperimentSummary::of(status),
        state: status.state(),
        cells_per_second: status.counts.rate,
        seconds_left: status.counts.time_left.map(|left| left.as_secs_f64()),
    })
}
