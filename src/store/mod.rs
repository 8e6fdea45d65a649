//! Uploads and results on disk: the one place that decides what is called what in the data folder.
//!
//! ```text
//! stimuli/{hash}/        stimulus.json, and the bytes as upload.{extension}
//! experiments/{id}/{n}/  result/ of cell n
//! predictions/{id}/      result/, and attempt-…/ while it is made
//! analyses/{id}/         what was made of uploaded maps or of a model's weights
//! uploads/{id}/          upload.json, and what has arrived of a file that comes in pieces
//! incoming/              what is still arriving, or on its way out; emptied by the first process that comes
//! lock                   held by every process that is here
//! ```
//!
//! A thing appears and disappears whole, by one rename: whoever reads a folder here reads all of it. Sizes are
//! counted while bytes arrive, and what a client does not finish sending is gone with the request, unless it announced that
//! the file comes in [pieces](Piece).
//!
//! Several machines [share](Store::share) uploads and results by a bucket or a folder. What is kept here is put there, and the
//! data folder is a copy of what this machine needed: what it lacks is fetched, and what is removed from it by hand is
//! fetched again.
//!
//! ```text
//! stimuli/{hash}/upload           the bytes
//! stimuli/{hash}/stimulus.json    what they were last called; put behind them
//! predictions/{id}.tar            result/
//! experiments/{id}/{n}.tar        result/ of cell n
//! ```

mod analysis;
mod archive;
mod atomic;
mod error;
mod full;
mod incoming;
mod objects;
mod presence;
mod result_folder;
mod stimulus;
mod upload;

use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use atomic::write_whole;
pub use error::Error;
pub use full::is_storage_full;
pub use incoming::Incoming;
pub use result_folder::ResultFolder;
pub use stimulus::Stimulus;
pub use upload::{Piece, UPLOAD_KEPT, Upload};

use self::objects::Objects;
use self::presence::Presence;

/// The data folder. Clones share it.
///
/// Where it is [shared](Self::share), what reads, keeps or removes stimuli and results connects, and waits: it is for threads
/// that may block, and panics on one that runs tokio's tasks.
#[derive(Clone, Debug)]
pub struct Store {
    folders: Arc<Folders>,
    objects: Option<Objects>,
}

#[derive(Debug)]
struct Folders {
    root: PathBuf,
    stimuli: PathBuf,
    experiments: PathBuf,
    predictions: PathBuf,
    analyses: PathBuf,
    uploads: PathBuf,
    incoming: PathBuf,
    _presence: Presence,
}

impl Store {
    /// Opens a data folder, making it where there is none. Where no other process is there, clears what an earlier one left
    /// half-done; servers and workers may share a folder.
    pub fn open(root: &Path) -> Result<Self, Error> {
        let root = std::path::absolute(root).map_err(Error::at(root))?;
        std::fs::create_dir_all(&root).map_err(Error::at(&root))?;
        let incoming = root.join("incoming");
        let presence = Presence::enter(&root, || match std::fs::remove_dir_all(&incoming) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::at(&incoming)(error)),
            _ => Ok(()),
        })?;
        let folders = Folders {
            stimuli: root.join("stimuli"),
            experiments: root.join("experiments"),
            predictions: root.join("predictions"),
            analyses: root.join("analyses"),
            uploads: root.join("uploads"),
            incoming,
            root,
            _presence: presence,
        };
        let Folders { stimuli, experiments, predictions, analyses, uploads, incoming, .. } = &folders;
        for folder in [stimuli, experiments, predictions, analyses, uploads, incoming] {
            std::fs::create_dir_all(folder).map_err(Error::at(folder))?;
        }
        Ok(Self { folders: Arc::new(folders), objects: None })
    }

    /// Shares stimuli and results with other machines by what `url` names: `s3://BUCKET/PREFIX` or `file:///FOLDER`.
    ///
    /// Must be called inside a tokio runtime, which then drives the connections.
    pub fn share(self, url: &str) -> Result<Self, Error> {
        let objects = Objects::open(url, tokio::runtime::Handle::current())?;
        Ok(Self { objects: Some(objects), ..self })
    }

    /// Takes a folder out of sight in one step, then removes it.
    fn discard(&self, folder: &Path) -> Result<(), Error> {
        let bin = tempfile::tempdir_in(&self.folders.incoming).map_err(Error::at(&self.folders.incoming))?;
        std::fs::rename(folder, bin.path().join("gone")).map_err(Error::at(folder))?;
        bin.close().map_err(Error::at(folder))
    }
}

/// Does things to the disk, and to what is shared beside it, where they keep nobody waiting.
pub async fn on_disk<T: Send + 'static>(task: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    match tokio::task::spawn_blocking(task).await {
        Ok(done) => done,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

/// Whether a name from outside is one that this store gives: lower-case hexadecimal digits and nothing else.
fn is_identifier(name: &str, digits: usize) -> bool {
    name.len() == digits && name.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_process_left_half_done_is_cleared() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("incoming/half")).unwrap();
        std::fs::write(root.path().join("incoming/half/stimulus.mp4"), b"half a film").unwrap();
        Store::open(root.path()).unwrap();
        assert_eq!(std::fs::read_dir(root.path().join("incoming")).unwrap().count(), 0);
    }

    #[test]
    fn what_arrives_stays_when_another_process_comes() {
        let root = tempfile::tempdir().unwrap();
        let here = Store::open(root.path()).unwrap();
        let arriving = root.path().join("incoming/half");
        std::fs::create_dir(&arriving).unwrap();
        let there = Store::open(root.path()).unwrap();
        drop(here);
        Store::open(root.path()).unwrap();
        assert!(arriving.exists());
        drop(there);
        Store::open(root.path()).unwrap();
        assert!(!arriving.exists());
    }

    #[test]
    fn names_from_outside_cannot_leave_the_folder() {
        for name in ["", "..", "../../etc/passwd", "ABCDEF", "abc/"] {
            assert!(!is_identifier(name, name.len().max(1)), "{name:?} was taken for an identifier");
        }
        assert!(is_identifier("00ff", 4));
    }
}
