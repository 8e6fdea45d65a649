//! At every failure point, by an error and by a panic: what is stored right after, and that it ends well.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::fixtures;
use crate::jobs::failure_point::{FailureMode, FailurePoint};
use crate::jobs::{Crew, Failure, Lane, Outcome, Queue, Scope, Task, Worker};

const LONG: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(300);

/// Writes a result of each task, unless it is there, and passes the failure points on its way.
fn computing(queue: &Queue, results: PathBuf) -> Crew {
    let queue = queue.clone();
    fixtures::crew(Lane::Prediction, 1, move |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        let (queue, results) = (queue.clone(), results.clone());
        Box::pin(async move {
            let task = &tasks[0];
            let again = |error: sqlx::Error| {
                let failure = Failure { status: 500, code: "planned".into(), detail: error.to_string() };
                Outcome::Retry(failure, PAUSE)
            };
            let made = queue.reach(FailurePoint::MidCompute).and_then(|()| {
                std::fs::write(results.join(&task.job.key), &task.job.key).unwrap();
                queue.reach(FailurePoint::AfterPutResult)
            });
            vec![made.map_or_else(again, |()| Outcome::Succeeded)]
        })
    })
}

/// The state after the failure has happened, and after another worker has come.
async fn story(point: FailurePoint, mode: FailureMode, results: &Path) -> [String; 2] {
    let (_folder, queue) = fixtures::queue().await;
    queue.enqueue("film", "{}", 3).await.unwrap();
    queue.failures.arm(point, mode);
    let crew = || vec![computing(&queue, results.to_owned())];
    let first = Worker::start(queue.clone(), "first", LONG, crew());
    fixtures::until(|| async { !queue.failures.is_armed() }).await;
    if matches!(point, FailurePoint::MidCompute | FailurePoint::AfterPutResult) {
        fixtures::until(|| async { !fixtures::runs(&queue, Lane::Prediction).await }).await;
    }
    first.kill().await;
    let after_failure = fixtures::snapshot(&queue).await;
    queue.reclaim_from("first").await.unwrap();
    let _second = Worker::start(queue.clone(), "second", LONG, crew());
    fixtures::all_finished(&queue, Scope::Lane(Lane::Prediction)).await;
    [after_failure, fixtures::snapshot(&queue).await]
}

#[tokio::test]
async fn a_failure_anywhere_leaves_a_consistent_queue_and_the_job_ends_well() {
    let mut text = String::new();
    for point in FailurePoint::ALL {
        for mode in [FailureMode::Error, FailureMode::Panic] {
            let results = tempfile::tempdir().unwrap();
            let [after_failure, at_last] = story(point, mode, results.path()).await;
            text.push_str(&format!("== {point:?} {mode:?}\n{after_failure}-- at last\n{at_last}\n"));
            let kept: Vec<_> =
                std::fs::read_dir(results.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            assert_eq!(kept, ["film"], "{point:?} {mode:?}");
            assert!(at_last.starts_with("1 film succeeded"), "{point:?} {mode:?}: {at_last}");
        }
    }
    insta::assert_snapshot!(text);
}
