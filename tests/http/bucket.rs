//! A bucket of S3 of the test's own: the server of moto, behind a door that can be shut.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const NAME: &str = "results";

/// An empty bucket.
pub(crate) struct Bucket {
    moto: Child,
    address: SocketAddr,
    door: SocketAddr,
    is_open: Arc<AtomicBool>,
}

impl Bucket {
    /// `None`, said loudly, where there is no moto.
    pub(crate) fn start() -> Option<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/moto_server");
        if !program.exists() {
            eprintln!("SKIPPED: no {}; scripts/setup installs it", program.display());
            return None;
        }
        let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port");
        let mut moto = Command::new(program);
        moto.args(["--host", "127.0.0.1", "--port", &address.port().to_string()]);
        let moto = moto.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("moto starts");
        let begun = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(begun.elapsed() < PATIENCE, "moto does not listen");
            thread::sleep(Duration::from_millis(20));
        }
        let is_open = Arc::new(AtomicBool::new(true));
        let bucket = Self { moto, address, door: door(address, Arc::clone(&is_open)), is_open };
        assert!(bucket.ask("PUT", "").contains("200 OK"));
        Some(bucket)
    }

    pub(crate) fn url(&self) -> String {
        format!("s3://{NAME}/lab/one")
    }

    /// What tells a program how to reach it.
    pub(crate) fn environment(&self) -> Vec<(&'static str, String)> {
        let endpoint = format!("http://{}", self.door);
        [
            ("AWS_ENDPOINT_URL", &*endpoint),
            ("AWS_ACCESS_KEY_ID", "key"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ALLOW_HTTP", "true"),
        ]
        .map(|(name, value)| (name, value.to_owned()))
        .to_vec()
    }

    pub(crate) fn set_open(&self, is_open: bool) {
        self.is_open.store(is_open, Ordering::SeqCst);
    }

    /// Every key in it, without the prefix.
    pub(crate) fn keys(&self) -> Vec<String> {
        let listing = self.ask("GET", "?list-type=2");
        let keys = listing.split("<Key>lab/one/").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(str::to_owned).collect()
    }

    fn ask(&self, method: &str, query: &str) -> String {
        let mut moto = TcpStream::connect(self.address).expect("moto listens");
        write!(moto, "{method} /{NAME}{query} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).expect("moto is asked");
        let mut answer = String::new();
        moto.read_to_string(&mut answer).expect("moto answers");
        answer
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        let _ = self.moto.kill();
        let _ = self.moto.wait();
    }
}

/// Where callers are led on to `address` while it is open, and hung up on while it is not.
fn door(address: SocketAddr, is_open: Arc<AtomicBool>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let door = listener.local_addr().expect("its address");
    thread::spawn(move || {
        for caller in listener.incoming().flatten().filter(|_| is_open.load(Ordering::SeqCst)) {
            let Ok(called) = TcpStream::connect(address) else { continue };
            for (mut from, mut to) in
                [(&caller, &called), (&called, &caller)].map(|(from, to)| (again(from), again(to)))
            {
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Write);
                });
            }
        }
    });
    door
}

fn again(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a second handle")
}
