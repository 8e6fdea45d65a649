//! What every handler is given.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use super::room::Room;
use super::{Error, cell, metrics};
use crate::catalogue::Catalogue;
use crate::jobs::{CellWork, Experiments, Predictions, Queue, Stopped, Work, Worker};
use crate::predict::{Anatomy, Predictor};
use crate::scanner::Scanner;
use crate::store::Store;

/// How long a server that vanished keeps its jobs from others.
const LEASE: Duration = Duration::from_secs(30);
/// Most cells that are made side by side.
const MOST_CELLS: usize = 16;

/// How many analyses run at once: each may hold maps of some gigabytes.
const ANALYSES: usize = 2;

/// How the server is set up.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where uploads and results are kept.
    pub data_dir: PathBuf,
    /// Where pictures and volumes find the cortex.
    pub anatomy: Anatomy,
    /// The largest body that is taken (bytes).
    pub max_upload_bytes: u64,
    /// How many predictions may wait.
    pub queue_capacity: usize,
    /// The database of the queue, when it is not a file in the data folder.
    pub database_url: Option<String>,
    /// Where uploads and results are shared with other machines, when they are.
    pub results_url: Option<String>,
}

/// What the server serves from. Clones share it.
#[derive(Clone)]
pub struct State {
    pub(super) config: Arc<ServerConfig>,
    pub(super) store: Store,
    pub(super) predictions: Predictions,
    pub(super) experiments: Experiments,
    /// The first for predictions, the others for cells, so that whoever waits never waits for an experiment to end.
    pub(super) workers: Vec<Worker>,
    /// For analyses that a request waits for.
    pub(super) room: Room,
    pub(super) predictor: Predictor,
    pub(super) scanner: Scanner,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) metrics: PrometheusHandle,
    /// Set when the server begins to shut down.
    pub(super) closing: CancellationToken,
}

impl State {
    /// Opens the data folder and takes up the predictions that an earlier process left.
    ///
    /// Must be called inside a tokio runtime.
    pub async fn open(config: ServerConfig, catalogue: Catalogue, scanner: Scanner) -> Result<Self, Error> {
        let mut store = Store::open(&config.data_dir)?;
        if let Some(url) = config.results_url.clone() {
            store = tokio::task::spawn_blocking(move || store.share(&url)).await??;
        }
        let predictor = scanner.predictor.clone();
        let model = predictor.clone();
        let queue = match &config.database_url {
            Some(url) => Queue::open(url).await?,
            None => Queue::in_file(&config.data_dir.join("queue.sqlite")).await?,
        };
        let owner = owner(&config.data_dir);
        let owners_of_cells: Vec<String> =
            (1..=cells_at_once()).map(|place| format!("{owner}, cell {place}")).collect();
        for owner in owners_of_cells.iter().chain([&owner]) {
            queue.reclaim_from(owner).await?;
        }
        let predictions = Predictions::new(queue.clone(), store.clone(), config.queue_capacity);
        let crew = predictions.crew(move |work: Work| {
            let model = model.clone();
            Box::pin(async move {
                let made = model.run(work.request, work.folder, work.progress, work.cancel).await;
                made.map(drop).map_err(Stopped::from)
            })
        });
        let experiments = Experiments::new(queue.clone(), store.clone());
        let cells = || {
            let (scanner, store) = (scanner.clone(), store.clone());
            experiments.crew(move |work: CellWork| {
                let (scanner, store) = (scanner.clone(), store.clone());
                let made = tokio::task::spawn_blocking(move || cell::make(&scanner, &store, &work));
                Box::pin(
                    async move { made.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) },
                )
            })
        };
        let start = |owner: String, crew| Worker::start(queue.clone(), owner, LEASE, vec![crew]);
        let mut workers = vec![start(owner, crew)];
        workers.extend(owners_of_cells.into_iter().map(|owner| start(owner, cells())));
        Ok(Self {
            config: Arc::new(config),
            store,
            predictions,
            experiments,
            workers,
            room: Room::new(ANALYSES),
            predictor,
            scanner,
            catalogue: Arc::new(catalogue),
            metrics: metrics::recorder(),
            closing: CancellationToken::new(),
        })
    }
}

/// How many cells are made side by side: while one is encoded, others read their features or compute their contrasts.
fn cells_at_once() -> usize {
    std::thread::available_parallelism().map_or(MOST_CELLS, |cores| (2 * cores.get()).min(MOST_CELLS))
}

/// The name under which this server holds jobs: the same after a restart, and no other server's.
fn owner(data_dir: &Path) -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let folder = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    format!("server {} {}", host.trim(), folder.display())
}
