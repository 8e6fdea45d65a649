//! Predictions: what the API relies on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;

use super::fixtures::{TTL, until};
use crate::jobs::{Error, Failure, Happening, JobState, Predictions, Queue, Stopped, Withdrawn, Work, Worker};
use crate::predict::{Output, PredictionRequest, Progress, Stage};
use crate::stimulus::{Source, TextTiming};
use crate::store::Store;

/// A server's queue, and its worker.
struct Served {
    predictions: Predictions,
    worker: Worker,
}

impl Served {
    async fn open(
        root: &Path,
        capacity: usize,
        run: impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>> + Send + Sync + 'static,
    ) -> Self {
        let store = Store::open(root).unwrap();
        let queue = Queue::in_file(&root.join("queue.sqlite")).await.unwrap();
        queue.reclaim_from("server").await.unwrap();
        let predictions = Predictions::new(queue.clone(), store, capacity);
        let worker = Worker::start(queue, "server", TTL, vec![predictions.crew(run)]);
        Self { predictions, worker }
    }

    async fn submit(&self, number: u8) {
        self.predictions.submit(&key(number), request(), vec![]).await.unwrap();
    }

    async fn state(&self, number: u8) -> JobState {
        self.predictions.status(&key(number)).await.unwrap().job.state
    }

    async fn running(&self, number: u8) {
        until(|| async { self.state(number).await == JobState::Running }).await;
    }

    async fn finished(&self, number: u8) -> JobState {
        self.predictions.finished(&key(number)).await.unwrap().job.state
    }

    /// A job's whole log, without times.
    async fn story(&self, number: u8, after: u64) -> Vec<String> {
        let events = self.predictions.events(&key(number), after).await.unwrap().map(|event| {
            let event = event.unwrap();
            match event.what {
                Happening::State { state, .. } => format!("{} {}", event.number, state.as_str()),
                Happening::Progress(step) => format!("{} {}/{}", event.number, step.windows_done, step.windows_total),
            }
        });
        events.collect().await
    }
}

fn request() -> PredictionRequest {
    PredictionRequest {
        source: Source::Text { path: "upload.txt".into(), timing: TextTiming::Estimated },
        task: "text".to_owned(),
        subjects: Vec::new(),
        modalities: None,
        overlap_s: 0.0,
        save_features: false,
        output: Output::Responses,
        rows: None,
    }
}

/// A valid identifier.
fn key(number: u8) -> String {
    format!("{number:032x}")
}

/// Work that writes a result at once.
fn prompt(mut work: Work) -> BoxFuture<'static, Result<(), Stopped>> {
    Box::pin(async move {
        for windows_done in 0..=2 {
            (work.progress)(Progress {
                stage: Stage::Encoder,
                fraction: 0.5,
                windows_done,
                windows_total: 2,
                seconds_done: 0,
            });
        }
        std::fs::write(work.folder.join("prediction.json"), b"{}").unwrap();
        Ok(())
    })
}

/// Work that writes half a result, then goes on until it is cancelled.
fn endless(work: Work) -> BoxFuture<'static, Result<(), Stopped>> {
    Box::pin(async move {
        std::fs::write(work.folder.join("response-0.f32"), b"half").unwrap();
        work.cancel.cancelled().await;
        Err(Stopped::Cancelled)
    })
}

fn failing(_: Work) -> BoxFuture<'static, Result<(), Stopped>> {
    let failure = Failure { status: 422, code: "unreadable_media".into(), detail: "no stream".into() };
    Box::pin(async move { Err(Stopped::Failed(failure)) })
}

fn files(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

#[tokio::test]
async fn a_prediction_is_made_tells_its_story_and_is_there_after_a_restart() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 4, prompt).await;
    served.submit(1).await;
    assert_eq!(served.finished(1).await, JobState::Succeeded);
    assert_eq!(served.story(1, 0).await, ["1 queued", "2 running", "3 0/2", "4 1/2", "5 2/2", "6 succeeded"]);
    assert_eq!(served.story(1, 4).await, ["5 2/2", "6 succeeded"]);
    served.worker.drain(TTL).await;

    let restarted = Served::open(root.path(), 4, failing).await;
    assert_eq!(restarted.state(1).await, JobState::Succeeded);
    assert!(restarted.predictions.results(&key(1)).unwrap().join("prediction.json").exists());
    assert_eq!(restarted.story(1, 5).await, ["6 succeeded"]);
}

#[tokio::test]
async fn asking_twice_is_asking_once() {
    let root = tempfile::tempdir().unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&runs);
    let served = Served::open(root.path(), 4, move |work| {
        counted.fetch_add(1, Ordering::Relaxed);
        prompt(work)
    })
    .await;
    for _ in 0..3 {
        served.submit(1).await;
        served.finished(1).await;
    }
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    assert_eq!(served.predictions.list(None, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_waiting_room_refuses_and_says_when_to_return() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 1, endless).await;
    served.submit(1).await;
    served.running(1).await;
    let waits = served.predictions.submit(&key(2), request(), vec![]).await.unwrap();
    assert_eq!(waits.ahead, Some(0));
    match served.predictions.submit(&key(3), request(), vec![]).await {
        Err(Error::Full { waiting: 1, retry_after }) => assert!((1..=300).contains(&retry_after.as_secs())),
        other => panic!("not refused: {other:?}"),
    }
    assert!(served.predictions.status(&key(3)).await.is_err());
    served.predictions.submit(&key(2), request(), vec![]).await.expect("joining takes no place");
}

#[tokio::test]
async fn those_who_wait_are_in_the_order_they_came() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 9, endless).await;
    for number in 1..=4 {
        served.submit(number).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    served.running(1).await;
    served.predictions.withdraw(&key(2)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(2)).await;
    served.submit(2).await;
    for (number, ahead) in [(3, 0), (4, 1), (2, 2)] {
        assert_eq!(served.predictions.status(&key(number)).await.unwrap().ahead, Some(ahead), "{number}");
    }
    let newest: Vec<_> = served.predictions.list(None, None, 2).await.unwrap();
    assert_eq!(newest.iter().map(|job| job.key.clone()).collect::<Vec<_>>(), [key(2), key(4)]);
    let next = served.predictions.list(None, newest.last().map(Into::into), 9).await.unwrap();
    assert_eq!(next.iter().map(|job| job.key.clone()).collect::<Vec<_>>(), [key(3), key(1)]);
}

#[tokio::test]
async fn a_cancelled_prediction_stops_leaves_no_result_and_can_be_asked_for_again() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 4, endless).await;
    for number in [1, 2] {
        served.predictions.submit(&key(number), request(), vec!["film".into()]).await.unwrap();
    }
    served.running(1).await;
    assert!(served.predictions.needs("film").await.unwrap());
    for number in [2, 1] {
        assert!(matches!(served.predictions.withdraw(&key(number)).await, Ok(Withdrawn::Cancelled(_))));
        assert_eq!(served.state(number).await, JobState::Cancelled);
    }
    assert!(!served.predictions.needs("film").await.unwrap());
    until(|| async { files(&root.path().join("predictions").join(key(1))) == 0 }).await;

    served.submit(1).await;
    served.running(1).await;
}

#[tokio::test]
async fn asking_again_while_the_cancelled_attempt_is_still_stopping_makes_another() {
    let root = tempfile::tempdir().unwrap();
    let starts = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&starts);
    let served = Served::open(root.path(), 4, move |work| {
        let start = counted.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            if start == 0 {
                work.cancel.cancelled().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            std::fs::write(work.folder.join(start.to_string()), b"").unwrap();
            Ok(())
        })
    })
    .await;
    served.submit(1).await;
    served.running(1).await;
    served.predictions.withdraw(&key(1)).await.unwrap();
    served.submit(1).await;
    assert_eq!(served.finished(1).await, JobState::Succeeded);
    let results = served.predictions.results(&key(1)).unwrap();
    assert!(results.join("1").exists() && !results.join("0").exists());
}

#[tokio::test]
async fn a_failure_is_kept_and_the_next_attempt_starts_from_nothing() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 4, failing).await;
    served.submit(1).await;
    let failed = served.predictions.finished(&key(1)).await.unwrap().job;
    assert_eq!((failed.state, failed.failure.unwrap().code.as_str()), (JobState::Failed, "unreadable_media"));
    served.worker.drain(TTL).await;

    let restarted = Served::open(root.path(), 4, prompt).await;
    assert_eq!(restarted.state(1).await, JobState::Failed);
    restarted.submit(1).await;
    let job = restarted.predictions.finished(&key(1)).await.unwrap().job;
    assert_eq!((job.state, job.failure), (JobState::Succeeded, None));
}

#[tokio::test]
async fn a_deleted_prediction_is_gone_with_its_results() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 4, prompt).await;
    served.submit(1).await;
    served.finished(1).await;
    assert!(matches!(served.predictions.withdraw(&key(1)).await, Ok(Withdrawn::Deleted)));
    assert!(served.predictions.status(&key(1)).await.is_err());
    assert_eq!(files(&root.path().join("predictions")) + files(&root.path().join("incoming")), 0);
}

#[tokio::test]
async fn a_closed_queue_leaves_its_jobs_to_the_next_process() {
    let root = tempfile::tempdir().unwrap();
    let served = Served::open(root.path(), 4, endless).await;
    for number in [1, 2] {
        served.submit(number).await;
    }
    served.running(1).await;
    served.predictions.close();
    served.worker.drain(TTL).await;
    assert!(matches!(served.predictions.submit(&key(3), request(), vec![]).await, Err(Error::Draining)));
    assert_eq!(served.predictions.counts().await.unwrap().of(JobState::Queued), 2);

    let restarted = Served::open(root.path(), 4, prompt).await;
    for number in [1, 2] {
        assert_eq!(restarted.finished(number).await, JobState::Succeeded);
    }
}

#[tokio::test]
async fn what_a_killed_process_was_making_is_made_again_from_nothing_at_once() {
    let root = tempfile::tempdir().unwrap();
    let killed = Served::open(root.path(), 4, endless).await;
    killed.submit(1).await;
    killed.running(1).await;
    killed.worker.kill().await;
    let restarted = Served::open(root.path(), 4, prompt).await;
    restarted.finished(1).await;
    let results = restarted.predictions.results(&key(1)).unwrap();
    assert!(results.join("prediction.json").exists() && !results.join("response-0.f32").exists());
}
