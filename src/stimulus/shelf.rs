//! Stimuli that were decoded: one that is shown again, later or in another experiment, is not decoded again.
//!
//! What a stimulus shows is known by what its files hold. Decoded sounds are files in the shelf's folder, so a shelf must
//! outlive the timelines that were laid out on it.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tempfile::TempDir;

use super::events::Event;
use super::layout::Shown;
use super::{Content, Error, Note, content_of};

/// Decoded stimuli. Safe to share between threads.
#[derive(Debug)]
pub struct Shelf {
    folder: PathBuf,
    /// Names of sounds that were given away.
    sounds: AtomicU64,
    shown: Mutex<HashMap<Label, (Shown, Vec<Note>)>>,
}

/// What the files of an event hold, what the first is called to be, and how it is changed.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Label {
    stimulus: Content,
    kind: Option<OsString>,
    transcript: Option<Content>,
    change: Option<Content>,
}

impl Label {
    pub(super) fn of(event: &Event) -> Result<Self, Error> {
        Ok(Self {
            stimulus: content_of(&event.stimulus)?,
            kind: event.stimulus.extension().map(OsString::from),
            transcript: event.transcript.as_deref().map(content_of).transpose()?,
            change: event.manipulation.fingerprint(),
        })
    }
}

impl Shelf {
    /// An empty one, which puts its sounds into a folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), sounds: AtomicU64::new(0), shown: Mutex::default() }
    }

    /// Where one more sound is to be decoded to.
    pub(super) fn sound(&self) -> PathBuf {
        self.folder.join(format!("sound-{}.f32", self.sounds.fetch_add(1, Ordering::Relaxed)))
    }

    pub(super) fn get(&self, label: &Label) -> Option<(Shown, Vec<Note>)> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).get(label).cloned()
    }

    pub(super) fn put(&self, label: Label, shown: Shown, notes: Vec<Note>) {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).insert(label, (shown, notes));
    }

    /// Stimuli on it, and bytes of their sounds on the disk.
    fn size(&self) -> (usize, u64) {
        let sounds = 0..self.sounds.load(Ordering::Relaxed);
        let bytes = |sound| self.folder.join(format!("sound-{sound}.f32")).metadata().map_or(0, |file| file.len());
        (self.shown.lock().unwrap_or_else(PoisonError::into_inner).len(), sounds.map(bytes).sum())
    }
}

/// The shelf that experiments share: cleared by beginning a new one when it is full, while those who use the old one keep
/// it.
#[derive(Debug)]
pub struct SharedShelf {
    folder: PathBuf,
    current: Mutex<Option<Arc<(Shelf, TempDir)>>>,
}

impl SharedShelf {
    /// Most stimuli that are kept, and bytes of their sounds.
    const FULL: (usize, u64) = (20_000, 2 << 30);

    /// In a folder that is there.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder, current: Mutex::new(None) }
    }

    /// The shelf of now, for as long as it is held.
    ///
    /// # Errors
    /// When its folder cannot be made.
    pub fn current(&self) -> std::io::Result<Arc<(Shelf, TempDir)>> {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(shelf) = &*current {
            let (stimuli, bytes) = shelf.0.size();
            if stimuli < Self::FULL.0 && bytes < Self::FULL.1 {
                return Ok(Arc::clone(shelf));
            }
        }
        let folder = tempfile::Builder::new().prefix("decoded-").tempdir_in(&self.folder)?;
        let shelf = Arc::new((Shelf::new(folder.path()), folder));
        *current = Some(Arc::clone(&shelf));
        Ok(shelf)
    }
}
