//! A published model onto this machine: every needed file of its repositories, into the hub's cache.

use super::Error;
use super::download::{Download, Expected};
use super::hub::Hub;
use super::hub_cache::HubCache;
use super::hub_names::{FileName, Repository};
use super::lock::Lock;
use super::manifest::{Published, RepositoryFiles};

/// How far the file at hand has come, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct PullProgress<'a> {
    pub repository: &'a Repository,
    pub file: &'a FileName,
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
    let locked =
        Lock::read(&folder)?.filter(|lock| wanted.revision.as_ref().is_none_or(|pinned| *pinned == lock.revision));
    let revision = wanted.revision.as_ref().or(locked.as_ref().map(|lock| &lock.revision));
    let listing = hub.list(repository, revision.map_or("main", |commit| commit.as_str())).await?;
    if revision.is_some_and(|asked| *asked != listing.revision) {
        return Err(Error::NoSuchRepository {
            repository: repository.clone(),
            revision: revision.map(ToString::to_string).unwrap_or_default(),
        });
    }
    let mut lock = locked.unwrap_or_else(|| Lock { revision: listing.revision.clone(), files: [].into() });
    for file in wanted.select(&listing.files)? {
        let pinned = wanted
            .sha256
            .get(&file)
            .map(|sha256| Expected { sha256: sha256.clone(), authority: "what the manifest pins" });
        let recorded = || {
            lock.files
                .get(&file)
                .map(|locked| Expected { sha256: locked.sha256.clone(), authority: "what the lock file records" })
        };
        let expected = pinned.or_else(recorded);
        let stated = hub.state(repository, &lock.revision, &file).await?;
        let etag = stated.etag.clone();
        let download = Download { hub, repository, revision: &lock.revision, file: &file, stated, expected };
        let fetched = download.run(&folder.join("blobs").join(&etag), progress).await?;
        cache.link(repository, &lock.revision, &file, &etag)?;
        lock.files.insert(file, fetched);
        lock.write(&folder)?;
    }
    cache.set_main(repository, &lock.revision)
}
