//! The program under test, serving on a free port from a folder of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tempfile::TempDir;

use crate::form::{BOUNDARY, Form};

const PATIENCE: Duration = Duration::from_secs(120);

/// A server that is checked for health, leftovers and panics when its test is over.
pub(crate) struct Server {
    child: Child,
    folder: TempDir,
    pub(crate) address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Holds the answer to be a problem of this status and code, and returns its text.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status);
        assert_eq!(problem["type"], format!("/docs#{code}"));
        problem["detail"].as_str().expect("a detail").to_owned()
    }

    /// Holds the answer to be of this status.
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        self
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    pub(crate) fn start_with(flags: &[&str]) -> Self {
        Self::start_in(tempfile::tempdir().expect("a temporary folder"), flags, &[])
    }

    /// Starts with what lies in `data/` of a folder, and further variables of the environment.
    pub(crate) fn start_in(folder: TempDir, flags: &[&str], environment: &[(&str, String)]) -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_encortex"));
        program.envs(environment.iter().map(|(name, value)| (name, value)));
        Self::start_by(program, folder, flags)
    }

    /// Serves from a disk of its own of so many megabytes, which [`Server::disk`] leads to; `None`, and said so, where
    /// none can be mounted.
    pub(crate) fn start_on_a_disk_of(megabytes: u32, flags: &[&str]) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("data")).expect("a folder");
        let unshare = || {
            let mut unshare = Command::new("unshare");
            unshare.args(["--map-root-user", "--mount"]);
            unshare
        };
        let mount = format!("mount -t tmpfs -o size={megabytes}m tmpfs '{}'", folder.path().join("data").display());
        if !unshare().args(["sh", "-c", &mount]).status().is_ok_and(|status| status.success()) {
            eprintln!("SKIPPED: no small disk can be mounted here, which is to be filled");
            return None;
        }
        let mut program = unshare();
        program.args(["sh", "-c", &format!("{mount} && exec \"$@\""), "sh", env!("CARGO_BIN_EXE_encortex")]);
        Some(Self::start_by(program, folder, flags))
    }

    fn start_by(mut program: Command, folder: TempDir, flags: &[&str]) -> Self {
        let log = std::fs::File::create(folder.path().join("log")).expect("a log");
        let mut child = program
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder.path().join("data"))
            .args(flags)
            .env("ENCORTEX_MODEL", "untrained")
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut first_line = String::new();
        let mut output = BufReader::new(child.stdout.take().expect("its output"));
        output.read_line(&mut first_line).expect("its first line");
        let address = first_line.trim().strip_prefix("listening on http://").and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| {
            panic!(
                "not a greeting: {first_line:?}\n{}",
                std::fs::read_to_string(folder.path().join("log")).unwrap_or_default()
            )
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let server = Self { child, folder, address, runtime, client: reqwest::Client::new() };
        server.until(|| server.get("/health/ready").status == StatusCode::OK);
        server
    }

    /// Stops the program by SIGTERM, if it runs, and starts another on the same folder.
    pub(crate) fn restart(mut self, flags: &[&str]) -> Self {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.terminate();
        }
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().expect("a temporary folder"));
        std::fs::write(self.folder.path().join("log"), "").expect("an empty log");
        std::fs::create_dir_all(self.folder.path().join("data/incoming")).expect("an empty folder");
        drop(self);
        Self::start_in(folder, flags, &[])
    }

    /// Ends the program at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("it is killed");
        self.child.wait().expect("it ends");
    }

    pub(crate) fn terminate(&mut self) {
        let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(asked.success());
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "it ended with {status}: {}", self.log());
    }

    /// Sends SIGTERM twice and returns how the program ended.
    pub(crate) fn terminate_twice(&mut self) -> ExitStatus {
        for _ in 0..2 {
            let asked = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
            assert!(asked.success());
            std::thread::sleep(Duration::from_millis(200));
        }
        self.child.wait().expect("it ends")
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The data folder as the program sees it.
    pub(crate) fn disk(&self) -> PathBuf {
        let seen = self.data().strip_prefix("/").expect("an absolute path").to_owned();
        PathBuf::from(format!("/proc/{}/root", self.child.id())).join(seen)
    }

    pub(crate) fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.runtime.block_on(async {
            let mut request = self.client.request(method, format!("http://{}{path}", self.address)).body(body);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let response = request.send().await.expect("an answer");
            let (status, headers) = (response.status(), response.headers().clone());
            Answer { status, headers, body: response.bytes().await.expect("a whole answer").to_vec() }
        })
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new())
    }

    pub(crate) fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(Method::GET, path, headers, Vec::new())
    }

    pub(crate) fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Vec::new())
    }

    pub(crate) fn post_json(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, &[("content-type", "application/json")], body.to_string().into_bytes())
    }

    /// Asks for a prediction and does not wait.
    pub(crate) fn ask(&self, form: Form) -> Answer {
        self.send(Method::POST, "/v1/predictions", &[("content-type", &multipart())], form.finish())
    }

    /// Asks for a prediction and waits for how it ends.
    pub(crate) fn predict(&self, form: Form) -> Answer {
        let headers = [("content-type", &*multipart()), ("prefer", "wait=120")];
        self.send(Method::POST, "/v1/predictions", &headers, form.finish())
    }

    pub(crate) fn upload(&self, name: &str, bytes: &[u8]) -> String {
        let path = format!("/v1/stimuli?filename={name}");
        let answer = self.send(Method::POST, &path, &[], bytes.to_vec()).expect(201).json();
        answer["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) fn state(&self, id: &str) -> String {
        self.get(&format!("/v1/predictions/{id}")).expect(200).json()["state"].as_str().expect("a state").to_owned()
    }

    /// Waits for a condition, for two minutes at most.
    #[track_caller]
    pub(crate) fn until(&self, condition: impl Fn() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < PATIENCE, "it did not happen in {PATIENCE:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// A bare connection, for what a well-behaved client would not do.
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        stream
    }

    /// Sends the head of a request whose body comes in chunks.
    pub(crate) fn begin_upload(&self, path: &str, content_type: &str) -> TcpStream {
        let mut stream = self.connect();
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).expect("the head is taken");
        stream
    }

    pub(crate) fn incoming(&self) -> usize {
        files_in(&self.data().join("incoming"))
    }
}

/// Sends one chunk of a body.
pub(crate) fn send_chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes())?;
    stream.write_all(bytes)?;
    stream.write_all(b"\r\n")
}

/// Reads the status of an answer from a bare connection, and what follows as far as it has come.
pub(crate) fn read_answer(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

pub(crate) fn multipart() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Work folders that a prediction left behind.
fn work_folders(predictions: &Path) -> Vec<PathBuf> {
    let results = std::fs::read_dir(predictions).into_iter().flatten().flatten().map(|id| id.path().join("result"));
    let inside = results.flat_map(|result| std::fs::read_dir(result).into_iter().flatten().flatten());
    inside.map(|entry| entry.path()).filter(|path| path.is_dir() && !path.ends_with("files")).collect()
}

impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() && matches!(self.child.try_wait(), Ok(None)) {
            assert_eq!(self.get("/health/live").status, StatusCode::OK);
            self.terminate();
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        if !std::thread::panicking() {
            assert_eq!(self.incoming(), 0, "an upload was left behind");
            assert_eq!(work_folders(&self.data().join("predictions")), Vec::<PathBuf>::new());
            assert!(!self.log().contains("panicked"), "a panic:\n{}", self.log());
        }
    }
}
