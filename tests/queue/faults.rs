//! Workers that are killed at random, a worker that sleeps past its lease, a database that goes away, a full disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use encortex::jobs::{
    Cell, Crew, Enqueued, Error, ExperimentId, JobState, Lane, NewExperiment, Outcome, Queue, Scope, Task, Worker,
};
use futures_util::future::BoxFuture;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::postgres::Postgres;
use crate::worker::{TTL, WorkerProcess, content};

const CELLS: u64 = 500;
/// One in so many aborts its worker.
const POISON: u64 = 50;
/// Enough that chance alone does not use them up: a worker is killed while it makes a cell about once in forty times.
const ATTEMPTS: u32 = 5;
const WORKERS: usize = 4;
const BETWEEN_KILLS: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_secs(120);

pub(crate) fn sqlite_in(folder: &Path) -> String {
    format!("sqlite://{}?mode=rwc", folder.join("queue.sqlite").display())
}

async fn sweep(queue: &Queue, name: &str, cells: impl Iterator<Item = String> + Send) -> ExperimentId {
    let new = NewExperiment { key: name, name, spec: "{}", cells: CELLS, priority: 0 };
    let id = queue.add_experiment(&new).await.unwrap().id;
    let cells = (0..).zip(cells).map(|(index, key)| Cell { index, key });
    queue.enqueue_cells(id, ATTEMPTS, cells).await.unwrap();
    id
}

/// Half of the cells of a round are results of the round before, so some are done when they are claimed.
fn keys(round: u64) -> impl Iterator<Item = String> {
    (0..CELLS).map(move |cell| {
        let kind = if cell % POISON == 7 { "poison" } else { "cell" };
        format!("{kind}-{}", round * CELLS / 2 + cell)
    })
}

/// For how long workers are killed: `ENCORTEX_KILL_TEST_S`, or ten seconds.
fn duration() -> Duration {
    let seconds = std::env::var("ENCORTEX_KILL_TEST_S").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(10))
}

/// Lets workers work on sweep after sweep and kills one after the other, then lets them finish in peace.
async fn kill_workers(database: &str, results: &Path) -> Vec<ExperimentId> {
    std::fs::create_dir(results.join("incoming")).unwrap();
    let queue = Queue::open(database).await.unwrap();
    let mut chance = ChaCha8Rng::seed_from_u64(3);
    let mut sweeps = vec![sweep(&queue, "sweep-0", keys(0)).await];
    let mut workers: Vec<_> = (0..WORKERS).map(|_| WorkerProcess::start(database, results)).collect();
    let (begun, mut last_kill, mut kills) = (Instant::now(), Instant::now(), 0);
    loop {
        for worker in &mut workers {
            if worker.has_ended() {
                *worker = WorkerProcess::start(database, results);
            }
        }
        let is_over = begun.elapsed() >= duration();
        if !is_over && last_kill.elapsed() >= BETWEEN_KILLS {
            workers[chance.next_u32() as usize % WORKERS].kill();
            (last_kill, kills) = (Instant::now(), kills + 1);
        }
        let last = sweeps[sweeps.len() - 1];
        let unfinished = queue.counts(Scope::Experiment(last)).await.unwrap().unfinished();
        if is_over && unfinished == 0 {
            eprintln!("{} sweeps of {CELLS} cells, {kills} workers killed, {:?}", sweeps.len(), begun.elapsed());
            return sweeps;
        }
        if !is_over && unfinished < CELLS / 10 {
            let round = sweeps.len() as u64;
            sweeps.push(sweep(&queue, &format!("sweep-{round}"), keys(round)).await);
        }
        assert!(begun.elapsed() < duration() + PATIENCE, "{unfinished} cells of the last sweep are not finished");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Every healthy cell succeeded and its result was put once; each poisoned one failed after all its attempts.
async fn all_is_well(database: &str, results: &Path, sweeps: &[ExperimentId]) {
    let queue = Queue::open(database).await.unwrap();
    let mut healthy = BTreeMap::new();
    for (round, sweep) in (0..).zip(sweeps) {
        let cells = queue.cells(*sweep, None, 0, u32::MAX).await.unwrap();
        assert_eq!(cells.iter().map(|job| job.key.clone()).collect::<Vec<_>>(), keys(round).collect::<Vec<_>>());
        for job in cells {
            if job.key.starts_with("poison") {
                assert_eq!((job.state, job.attempts), (JobState::Failed, ATTEMPTS), "{job:?}");
                assert_eq!(job.failure.unwrap().code, "worker_lost");
                assert!(!results.join(&job.key).exists());
            } else {
                assert_eq!(job.state, JobState::Succeeded, "{job:?}");
                assert_eq!(std::fs::read(results.join(&job.key)).unwrap(), content(&job.key), "{}", job.key);
                healthy.insert(job.key, 0);
            }
        }
        let counts = queue.counts(Scope::Experiment(*sweep)).await.unwrap();
        assert_eq!((counts.unfinished(), counts.of(JobState::Failed)), (0, CELLS / POISON));
    }
    for key in std::fs::read_to_string(results.join("log")).unwrap().lines() {
        *healthy.get_mut(key).expect("only healthy cells have a result") += 1;
    }
    // One that was killed between its result and its line has none.
    let repeated: Vec<_> = healthy.iter().filter(|(_, times)| **times > 1).collect();
    assert!(repeated.is_empty(), "put more than once: {repeated:?}");
}

async fn survives_kills(database: &str) {
    let results = tempfile::tempdir().unwrap();
    let sweeps = kill_workers(database, results.path()).await;
    all_is_well(database, results.path(), &sweeps).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_killed_at_random_do_every_healthy_cell_once_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    survives_kills(&sqlite_in(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_killed_at_random_do_every_healthy_cell_once_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    survives_kills(&postgres.database("kills").await).await;
}

/// A worker is stopped in the midst of a job until another has done it, then wakes up.
async fn sleeps_past_its_lease(database: &str) {
    let results = tempfile::tempdir().unwrap();
    std::fs::create_dir(results.path().join("incoming")).unwrap();
    let queue = Queue::open(database).await.unwrap();
    let id = sweep(&queue, "sleeper", ["stopping-0".to_owned()].into_iter()).await;
    let sleeper = WorkerProcess::start(database, results.path());
    let begun = Instant::now();
    while !results.path().join("started").exists() {
        assert!(begun.elapsed() < PATIENCE, "the worker did not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    sleeper.signal("STOP");
    tokio::time::sleep(2 * TTL).await;
    assert_eq!(queue.reclaim().await.unwrap().queued, 1);
    let claim = queue.claim(Lane::Cell, 1, "the other", Duration::from_secs(600)).await.unwrap().remove(0);
    assert_eq!(claim.job.attempts, 2);
    sleeper.signal("CONT");
    while !results.path().join("stopping-0").exists() {
        assert!(begun.elapsed() < PATIENCE, "the worker did not wake up");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // It has done the work; now it says so, with a token that is stale.
    tokio::time::sleep(TTL).await;
    let cell = &queue.cells(id, None, 0, 1).await.unwrap()[0];
    assert_eq!((cell.state, cell.attempts), (JobState::Running, 2), "the stale token finished the job");
    assert!(queue.complete(claim.lease).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_token_completes_nothing_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    sleeps_past_its_lease(&sqlite_in(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_token_completes_nothing_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    sleeps_past_its_lease(&postgres.database("sleeper").await).await;
}

/// Takes some time for each task.
fn unhurried(tasks: Vec<Task>) -> BoxFuture<'static, Vec<Outcome>> {
    Box::pin(async move {
        tokio::time::sleep(Duration::from_millis(50)).await;
        vec![Outcome::Succeeded; tasks.len()]
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn work_resumes_when_the_database_was_gone_for_ten_seconds() {
    let Some(mut postgres) = Postgres::start(&[]) else { return };
    let queue = Queue::open(&postgres.database("outage").await).await.unwrap();
    let id = sweep(&queue, "outage", (0..100).map(|cell| format!("cell-{cell}"))).await;
    let crews = vec![Crew { lane: Lane::Cell, batch: 2, run: Box::new(unhurried) }];
    let worker = Worker::start(queue.clone(), "worker", Duration::from_secs(20), crews);
    let counts = || async { queue.counts(Scope::Experiment(id)).await.unwrap() };
    let begun = Instant::now();
    while counts().await.of(JobState::Succeeded) < 10 {
        assert!(begun.elapsed() < PATIENCE, "the worker did not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    postgres.stop();
    let asked = tokio::spawn({
        let queue = queue.clone();
        async move { queue.enqueue("asked-while-away", "{}", 1).await }
    });
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert!(!asked.is_finished());
    let mut postgres = tokio::task::spawn_blocking(move || {
        postgres.resume();
        postgres
    })
    .await
    .unwrap();
    assert!(matches!(asked.await.unwrap(), Ok(Enqueued::Queued(_))));
    while counts().await.unfinished() > 0 {
        assert!(begun.elapsed() < PATIENCE, "the work did not resume: {:?}", counts().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(counts().await.of(JobState::Succeeded), 100);
    worker.drain(TTL).await;
    postgres.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_another_process_tells_wakes_a_listener_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    let url = postgres.database("signals").await;
    let (here, there) = (Queue::open(&url).await.unwrap(), Queue::open(&url).await.unwrap());
    let crew = |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        Box::pin(async move { vec![Outcome::Succeeded; tasks.len()] })
    };
    let crews = vec![Crew { lane: Lane::Prediction, batch: 1, run: Box::new(crew) }];
    let _worker = Worker::start(there, "there", Duration::from_secs(60), crews);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut quickest = Duration::MAX;
    for number in 0..5 {
        let begun = Instant::now();
        let id = here.enqueue(&format!("film-{number}"), "{}", 1).await.unwrap().job().id;
        let events = futures_util::StreamExt::count(here.events(id, 0)).await;
        assert_eq!(events, 3);
        quickest = quickest.min(begun.elapsed());
    }
    // By their timers alone, worker and listener would need a quarter of a second and a second on average.
    assert!(quickest < Duration::from_millis(250), "it took {quickest:?}");
}

/// A disk of 2 MiB that is filled and emptied.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// Only root may mount one.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(folder.path()).output();
        if mounted.is_ok_and(|output| output.status.success()) {
            return Some(Self { folder });
        }
        eprintln!("SKIPPED: no small disk can be mounted here; run as root to see what a full one does");
        None
    }

    fn ballast(&self) -> PathBuf {
        self.folder.path().join("ballast")
    }

    fn fill(&self) {
        let _ = std::fs::write(self.ballast(), vec![0; 2 << 20]);
    }

    fn make_room(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.folder.path()).output();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_and_the_queue_goes_on_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let queue = Queue::open(&sqlite_in(disk.folder.path())).await.unwrap();
    let id = sweep(&queue, "before", (0..10).map(|cell| format!("cell-{cell}"))).await;
    disk.fill();
    let many = (10..20_000).map(|index| Cell { index, key: format!("{index:032}") });
    let refused = queue.enqueue_cells(id, 1, many).await;
    let seen = queue.counts(Scope::Experiment(id)).await.map(|counts| counts.of(JobState::Queued));
    disk.make_room();
    let claims = queue.claim(Lane::Cell, 10, "worker", TTL).await.map(|claims| claims.len());
    assert!(matches!(refused, Err(Error::StorageFull(_))), "{refused:?}");
    assert_eq!((seen.unwrap(), claims.unwrap()), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn cells_that_end_on_a_full_disk_have_ended_when_there_is_room() {
    let Some(disk) = SmallDisk::mount() else { return };
    let disk = Arc::new(disk);
    let queue = Queue::open(&sqlite_in(disk.folder.path())).await.unwrap();
    let id = sweep(&queue, "long", (0..CELLS).map(|cell| format!("cell-{cell}"))).await;
    let batches = Arc::new(AtomicU32::new(0));
    let (full, count) = (Arc::clone(&disk), Arc::clone(&batches));
    let run = move |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        if count.fetch_add(1, Ordering::SeqCst) == 0 {
            full.fill();
        }
        Box::pin(async move { vec![Outcome::Succeeded; tasks.len()] })
    };
    let crews = vec![Crew { lane: Lane::Cell, batch: CELLS as u32, run: Box::new(run) }];
    let _worker = Worker::start(queue.clone(), "worker", Duration::from_secs(60), crews);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let meanwhile = queue.counts(Scope::Experiment(id)).await.unwrap();
    disk.make_room();
    let begun = Instant::now();
    while queue.counts(Scope::Experiment(id)).await.unwrap().of(JobState::Succeeded) < CELLS {
        assert!(begun.elapsed() < PATIENCE, "{:?}", queue.counts(Scope::Experiment(id)).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((meanwhile.of(JobState::Running), batches.load(Ordering::SeqCst)), (CELLS, 1), "{meanwhile:?}");
}
