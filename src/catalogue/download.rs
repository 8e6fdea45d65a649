//! One file of the hub onto the disk: resumed where it was cut, hashed as it comes, kept only if it is the one
//! that was asked for.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::StatusCode;
use sha2::Digest;

use super::Error;
use super::hub::{Hub, Stated, transfer};
use super::hub_cache::create_parent;
use super::hub_names::{Commit, FileName, Repository, Sha256};
use super::lock::LockedFile;
use super::pull::{OnProgress, PullProgress};

const FRUITLESS_ATTEMPTS: u32 = 4;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const HASH_BUFFER: usize = 1 << 20;

/// A file to fetch, and what it has to be.
pub(super) struct Download<'a> {
    pub hub: &'a Hub,
    pub repository: &'a Repository,
    pub revision: &'a Commit,
    pub file: &'a FileName,
    pub stated: Stated,
    pub expected: Option<Expected>,
}

/// A hash, and who says so.
#[derive(Clone)]
pub(super) struct Expected {
    pub sha256: Sha256,
    pub authority: &'static str,
}

impl Download<'_> {
    /// Makes `blob` the file, and says what it is. What is there already is checked, not fetched again.
    pub async fn run(&self, blob: &Path, progress: OnProgress<'_>) -> Result<LockedFile, Error> {
        self.refuse_unless_offered()?;
        if blob.exists() {
            let found = self.measure(blob)?;
            if self.fits(&found) {
                self.report(found.bytes, progress);
                return Ok(found);
            }
            std::fs::remove_file(blob).map_err(Error::write(blob))?;
        }
        let mut part = Part::open(blob)?;
        self.fill(&mut part, progress).await?;
        let found = part.measured();
        if !self.fits(&found) {
            part.discard()?;
            return Err(self.wrong_hash(&found.sha256));
        }
        part.keep(blob)?;
        Ok(found)
    }

    /// Stops before a long transfer whose end is known to be wrong.
    fn refuse_unless_offered(&self) -> Result<(), Error> {
        match (&self.expected, self.stated.sha256()) {
            (Some(expected), Some(offered)) if expected.sha256 != offered => Err(self.wrong_hash(&offered)),
            _ => Ok(()),
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
        if part.bytes > self.stated.bytes {
            part.restart()?;
        }
        self.report(part.bytes, progress);
        if part.bytes == self.stated.bytes {
            return Ok(());
        }
        let response = self.hub.fetch(self.repository, self.revision, self.file, part.bytes).await?;
        if response.status() != StatusCode::PARTIAL_CONTENT {
            part.restart()?;
        }
        let url = response.url().clone();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| transfer(&url)(error))?;
            part.append(&chunk)?;
            self.report(part.bytes, progress);
            if part.bytes > self.stated.bytes {
                break;
            }
        }
        if part.bytes < self.stated.bytes { Err(self.cut_short(part.bytes)) } else { Ok(()) }
    }

    fn measure(&self, path: &Path) -> Result<LockedFile, Error> {
        let mut hash = sha2::Sha256::new();
        let bytes = File::open(path).and_then(|file| feed(&mut hash, file)).map_err(Error::read(path))?;
        Ok(LockedFile { bytes, sha256: digits(hash) })
    }

    fn fits(&self, found: &LockedFile) -> bool {
        let expected =
            self.expected.as_ref().map(|expected| &expected.sha256).cloned().or_else(|| self.stated.sha256());
        found.bytes == self.stated.bytes && expected.is_none_or(|expected| expected == found.sha256)
    }

    fn report(&self, done: u64, progress: OnProgress<'_>) {
        progress(PullProgress { repository: self.repository, file: self.file, done, total: self.stated.bytes });
    }

    fn cut_short(&self, received: u64) -> Error {
        Error::CutShort {
            repository: self.repository.clone(),
            file: self.file.to_string(),
            received,
            expected: self.stated.bytes,
        }
    }

    fn wrong_hash(&self, found: &Sha256) -> Error {
        let stated = || self.stated.sha256().map(|sha256| Expected { sha256, authority: "what the hub states" });
        let (expected, authority) = match self.expected.clone().or_else(stated) {
            Some(expected) => (expected.sha256.to_string(), expected.authority),
            None => (format!("{} bytes", self.stated.bytes), "what the hub states"),
        };
        Error::WrongHash {
            repository: self.repository.clone(),
            file: self.file.to_string(),
            found: found.to_string(),
            expected,
            authority,
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
        file.try_lock().map_err(|_| Error::Busy { path: path.display().to_string() })?;
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

/// Hashes everything that is left to read; how many bytes that was.
fn feed(hash: &mut sha2::Sha256, mut from: impl Read) -> std::io::Result<u64> {
    let mut buffer = vec![0; HASH_BUFFER];
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
