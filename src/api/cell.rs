//! A cell of an experiment, as the server makes it: a spec that names uploads goes through the scanner, or a study of another
//! kind does.

use std::path::PathBuf;

use super::Error;
use super::studies::Study;
use crate::experiment::Spec;
use crate::jobs::{CellWork, Stopped};
use crate::scanner::{self, Desk, Scanner};
use crate::store::{self, Store};
use crate::study;

/// Makes one cell; for a blocking thread.
pub(super) fn make(scanner: &Scanner, store: &Store, work: &CellWork) -> Result<(), Stopped> {
    let made = match Study::of(&work.spec) {
        Some(study) => study.make(scanner, store, work),
        None => scan(scanner, store, work),
    };
    made.map_err(|error| match &error {
        Error::Scanner(scanned) if scanned.is_cancelled() => Stopped::Cancelled,
        Error::Study(error) if matches!(**error, study::Error::Stopped) => Stopped::Cancelled,
        _ if error.is_away() => Stopped::Away,
        _ => Stopped::Failed(error.failure()),
    })
}

fn scan(scanner: &Scanner, store: &Store, work: &CellWork) -> Result<(), Error> {
    with_desk(store, |desk| {
        let spec = Spec::from_json(work.spec.as_bytes()).map_err(scanner::Error::from)?;
        let grid = scanner.grid(&spec, desk)?;
        scanner.scan_cell(&grid, work.cell, desk, &work.folder, &mut |_| (), &work.cancel)?;
        Ok(())
    })
}

/// Gives a desk on which a spec may name uploads, and nothing else; for a blocking thread.
pub(super) fn with_desk<T>(store: &Store, work: impl FnOnce(Desk) -> Result<T, Error>) -> Result<T, Error> {
    let workdir = tempfile::tempdir()
        .map_err(|source| Error::Store(store::Error::File { path: std::env::temp_dir(), source }))?;
    let upload = |id: &str| -> Result<PathBuf, scanner::Error> {
        let found = store.stimulus(id).map(|stimulus| stimulus.path);
        found.map_err(|error| match error {
            store::Error::UnknownStimulus { .. } => {
                scanner::Error::UnknownStimulus { stimulus: id.to_owned(), remedy: error.to_string() }
            }
            error => error.into(),
        })
    };
    work(Desk { folder: None, upload: &upload, workdir: workdir.path() })
}
