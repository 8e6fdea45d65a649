//! A published model onto this machine: every needed file of its repositories, into the hub's cache.

use reqwest::Response;

use super::Error;
use super::download::{Download, Expected, Source};
use super::hub::Hub;
use super::hub_cache::HubCache;
use super::hub_names::{Commit, FileName, Repository};
use super::lock::Lock;
use super::manifest::{Published, RepositoryFiles};

/// How far the file at hand has come, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct PullProgress<'a> {
    /// `ORGANISATION/NAME/FILE` of a model's, `NAME/FILE` of an atlas's.
    pub file: &'a str,
    pub done: u64,
    pub total: u64,
}

/// Told of every piece that comes.
pub type OnProgress<'a> = &'a mut (dyn FnMut(PullProgress<'_>) + Send);

/// Fetches what is not here yet and checks what is.
pub(super) async fn pull(
    model: &Published,
    hub: &Hub,
    cache: &HubCache,
    progress: OnProgress<'_>,
) -> Result<(), Error> {
    for wanted in model.repositories() {
        pull_repository(wanted, hub, cache, progress).await?;
    }
    Ok(())
}

async fn pull_repository(
    wanted: &RepositoryFiles,
    hub: &Hub,
    cache: &HubCache,
    progress: OnProgress<'_>,
) -> Result<(), Error> {
    let repository = &wanted.repository;
    let folder = cache.repository(repository);
    let locked = Lock::read(&folder)?.filter(|lock| wanted.revision.as_ref().is_none_or(|pin| *pin == lock.revision));
    let revision = wanted.revision.as_ref().or(locked.as_ref().map(|lock| &lock.revision));
    let listing = hub.list(repository, revision).await?;
    let mut lock = locked.unwrap_or_else(|| Lock::of(listing.revision));
    for file in wanted.select(&listing.files)? {
        let expected = expected(wanted, &lock, &file);
        let stated = hub.state(repository, &lock.revision, &file).await?;
        let etag = stated.etag.clone();
        let source = HubFile { hub, repository, revision: &lock.revision, file: &file };
        let (name, offered) = (format!("{repository}/{file}"), stated.sha256());
        let download = Download { source, name, bytes: stated.bytes, offered, expected };
        let fetched = download.run(&folder.join("blobs").join(&etag), progress).await?;
        cache.link(repository, &lock.revision, &file, &etag)?;
        lock.files.insert(file, fetched);
        lock.write(&folder)?;
    }
    cache.set_main(repository, &lock.revision)
}

/// A file of a repository at a revision.
struct HubFile<'a> {
    hub: &'a Hub,
    repository: &'a Repository,
    revision: &'a Commit,
    file: &'a FileName,
}

impl Source for HubFile<'_> {
    async fn fetch(&self, start: u64) -> Result<Response, Error> {
        self.hub.fetch(self.repository, self.revision, self.file, start).await
    }
}

/// The hash that a file must have: the manifest's, else that of its first download.
fn expected(wanted: &RepositoryFiles, lock: &Lock, file: &FileName) -> Option<Expected> {
    let pinned = wanted.sha256.get(file).map(|sha256| (sha256, "what the manifest pins"));
    let recorded = lock.files.get(file).map(|locked| (&locked.sha256, "what the lock file records"));
    pinned.or(recorded).map(|(sha256, authority)| Expected { sha256: sha256.clone(), authority })
}

#[cfg(test)]
mod tests;
