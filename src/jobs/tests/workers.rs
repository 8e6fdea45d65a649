//! Workers: lanes, batches, leases, cancelling, draining; and what a full disk does.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;

use super::fixtures::{self, TTL, all_finished, crew, succeed, until};
use crate::jobs::{Cell, Error, Failure, JobState, Lane, Outcome, Scope, Task, Worker};

/// Goes on until it is cancelled.
fn endless(tasks: Vec<Task>) -> BoxFuture<'static, Vec<Outcome>> {
    Box::pin(async move {
        for task in &tasks {
            task.cancel.cancelled().await;
        }
        vec![Outcome::Released; tasks.len()]
    })
}

#[tokio::test]
async fn a_prediction_waits_for_one_batch_of_a_sweep_and_no_more() {
    let (_folder, queue) = fixtures::queue().await;
    let sweep = fixtures::experiment(&queue, 40).await;
    let order = Arc::new(Mutex::new(Vec::new()));
    let (cells, prediction, batches) = (Arc::clone(&order), Arc::clone(&order), queue.clone());
    let slow = move |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        let (cells, queue) = (Arc::clone(&cells), batches.clone());
        Box::pin(async move {
            let first = cells.lock().unwrap().is_empty();
            cells.lock().unwrap().push("cells");
            if first {
                queue.enqueue("film", "{}", 3).await.unwrap();
            }
            vec![Outcome::Succeeded; tasks.len()]
        })
    };
    let quick = move |tasks| {
        prediction.lock().unwrap().push("prediction");
        succeed(tasks)
    };
    let crews = vec![crew(Lane::Prediction, 1, quick), crew(Lane::Cell, 10, slow)];
    let _worker = Worker::start(queue.clone(), "worker", TTL, crews);
    all_finished(&queue, Scope::Experiment(sweep.id)).await;
    assert_eq!(*order.lock().unwrap(), ["cells", "prediction", "cells", "cells", "cells"]);
}

#[tokio::test]
async fn one_that_takes_its_worker_down_costs_the_others_of_its_batch_one_attempt() {
    let (_folder, queue) = fixtures::queue().await;
    let sweep = fixtures::experiment(&queue, 8).await;
    let poisoned = |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        Box::pin(async move {
            assert!(tasks.iter().all(|task| task.job.key != "cell-3"), "cell-3 takes its worker down");
            vec![Outcome::Succeeded; tasks.len()]
        })
    };
    let _worker = Worker::start(queue.clone(), "worker", TTL, vec![crew(Lane::Cell, 8, poisoned)]);
    all_finished(&queue, Scope::Experiment(sweep.id)).await;
    for job in queue.cells(sweep.id, None, 0, 100).await.unwrap() {
        match job.key.as_str() {
            "cell-3" => assert_eq!((job.state, job.attempts), (JobState::Failed, 3)),
            _ => assert_eq!((job.state, job.attempts), (JobState::Succeeded, 2)),
        }
    }
}

#[tokio::test]
async fn a_job_outlives_its_lease_while_its_worker_is_there() {
    let (_folder, queue) = fixtures::queue().await;
    queue.enqueue("film", "{}", 1).await.unwrap();
    let slow = |tasks| -> BoxFuture<'static, Vec<Outcome>> {
        Box::pin(async move {
            tokio::time::sleep(3 * TTL).await;
            succeed(tasks).await
        })
    };
    let _worker = Worker::start(queue.clone(), "slow", TTL, vec![crew(Lane::Prediction, 1, slow)]);
    let _other = Worker::start(queue.clone(), "other", TTL, vec![crew(Lane::Prediction, 1, succeed)]);
    all_finished(&queue, Scope::Lane(Lane::Prediction)).await;
    let job = queue.find(Lane::Prediction, "film").await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Succeeded, 1));
}

#[tokio::test]
async fn a_cancelled_experiment_stops_what_runs_and_starts_nothing() {
    let (_folder, queue) = fixtures::queue().await;
    let sweep = fixtures::experiment(&queue, 30).await;
    let worker = Worker::start(queue.clone(), "worker", Duration::from_secs(60), vec![crew(Lane::Cell, 4, endless)]);
    let counts = || async { queue.counts(Scope::Experiment(sweep.id)).await.unwrap() };
    until(|| async { counts().await.of(JobState::Running) == 4 }).await;
    assert_eq!(queue.cancel_experiment(sweep.id).await.unwrap(), 30);
    assert_eq!(counts().await.of(JobState::Cancelled), 30);
    let begun = Instant::now();
    worker.drain(Duration::from_secs(10)).await;
    assert!(begun.elapsed() < Duration::from_secs(5), "the running batch was not told");
    let late = queue.enqueue_cells(sweep.id, 3, [Cell { index: 30, key: "late".into() }]).await.unwrap();
    assert_eq!((late, queue.claim(Lane::Cell, 1, "worker", TTL).await.unwrap().len()), (0, 0));
}

#[tokio::test]
async fn an_experiment_that_is_resumed_does_what_was_left_of_it_and_nothing_twice() {
    let (_folder, queue) = fixtures::queue().await;
    let sweep = fixtures::experiment(&queue, 3).await;
    let counts = || async { queue.counts(Scope::Experiment(sweep.id)).await.unwrap() };
    let failure = Failure { status: 507, code: "storage_full".into(), detail: "the disk is full".into() };
    let claims = queue.claim(Lane::Cell, 2, "worker", Duration::from_secs(60)).await.unwrap();
    queue.settle(&[(claims[0].lease, Outcome::Succeeded), (claims[1].lease, Outcome::Failed(failure))]).await.unwrap();
    queue.cancel_experiment(sweep.id).await.unwrap();
    assert_eq!(queue.resume_experiment(sweep.id).await.unwrap(), 2);
    let then = counts().await;
    assert_eq!((then.of(JobState::Queued), then.of(JobState::Failed), then.of(JobState::Cancelled)), (2, 0, 0));
    let _worker = Worker::start(queue.clone(), "worker", TTL, vec![crew(Lane::Cell, 1, succeed)]);
    all_finished(&queue, Scope::Experiment(sweep.id)).await;
    assert_eq!(counts().await.of(JobState::Succeeded), 3);
    let jobs = queue.cells(sweep.id, None, 0, 10).await.unwrap();
    assert!(jobs.iter().all(|job| job.attempts == 1 && job.failure.is_none()), "{jobs:?}");
}

#[tokio::test]
async fn a_drained_worker_gives_its_jobs_back_with_their_attempt() {
    let (_folder, queue) = fixtures::queue().await;
    queue.enqueue("film", "{}", 1).await.unwrap();
    let worker = Worker::start(queue.clone(), "worker", TTL, vec![crew(Lane::Prediction, 1, endless)]);
    until(|| fixtures::runs(&queue, Lane::Prediction)).await;
    worker.drain(TTL).await;
    let job = queue.find(Lane::Prediction, "film").await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts), (JobState::Queued, 0));
}

#[tokio::test]
async fn what_fails_in_passing_is_tried_again_after_its_pause() {
    let (_folder, queue) = fixtures::queue().await;
    queue.enqueue("film", "{}", 3).await.unwrap();
    let attempts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&attempts);
    let flaky = move |_| -> BoxFuture<'static, Vec<Outcome>> {
        let is_third = counted.fetch_add(1, Ordering::Relaxed) == 2;
        let failure = Failure { status: 500, code: "away".into(), detail: "the store is away".into() };
        let outcome = if is_third { Outcome::Succeeded } else { Outcome::Retry(failure, Duration::from_millis(100)) };
        Box::pin(async move { vec![outcome] })
    };
    let begun = Instant::now();
    let _worker = Worker::start(queue.clone(), "worker", TTL, vec![crew(Lane::Prediction, 1, flaky)]);
    all_finished(&queue, Scope::Lane(Lane::Prediction)).await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    let job = queue.find(Lane::Prediction, "film").await.unwrap().unwrap();
    assert_eq!((job.state, job.attempts, job.failure), (JobState::Succeeded, 3, None));
}

#[tokio::test]
async fn a_compacted_experiment_counts_as_before() {
    let (_folder, queue) = fixtures::queue().await;
    let sweep = fixtures::experiment(&queue, 5).await;
    for claim in queue.claim(Lane::Cell, 4, "worker", TTL).await.unwrap() {
        queue.complete(claim.lease).await.unwrap();
    }
    let last = queue.claim(Lane::Cell, 1, "worker", TTL).await.unwrap().remove(0);
    let failure = Failure { status: 422, code: "bad_value".into(), detail: "too short".into() };
    queue.fail(last.lease, failure.clone()).await.unwrap();
    let before = queue.counts(Scope::Experiment(sweep.id)).await.unwrap().by_state;
    assert_eq!(queue.compact(sweep.id).await.unwrap(), 4);
    assert_eq!(queue.counts(Scope::Experiment(sweep.id)).await.unwrap().by_state, before);
    let left = queue.cells(sweep.id, None, 0, 10).await.unwrap();
    assert_eq!(left.iter().map(|job| job.failure.clone()).collect::<Vec<_>>(), [Some(failure)]);
}

#[tokio::test]
async fn a_full_disk_is_told_apart_and_leaves_the_queue_whole() {
    let (_folder, queue) = fixtures::queue().await;
    queue.enqueue("film", "{}", 3).await.unwrap();
    let before = fixtures::snapshot(&queue).await;
    set_page_limit(&queue, "PRAGMA max_page_count = 1").await;
    let payload = "x".repeat(100_000);
    match queue.enqueue("long film", &payload, 3).await {
        Err(Error::StorageFull(_)) => {}
        other => panic!("not told: {other:?}"),
    }
    assert_eq!(fixtures::snapshot(&queue).await, before);
    set_page_limit(&queue, "PRAGMA max_page_count = 1000000").await;
    queue.enqueue("long film", &payload, 3).await.unwrap();
}

/// Sets the limit on every connection that there may be.
async fn set_page_limit(queue: &crate::jobs::Queue, pragma: &'static str) {
    let pool = queue.database.pool();
    let mut held = Vec::new();
    for _ in 0..pool.options().get_max_connections() {
        let mut connection = pool.acquire().await.unwrap();
        sqlx::query(pragma).fetch_all(&mut *connection).await.unwrap();
        held.push(connection);
    }
}
