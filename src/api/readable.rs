//! What there is to read of a prediction: all of it once it has succeeded, and while it runs the seconds that are done.

use std::path::PathBuf;

use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;

use super::files::read;
use super::{Error, State};
use crate::jobs::JobState;
use crate::predict::{self, Prediction};

/// The readable rows of one subject's response.
pub(super) struct Readable {
    pub(super) folder: PathBuf,
    pub(super) prediction: Prediction,
    pub(super) subject: String,
    /// From the first on: all of them when it is finished.
    pub(super) rows: usize,
    pub(super) is_finished: bool,
}

impl Readable {
    /// What there is of a prediction, of the subject that is asked for, or of the only one.
    pub(super) async fn of(state: &State, id: &str, subject: Option<String>) -> Result<Self, Error> {
        let job = state.predictions.status(id).await?.job.state;
        let (folder, prediction, rows) = match job {
            JobState::Succeeded => {
                let (folder, prediction) = read(state, id).await?;
                let rows = prediction.seconds;
                (folder, prediction, rows)
            }
            JobState::Running => under_way(state, id).await?.ok_or(Error::NotFinished { state: job })?,
            JobState::Queued | JobState::Failed | JobState::Cancelled => return Err(Error::NotFinished { state: job }),
        };
        let is_finished = job == JobState::Succeeded;
        Ok(Self { subject: subject_of(&prediction, subject)?, folder, prediction, rows, is_finished })
    }

    /// Where the rows lie.
    pub(super) fn path(&self) -> Result<PathBuf, Error> {
        Ok(predict::files::response_path(&self.folder, &self.prediction, &self.subject)?)
    }

    /// The mean over some places in a row, for every row that is there; for a blocking thread.
    pub(super) fn timecourse(&self, places: &[usize]) -> Result<Vec<f32>, Error> {
        let Self { folder, prediction, subject, rows, .. } = self;
        let mean = predict::files::timecourse(folder, prediction, subject, *rows, places);
        mean.map_err(|error| self.unless_moved(error.into()))
    }

    /// Why rows cannot be read, unless they have just been kept, or given up: then whoever asks again is told.
    pub(super) fn unless_moved(&self, error: Error) -> Error {
        match self.is_finished || self.folder.exists() {
            true => error,
            false => Error::NotFinished { state: JobState::Running },
        }
    }

    /// Says with an answer how many rows the whole has, and what they are.
    pub(super) fn describe(&self, response: &mut Response) {
        let headers = response.headers_mut();
        let Prediction { seconds, vertices, .. } = self.prediction;
        if let Ok(shape) = HeaderValue::try_from(format!("{seconds},{vertices}")) {
            headers.insert(HeaderName::from_static("x-shape"), shape);
        }
        headers.insert(HeaderName::from_static("x-dtype"), HeaderValue::from_static("<f4"));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    }
}

/// Folder, manifest and rows of a prediction that runs on this machine; `None` until it has a row.
pub(super) async fn under_way(state: &State, id: &str) -> Result<Option<(PathBuf, Prediction, usize)>, Error> {
    let (predictions, id) = (state.predictions.clone(), id.to_owned());
    let read = move || {
        let Some(folder) = predictions.under_way(&id)? else { return Ok(None) };
        let known = Prediction::under_way(&folder)?.filter(|(_, rows)| *rows > 0);
        Ok(known.map(|(prediction, rows)| (folder, prediction, rows)))
    };
    tokio::task::spawn_blocking(read).await?
}

fn subject_of(prediction: &Prediction, asked: Option<String>) -> Result<String, Error> {
    match (asked, prediction.subjects.as_slice()) {
        (Some(subject), _) => Ok(subject),
        (None, [only]) => Ok(only.name.clone()),
        (None, several) => {
            Err(Error::SubjectWanted { known: several.iter().map(|subject| subject.name.clone()).collect() })
        }
    }
}
