//! `/metrics`, for Prometheus. Labels are matched routes and states, never what a client sent, so the number of
//! series is bounded.

use std::sync::OnceLock;
use std::time::Instant;

use axum::extract::{self, MatchedPath, Request};
use axum::http::header;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

use super::health::reason_not_ready;
use super::{Error, State};

const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The process's recorder, installed when first asked for.
pub(super) fn recorder() -> PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    let install = || {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another recorder of metrics is installed: /metrics stays empty");
        }
        handle
    };
    RECORDER.get_or_init(install).clone()
}

/// Counts and times every request by its route.
pub(super) async fn count(request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    counter!("encortex_requests_total", "route" => route.clone(), "status" => status).increment(1);
    histogram!("encortex_request_seconds", "route" => route).record(begun.elapsed());
    response
}

/// Counters, gauges and histograms in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operation", responses((status = 200, content_type = "text/plain", body = String)))]
pub(super) async fn scrape(extract::State(state): extract::State<State>) -> Result<impl IntoResponse, Error> {
    for (job_state, jobs) in state.predictions.counts().await?.by_state {
        gauge!("encortex_jobs", "state" => job_state.as_str()).set(jobs as f64);
    }
    if !state.workers.are_elsewhere() {
        gauge!("encortex_model_ready").set(if reason_not_ready(&state).is_none() { 1.0 } else { 0.0 });
    }
    state.metrics.run_upkeep();
    Ok(([(header::CONTENT_TYPE, TEXT_FORMAT)], state.metrics.render()))
}
