//! One file from the network onto the disk: resumed where it was cut, hashed as it comes, kept only if it is the one
//! that was asked for.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::{Response, StatusCode};
use sha2::Digest;

use super::Error;
use super::hub::transfer;
use super::hub_cache::create_parent;
use super::hub_names::Sha256;
use super::lock::LockedFile;
use super::pull::{OnProgress, PullProgress};

/// How many attempts in a row may bring no byte before the transfer is given up.
const FRUITLESS_ATTEMPTS: u32 = 4;
/// The pause after an attempt that brought something; it doubles with every one that does not.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// How much of a file is in memory while it is hashed (bytes).
const HASHED_AT_ONCE: usize = 1 << 20;

/// Where the bytes of a file come from.
pub(super) trait Source {
    /// The content from byte `start` on; the answer's status is 206, or 200 when it starts at 0 after all.
    fn fetch(&self, start: u64) -> impl Future<Output = Result<Response, Error>> + Send;
}

/// A file to fetch, and what it has to be.
pub(super) struct Download<S> {
    pub(super) source: S,
    /// What it is called in reports and errors.
    pub(super) name: String,
    /// How long the source says that it is.
    pub(super) bytes: u64,
    /// The hash that the source states.
    pub(super) offered: Option<Sha256>,
    /// The hash known from elsewhere than this source.
    pub(super) expected: Option<Expected>,
}

/// A hash, and who says so.
#[derive(Clone)]
pub(super) struct Expected {
    pub(super) sha256: Sha256,
    pub(super) authority: &'static str,
}

impl<S: Source + Sync> Download<S> {
    /// Makes `blob` the file, and says what it is. What is there already is checked, not fetched again.
    pub(super) async fn run(&self, blob: &Path, progress: OnProgress<'_>) -> Result<LockedFile, Error> {
        let required = self.required()?;
        let is_right = |found: &LockedFile| required.as_ref().is_none_or(|required| required.sha256 == found.sha256);
        if blob.exists() {
            let found = measure(blob)?;
            if is_right(&found) && found.bytes == self.bytes {
                self.report(found.bytes, progress);
                return Ok(found);
            }
            std::fs::remove_file(blob).map_err(Error::write(blob))?;
        }
        let mut part = Part::open(blob)?;
        self.fill(&mut part, progress).await?;
        let found = part.measured();
        match required {
            Some(required) if required.sha256 != found.sha256 => {
                part.discard()?;
                Err(self.wrong_hash(required, &found.sha256))
            }
            _ => {
                part.keep(blob)?;
                Ok(found)
            }
        }
    }

    /// The hash that the file must have. A source that offers another one is refused before the transfer.
    fn required(&self) -> Result<Option<Expected>, Error> {
        match (self.expected.clone(), self.offered.clone()) {
            (Some(expected), Some(offered)) if expected.sha256 != offered => Err(self.wrong_hash(expected, &offered)),
            (Some(expected), _) => Ok(Some(expected)),
            (None, offered) => Ok(offered.map(|sha256| Expected { sha256, authority: "what the hub states" })),
        }
    }

    /// Fetches until every byte is there, through interruptions, as long as attempts bear fruit.
    async fn fill(&self, part: &mut Part, progress: OnProgress<'_>) -> Result<(), Error> {
        let mut fruitless = 0;
        loop {
            let before = part.bytes;
            match self.transfer(part, progress).await {
                Err(error) if error.is_transient() && fruitless < FRUITLESS_ATTEMPTS => {
                    fruitless = if part.bytes > before { 0 } else { fruitless + 1 };
                    tokio::time::sleep(FIRST_PAUSE * 2u32.pow(fruitless)).await;
                }
                outcome => return outcome,
            }
        }
    }

    async fn transfer(&self, part: &mut Part, progress: OnProgress<'_>) -> Result<(), Error> {
        if part.bytes > self.bytes {
            part.restart()?;
        }
        self.report(part.bytes, progress);
        if part.bytes == self.bytes {
            return Ok(());
        }
        let response = self.source.fetch(part.bytes).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT {
            part.restart()?;
        }
        let url = response.url().clone();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(transfer(&url))?;
            part.append(&chunk)?;
            self.report(part.bytes, progress);
            if part.bytes > self.bytes {
                part.restart()?;
                let reason = format!("it sends more than the {} bytes it states", self.bytes);
                return Err(Error::Answer { url: url.path().to_owned(), reason });
            }
        }
        if part.bytes < self.bytes { Err(self.cut_short(part.bytes)) } else { Ok(()) }
    }

    fn report(&self, done: u64, progress: OnProgress<'_>) {
        progress(PullProgress { file: &self.name, done, total: self.bytes });
    }

    fn cut_short(&self, received: u64) -> Error {
        Error::CutShort { file: self.name.clone(), received, expected: self.bytes }
    }

    fn wrong_hash(&self, expected: Expected, found: &Sha256) -> Error {
        Error::WrongHash {
            file: self.name.clone(),
            found: found.to_string(),
            expected: expected.sha256.to_string(),
            authority: expected.authority,
        }
    }
}

/// The part of a file that has come so far, locked against other processes, and the hash of it.
struct Part {
    path: PathBuf,
    file: File,
    hash: sha2::Sha256,
    bytes: u64,
}

impl Part {
    /// What an earlier run left of the file, or nothing.
    fn open(blob: &Path) -> Result<Self, Error> {
        let path = blob.with_added_extension("incomplete");
        create_parent(&path)?;
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(Error::write(&path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Error::Busy { path: path.display().to_string() },
            TryLockError::Error(source) => Error::write(&path)(source),
        })?;
        let mut hash = sha2::Sha256::new();
        let bytes = feed(&mut hash, &mut file).map_err(Error::read(&path))?;
        Ok(Self { path, file, hash, bytes })
    }

    fn append(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.file.write_all(chunk).map_err(Error::write(&self.path))?;
        self.hash.update(chunk);
        self.bytes += chunk.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0))).map_err(Error::write(&self.path))?;
        self.hash = sha2::Sha256::new();
        self.bytes = 0;
        Ok(())
    }

    fn measured(&self) -> LockedFile {
        LockedFile { bytes: self.bytes, sha256: digits(self.hash.clone()) }
    }

    fn keep(self, blob: &Path) -> Result<(), Error> {
        self.file.sync_all().and_then(|()| std::fs::rename(&self.path, blob)).map_err(Error::write(blob))
    }

    fn discard(self) -> Result<(), Error> {
        std::fs::remove_file(&self.path).map_err(Error::write(&self.path))
    }
}

fn measure(path: &Path) -> Result<LockedFile, Error> {
    let mut hash = sha2::Sha256::new();
    let bytes = File::open(path).and_then(|file| feed(&mut hash, file)).map_err(Error::read(path))?;
    Ok(LockedFile { bytes, sha256: digits(hash) })
}

/// Hashes everything that is left to read; how many bytes that was.
fn feed(hash: &mut sha2::Sha256, mut from: impl Read) -> std::io::Result<u64> {
    let mut buffer = vec![0; HASHED_AT_ONCE];
    let mut bytes = 0;
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(bytes),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

fn digits(hash: sha2::Sha256) -> Sha256 {
    Sha256::from_digest(hash.finalize().into())
}
