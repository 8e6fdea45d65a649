//! What every handler is given.

use std::path::PathBuf;
use std::sync::Arc;

use metrics_exporter_prometheus::PrometheusHandle;
use tokio_util::sync::CancellationToken;

use super::{Error, metrics};
use crate::catalogue::Catalogue;
use crate::jobs::{Queue, Stopped, Work};
use crate::predict::{Anatomy, Predictor};
use crate::store::Store;

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
}

/// What the server serves from. Clones share it.
#[derive(Clone)]
pub struct State {
    pub(super) config: Arc<ServerConfig>,
    pub(super) store: Store,
    pub(super) queue: Queue,
    pub(super) predictor: Predictor,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) metrics: PrometheusHandle,
    /// Set when the server begins to shut down.
    pub(super) closing: CancellationToken,
}

impl State {
    /// Opens the data folder and takes up the predictions that an earlier process left.
    ///
    /// Must be called inside a tokio runtime.
    pub fn open(config: ServerConfig, catalogue: Catalogue, predictor: Predictor) -> Result<Self, Error> {
        let store = Store::open(&config.data_dir)?;
        let model = predictor.clone();
        let queue = Queue::open(store.clone(), config.queue_capacity, move |work: Work| {
            let model = model.clone();
            Box::pin(async move {
                let made = model.run(work.request, work.folder, work.progress, work.cancel).await;
                made.map(drop).map_err(Stopped::from)
            })
        })?;
        Ok(Self {
            config: Arc::new(config),
            store,
            queue,
            predictor,
            catalogue: Arc::new(catalogue),
            metrics: metrics::recorder(),
            closing: CancellationToken::new(),
        })
    }
}
