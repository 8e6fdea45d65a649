//! Table of contents: every route, grouped by who calls it.

use axum::extract::{DefaultBodyLimit, Request};
use axum::response::IntoResponse;
use axum::{Json, Router, middleware, routing};
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{
    Error, State, analyses, atlases, cell_map, comparisons, docs, evaluations, events, experiment_events, experiments,
    files, fits, frames, health, linger, localizers, media, metrics, models, predictions, regions, stimuli, studies,
    subjects, surfaces, timecourse, web, words,
};
use crate::scanner::Report;
use crate::study::evaluation::EvaluationReport;

/// Room for a form's other fields and boundaries beside its files (bytes).
const FORM_OVERHEAD: u64 = 1 << 20;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "encortex",
        description = "In-silico neuroscience: a stimulus in, the predicted fMRI response of a human brain out."
    ),
    tags(
        (name = "predictions", description = "Ask for a response, follow it, fetch it."),
        (name = "experiments", description = "Localizers, contrasts, sweeps: ask what a lab would."),
        (name = "subjects", description = "Brains of your own, fitted to what was measured."),
        (name = "atlases", description = "The cortex: its shape, its regions, its parcellations."),
        (name = "analyses", description = "Maps compared, tested and taken apart."),
        (name = "stimuli", description = "Upload once, predict many times."),
        (name = "models", description = "What can be run."),
        (name = "operation", description = "For whoever looks after the server."),
    ),
    components(schemas(Report, EvaluationReport))
)]
struct Description;

/// The routes that are described in `/openapi.json`, each operation under an id of its own.
fn described() -> OpenApiRouter<State> {
    let mut router = routes();
    name_operations(router.get_openapi_mut());
    router
}

/// Generators of clients want ids that are unique; the names of handlers are so only within their resource. Method and path are.
fn name_operations(description: &mut utoipa::openapi::OpenApi) {
    for (path, item) in &mut description.paths.paths {
        let words: Vec<_> = path.split(['/', '{', '}', '.']).filter(|word| !word.is_empty() && *word != "v1").collect();
        let methods =
            [("get", &mut item.get), ("post", &mut item.post), ("put", &mut item.put), ("delete", &mut item.delete)];
        for (method, operation) in methods {
            if let Some(operation) = operation {
                operation.operation_id = Some(format!("{method}_{}", words.join("_")));
            }
        }
    }
}

fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::with_openapi(Description::openapi())
        // Scientists and their programs.
        .routes(routes!(predictions::list, predictions::create))
        .routes(routes!(predictions::show, predictions::withdraw))
        .routes(routes!(events::follow))
        .routes(routes!(files::download))
        .routes(routes!(frames::download))
        .routes(routes!(timecourse::show))
        .routes(routes!(words::list))
        .routes(routes!(experiments::list, experiments::create))
        .routes(routes!(experiments::validate))
        .routes(routes!(experiments::show, experiments::withdraw))
        .routes(routes!(experiment_events::follow))
        .routes(routes!(experiments::download))
        .routes(routes!(cell_map::download))
        .routes(routes!(experiments::table))
        .routes(routes!(studies::multisensory))
        .routes(routes!(studies::validate))
        .routes(routes!(subjects::list, fits::create))
        .routes(routes!(evaluations::create))
        .routes(routes!(subjects::show, subjects::remove))
        .routes(routes!(subjects::download))
        .routes(routes!(localizers::list))
        .routes(routes!(localizers::show))
        .routes(routes!(atlases::list))
        .routes(routes!(atlases::show, atlases::install))
        .routes(routes!(atlases::labels))
        .routes(routes!(regions::list))
        .routes(routes!(surfaces::download))
        .routes(routes!(comparisons::create))
        .routes(routes!(analyses::group))
        .routes(routes!(analyses::components))
        .routes(routes!(analyses::list))
        .routes(routes!(analyses::show, analyses::remove))
        .routes(routes!(analyses::download))
        .routes(routes!(stimuli::list, stimuli::upload))
        .routes(routes!(stimuli::show, stimuli::remove))
        .routes(routes!(media::download))
        .routes(routes!(models::list))
        .routes(routes!(models::show))
        // Orchestrators and monitoring.
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .routes(routes!(metrics::scrape))
}

/// The whole server.
pub(super) fn router(state: State) -> Router {
    let (router, description) = described().split_for_parts();
    let body_limit = usize::try_from(state.config.max_upload_bytes.saturating_add(FORM_OVERHEAD)).unwrap_or(usize::MAX);
    router
        .merge(web::routes())
        .route("/openapi.json", routing::get(async || Json(description)))
        .route("/docs", routing::get(docs::page))
        .fallback(unknown_path)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(DefaultBodyLimit::max(body_limit))
        .layer(middleware::from_fn(linger::linger))
        .layer(middleware::from_fn(metrics::count))
        .layer(TraceLayer::new_for_http())
        .with_state(state)
}

async fn unknown_path(request: Request) -> impl IntoResponse {
    Error::UnknownPath { path: request.uri().path().to_owned() }
}

async fn method_not_allowed(request: Request) -> impl IntoResponse {
    Error::MethodNotAllowed { method: request.method().to_string(), path: request.uri().path().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_frozen() {
        insta::assert_json_snapshot!(described().to_openapi());
    }
}
