//! A job, as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::predict::PredictionRequest;
use crate::store::{self, PredictionFolder};

/// Of the layout of `job.json`.
const VERSION: u32 = 1;

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    Queued,
    Running,
    Succeeded,
    Failed,
    Cancelled,
}

impl JobState {
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing more will happen by itself.
    pub fn is_finished(self) -> bool {
        match self {
            Self::Queued | Self::Running => false,
            Self::Succeeded | Self::Failed | Self::Cancelled => true,
        }
    }
}

/// Why a job failed, in the words of the server's table of errors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// HTTP status that a request with this outcome gets.
    pub status: u16,
    /// Stable name of what went wrong.
    #[schema(example = "unreadable_media")]
    pub code: String,
    pub detail: String,
}

/// A prediction that was asked for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    version: u32,
    pub id: String,
    pub state: JobState,
    pub request: PredictionRequest,
    /// Uploads that the request reads.
    pub stimuli: Vec<String>,
    pub created: Timestamp,
    pub started: Option<Timestamp>,
    pub finished: Option<Timestamp>,
    pub failure: Option<Failure>,
}

impl Job {
    pub(super) fn new(id: &str, request: PredictionRequest, stimuli: Vec<String>) -> Self {
        Self {
            version: VERSION,
            id: id.to_owned(),
            state: JobState::Queued,
            request,
            stimuli,
            created: Timestamp::now(),
            started: None,
            finished: None,
            failure: None,
        }
    }

    /// Moves to another state and notes the time.
    pub(super) fn enter(&mut self, state: JobState) {
        self.state = state;
        match state {
            JobState::Queued => (self.started, self.finished, self.failure) = (None, None, None),
            JobState::Running => self.started = Some(Timestamp::now()),
            JobState::Succeeded | JobState::Failed | JobState::Cancelled => self.finished = Some(Timestamp::now()),
        }
    }

    /// Writes `job.json`.
    pub(super) fn save(&self, folder: &PredictionFolder) -> Result<(), store::Error> {
        let path = folder.job();
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| store::Error::File { path: path.clone(), source: error.into() })?;
        store::write_whole(&path, &text)
    }

    /// Reads `job.json`; `None` for a version that this program does not know.
    pub(super) fn load(folder: &PredictionFolder) -> Result<Option<Self>, store::Error> {
        let path = folder.job();
        let read = || {
            let job: Self = serde_json::from_slice(&std::fs::read(&path)?)?;
            Ok((job.version == VERSION).then_some(job))
        };
        read().map_err(|source| store::Error::File { path: path.clone(), source })
    }
}
