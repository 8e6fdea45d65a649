//! Timelines on disk: a stimulus that was laid out once, and whose features are all cached, is not decoded again.
//!
//! An entry is named by the stimulus's content and by the tools that laid it out. The decoded sounds that it speaks
//! of are gone, so it serves only where no feature is missing.

use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::stimulus::{self, Content, Note, Timeline, Tools};

/// A stimulus laid out in time, and what is to be said of it.
#[derive(Serialize, Deserialize)]
pub(super) struct LaidOut {
    pub(super) timeline: Timeline,
    pub(super) notes: Vec<Note>,
}

/// A folder of timelines.
pub(super) struct TimelineCache {
    folder: PathBuf,
    /// Stands for the tools in the names of entries.
    tools: String,
}

impl TimelineCache {
    pub(super) fn open(folder: PathBuf, tools: &Tools) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(Error::file(&folder))?;
        Ok(Self { folder, tools: format!("{} {tools:?}", env!("CARGO_PKG_VERSION")) })
    }

    /// The entry of a stimulus where `is_enough` says so of its timeline, or else the stimulus laid out anew.
    pub(super) fn get_or_lay_out(
        &self,
        stimulus: Content,
        is_enough: impl FnOnce(&Timeline) -> Result<bool, Error>,
        lay_out: impl FnOnce() -> Result<(Timeline, Vec<Note>), stimulus::Error>,
    ) -> Result<LaidOut, Error> {
        if let Some(known) = self.get(stimulus)
            && is_enough(&known.timeline)?
        {
            return Ok(known);
        }
        let (timeline, notes) = lay_out()?;
        let laid_out = LaidOut { timeline, notes };
        self.put(stimulus, &laid_out)?;
        Ok(laid_out)
    }

    /// An entry that cannot be read counts as none.
    fn get(&self, stimulus: Content) -> Option<LaidOut> {
        serde_json::from_slice(&std::fs::read(self.path(stimulus)).ok()?).ok()
    }

    fn put(&self, stimulus: Content, laid_out: &LaidOut) -> Result<(), Error> {
        let path = self.path(stimulus);
        write(&self.folder, &path, laid_out).map_err(Error::file(&path))
    }

    fn path(&self, stimulus: Content) -> PathBuf {
        let name = blake3::keyed_hash(stimulus.as_bytes(), self.tools.as_bytes());
        self.folder.join(format!("{}.json", name.to_hex()))
    }
}

fn write(folder: &Path, path: &Path, laid_out: &LaidOut) -> std::io::Result<()> {
    let mut unfinished = tempfile::NamedTempFile::new_in(folder)?;
    unfinished.write_all(&serde_json::to_vec(laid_out)?)?;
    unfinished.persist(path)?;
    Ok(())
}
