//! What the cells of a sweep share: they show the same stimuli, and look at the same regions, again and again.

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use super::Error;
use super::regions::Regions;
use crate::experiment::design::Length;
use crate::stimulus::{Content, content_of};

/// Most stimuli whose lengths are remembered; beyond them all are forgotten.
const MOST_LENGTHS: usize = 100_000;

/// Names of regions, each with the time at which its atlas was installed.
pub(super) type RegionsAsked = Vec<(String, Option<SystemTime>)>;

/// What a stimulus holds, what it is called to be, and the bits of the rate at which it plays.
type StimulusName = (Content, Option<OsString>, u64);

/// Clones share it.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<Remembered>>);

#[derive(Default)]
struct Remembered {
    lengths: HashMap<StimulusName, Length>,
    /// Those that were looked up last.
    regions: Option<(RegionsAsked, Arc<Regions>)>,
}

impl Memory {
    /// The length of a stimulus at `rate` times its rate, by `measure` where it is not known.
    pub(super) fn length(
        &self,
        file: &Path,
        rate: f64,
        measure: impl FnOnce() -> Result<Length, Error>,
    ) -> Result<Length, Error> {
        let content = content_of(file).map_err(crate::predict::Error::from)?;
        let name = (content, file.extension().map(OsString::from), rate.to_bits());
        if let Some(length) = self.held().lengths.get(&name) {
            return Ok(*length);
        }
        let length = measure()?;
        let lengths = &mut self.held().lengths;
        if lengths.len() >= MOST_LENGTHS {
            lengths.clear();
        }
        lengths.insert(name, length);
        Ok(length)
    }

    /// The regions that are asked for, by `look_up` where others were asked for last.
    pub(super) fn regions(
        &self,
        asked: RegionsAsked,
        look_up: impl FnOnce() -> Result<Regions, Error>,
    ) -> Result<Arc<Regions>, Error> {
        if let Some((known, regions)) = &self.held().regions
            && *known == asked
        {
            return Ok(Arc::clone(regions));
        }
        let regions = Arc::new(look_up()?);
        self.held().regions = Some((asked, Arc::clone(&regions)));
        Ok(regions)
    }

    /// What is remembered is whole even where a thread that held it has panicked.
    fn held(&self) -> MutexGuard<'_, Remembered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
