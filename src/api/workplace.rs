//! Where jobs are kept and done: a data folder, a queue, and a model to do them with. A server answers for it; its workers are
//! the server's own, or processes of their own, on this machine or on others.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Error, cell};
use crate::jobs::{CellWork, Crew, Experiments, Predictions, Queue, Stopped, Work, Worker};
use crate::scanner::Scanner;
use crate::store::Store;

/// Most cells that a process makes side by side.
const MOST_CELLS: usize = 16;

/// How a workplace is set up.
#[derive(Clone, Debug)]
pub struct WorkplaceConfig {
    /// Where uploads and results are kept.
    pub data_dir: PathBuf,
    /// The database of the queue, when it is not a file in the data folder.
    pub database_url: Option<String>,
    /// Where uploads and results are shared with other machines, when they are.
    pub results_url: Option<String>,
    /// How many predictions may wait.
    pub queue_capacity: usize,
    /// How long a worker that vanished keeps its jobs from others.
    pub lease: Duration,
}

/// A data folder and its queue, as those see them who run this model.
pub struct Workplace {
    pub(super) store: Store,
    pub(super) predictions: Predictions,
    pub(super) experiments: Experiments,
    pub(super) scanner: Scanner,
    queue: Queue,
    config: WorkplaceConfig,
}

/// Who works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The one server of this machine and folder. It has the same name after a restart, and takes up at once what it held.
    Server,
    /// One of several processes. What it held when it was killed is taken up by others, when the leases have ended.
    Process,
}

/// The workers of a process: the first for predictions, the others for cells, so that whoever waits never waits for an
/// experiment to end. Clones share them; the default has none.
#[derive(Clone, Default)]
pub struct Workers {
    workers: Vec<Worker>,
}

impl Workplace {
    /// Opens the data folder and the queue.
    ///
    /// Must be called inside a tokio runtime.
    pub async fn open(config: WorkplaceConfig, scanner: Scanner) -> Result<Self, Error> {
        let mut store = Store::open(&config.data_dir)?;
        if let Some(url) = config.results_url.clone() {
            store = tokio::task::spawn_blocking(move || store.share(&url)).await??;
        }
        let queue = match &config.database_url {
            Some(url) => Queue::open(url).await?,
            None => Queue::in_file(&config.data_dir.join("queue.sqlite")).await?,
        };
        let queue = queue.of_model(&blake3::hash(scanner.predictor.revision().as_bytes()).to_hex()[..32]);
        Ok(Self {
            predictions: Predictions::new(queue.clone(), store.clone(), config.queue_capacity),
            experiments: Experiments::new(queue.clone(), store.clone()),
            store,
            scanner,
            queue,
            config,
        })
    }

    /// Where the queue is, without a password.
    pub fn queue_address(&self) -> &str {
        self.queue.address()
    }

    /// Starts to work.
    pub async fn start(&self, owner: Owner) -> Result<Workers, Error> {
        let name = match owner {
            Owner::Server => format!("server {} {}", host(), absolute(&self.config.data_dir).display()),
            Owner::Process => format!("worker {} {}", host(), std::process::id()),
        };
        let cells = (1..=cells_at_once()).map(|place| (format!("{name}, cell {place}"), self.cells_crew()));
        let mut workers = Vec::new();
        for (name, crew) in std::iter::once((name.clone(), self.predictions_crew())).chain(cells) {
            if owner == Owner::Server {
                self.queue.reclaim_from(&name).await?;
            }
            workers.push(Worker::start(self.queue.clone(), name, self.config.lease, vec![crew]));
        }
        let jobs = self.queue.of_other_models().await?;
        if jobs > 0 {
            tracing::warn!(
                jobs,
                "jobs wait that were asked of another model, or of this one with other settings; only that takes them"
            );
        }
        Ok(Workers { workers })
    }

    fn predictions_crew(&self) -> Crew {
        let model = self.scanner.predictor.clone();
        self.predictions.crew(move |work: Work| {
            let model = model.clone();
            Box::pin(async move {
                let made = model.run(work.request, work.folder, work.progress, work.cancel).await;
                made.map(drop).map_err(Stopped::from)
            })
        })
    }

    fn cells_crew(&self) -> Crew {
        let (scanner, store) = (self.scanner.clone(), self.store.clone());
        self.experiments.crew(move |work: CellWork| {
            let (scanner, store) = (scanner.clone(), store.clone());
            let made = tokio::task::spawn_blocking(move || cell::make(&scanner, &store, &work));
            Box::pin(async move { made.await.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic())) })
        })
    }
}

impl Workers {
    /// Whether nobody works in this process.
    pub(super) fn are_elsewhere(&self) -> bool {
        self.workers.is_empty()
    }

    pub(super) fn are_draining(&self) -> bool {
        self.workers.iter().any(Worker::is_draining)
    }

    /// Has all of them [drained](Worker::drain).
    pub async fn drain(&self, grace: Duration) {
        futures_util::future::join_all(self.workers.iter().map(|worker| worker.drain(grace))).await;
    }
}

/// How many cells are made side by side: while one is encoded, others read their features or compute their contrasts.
fn cells_at_once() -> usize {
    std::thread::available_parallelism().map_or(MOST_CELLS, |cores| (2 * cores.get()).min(MOST_CELLS))
}

fn host() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned()
}

fn absolute(folder: &Path) -> PathBuf {
    std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned())
}
