//! The queue: what the rest of the program sees of jobs.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::Stream;
use futures_util::future::BoxFuture;
use futures_util::stream;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::events::{EventLog, EventReader};
use super::pace::Pace;
use super::worker::{self, Stopped, Work};
use super::{Error, Event, Happening, Job, JobState};
use crate::predict::{PredictionRequest, Progress};
use crate::store::{self, PredictionFolder, Store};

/// All jobs of a data folder. Clones share it.
#[derive(Clone)]
pub struct Queue {
    pub(super) shared: Arc<Shared>,
}

/// A job and how far it is.
#[derive(Clone, Debug)]
pub struct JobStatus {
    pub job: Job,
    /// The last step, while it runs.
    pub progress: Option<Progress>,
    /// Jobs that are waiting before it, while it waits.
    pub ahead: Option<usize>,
}

/// What became of a job that is not wanted any more.
#[derive(Clone, Debug)]
pub enum Withdrawn {
    /// It was waiting or running, and is stopping or has stopped.
    Cancelled(Box<JobStatus>),
    /// It was finished; it is gone with its results.
    Deleted,
}

pub(super) struct Shared {
    pub(super) store: Store,
    capacity: usize,
    state: Mutex<State>,
    /// Rung when a job is waiting, and when the queue drains.
    pub(super) bell: Notify,
}

#[derive(Default)]
pub(super) struct State {
    pub(super) jobs: HashMap<String, Entry>,
    pub(super) waiting: VecDeque<String>,
    pub(super) running: Option<Running>,
    pub(super) pace: Pace,
    pub(super) draining: bool,
}

pub(super) struct Running {
    pub(super) id: String,
    pub(super) since: Instant,
    pub(super) cancel: CancellationToken,
    /// Why it was told to stop, if it was.
    pub(super) stopping: Option<Stopping>,
}

/// Why a running job was told to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stopping {
    Cancelled,
    /// Cancelled, then asked for again.
    AskedAgain,
    /// The server shuts down; the next one shall run it.
    Released,
}

/// A job in memory.
pub(super) struct Entry {
    pub(super) job: Job,
    pub(super) folder: PredictionFolder,
    pub(super) progress: Option<Progress>,
    /// Open until the job is finished.
    pub(super) log: Option<EventLog>,
    changed: watch::Sender<()>,
}

impl Queue {
    /// Takes up the jobs of a data folder and starts the worker: it runs jobs by `run`, one at a time, and lets
    /// at most `capacity` others wait.
    ///
    /// Must be called inside a tokio runtime.
    pub fn open(
        store: Store,
        capacity: usize,
        run: impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>> + Send + 'static,
    ) -> Result<Self, Error> {
        let mut state = State::default();
        for id in store.predictions()? {
            let folder = store.prediction(&id)?;
            match Job::load(&folder) {
                Ok(Some(job)) => drop(state.jobs.insert(id, Entry::new(job, folder))),
                Ok(None) => tracing::warn!(job = id, "left alone: another version of the program wrote it"),
                Err(error) => tracing::warn!(job = id, %error, "left alone: its job.json cannot be read"),
            }
        }
        let mut unfinished: Vec<_> = state
            .jobs
            .values()
            .filter(|entry| !entry.job.state.is_finished())
            .map(|entry| (entry.job.created, entry.job.id.clone()))
            .collect();
        unfinished.sort();
        for (_, id) in unfinished {
            if let Some(entry) = state.jobs.get_mut(&id) {
                entry.queue(&store)?;
                state.waiting.push_back(id);
            }
        }
        let shared = Arc::new(Shared { store, capacity, state: Mutex::new(state), bell: Notify::new() });
        tokio::spawn(worker::work(Arc::clone(&shared), run));
        Ok(Self { shared })
    }

    /// Queues a prediction, or joins the one that is there already; a failed or cancelled one is queued anew.
    ///
    /// Blocks for a small write.
    pub fn submit(&self, id: &str, request: PredictionRequest, stimuli: Vec<String>) -> Result<JobStatus, Error> {
        let mut state = self.shared.lock();
        if state.joins(id) {
            return Ok(state.status(id)?);
        }
        if state.draining {
            return Err(Error::Draining);
        }
        let places = self.shared.capacity + usize::from(state.running.is_none());
        if state.waiting.len() >= places {
            let running_for = state.running.as_ref().map_or(Duration::ZERO, |running| running.since.elapsed());
            let retry_after = state.pace.retry_after(state.waiting.len(), running_for);
            return Err(Error::Full { waiting: state.waiting.len(), retry_after });
        }
        let folder = self.shared.store.prediction(id)?;
        let job = Job::new(id, request, stimuli);
        let entry = match state.jobs.remove(id) {
            Some(earlier) => Entry { job, progress: None, ..earlier },
            None => Entry::new(job, folder),
        };
        let entry = state.jobs.entry(id.to_owned()).insert_entry(entry).into_mut();
        if let Err(error) = entry.queue(&self.shared.store) {
            state.jobs.remove(id);
            return Err(error.into());
        }
        state.waiting.push_back(id.to_owned());
        self.shared.bell.notify_one();
        Ok(state.status(id)?)
    }

    /// A job as it stands now.
    pub fn status(&self, id: &str) -> Result<JobStatus, Error> {
        Ok(self.shared.lock().status(id)?)
    }

    /// All jobs, the newest first.
    pub fn list(&self) -> Vec<JobStatus> {
        let state = self.shared.lock();
        let mut jobs: Vec<_> = state.jobs.keys().filter_map(|id| state.status(id).ok()).collect();
        jobs.sort_by(|one, other| other.job.created.cmp(&one.job.created).then_with(|| one.job.id.cmp(&other.job.id)));
        jobs
    }

    /// How many jobs are in each state.
    pub fn counts(&self) -> BTreeMap<JobState, usize> {
        let mut counts: BTreeMap<_, _> = JobState::ALL.into_iter().map(|state| (state, 0)).collect();
        for entry in self.shared.lock().jobs.values() {
            *counts.entry(entry.job.state).or_default() += 1;
        }
        counts
    }

    /// Whether a job that is not finished reads this upload.
    pub fn needs(&self, stimulus: &str) -> bool {
        let state = self.shared.lock();
        state
            .jobs
            .values()
            .any(|entry| !entry.job.state.is_finished() && entry.job.stimuli.iter().any(|id| id == stimulus))
    }

    /// Where a job's results lie.
    pub fn results(&self, id: &str) -> Result<PathBuf, Error> {
        Ok(self.shared.lock().entry(id)?.folder.results())
    }

    /// Cancels a job that is not finished; deletes one that is, with its results.
    ///
    /// A running job stops between two forwards and is `cancelled` from then on.
    pub fn withdraw(&self, id: &str) -> Result<Withdrawn, Error> {
        let mut state = self.shared.lock();
        match state.entry(id)?.job.state {
            JobState::Queued => {
                state.waiting.retain(|waiting| waiting != id);
                state.entry_mut(id)?.enter(JobState::Cancelled)?;
            }
            JobState::Running => {
                if let Some(running) = state.running.as_mut().filter(|running| running.id == id) {
                    running.stopping = Some(Stopping::Cancelled);
                    running.cancel.cancel();
                }
            }
            JobState::Succeeded | JobState::Failed | JobState::Cancelled => {
                self.shared.store.remove_prediction(id)?;
                state.jobs.remove(id);
                return Ok(Withdrawn::Deleted);
            }
        }
        Ok(Withdrawn::Cancelled(Box::new(state.status(id)?)))
    }

    /// Waits until a job is finished.
    pub async fn finished(&self, id: &str) -> Result<JobStatus, Error> {
        let mut changes = self.changes(id)?;
        loop {
            let status = self.status(id)?;
            // A job that is deleted while it is waited for is unknown on the next round.
            if status.job.state.is_finished() || changes.changed().await.is_err() {
                return self.status(id);
            }
        }
    }

    /// A job's events after number `after`: those of the past, then new ones as they happen, until it is finished.
    pub async fn events(&self, id: &str, after: u64) -> Result<impl Stream<Item = io::Result<Event>> + use<>, Error> {
        let path = self.shared.lock().entry(id)?.folder.events();
        let changes = self.changes(id)?;
        let reader = EventReader::open(&path, after).await.map_err(|source| store::Error::File { path, source })?;
        let listener = Listener { queue: self.clone(), id: id.to_owned(), reader, changes };
        Ok(stream::unfold(listener, |mut listener| async move { Some((listener.next().await?, listener)) }))
    }

    fn changes(&self, id: &str) -> Result<watch::Receiver<()>, Error> {
        Ok(self.shared.lock().entry(id)?.changed.subscribe())
    }

    fn is_finished(&self, id: &str) -> bool {
        self.status(id).is_ok_and(|status| status.job.state.is_finished())
    }
}

/// One who listens to a job's events.
struct Listener {
    queue: Queue,
    id: String,
    reader: EventReader,
    changes: watch::Receiver<()>,
}

impl Listener {
    async fn next(&mut self) -> Option<io::Result<Event>> {
        loop {
            let finished = self.queue.is_finished(&self.id);
            match self.reader.next().await {
                Ok(Some(event)) => return Some(Ok(event)),
                Ok(None) if finished || self.changes.changed().await.is_err() => return None,
                Ok(None) => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl Shared {
    /// The state. A thread that panicked while it held it left it whole: every change is a single assignment.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    pub(super) fn entry(&self, id: &str) -> Result<&Entry, store::Error> {
        self.jobs.get(id).ok_or_else(|| store::Error::UnknownPrediction { id: id.to_owned() })
    }

    pub(super) fn entry_mut(&mut self, id: &str) -> Result<&mut Entry, store::Error> {
        self.jobs.get_mut(id).ok_or_else(|| store::Error::UnknownPrediction { id: id.to_owned() })
    }

    fn status(&self, id: &str) -> Result<JobStatus, store::Error> {
        let entry = self.entry(id)?;
        let ahead = self.waiting.iter().position(|waiting| waiting == id);
        Ok(JobStatus { job: entry.job.clone(), progress: entry.progress.clone(), ahead })
    }

    /// Whether a request for this job is answered by the one that is there.
    fn joins(&mut self, id: &str) -> bool {
        match self.jobs.get(id).map(|entry| entry.job.state) {
            Some(JobState::Queued | JobState::Succeeded) => true,
            Some(JobState::Running) => {
                if let Some(running) =
                    self.running.as_mut().filter(|running| running.stopping == Some(Stopping::Cancelled))
                {
                    running.stopping = Some(Stopping::AskedAgain);
                }
                true
            }
            Some(JobState::Failed | JobState::Cancelled) | None => false,
        }
    }
}

impl Entry {
    fn new(job: Job, folder: PredictionFolder) -> Self {
        Self { job, folder, progress: None, log: None, changed: watch::Sender::new(()) }
    }

    /// Puts the job at its beginning: no results, state queued.
    pub(super) fn queue(&mut self, store: &Store) -> Result<(), store::Error> {
        store.clear_results(&self.folder)?;
        let path = self.folder.events();
        self.log = Some(EventLog::open(&path).map_err(|source| store::Error::File { path, source })?);
        self.enter(JobState::Queued)
    }

    /// Moves to a state, stores it, and tells whoever listens.
    pub(super) fn enter(&mut self, state: JobState) -> Result<(), store::Error> {
        self.job.enter(state);
        self.progress = None;
        self.job.save(&self.folder)?;
        if let Some(log) = &mut self.log {
            let happening = Happening::State { state, failure: self.job.failure.clone() };
            log.append(happening).map_err(|source| store::Error::File { path: self.folder.events(), source })?;
        }
        if state.is_finished() {
            self.log = None;
        }
        self.tell();
        Ok(())
    }

    /// Wakes whoever listens.
    fn tell(&self) {
        self.changed.send_replace(());
    }

    /// Takes note of progress and tells whoever listens, when it is worth telling.
    pub(super) fn advance(&mut self, progress: Progress) {
        match self.log.as_mut().map(|log| log.append_progress(&progress)) {
            Some(Ok(true)) => self.tell(),
            Some(Ok(false)) | None => {}
            Some(Err(error)) => tracing::warn!(job = self.job.id, %error, "an event could not be stored"),
        }
        self.progress = Some(progress);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::StreamExt;

    use super::*;
    use crate::jobs::Failure;
    use crate::predict::Stage;
    use crate::stimulus::{Source, TextTiming};

    fn request() -> PredictionRequest {
        PredictionRequest {
            source: Source::Text { path: "upload.txt".into(), timing: TextTiming::Estimated },
            task: "text".to_owned(),
            subjects: Vec::new(),
            modalities: None,
            overlap_s: 0.0,
            save_features: false,
        }
    }

    /// A valid identifier.
    fn id(number: u8) -> String {
        format!("{number:032x}")
    }

    fn open(
        root: &std::path::Path,
        capacity: usize,
        run: impl Fn(Work) -> BoxFuture<'static, Result<(), Stopped>> + Send + 'static,
    ) -> Queue {
        Queue::open(Store::open(root).unwrap(), capacity, run).unwrap()
    }

    /// Work that writes a result at once.
    fn prompt(mut work: Work) -> BoxFuture<'static, Result<(), Stopped>> {
        Box::pin(async move {
            for windows_done in 0..=2 {
                (work.progress)(Progress { stage: Stage::Encoder, fraction: 0.5, windows_done, windows_total: 2 });
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

    async fn running(queue: &Queue, id: &str) {
        while queue.status(id).unwrap().job.state != JobState::Running {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// A job's whole log, without times.
    async fn story(queue: &Queue, id: &str, after: u64) -> Vec<String> {
        let events = queue.events(id, after).await.unwrap().map(|event| {
            let event = event.unwrap();
            match event.what {
                Happening::State { state, .. } => format!("{} {}", event.id, state.as_str()),
                Happening::Progress(step) => format!("{} {}/{}", event.id, step.windows_done, step.windows_total),
            }
        });
        events.collect().await
    }

    fn files(folder: &std::path::Path) -> usize {
        std::fs::read_dir(folder).unwrap().count()
    }

    #[tokio::test]
    async fn a_job_runs_tells_its_story_and_is_there_after_a_restart() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, prompt);
        queue.submit(&id(1), request(), vec![]).unwrap();
        assert_eq!(queue.finished(&id(1)).await.unwrap().job.state, JobState::Succeeded);
        assert_eq!(story(&queue, &id(1), 0).await, ["1 queued", "2 running", "3 0/2", "4 1/2", "5 2/2", "6 succeeded"]);
        assert_eq!(story(&queue, &id(1), 4).await, ["5 2/2", "6 succeeded"]);

        let restarted = open(root.path(), 4, failing);
        assert_eq!(restarted.status(&id(1)).unwrap().job.state, JobState::Succeeded);
        assert!(restarted.results(&id(1)).unwrap().join("prediction.json").exists());
        assert_eq!(story(&restarted, &id(1), 5).await, ["6 succeeded"]);
    }

    #[tokio::test]
    async fn asking_twice_is_asking_once() {
        let root = tempfile::tempdir().unwrap();
        let runs = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&runs);
        let queue = open(root.path(), 4, move |work| {
            counted.fetch_add(1, Ordering::Relaxed);
            prompt(work)
        });
        for _ in 0..3 {
            queue.submit(&id(1), request(), vec![]).unwrap();
            queue.finished(&id(1)).await.unwrap();
        }
        assert_eq!(runs.load(Ordering::Relaxed), 1);
        assert_eq!(queue.list().len(), 1);
    }

    #[tokio::test]
    async fn a_full_waiting_room_refuses_and_says_when_to_return() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 1, endless);
        queue.submit(&id(1), request(), vec![]).unwrap();
        running(&queue, &id(1)).await;
        assert_eq!(queue.submit(&id(2), request(), vec![]).unwrap().ahead, Some(0));
        match queue.submit(&id(3), request(), vec![]) {
            Err(Error::Full { waiting: 1, retry_after }) => {
                assert!((1..=300).contains(&retry_after.as_secs()));
            }
            other => panic!("not refused: {other:?}"),
        }
        assert!(queue.status(&id(3)).is_err());
        queue.submit(&id(2), request(), vec![]).expect("joining takes no place");
    }

    #[tokio::test]
    async fn a_cancelled_job_stops_leaves_no_result_and_can_be_asked_for_again() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, endless);
        for number in [1, 2] {
            queue.submit(&id(number), request(), vec!["film".into()]).unwrap();
        }
        running(&queue, &id(1)).await;
        assert!(queue.needs("film"));
        queue.withdraw(&id(2)).unwrap();
        assert_eq!(queue.status(&id(2)).unwrap().job.state, JobState::Cancelled);
        queue.withdraw(&id(1)).unwrap();
        assert_eq!(queue.finished(&id(1)).await.unwrap().job.state, JobState::Cancelled);
        assert_eq!(files(&queue.results(&id(1)).unwrap()), 0);
        assert!(!queue.needs("film"));

        queue.submit(&id(1), request(), vec![]).unwrap();
        running(&queue, &id(1)).await;
    }

    #[tokio::test]
    async fn asking_again_for_a_job_that_is_being_cancelled_queues_it_anew() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, endless);
        queue.submit(&id(1), request(), vec![]).unwrap();
        running(&queue, &id(1)).await;
        let mut changes = queue.changes(&id(1)).unwrap();
        queue.withdraw(&id(1)).unwrap();
        queue.submit(&id(1), request(), vec![]).unwrap();
        changes.changed().await.unwrap();
        running(&queue, &id(1)).await;
        assert!(!queue.shared.lock().running.as_ref().unwrap().cancel.is_cancelled());
    }

    #[tokio::test]
    async fn a_failure_is_kept_and_the_next_attempt_starts_from_nothing() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, failing);
        queue.submit(&id(1), request(), vec![]).unwrap();
        let failed = queue.finished(&id(1)).await.unwrap().job;
        assert_eq!((failed.state, failed.failure.unwrap().code.as_str()), (JobState::Failed, "unreadable_media"));

        let restarted = open(root.path(), 4, prompt);
        assert_eq!(restarted.status(&id(1)).unwrap().job.state, JobState::Failed);
        restarted.submit(&id(1), request(), vec![]).unwrap();
        let job = restarted.finished(&id(1)).await.unwrap().job;
        assert_eq!((job.state, job.failure), (JobState::Succeeded, None));
    }

    #[tokio::test]
    async fn a_deleted_job_is_gone_with_its_results() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, prompt);
        queue.submit(&id(1), request(), vec![]).unwrap();
        queue.finished(&id(1)).await.unwrap();
        assert!(matches!(queue.withdraw(&id(1)), Ok(Withdrawn::Deleted)));
        assert!(queue.status(&id(1)).is_err());
        assert_eq!(files(&root.path().join("predictions")) + files(&root.path().join("incoming")), 0);
    }

    #[tokio::test]
    async fn a_drained_queue_leaves_its_jobs_to_the_next_process() {
        let root = tempfile::tempdir().unwrap();
        let queue = open(root.path(), 4, endless);
        for number in [1, 2] {
            queue.submit(&id(number), request(), vec![]).unwrap();
        }
        running(&queue, &id(1)).await;
        queue.drain(Duration::from_millis(10)).await;
        assert!(matches!(queue.submit(&id(3), request(), vec![]), Err(Error::Draining)));
        assert_eq!(queue.counts()[&JobState::Queued], 2);

        let restarted = open(root.path(), 4, prompt);
        for number in [1, 2] {
            assert_eq!(restarted.finished(&id(number)).await.unwrap().job.state, JobState::Succeeded);
        }
    }

    #[tokio::test]
    async fn a_job_that_a_killed_process_was_running_is_run_again_from_nothing() {
        let root = tempfile::tempdir().unwrap();
        let killed = open(root.path(), 4, endless);
        killed.submit(&id(1), request(), vec![]).unwrap();
        running(&killed, &id(1)).await;
        let restarted = open(root.path(), 4, prompt);
        restarted.finished(&id(1)).await.unwrap();
        let results = restarted.results(&id(1)).unwrap();
        assert!(results.join("prediction.json").exists() && !results.join("response-0.f32").exists());
    }

    #[tokio::test]
    async fn a_job_that_cannot_be_read_is_left_alone() {
        let root = tempfile::tempdir().unwrap();
        for (number, text) in [(1, "not json"), (2, "{}"), (3, "")] {
            let folder = root.path().join("predictions").join(id(number));
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("job.json"), text).unwrap();
        }
        assert!(open(root.path(), 4, prompt).list().is_empty());
    }
}
