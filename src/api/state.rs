//! What every handler is given.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use super::Error;
use super::metrics;
use super::room::Room;
use super::workplace::{Workers, Workplace};
use crate::brain::Surfaces;
use crate::catalogue::Catalogue;
use crate::jobs::{Experiments, Predictions};
use crate::predict::{Anatomy, Predictor};
use crate::scanner::Scanner;
use crate::store::Store;

/// How many analyses run at once: each may hold maps of some gigabytes.
const ANALYSES: usize = 2;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where pictures and volumes find the cortex.
    pub anatomy: Anatomy,
    /// The largest body that is taken (bytes).
    pub max_upload_bytes: u64,
    /// What requests and running jobs get to finish in when the server shuts down.
    pub grace: Duration,
}

/// What the server serves from. Clones share it.
#[derive(Clone)]
pub struct State {
    pub(super) config: Arc<ServerConfig>,
    pub(super) store: Store,
    pub(super) predictions: Predictions,
    pub(super) experiments: Experiments,
    pub(super) workers: Workers,
    /// For analyses that a request waits for.
    pub(super) room: Room,
    pub(super) predictor: Predictor,
    pub(super) scanner: Scanner,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) metrics: PrometheusHandle,
    /// Read when they are first asked for.
    surfaces: Arc<OnceCell<Arc<Surfaces>>>,
    /// Set when the server begins to shut down.
    pub(super) closing: CancellationToken,
}

impl State {
    /// A server's, for a workplace whose jobs are done by `workers`, or by others where there are none.
    pub fn new(config: ServerConfig, catalogue: Catalogue, workplace: Workplace, workers: Workers) -> Self {
        let Workplace { store, predictions, experiments, scanner, .. } = workplace;
        Self {
            config: Arc::new(config),
            store,
            predictions,
            experiments,
            workers,
            room: Room::new(ANALYSES),
            predictor: scanner.predictor.clone(),
            scanner,
            catalogue: Arc::new(catalogue),
            metrics: metrics::recorder(),
            surfaces: Arc::default(),
            closing: CancellationToken::new(),
        }
    }

    /// Both hemispheres of the cortex.
    pub(super) async fn surfaces(&self) -> Result<Arc<Surfaces>, Error> {
        let read = async || {
            let anatomy = self.config.anatomy.clone();
            let surfaces = tokio::task::spawn_blocking(move || anatomy.surfaces()).await??;
            Ok::<_, Error>(Arc::new(surfaces))
        };
        self.surfaces.get_or_try_init(read).await.cloned()
    }
}
