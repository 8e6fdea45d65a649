//! An experiment as clients see it: how far its cells are, why some failed, and where results are.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::experiments::report;
use super::{Error, State};
use crate::jobs::{ExperimentStatus, Failure, JobState};

/// An experiment in a list.
#[derive(Serialize, ToSchema)]
pub(super) struct ExperimentSummary {
    id: String,
    name: String,
    /// Cells of its grid; one where it has none.
    cells: u64,
    /// How many cells are in each state.
    states: BTreeMap<String, u64>,
    #[schema(value_type = String, format = DateTime)]
    created: Timestamp,
    href: String,
}

/// An experiment.
#[derive(Serialize, ToSchema)]
pub(super) struct ExperimentView {
    #[serde(flatten)]
    summary: ExperimentSummary,
    /// `running` while a cell waits or runs; then `cancelled` where it was, `failed` where a cell did, else `succeeded`.
    state: JobState,
    /// Cells that get done a second, of late.
    cells_per_second: f64,
    /// At this rate (s).
    seconds_left: Option<f64>,
    /// The first cells that failed.
    failed: Vec<FailedCell>,
    /// What the first cell found: `experiment.json`, once it is done.
    #[schema(value_type = Option<Object>)]
    report: Option<serde_json::Value>,
    /// Of the first cell.
    files: Vec<CellFile>,
}

/// A cell that failed.
#[derive(Serialize, ToSchema)]
pub(super) struct FailedCell {
    cell: u64,
    failure: Option<Failure>,
}

/// A file that can be fetched.
#[derive(Serialize, ToSchema)]
pub(super) struct CellFile {
    name: String,
    href: String,
}

/// Where an experiment is.
pub(super) fn href(id: &str) -> String {
    format!("/v1/experiments/{id}")
}

impl ExperimentSummary {
    pub(super) fn of(status: &ExperimentStatus) -> Self {
        let experiment = &status.experiment;
        let states = status.counts.by_state.iter().map(|(state, jobs)| (state.as_str().to_owned(), *jobs)).collect();
        Self {
            id: experiment.key.clone(),
            name: experiment.name.clone(),
            cells: experiment.cells,
            states,
            created: experiment.created,
            href: href(&experiment.key),
        }
    }
}

impl ExperimentView {
    /// Reads the first cell's report where there is one.
    pub(super) async fn of(state: &State, status: ExperimentStatus) -> Result<Self, Error> {
        let summary = ExperimentSummary::of(&status);
        let report = match status.counts.of(JobState::Succeeded) {
            0 => None,
            _ => report(state, &summary.id, 0).await?.map(|(_, report)| report),
        };
        let named = report.iter().flat_map(|report| report["files"].as_array().into_iter().flatten());
        let files = named
            .filter_map(|file| file.as_str())
            .map(|name| CellFile { name: name.to_owned(), href: format!("{}/cells/0/files/{name}", summary.href) })
            .collect();
        let failed = status.failed.iter().filter_map(|job| {
            let (_, cell) = job.cell?;
            Some(FailedCell { cell, failure: job.failure.clone() })
        });
        Ok(Self {
            state: status.state(),
            cells_per_second: status.counts.rate,
            seconds_left: status.counts.time_left.map(|left| left.as_secs_f64()),
            failed: failed.collect(),
            report,
            files,
            summary,
        })
    }
}
