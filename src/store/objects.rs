//! What several machines share: objects in a bucket of S3 or in a folder, each there whole or not at all.
//!
//! Every function waits for its answer, on a thread that may block; on one of tokio's own that is a panic.

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{
    BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreExt, ObjectStoreScheme, PutMode, RetryConfig,
};
use tokio::runtime::Handle;
use tokio_util::io::{StreamReader, SyncIoBridge};
use url::Url;

use super::Error;

/// What is larger travels in parts of this size.
const PART: usize = 16 << 20;
const PARTS_AT_ONCE: usize = 2;
/// How many objects travel at once where many are wanted.
const OBJECTS_AT_ONCE: usize = 16;
/// How long a connection may say nothing.
const SILENCE: &str = "30 seconds";
/// A large object takes as long as it takes.
const NO_HURRY: &str = "1 day";
/// A request waits for the answer, so not for long.
const RETRY: RetryConfig = RetryConfig {
    backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(1), base: 2.0 },
    max_retries: 4,
    retry_timeout: Duration::from_secs(10),
};

/// Where objects are kept. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// Without secrets.
    url: String,
    runtime: Handle,
}

impl Objects {
    /// Connects to what a URL names, and sees that it is there. Keys, region and endpoint of S3 are those of the environment.
    pub(super) fn open(url: &str, runtime: Handle) -> Result<Self, Error> {
        let refused = |reason: &dyn ToString| Error::ResultsUrl { reason: reason.to_string() };
        let url = without_secrets(url).map_err(|error| refused(&error))?;
        let (scheme, prefix) = ObjectStoreScheme::parse(&url).map_err(|error| refused(&error))?;
        let store: Arc<dyn ObjectStore> = match scheme {
            ObjectStoreScheme::AmazonS3 => {
                let bucket = bucket(&url).map_err(|error| refused(&error))?;
                Arc::new(PrefixStore::new(bucket, prefix))
            }
            ObjectStoreScheme::Local => {
                let folder = url.to_file_path().map_err(|()| refused(&"it is no path of this machine"))?;
                std::fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
                let folder = LocalFileSystem::new_with_prefix(folder).map_err(|error| refused(&error))?;
                Arc::new(folder.with_fsync(true))
            }
            _ => return Err(refused(&format!("{}: is neither of these", url.scheme()))),
        };
        let objects = Self { store, url: url.as_str().trim_end_matches('/').to_owned(), runtime };
        match objects.wait(objects.store.list(None).next()) {
            Some(Err(error)) => Err(objects.away(&error)),
            Some(Ok(_)) | None => Ok(objects),
        }
    }

    /// Whether an object is there.
    pub(super) fn has(&self, key: &str) -> Result<bool, Error> {
        match self.wait(self.store.head(&Path::from(key))) {
            Ok(_) => Ok(true),
            Err(error) if is_missing(&error) => Ok(false),
            Err(error) => Err(self.away(&error)),
        }
    }

    /// Puts an object of about this many bytes, which `fill` writes, where there is none yet. Memory does not grow with it.
    pub(super) fn put(
        &self,
        key: &str,
        bytes: u64,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Error> {
        let path = Path::from(key);
        if bytes <= PART as u64 {
            let mut content = Vec::new();
            fill(&mut content).map_err(self.at(key))?;
            return match self.wait(self.store.put_opts(&path, content.into(), PutMode::Create.into())) {
                Ok(_) | Err(object_store::Error::AlreadyExists { .. }) => Ok(()),
                Err(error) => Err(self.away(&error)),
            };
        }
        if self.has(key)? {
            return Ok(());
        }
        let mut upload =
            BufWriter::with_capacity(Arc::clone(&self.store), path, PART).with_max_concurrency(PARTS_AT_ONCE);
        let mut line = Line::new(SyncIoBridge::new_with_handle(&mut upload, self.runtime.clone()));
        match fill(&mut line) {
            Ok(()) => line.end.shutdown().map_err(|error| self.away(&error)),
            Err(error) => {
                let error = self.told_by(&line, key, error);
                // The parts that went are of no use. Where they cannot be taken back, the bucket's own rules do it.
                let _ = self.wait(upload.abort());
                Err(error)
            }
        }
    }

    /// Puts a small object, in the place of one that was there.
    pub(super) fn replace(&self, key: &str, content: Vec<u8>) -> Result<(), Error> {
        self.wait(self.store.put(&Path::from(key), content.into())).map(drop).map_err(|error| self.away(&error))
    }

    /// Has an object read by `take`, if it is there.
    pub(super) fn get<T>(
        &self,
        key: &str,
        take: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<Option<T>, Error> {
        let found = match self.wait(self.store.get(&Path::from(key))) {
            Err(error) if is_missing(&error) => return Ok(None),
            found => found.map_err(|error| self.away(&error))?,
        };
        let bytes = StreamReader::new(found.into_stream());
        let mut line = Line::new(SyncIoBridge::new_with_handle(bytes, self.runtime.clone()));
        take(&mut line).map(Some).map_err(|error| self.told_by(&line, key, error))
    }

    /// Names of what lies directly in a folder.
    pub(super) fn names(&self, folder: &str) -> Result<Vec<String>, Error> {
        let found = self.wait(self.store.list_with_delimiter(Some(&Path::from(folder))));
        let found = found.map_err(|error| self.away(&error))?;
        let paths = found.common_prefixes.into_iter().chain(found.objects.into_iter().map(|object| object.location));
        Ok(paths.filter_map(|path| path.filename().map(str::to_owned)).collect())
    }

    /// Removes an object, if it is there.
    pub(super) fn remove(&self, key: &str) -> Result<(), Error> {
        match self.wait(self.store.delete(&Path::from(key))) {
            Err(error) if !is_missing(&error) => Err(self.away(&error)),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Removes a folder and returns how many objects were in it.
    pub(super) fn remove_folder(&self, folder: &str) -> Result<usize, Error> {
        let found = self.store.list(Some(&Path::from(folder))).map_ok(|object| object.location).boxed();
        let removed = self.wait(self.store.delete_stream(found).try_collect::<Vec<Path>>());
        removed.map(|removed| removed.len()).map_err(|error| self.away(&error))
    }

    /// Does the same with each of many, some at a time.
    pub(super) fn each<T: Send + 'static, U: Send + 'static>(
        &self,
        many: Vec<T>,
        work: impl Fn(T) -> Result<U, Error> + Clone + Send + 'static,
    ) -> Result<Vec<U>, Error> {
        let begun = stream::iter(many).map(|one| {
            let work = work.clone();
            self.runtime.spawn_blocking(move || work(one))
        });
        let done = begun.buffer_unordered(OBJECTS_AT_ONCE).map(|done| match done {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic.into_panic()),
        });
        self.wait(done.try_collect())
    }

    fn wait<F: Future>(&self, answer: F) -> F::Output {
        self.runtime.block_on(answer)
    }

    /// For `map_err`: which object an input or output error is about.
    pub(super) fn at(&self, key: &str) -> impl FnOnce(io::Error) -> Error {
        let path = PathBuf::from(format!("{}/{key}", self.url));
        |source| Error::File { path, source }
    }

    fn told_by<T>(&self, line: &Line<T>, key: &str, error: io::Error) -> Error {
        if line.is_broken { self.away(&error) } else { self.at(key)(error) }
    }

    /// The cause goes to the log: it may tell more of the bucket than a client shall know.
    fn away(&self, error: &dyn std::error::Error) -> Error {
        tracing::warn!(%error, url = self.url, "the results are out of reach");
        Error::Away { url: self.url.clone() }
    }
}

/// A URL that may be shown to anybody.
fn without_secrets(url: &str) -> Result<Url, url::ParseError> {
    let mut url = Url::parse(url)?;
    // Refused only by URLs that cannot have them.
    let _ = (url.set_username(""), url.set_password(None));
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// The bucket of a URL, set up by the `AWS_…` variables of the environment.
fn bucket(url: &Url) -> object_store::Result<impl ObjectStore> {
    AmazonS3Builder::from_env()
        .with_url(url.as_str())
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), NO_HURRY)
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ReadTimeout), SILENCE)
        .with_retry(RETRY)
        .build()
}

/// Whether an object is not there; where its bucket is not, nothing is known of it.
fn is_missing(error: &object_store::Error) -> bool {
    matches!(error, object_store::Error::NotFound { source, .. } if !source.to_string().contains("NoSuchBucket"))
}

/// An end of a transfer that remembers whether it broke: at the other end lies a file, which can fail as well.
struct Line<T> {
    end: T,
    is_broken: bool,
}

impl<T> Line<T> {
    fn new(end: T) -> Self {
        Self { end, is_broken: false }
    }
}

impl<T: Read> Read for Line<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.end.read(buffer).inspect_err(|_| self.is_broken = true)
    }
}

impl<T: Write> Write for Line<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.end.write(bytes).inspect_err(|_| self.is_broken = true)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.end.flush().inspect_err(|_| self.is_broken = true)
    }
}

#[cfg(test)]
mod tests;
