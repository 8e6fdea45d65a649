//! The durable queue on SQLite, and on PostgreSQL where there is one: 100,000 cells are accepted, asked for their
//! state, claimed and completed one by one. Each number is printed with what it must not exceed.

#[path = "../tests/queue/postgres.rs"]
mod postgres;

use std::io::Write;
use std::time::{Duration, Instant};

use encortex::jobs::{Cell, Experiment, Lane, NewExperiment, Queue, Scope};

use postgres::Postgres;

const CELLS: u64 = 100_000;
const TTL: Duration = Duration::from_secs(60);
const STATUS_CALLS: u32 = 20;
const ONE_BY_ONE: u32 = 1000;
const WORKERS: usize = 4;
const WORKING_FOR: Duration = Duration::from_secs(5);

fn main() -> std::io::Result<()> {
    // `cargo test` runs benches to see that they run.
    let cells = if std::env::args().any(|argument| argument == "--bench") { CELLS } else { 1000 };
    let runtime = tokio::runtime::Runtime::new()?;
    let folder = tempfile::tempdir()?;
    runtime.block_on(async {
        let queue = Queue::in_file(&folder.path().join("queue.sqlite")).await.expect("a queue");
        measure("SQLite", &queue, &vec![queue.clone(); WORKERS], cells).await
    })?;
    let Some(postgres) = Postgres::start(&[]) else { return Ok(()) };
    runtime.block_on(async {
        let url = postgres.database("bench").await;
        let mut workers = Vec::new();
        for _ in 0..WORKERS {
            workers.push(Queue::open(&url).await.expect("a queue"));
        }
        measure("PostgreSQL", &workers[0], &workers, cells).await
    })
}

async fn measure(name: &str, queue: &Queue, at_work: &[Queue], cells: u64) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    let before = resident_mib();
    let begun = Instant::now();
    let experiment = sweep(queue, cells).await;
    let (took, grown) = (begun.elapsed().as_secs_f64(), resident_mib() - before);
    writeln!(out, "{name}: {cells} cells accepted in {took:.2} s (at most 10), memory {grown:+.0} MiB")?;

    let begun = Instant::now();
    for _ in 0..STATUS_CALLS {
        queue.counts(Scope::Experiment(experiment.id)).await.expect("counts");
    }
    let took = begun.elapsed() / STATUS_CALLS;
    writeln!(out, "{name}: a status call takes {:.1} ms (at most 20)", took.as_secs_f64() * 1e3)?;

    let begun = Instant::now();
    for _ in 0..ONE_BY_ONE.min(cells as u32 / 2) {
        complete_one(queue, "alone").await;
    }
    let took = begun.elapsed() / ONE_BY_ONE.min(cells as u32 / 2);
    writeln!(out, "{name}: claim and complete take {:.2} ms a cell (SQLite: at most 2)", took.as_secs_f64() * 1e3)?;

    let begun = Instant::now();
    let mut workers = tokio::task::JoinSet::new();
    for (worker, queue) in at_work.iter().cloned().enumerate() {
        workers.spawn(async move {
            let mut done = 0_u32;
            while begun.elapsed() < WORKING_FOR && complete_one(&queue, &format!("worker-{worker}")).await {
                done += 1;
            }
            done
        });
    }
    let done: u32 = workers.join_all().await.into_iter().sum();
    let rate = f64::from(done) / begun.elapsed().as_secs_f64();
    writeln!(out, "{name}: {WORKERS} workers do {rate:.0} cells/s (PostgreSQL: at least 500)")?;

    let begun = Instant::now();
    for _ in 0..STATUS_CALLS {
        queue.counts(Scope::Experiment(experiment.id)).await.expect("counts");
    }
    let took = begun.elapsed() / STATUS_CALLS;
    writeln!(out, "{name}: a status call then takes {:.1} ms (at most 20)", took.as_secs_f64() * 1e3)
}

async fn sweep(queue: &Queue, cells: u64) -> Experiment {
    let new = NewExperiment { key: "bench", name: "bench", spec: "{}", cells, priority: 0 };
    let experiment = queue.add_experiment(&new).await.expect("an experiment");
    let keyed = (0..cells).map(|index| Cell { index, key: format!("{index:032x}") });
    queue.enqueue_cells(experiment.id, 3, keyed).await.expect("enqueued");
    experiment
}

/// Whether there was one.
async fn complete_one(queue: &Queue, owner: &str) -> bool {
    let claims = queue.claim(Lane::Cell, 1, owner, TTL).await.expect("claimed");
    for claim in &claims {
        assert!(queue.complete(claim.lease).await.expect("completed"));
    }
    !claims.is_empty()
}

/// What this process holds in memory.
fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
}
