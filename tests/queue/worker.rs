//! A worker process to be killed: this same test program, started again with a database and a folder to write to.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use encortex::jobs::{Crew, Lane, Outcome, Queue, Task, Worker};
use futures_util::future::BoxFuture;

use crate::postgres::signal;

const DATABASE: &str = "ENCORTEX_TEST_DATABASE";
const RESULTS: &str = "ENCORTEX_TEST_RESULTS";

/// How long the test's workers hold a job before they must have prolonged it.
pub(crate) const TTL: Duration = Duration::from_secs(1);

/// Such a process. It is killed when it is dropped.
pub(crate) struct WorkerProcess {
    child: Child,
}

impl WorkerProcess {
    pub(crate) fn start(database: &str, results: &Path) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let child = Command::new(program)
            .args(["--exact", "worker::works_until_it_is_killed", "--ignored", "--nocapture"])
            .env(DATABASE, database)
            .env(RESULTS, results)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self { child: child.expect("a worker starts") }
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }
}

impl Drop for WorkerProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What stands in a result.
pub(crate) fn content(key: &str) -> Vec<u8> {
    key.repeat(100).into_bytes()
}

/// Makes the result of a task: under its key, whole or not at all, once. A poisoned one takes the process down.
async fn make(task: &Task, results: &Path) {
    let key = &task.job.key;
    let path = results.join(key);
    if path.exists() {
        return;
    }
    if key.starts_with("stopping") {
        std::fs::write(results.join("started"), b"").expect("a sign of life");
        tokio::time::sleep(3 * TTL).await;
    }
    let milliseconds = 5 + key.bytes().map(u64::from).sum::<u64>() * 7 % 46;
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
    if key.starts_with("poison") {
        std::process::abort();
    }
    let mut file = tempfile::NamedTempFile::new_in(results.join("incoming")).expect("a new file");
    file.write_all(&content(key)).expect("written");
    // Another worker may have been as far: its bytes are the same.
    match file.persist_noclobber(&path) {
        Ok(_) => record(results, key),
        Err(error) => assert_eq!(error.error.kind(), std::io::ErrorKind::AlreadyExists),
    }
}

/// A line for each result that was put where its key says.
fn record(results: &Path, key: &str) {
    let log = std::fs::OpenOptions::new().create(true).append(true).open(results.join("log"));
    log.and_then(|mut log| log.write_all(format!("{key}\n").as_bytes())).expect("a line in the log");
}

#[test]
#[ignore = "not a test: the process that the tests of faults start and kill"]
fn works_until_it_is_killed() {
    let (Ok(database), Some(results)) = (std::env::var(DATABASE), std::env::var_os(RESULTS)) else { return };
    let results = PathBuf::from(results);
    let run = move |tasks: Vec<Task>| -> BoxFuture<'static, Vec<Outcome>> {
        let results = results.clone();
        Box::pin(async move {
            for task in &tasks {
                make(task, &results).await;
            }
            vec![Outcome::Succeeded; tasks.len()]
        })
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let queue = Queue::open(&database).await.unwrap();
        let owner = format!("process-{}", std::process::id());
        let _worker = Worker::start(queue, owner, TTL, vec![Crew { lane: Lane::Cell, batch: 2, run: Box::new(run) }]);
        std::future::pending::<()>().await;
    });
}
