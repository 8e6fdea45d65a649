//! Queues in temporary folders, and their whole state as text.

use std::fmt::Write;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sqlx::Row;
use tempfile::TempDir;

use crate::jobs::{Cell, Crew, Experiment, Happening, JobState, Lane, NewExperiment, Outcome, Queue, Scope, Task};

pub(super) const TTL: Duration = Duration::from_millis(400);

pub(super) async fn queue() -> (TempDir, Queue) {
    let folder = tempfile::tempdir().unwrap();
    let queue = Queue::in_file(&folder.path().join("a queue?.sqlite")).await.unwrap();
    (folder, queue)
}

/// An experiment of so many cells, named `cell-0` and so on, all queued.
pub(super) async fn experiment(queue: &Queue, cells: u64) -> Experiment {
    let new = NewExperiment { key: "sweep", name: "A sweep", spec: "{}", cells, priority: 0 };
    let experiment = queue.add_experiment(&new).await.unwrap();
    let cells = (0..cells).map(|index| Cell { index, key: format!("cell-{index}") });
    queue.enqueue_cells(experiment.id, 3, cells).await.unwrap();
    experiment
}

/// Does the jobs of a lane by a function that is called for each batch.
pub(super) fn crew(
    lane: Lane,
    batch: u32,
    run: impl Fn(Vec<Task>) -> BoxFuture<'static, Vec<Outcome>> + Send + Sync + 'static,
) -> Crew {
    Crew { lane, batch, run: Box::new(run) }
}

pub(super) fn succeed(tasks: Vec<Task>) -> BoxFuture<'static, Vec<Outcome>> {
    Box::pin(async move { vec![Outcome::Succeeded; tasks.len()] })
}

/// Waits for a condition, for half a minute at most.
pub(super) async fn until<F: Future<Output = bool>>(condition: impl Fn() -> F) {
    let happens = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), happens).await.expect("it happens in time");
}

/// Waits until all jobs of a scope are finished.
pub(super) async fn all_finished(queue: &Queue, scope: Scope) {
    until(|| async { queue.counts(scope).await.unwrap().unfinished() == 0 }).await;
}

/// All jobs with their events, a line each. Times are left out but for whether they are there.
pub(super) async fn snapshot(queue: &Queue) -> String {
    let jobs = sqlx::query("SELECT * FROM job ORDER BY id").fetch_all(queue.database.pool()).await.unwrap();
    let events =
        sqlx::query("SELECT * FROM event ORDER BY job, number").fetch_all(queue.database.pool()).await.unwrap();
    let mut text = String::new();
    for job in jobs {
        let id: i64 = job.get("id");
        let there = |column| if job.get::<Option<i64>, _>(column).is_some() { column } else { "-" };
        let owner: Option<String> = job.get("lease_owner");
        let failure: Option<String> = job.get("failure");
        writeln!(
            text,
            "{id} {} {} attempts={}/{} token={} owner={} {} {} {} {}",
            job.get::<String, _>("key"),
            job.get::<String, _>("state"),
            job.get::<i64, _>("attempts"),
            job.get::<i64, _>("max_attempts"),
            job.get::<i64, _>("lease_token"),
            owner.as_deref().unwrap_or("-"),
            there("lease_until"),
            there("started"),
            there("finished"),
            failure.as_deref().unwrap_or("-"),
        )
        .unwrap();
        let of_job = events.iter().filter(|event| event.get::<i64, _>("job") == id);
        let story: Vec<_> = of_job
            .map(|event| match serde_json::from_str(event.get("what")).unwrap() {
                Happening::State { state, .. } => format!("{} {}", event.get::<i64, _>("number"), state.as_str()),
                Happening::Progress(step) => format!("{} {}", event.get::<i64, _>("number"), step.fraction),
            })
            .collect();
        writeln!(text, "    {}", story.join(", ")).unwrap();
    }
    text
}

/// Whether any job is running.
pub(super) async fn runs(queue: &Queue, lane: Lane) -> bool {
    queue.counts(Scope::Lane(lane)).await.unwrap().of(JobState::Running) > 0
}
