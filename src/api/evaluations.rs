//! `POST /v1/evaluations`: the model against measured runs that were uploaded before.

use axum::extract::{self, Request};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::experiment_view::ExperimentView;
use super::fits::{RunOrder, check_model, usual_tolerance_s};
use super::studies::{Study, queued};
use super::{Error, Problem, State, json};
use crate::catalogue;
use crate::jobs::CellWork;
use crate::predict;
use crate::scanner::Scanner;
use crate::store::{self, Store};
use crate::study;
use crate::study::evaluation::{self, EvaluationReport, evaluate};

/// Measured runs that the model is to be scored against.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EvaluationOrder {
    /// The model that is served here, where it is to be named.
    model: Option<String>,
    people: Vec<PersonOrder>,
    /// The subject who predicts everybody. When left out, everybody is predicted by the subject of their name, or else by the
    /// average one.
    predicted_by: Option<String>,
    /// An installed atlas, whose parcels are scored beside the built-in regions.
    atlas: Option<String>,
    /// Where the runs hold a value for each region of a set, its mean response, in place of the vertices: `builtin`, or an installed
    /// atlas. They are `.npy` or `.h5`, with as many columns as the set has regions, in its order.
    regions: Option<String>,
    /// How much a run and its stimulus may differ in length (s).
    #[serde(default = "usual_tolerance_s")]
    tolerance_s: f64,
    /// Whether the responses were simulated and nobody was scanned.
    #[serde(default)]
    simulated: bool,
}

/// Somebody who was measured.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonOrder {
    /// Letters, digits, `-` and `_`.
    name: String,
    /// Those that are held out are scored, and a linear model beside the model is fitted to the others; where nobody has one that
    /// is held out, all are scored.
    runs: Vec<RunOrder>,
}

/// Scores the model against measured responses: r, R², ceilings, significance, retrieval, R_group, and a linear model of the same
/// features beside it. It is queued, as an experiment of one cell whose report is an `EvaluationReport`, with maps as files.
#[utoipa::path(
    post, path = "/v1/evaluations", tag = "subjects", request_body = EvaluationOrder,
    responses(
        (status = 202, body = ExperimentView, headers(("Location" = String)), description = "It is queued."),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "There is no such upload or atlas."),
        (status = 422, body = Problem, content_type = "application/problem+json", description = "A name, the model or a run is not one that can be used."),
    )
)]
pub(super) async fn create(extract::State(state): extract::State<State>, request: Request) -> Result<Response, Error> {
    let order: EvaluationOrder = json::order(request).await?;
    check_model(&state, order.model.as_ref())?;
    if order.people.is_empty() || order.people.iter().any(|person| person.runs.is_empty()) {
        let expected = "one person or more, each with a run or more";
        return Err(Error::BadValue { field: "people", value: "[]".to_owned(), expected });
    }
    if let Some(atlas) = &order.atlas {
        state.scanner.atlases.licence(atlas)?;
        if order.regions.is_some() {
            let expected = "no atlas beside `regions`, which are what is scored";
            return Err(Error::BadValue { field: "atlas", value: atlas.clone(), expected });
        }
    }
    let known = state.predictor.subjects()?;
    if let Some(name) = order.predicted_by.clone().filter(|name| !known.contains(name)) {
        return Err(Error::Predict(predict::Error::UnknownSubject { name, known }));
    }
    let (store, scanner) = (state.store.clone(), state.scanner.clone());
    let look = move || {
        order.regions.as_deref().map(|set| scanner.region_set(set)).transpose()?;
        order.people.iter().try_for_each(|person| catalogue::check_name(&person.name))?;
        for id in order.people.iter().flat_map(|person| &person.runs).flat_map(RunOrder::uploads) {
            store.describe_stimulus(id)?;
        }
        Ok::<_, Error>(order)
    };
    let order = tokio::task::spawn_blocking(look).await??;
    queued(&state, "evaluation", &Study::Evaluation(order)).await
}

impl EvaluationOrder {
    /// The ids of the measured files of everybody.
    pub(super) fn measured(&self) -> impl Iterator<Item = &String> {
        self.people.iter().flat_map(PersonOrder::measured)
    }

    /// Those of a person, where the evaluation is about them: they were measured, or predict.
    pub(super) fn measured_of(&self, name: &str) -> Option<Vec<&String>> {
        let is_own = |person: &&PersonOrder| person.name == name;
        let is_about = self.predicted_by.as_deref() == Some(name) || self.people.iter().any(|person| is_own(&person));
        is_about.then(|| self.people.iter().filter(is_own).flat_map(PersonOrder::measured).collect())
    }

    /// Scores and writes the maps; for a blocking thread.
    pub(super) fn make(&self, scanner: &Scanner, store: &Store, work: &CellWork) -> Result<EvaluationReport, Error> {
        let workdir = tempfile::tempdir_in(&work.folder)
            .map_err(|source| store::Error::File { path: work.folder.clone(), source })?;
        let mut runs = Vec::new();
        for (person, run) in self.people.iter().flat_map(|person| person.runs.iter().map(move |run| (person, run))) {
            let folder = workdir.path().join(format!("run-{}", runs.len() + 1));
            runs.push(run.open(store, &folder, &person.name)?);
        }
        if runs.iter().all(|run| run.split == Some(study::Split::Train)) {
            runs.iter_mut().for_each(|run| run.split = None);
        }
        let study = study::Study { runs, tolerance_s: self.tolerance_s, simulated: self.simulated };
        let regions = match &self.regions {
            Some(set) => scanner.region_set(set)?,
            None => scanner.scored_regions(self.atlas.as_deref())?,
        };
        let order = evaluation::EvaluationOrder {
            study: &study,
            predicted_by: self.predicted_by.as_deref(),
            regions: &regions,
            of_regions: self.regions.is_some(),
        };
        let resources = scanner.fit_resources(workdir.path(), workdir.path(), &work.cancel);
        let mut evaluation = evaluate(order, &resources, &mut |_| ())?;
        evaluation.write(&work.folder)?;
        Ok(evaluation.report)
    }
}

impl PersonOrder {
    fn measured(&self) -> impl Iterator<Item = &String> {
        self.runs.iter().flat_map(RunOrder::measured)
    }
}
