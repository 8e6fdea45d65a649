//! Workers that are processes of their own, beside a server that only answers.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use encortex::jobs::{Job, JobState, Lane, Queue};
use serde_json::json;
use tempfile::NamedTempFile;

use crate::experiments::{asked, faces, finished, id};
use crate::postgres::{Postgres, signal};
use crate::server::Server;
use crate::stopping::{slow_transcriber, sound};

/// Longer than an idle worker waits before it looks for jobs.
const LOOKS_AGAIN: Duration = Duration::from_secs(1);

/// A worker. It is killed when it is dropped.
pub(crate) struct WorkerProcess {
    child: Child,
    log: NamedTempFile,
}

impl WorkerProcess {
    /// Starts one in the data folder of a server, and returns before it is ready.
    fn start(server: &Server, flags: &[&str]) -> Self {
        Self::start_in(&server.data(), flags, &[])
    }

    /// Starts one in a data folder, with further variables of the environment.
    pub(crate) fn start_in(data: &Path, flags: &[&str], environment: &[(&str, String)]) -> Self {
        let log = NamedTempFile::new().expect("a log");
        let child = Command::new(env!("CARGO_BIN_EXE_encortex"))
            .args(["worker", "--data-dir"])
            .arg(data)
            .args(flags)
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .env("ENCORTEX_MODEL", "untrained")
            .env("NO_COLOR", "1")
            // Several share the cores of this machine.
            .env("OMP_NUM_THREADS", "1")
            .stdout(Stdio::piped())
            .stderr(log.reopen().expect("the log again"))
            .spawn()
            .expect("the program starts");
        Self { child, log }
    }

    /// Waits until it works, and returns what it says then.
    pub(crate) fn ready(&mut self) -> String {
        let mut line = String::new();
        let mut output = BufReader::new(self.child.stdout.take().expect("its output"));
        output.read_line(&mut line).expect("its first line");
        assert!(line.starts_with("working on untrained, queue "), "{line:?}\n{}", self.log());
        line
    }

    fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// Ends it by SIGTERM and returns how long that took.
    pub(crate) fn terminate(mut self) -> Duration {
        let begun = Instant::now();
        signal(self.child.id(), "TERM");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "it ended with {status}: {}", self.log());
        assert!(!self.log().contains("panicked"), "a panic:\n{}", self.log());
        begun.elapsed()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap_or_default()
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for a call of the queue that a server uses.
fn in_queue<T>(server: &Server, database: Option<&str>, call: impl AsyncFnOnce(Queue) -> T) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let queue = match database {
            Some(url) => Queue::open(url).await,
            None => Queue::in_file(&server.data().join("queue.sqlite")).await,
        };
        call(queue.unwrap()).await
    })
}

fn names_in(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

/// One worker is killed while it makes cells, and two others make the rest.
fn finish_what_a_killed_one_left(database: Option<&str>) {
    let flags: Vec<&str> =
        database.into_iter().flat_map(|url| ["--database-url", url]).chain(["--lease-s", "3"]).collect();
    let server = Server::start_with(&[&flags[..], &["--no-work"]].concat());
    assert_eq!(server.get("/health/ready").expect(200).json(), json!({"ready": true, "works": false}));
    let mut killed = WorkerProcess::start(&server, &flags);
    killed.ready();

    let mut spec = faces(&server);
    spec["design"] = json!({"kind": "event", "asynchrony_s": 8.0});
    spec["grid"] = json!({"design.asynchrony_s": {"from": 6.0, "to": 17.0, "steps": 12}});
    spec["returns"] = json!(["regions"]);
    let id = id(&asked(&server, &spec).expect(202));
    let path = format!("/v1/experiments/{id}");
    server.until(|| server.get(&path).expect(200).json()["states"]["running"].as_u64() > Some(0));
    killed.kill();
    let mut others = [(); 2].map(|()| WorkerProcess::start(&server, &flags));
    for worker in &mut others {
        worker.ready();
    }

    let view = finished(&server, &id);
    assert_eq!((&view["state"], &view["states"]["succeeded"]), (&json!("succeeded"), &json!(12)), "{view}");
    let cells: Vec<Job> = in_queue(&server, database, async |queue| {
        let experiment = queue.experiment(&id).await.unwrap().id;
        queue.cells(experiment, None, 0, 100).await.unwrap()
    });
    assert_eq!(cells.iter().filter(|cell| cell.state == JobState::Succeeded).count(), 12);
    assert!(cells.iter().all(|cell| cell.attempts <= 2) && cells.iter().any(|cell| cell.attempts == 2), "{cells:?}");
    for worker in others {
        worker.terminate();
    }
    for cell in 0..12 {
        assert_eq!(names_in(&server.data().join(format!("experiments/{id}/{cell}"))), ["result"], "cell {cell}");
    }
}

#[test]
fn two_workers_finish_what_a_killed_one_left_on_sqlite() {
    finish_what_a_killed_one_left(None);
}

#[test]
fn two_workers_finish_what_a_killed_one_left_on_postgresql() {
    let Some(postgres) = Postgres::start(&["fsync=off"]) else { return };
    let url = tokio::runtime::Runtime::new().unwrap().block_on(postgres.database("workers"));
    finish_what_a_killed_one_left(Some(&url));
}

#[test]
fn a_terminated_worker_gives_its_job_back_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let transcriber = slow_transcriber(folder.path());
    let flags = ["--transcriber", &transcriber, "--grace-s", "1", "--lease-s", "600"];
    let server = Server::start_with(&[&flags[..], &["--no-work"]].concat());
    let mut worker = WorkerProcess::start(&server, &flags);
    worker.ready();
    let id = server.ask(sound()).expect(202).json()["id"].as_str().unwrap().to_owned();
    server.until(|| server.state(&id) == "running");
    let took = worker.terminate();
    assert!((Duration::from_secs(1)..Duration::from_secs(5)).contains(&took), "it took {took:?}");
    assert_eq!(server.state(&id), "queued");
    let job = in_queue(&server, None, async |queue| queue.find(Lane::Prediction, &id).await.unwrap().unwrap());
    assert_eq!(job.attempts, 0, "what is given back costs no attempt");
}

#[test]
fn a_worker_that_is_told_to_stop_while_it_loads_ends_well() {
    let server = Server::start_with(&["--no-work"]);
    let worker = WorkerProcess::start(&server, &[]);
    // From here on it hears signals.
    server.until(|| names_in(Path::new(&format!("/proc/{}/task", worker.child.id()))).len() > 1);
    worker.terminate();
}

#[test]
fn a_worker_with_another_model_leaves_jobs_alone() {
    let server = Server::start_with(&["--no-work"]);
    let id = id(&asked(&server, &faces(&server)).expect(202));
    let mut other = WorkerProcess::start(&server, &["--precision", "bfloat16"]);
    assert!(other.ready().trim_end().ends_with("/data/queue.sqlite"));
    std::thread::sleep(LOOKS_AGAIN);
    let view = server.get(&format!("/v1/experiments/{id}")).expect(200).json();
    assert_eq!(view["states"]["queued"], 1, "{view}");
    assert!(other.log().contains("asked of another model"), "{}", other.log());

    let mut worker = WorkerProcess::start(&server, &[]);
    worker.ready();
    assert_eq!(finished(&server, &id)["state"], "succeeded");
    for worker in [other, worker] {
        worker.terminate();
    }
}
