//! Which processes have a data folder open: each holds a share of the lock on its file `lock`, until it ends.

use std::fs::File;
use std::path::Path;

use super::Error;

/// A share of a folder's lock.
#[derive(Debug)]
pub(super) struct Presence {
    _lock: File,
}

impl Presence {
    /// Enters a folder. One who finds nobody there does `first` before anybody else gets in; where the file system knows
    /// no locks, nobody does.
    pub(super) fn enter(root: &Path, first: impl FnOnce() -> Result<(), Error>) -> Result<Self, Error> {
        let path = root.join("lock");
        let lock = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(Error::at(&path))?;
        if lock.try_lock().is_ok() {
            first()?;
            lock.unlock().map_err(Error::at(&path))?;
        }
        if let Err(error) = lock.lock_shared() {
            tracing::warn!(%error, path = %path.display(), "no locks here: what a killed process left half-done stays");
        }
        Ok(Self { _lock: lock })
    }
}
