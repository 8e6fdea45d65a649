//! The Hugging Face cache on disk, which Python's tools share: `models--ORG--NAME/{blobs,refs,snapshots}`.

use std::env;
use std::path::{Path, PathBuf};

use super::Error;
use super::hub_names::{Commit, FileName, Repository};

/// The folder that holds `models--ORG--NAME`.
#[derive(Clone, Debug)]
pub struct HubCache {
    root: PathBuf,
}

impl HubCache {
    /// The cache of a Hugging Face home: its folder `hub`.
    pub fn of_home(hf_home: &Path) -> Self {
        Self { root: hf_home.join("hub") }
    }

    /// Where Python's tools would look: `HF_HUB_CACHE`, else `hub` in `HF_HOME`, else in the user's cache.
    pub fn from_environment() -> Result<Self, Error> {
        let folder = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        if let Some(root) = folder("HF_HUB_CACHE") {
            return Ok(Self { root });
        }
        let user_cache = || folder("XDG_CACHE_HOME").or_else(|| Some(env::home_dir()?.join(".cache")));
        let home = folder("HF_HOME").or_else(|| Some(user_cache()?.join("huggingface"))).ok_or(Error::NoCache)?;
        Ok(Self::of_home(&home))
    }

    /// The folder of a repository, whether or not it exists.
    pub fn repository(&self, repository: &Repository) -> PathBuf {
        self.root.join(repository.cache_folder())
    }

    /// The folder with the files of a repository at a revision, or at the one that `refs/main` names.
    pub fn snapshot(&self, repository: &Repository, revision: Option<&Commit>) -> Result<PathBuf, Missing> {
        let folder = self.repository(repository);
        let commit = match revision {
            Some(commit) => commit.clone(),
            None => read_commit(folder.join("refs/main"))?,
        };
        let snapshot = folder.join("snapshots").join(commit.as_str());
        if snapshot.is_dir() { Ok(snapshot) } else { Err(Missing { looked_at: snapshot }) }
    }

    /// Shows a blob as a file of a snapshot, by a link relative to it.
    pub(super) fn link(
        &self,
        repository: &Repository,
        commit: &Commit,
        file: &FileName,
        blob: &str,
    ) -> Result<(), Error> {
        let link = self.repository(repository).join("snapshots").join(commit.as_str()).join(file.as_str());
        let target = Path::new(&"../".repeat(2 + file.depth())).join("blobs").join(blob);
        if std::fs::read_link(&link).is_ok_and(|existing| existing == target) {
            return Ok(());
        }
        create_parent(&link)?;
        match std::fs::remove_file(&link) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::write(&link)(error)),
            _ => {}
        }
        std::os::unix::fs::symlink(&target, &link).map_err(Error::write(&link))
    }

    /// Makes a revision the one that is found without naming one.
    pub(super) fn set_main(&self, repository: &Repository, commit: &Commit) -> Result<(), Error> {
        let reference = self.repository(repository).join("refs/main");
        create_parent(&reference)?;
        std::fs::write(&reference, commit.as_str()).map_err(Error::write(&reference))
    }
}

/// A repository that the cache does not hold.
#[derive(Clone, Debug)]
pub struct Missing {
    pub looked_at: PathBuf,
}

fn read_commit(reference: PathBuf) -> Result<Commit, Missing> {
    let text = std::fs::read_to_string(&reference).unwrap_or_default();
    Commit::try_from(text.trim().to_owned()).map_err(|_| Missing { looked_at: reference })
}

pub(super) fn create_parent(path: &Path) -> Result<(), Error> {
    let Some(parent) = path.parent() else { return Ok(()) };
    std::fs::create_dir_all(parent).map_err(Error::write(parent))
}
