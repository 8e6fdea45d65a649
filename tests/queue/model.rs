//! Random sequences of calls, held against a small model of the queue in memory; the same on both databases.

use std::collections::BTreeMap;
use std::time::Duration;

use encortex::jobs::{
    Cell, Claim, Enqueued, ExperimentId, Failure, JobId, JobState, Lane, Lease, NewExperiment, Outcome, Queue, Scope,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::postgres::Postgres;

const ATTEMPTS: u32 = 2;
const EXPERIMENTS: u8 = 2;
const LONG: Duration = Duration::from_secs(3600);

/// One call. Numbers pick among what there is.
#[derive(Clone, Debug)]
enum Step {
    Predict { key: u8 },
    Sweep { experiment: u8, first: u64, cells: u64 },
    Claim { lane: Lane, n: u32, ends_at_once: bool },
    Heartbeat { lease: usize },
    Settle { lease: usize, outcome: Outcome },
    Reclaim,
    Cancel { job: usize },
    CancelExperiment { experiment: u8 },
    ResumeExperiment { experiment: u8 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let failure = || Failure { status: 500, code: "broken".into(), detail: "it broke".into() };
    let outcome = prop_oneof![
        3 => Just(Outcome::Succeeded),
        1 => Just(Outcome::Failed(failure())),
        1 => Just(Outcome::Retry(failure(), Duration::ZERO)),
        1 => Just(Outcome::Released),
        1 => Just(Outcome::Postponed(Duration::ZERO)),
    ];
    let lane = prop_oneof![Just(Lane::Prediction), Just(Lane::Cell)];
    let lease = 0..64_usize;
    let step = prop_oneof![
        2 => (0..4_u8).prop_map(|key| Step::Predict { key }),
        2 => (0..EXPERIMENTS, 0..8_u64, 0..6_u64)
            .prop_map(|(experiment, first, cells)| Step::Sweep { experiment, first, cells }),
        4 => (lane, 1..4_u32, any::<bool>()).prop_map(|(lane, n, ends_at_once)| Step::Claim { lane, n, ends_at_once }),
        1 => lease.clone().prop_map(|lease| Step::Heartbeat { lease }),
        4 => (lease, outcome).prop_map(|(lease, outcome)| Step::Settle { lease, outcome }),
        2 => Just(Step::Reclaim),
        1 => (0..64_usize).prop_map(|job| Step::Cancel { job }),
        1 => (0..EXPERIMENTS).prop_map(|experiment| Step::CancelExperiment { experiment }),
        1 => (0..EXPERIMENTS).prop_map(|experiment| Step::ResumeExperiment { experiment }),
    ];
    proptest::collection::vec(step, 1..60)
}

/// A job of the model.
#[derive(Clone, Debug, PartialEq)]
struct Modelled {
    lane: Lane,
    /// Which experiment, and which cell of it.
    cell: Option<(u8, u64)>,
    state: JobState,
    attempts: u32,
    /// Whose token holds, and whether that lease has ended.
    lease: Option<(Lease, bool)>,
    /// The last token that succeeded: it may say so again.
    done_by: Option<Lease>,
}

impl Modelled {
    fn is_claimable(&self, lane: Lane, n: u32, cancelled: &BTreeMap<u8, bool>) -> bool {
        self.state == JobState::Queued
            && self.lane == lane
            && self.attempts < ATTEMPTS
            && (n == 1 || self.attempts == 0)
            && self.cell.is_none_or(|(experiment, _)| !cancelled.get(&experiment).copied().unwrap_or(false))
    }

    /// Experiments with a smaller number come first.
    fn rank(&self) -> u8 {
        self.cell.map_or(0, |(experiment, _)| experiment)
    }

    fn enter(&mut self, state: JobState) {
        (self.state, self.lease) = (state, None);
    }

    fn holds(&self, lease: Lease) -> bool {
        self.state == JobState::Running && self.lease == Some((lease, false))
    }
}

/// The queue, and what is expected of it.
struct Trial {
    queue: Queue,
    experiments: Vec<ExperimentId>,
    cancelled: BTreeMap<u8, bool>,
    jobs: BTreeMap<JobId, Modelled>,
    leases: Vec<Lease>,
}

impl Trial {
    async fn begin(url: &str) -> Self {
        let queue = Queue::open(url).await.expect("a queue");
        let mut experiments = Vec::new();
        for experiment in 0..EXPERIMENTS {
            let new = NewExperiment {
                key: &format!("experiment-{experiment}"),
                name: "model",
                spec: "{}",
                cells: 16,
                priority: -i16::from(experiment),
            };
            experiments.push(queue.add_experiment(&new).await.expect("an experiment").id);
        }
        Self { queue, experiments, cancelled: BTreeMap::new(), jobs: BTreeMap::new(), leases: Vec::new() }
    }

    async fn take(&mut self, step: &Step) {
        match *step {
            Step::Predict { key } => self.predict(key).await,
            Step::Sweep { experiment, first, cells } => self.sweep(experiment, first, cells).await,
            Step::Claim { lane, n, ends_at_once } => self.claim(lane, n, ends_at_once).await,
            Step::Heartbeat { lease } => self.heartbeat(lease).await,
            Step::Settle { lease, ref outcome } => self.settle(lease, outcome).await,
            Step::Reclaim => self.reclaim().await,
            Step::Cancel { job } => self.cancel(job).await,
            Step::CancelExperiment { experiment } => self.cancel_experiment(experiment).await,
            Step::ResumeExperiment { experiment } => self.resume_experiment(experiment).await,
        }
    }

    async fn predict(&mut self, key: u8) {
        let enqueued = self.queue.enqueue(&format!("key-{key}"), "{}", ATTEMPTS).await.expect("enqueued");
        let was_queued = matches!(enqueued, Enqueued::Queued(_));
        let job = enqueued.job();
        let new = || Modelled {
            lane: Lane::Prediction,
            cell: None,
            state: JobState::Failed,
            attempts: 0,
            lease: None,
            done_by: None,
        };
        let modelled = self.jobs.entry(job.id).or_insert_with(new);
        assert_eq!(was_queued, matches!(modelled.state, JobState::Failed | JobState::Cancelled));
        if was_queued {
            modelled.enter(JobState::Queued);
            modelled.attempts = 0;
        }
    }

    async fn sweep(&mut self, experiment: u8, first: u64, cells: u64) {
        let id = self.experiments[usize::from(experiment)];
        let new = (first..first + cells).map(|index| Cell { index, key: format!("{experiment}-{index}") });
        self.queue.enqueue_cells(id, ATTEMPTS, new).await.expect("enqueued");
        for job in self.queue.cells(id, None, first, u32::MAX).await.expect("cells") {
            let (_, index) = job.cell.expect("a cell");
            let is_expected = (first..first + cells).contains(&index) && !self.cancelled.contains_key(&experiment);
            assert!(is_expected || self.jobs.contains_key(&job.id), "cell {index} is there");
            self.jobs.entry(job.id).or_insert(Modelled {
                lane: Lane::Cell,
                cell: Some((experiment, index)),
                state: JobState::Queued,
                attempts: 0,
                lease: None,
                done_by: None,
            });
        }
    }

    async fn claim(&mut self, lane: Lane, n: u32, ends_at_once: bool) {
        let ttl = if ends_at_once { Duration::ZERO } else { LONG };
        let claims = self.queue.claim(lane, n, "worker", ttl).await.expect("claimed");
        let claimable: Vec<_> =
            self.jobs.iter().filter(|(_, job)| job.is_claimable(lane, n, &self.cancelled)).map(|(id, _)| *id).collect();
        assert_eq!(claims.len(), claimable.len().min(n as usize), "claimable are {claimable:?}");
        for Claim { job, lease } in &claims {
            assert!(claimable.contains(&job.id), "{job:?}");
            let modelled = self.jobs.get_mut(&job.id).expect("it is known");
            (modelled.state, modelled.lease) = (JobState::Running, Some((*lease, ends_at_once)));
            modelled.attempts += 1;
            assert_eq!(modelled.attempts, job.attempts);
            self.leases.push(*lease);
        }
        let last_claimed = claims.iter().map(|claim| self.jobs[&claim.job.id].rank()).max();
        let first_left = claimable.iter().map(|id| &self.jobs[id]).filter(|job| job.state == JobState::Queued);
        if let (Some(claimed), Some(left)) = (last_claimed, first_left.map(Modelled::rank).min()) {
            assert!(claimed <= left, "one of lower priority was claimed first");
        }
    }

    fn lease(&self, pick: usize) -> Option<Lease> {
        (!self.leases.is_empty()).then(|| self.leases[pick % self.leases.len()])
    }

    async fn heartbeat(&mut self, pick: usize) {
        let Some(lease) = self.lease(pick) else { return };
        let lost = self.queue.heartbeat(&[lease], LONG).await.expect("a heartbeat");
        assert_eq!(lost.is_empty(), self.jobs[&lease.job()].holds(lease));
    }

    async fn settle(&mut self, pick: usize, outcome: &Outcome) {
        let Some(lease) = self.lease(pick) else { return };
        let held = self.queue.settle(&[(lease, outcome.clone())]).await.expect("settled") == [true];
        let job = self.jobs.get_mut(&lease.job()).expect("it is known");
        if !job.holds(lease) {
            let is_repeated = job.done_by == Some(lease) && job.state == JobState::Succeeded;
            assert_eq!(held && *outcome == Outcome::Succeeded, is_repeated && *outcome == Outcome::Succeeded);
            return;
        }
        assert!(held, "a lease in force was refused");
        match outcome {
            Outcome::Succeeded => {
                job.enter(JobState::Succeeded);
                job.done_by = Some(lease);
            }
            Outcome::Failed(_) => job.enter(JobState::Failed),
            Outcome::Retry(..) if job.attempts < ATTEMPTS => job.enter(JobState::Queued),
            Outcome::Retry(..) => job.enter(JobState::Failed),
            Outcome::Released | Outcome::Postponed(_) => {
                job.enter(JobState::Queued);
                job.attempts -= 1;
            }
        }
    }

    async fn reclaim(&mut self) {
        let reclaimed = self.queue.reclaim().await.expect("reclaimed");
        let (mut queued, mut failed) = (0, 0);
        for job in self.jobs.values_mut().filter(|job| job.lease.is_some_and(|(_, has_ended)| has_ended)) {
            if job.attempts >= ATTEMPTS {
                job.enter(JobState::Failed);
                failed += 1;
            } else {
                job.enter(JobState::Queued);
                queued += 1;
            }
        }
        assert_eq!((reclaimed.queued, reclaimed.failed), (queued, failed));
    }

    async fn cancel(&mut self, pick: usize) {
        let Some((id, job)) = self.jobs.iter_mut().nth(pick) else { return };
        let cancelled = self.queue.cancel(*id).await.expect("cancelled");
        assert_eq!(cancelled, !job.state.is_finished());
        if cancelled {
            job.enter(JobState::Cancelled);
        }
    }

    async fn cancel_experiment(&mut self, experiment: u8) {
        let id = self.experiments[usize::from(experiment)];
        self.queue.cancel_experiment(id).await.expect("cancelled");
        self.cancelled.insert(experiment, true);
        let cells = self.jobs.values_mut().filter(|job| job.cell.is_some_and(|(of, _)| of == experiment));
        cells.filter(|job| !job.state.is_finished()).for_each(|job| job.enter(JobState::Cancelled));
    }

    async fn resume_experiment(&mut self, experiment: u8) {
        let id = self.experiments[usize::from(experiment)];
        let resumed = self.queue.resume_experiment(id).await.expect("resumed");
        self.cancelled.remove(&experiment);
        let cells = self.jobs.values_mut().filter(|job| job.cell.is_some_and(|(of, _)| of == experiment));
        let mut expected = 0;
        for job in cells.filter(|job| matches!(job.state, JobState::Failed | JobState::Cancelled)) {
            job.enter(JobState::Queued);
            job.attempts = 0;
            expected += 1;
        }
        assert_eq!(resumed, expected);
    }

    /// Holds every job, and the counts, against the model.
    async fn compare(&self) {
        for (id, expected) in &self.jobs {
            let job = self.queue.job(*id).await.expect("readable").expect("it is there");
            assert_eq!((job.state, job.attempts), (expected.state, expected.attempts), "{expected:?}");
            assert_eq!(job.finished.is_some(), job.state.is_finished());
            assert!(job.failure.is_none() || matches!(job.state, JobState::Failed | JobState::Queued), "{job:?}");
        }
        for state in JobState::ALL {
            let predictions = self.queue.counts(Scope::Lane(Lane::Prediction)).await.expect("counts");
            let mut counted = predictions.of(state);
            for experiment in &self.experiments {
                counted += self.queue.counts(Scope::Experiment(*experiment)).await.expect("counts").of(state);
            }
            assert_eq!(counted, self.jobs.values().filter(|job| job.state == state).count() as u64, "{state:?}");
        }
    }
}

async fn hold_against_the_model(url: &str, steps: &[Step]) {
    let mut trial = Trial::begin(url).await;
    for step in steps {
        trial.take(step).await;
    }
    trial.compare().await;
}

#[test]
fn any_sequence_of_calls_does_what_the_model_does_on_both_databases() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let postgres = Postgres::start(&["fsync=off"]);
    let number = std::sync::atomic::AtomicUsize::new(0);
    let config = Config { cases: 48, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&steps(), |steps| {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = format!("sqlite://{}?mode=rwc", folder.path().join("queue.sqlite").display());
        runtime.block_on(hold_against_the_model(&sqlite, &steps));
        if let Some(postgres) = &postgres {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            runtime.block_on(async {
                let url = postgres.database(&format!("model_{number}")).await;
                hold_against_the_model(&url, &steps).await;
            });
        }
        Ok(())
    });
    result.unwrap();
}
