//! The one table from what went wrong to an HTTP status and a stable code, and the form in which it is told:
//! `application/problem+json` (RFC 9457).

use std::borrow::Cow;
use std::time::Duration;

use axum::Json;
use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::brain::atlas;
use crate::jobs::{self, Failure, JobState, Stopped};
use crate::{catalogue, encoder, experiment, export, features, predict, scanner, stimulus, store, study};

/// How long a client should wait for a model that is loading.
const LOADING_RETRY: Duration = Duration::from_secs(5);

/// How long a client should wait for the piece of an upload that is arriving: an answer that was lost on the way, most often.
const LOCKED_RETRY: Duration = Duration::from_secs(1);

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Jobs(#[from] jobs::Error),
    #[error(transparent)]
    Predict(#[from] predict::Error),
    #[error(transparent)]
    Scanner(#[from] scanner::Error),
    #[error("cell {cell} of the experiment {id} has no result (yet)")]
    NoResult { id: String, cell: u64 },
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
    #[error(transparent)]
    Study(Box<study::Error>),
    #[error("{}", .0.detail)]
    PredictionFailed(Failure),

    #[error("there is nothing at {path}; /docs lists what there is")]
    UnknownPath { path: String },
    #[error("{path} does not take {method}; /docs lists what it takes")]
    MethodNotAllowed { method: String, path: String },
    #[error("the body is {found}; send {expected}")]
    UnsupportedMediaType { found: String, expected: &'static str },
    #[error("the body is not well-formed: {reason}")]
    MalformedBody { reason: String },
    #[error("the body is larger than {limit} bytes; cut the stimulus, or raise max_upload_bytes")]
    BodyTooLarge { limit: u64 },
    #[error("no byte of the body came for {seconds} s; go on with what is left of it")]
    BodyStalled { seconds: u64 },
    #[error("the header {header} is {value:?}; it must be {expected}")]
    BadHeader { header: String, value: String, expected: &'static str },
    #[error("the header Tus-Resumable is {asked:?}; this server speaks {spoken}")]
    TusVersion { asked: String, spoken: &'static str },
    #[error("the address is not well-formed: {reason}")]
    MalformedQuery { reason: String },

    #[error("there is no field {field:?}; there are {}", known.join(", "))]
    UnknownField { field: String, known: &'static [&'static str] },
    #[error("{field} is given twice; give it once")]
    RepeatedField { field: &'static str },
    #[error("{field} is longer than {limit} bytes")]
    FieldTooLong { field: String, limit: usize },
    #[error("there is no stimulus; give one of video, audio, text, image, events")]
    NoStimulus,
    #[error(
        "{first} and {second} are two stimuli; ask for one prediction each, or place them on one timeline with events"
    )]
    TwoStimuli { first: &'static str, second: &'static str },
    #[error("{field} does not go with {stimulus}: it goes with {goes_with}")]
    MisplacedField { field: &'static str, stimulus: &'static str, goes_with: &'static str },
    #[error("{field} is {value:?}; it must be {expected}")]
    BadValue { field: &'static str, value: String, expected: &'static str },
    #[error("there is no modality {value:?}; there are text, audio, video")]
    UnknownModality { value: String },
    #[error("the model {asked:?} is not served here; this server runs {served}")]
    OtherModel { asked: String, served: String },
    #[error("two stimuli are called {name:?}; events name their files, so give each its own name")]
    SameName { name: String },

    #[error("the prediction is {}; its results are there when it has succeeded", state.as_str())]
    NotFinished { state: JobState },
    #[error(
        "{done} of {seconds} seconds are done; ask for those, and for the others when the prediction's events tell that they are"
    )]
    SecondsNotDone { done: usize, seconds: usize },
    #[error("the prediction has subjects {}; name one with ?subject=", known.join(", "))]
    SubjectWanted { known: Vec<String> },
    #[error("the stimulus {id} is read by a prediction that is not finished; wait for it or cancel it")]
    StimulusInUse { id: String },
    #[error("there are no surfaces of the mesh {mesh:?}; there are those of {served}")]
    UnknownMesh { mesh: String, served: String },
    #[error("the model cannot be used: {reason}")]
    ModelFailed { reason: String },
    #[error("{running} analyses run at once and all are; ask again in a while")]
    Busy { running: usize },
    #[error("a task of the server was stopped")]
    Interrupted,
}

impl From<study::Error> for Error {
    fn from(error: study::Error) -> Self {
        Self::Study(Box::new(error))
    }
}

/// A refusal, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Problem {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/docs#unknown_subject")]
    kind: String,
    #[schema(example = "Unknown subject")]
    title: String,
    #[schema(example = 422)]
    status: u16,
    /// What happened, with the value, the limit and the way out.
    detail: String,
    /// Stable: programs may rely on it.
    #[schema(example = "unknown_subject")]
    code: String,
}

impl Error {
    /// THE table.
    fn verdict(&self) -> (StatusCode, Cow<'static, str>) {
        use StatusCode as S;
        if store::is_storage_full(self) {
            return (S::INSUFFICIENT_STORAGE, "storage_full".into());
        }
        let (status, code) = match self {
            Self::Store(error) => of_store(error),
            Self::Jobs(error) => of_jobs(error),
            Self::Predict(error) => of_predict(error),
            Self::Scanner(error) => of_scanner(error),
            Self::NoResult { .. } => (S::NOT_FOUND, "no_result"),
            Self::Catalogue(error) => of_catalogue(error),
            Self::Study(error) => of_study(error),
            Self::PredictionFailed(failure) => {
                let status = S::from_u16(failure.status).unwrap_or(S::INTERNAL_SERVER_ERROR);
                return (status, failure.code.clone().into());
            }
            Self::UnknownPath { .. } => (S::NOT_FOUND, "unknown_path"),
            Self::MethodNotAllowed { .. } => (S::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::UnsupportedMediaType { .. } => (S::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::MalformedBody { .. } => (S::BAD_REQUEST, "malformed_body"),
            Self::BodyTooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
            Self::BodyStalled { .. } => (S::REQUEST_TIMEOUT, "body_stalled"),
            Self::BadHeader { .. } => (S::BAD_REQUEST, "bad_header"),
            Self::TusVersion { .. } => (S::PRECONDITION_FAILED, "other_tus_version"),
            Self::MalformedQuery { .. } => (S::BAD_REQUEST, "malformed_query"),
            Self::UnknownField { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_field"),
            Self::RepeatedField { .. } => (S::UNPROCESSABLE_ENTITY, "repeated_field"),
            Self::FieldTooLong { .. } => (S::UNPROCESSABLE_ENTITY, "field_too_long"),
            Self::NoStimulus => (S::UNPROCESSABLE_ENTITY, "no_stimulus"),
            Self::TwoStimuli { .. } => (S::UNPROCESSABLE_ENTITY, "two_stimuli"),
            Self::MisplacedField { .. } => (S::UNPROCESSABLE_ENTITY, "misplaced_field"),
            Self::BadValue { .. } => (S::UNPROCESSABLE_ENTITY, "bad_value"),
            Self::UnknownModality { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_modality"),
            Self::OtherModel { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_model"),
            Self::SameName { .. } => (S::UNPROCESSABLE_ENTITY, "same_name"),
            Self::NotFinished { .. } => (S::CONFLICT, "prediction_not_finished"),
            Self::SecondsNotDone { .. } => (S::CONFLICT, "seconds_not_done"),
            Self::SubjectWanted { .. } => (S::UNPROCESSABLE_ENTITY, "subject_wanted"),
            Self::StimulusInUse { .. } => (S::CONFLICT, "stimulus_in_use"),
            Self::UnknownMesh { .. } => (S::NOT_FOUND, "unknown_mesh"),
            Self::ModelFailed { .. } => (S::SERVICE_UNAVAILABLE, "model_failed"),
            Self::Busy { .. } => (S::SERVICE_UNAVAILABLE, "busy"),
            Self::Interrupted => (S::INTERNAL_SERVER_ERROR, "internal_error"),
        };
        (status, code.into())
    }

    /// When asking again makes sense.
    fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Jobs(jobs::Error::Full { retry_after, .. }) => Some(*retry_after),
            Self::Jobs(jobs::Error::Draining | jobs::Error::Unavailable { .. })
            | Self::ModelFailed { .. }
            | Self::Busy { .. } => Some(LOADING_RETRY),
            Self::Store(store::Error::UploadLocked { .. }) => Some(LOCKED_RETRY),
            _ if self.is_away() => Some(LOADING_RETRY),
            _ => None,
        }
    }

    /// Whether what machines share is out of reach.
    pub(super) fn is_away(&self) -> bool {
        let (Self::Store(error) | Self::Jobs(jobs::Error::Store(error)) | Self::Scanner(scanner::Error::Store(error))) =
            self
        else {
            return false;
        };
        matches!(error, store::Error::Away { .. })
    }

    /// As a job's failure, to be told later.
    pub(super) fn failure(&self) -> Failure {
        let (status, code) = self.verdict();
        Failure { status: status.as_u16(), code: code.into_owned(), detail: self.detail(status) }
    }

    /// What the client reads. What is the server's own fault goes to its log in full, and to nobody else.
    fn detail(&self, status: StatusCode) -> String {
        if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
            tracing::error!(error = full_message(self), "a request or prediction failed by the server's own fault");
            if status == StatusCode::INSUFFICIENT_STORAGE {
                return DISK_FULL.to_owned();
            }
            if !matches!(self, Self::PredictionFailed(_)) {
                return "the server could not do it; its log says why".to_owned();
            }
        }
        full_message(self)
    }
}

const DISK_FULL: &str = "the server's disk is full, so this was not kept; delete predictions, experiments or stimuli that are \
                         no longer needed, or make room on the disk, then ask again";

type Verdict = (StatusCode, &'static str);

const INTERNAL: Verdict = (StatusCode::INTERNAL_SERVER_ERROR, "internal_error");

fn of_store(error: &store::Error) -> Verdict {
    use StatusCode as S;
    match error {
        store::Error::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
        store::Error::PastEnd { .. } => (S::PAYLOAD_TOO_LARGE, "past_end"),
        store::Error::UnknownUpload { .. } => (S::NOT_FOUND, "unknown_upload"),
        store::Error::WrongOffset { .. } => (S::CONFLICT, "wrong_offset"),
        store::Error::UploadLocked { .. } => (S::LOCKED, "upload_locked"),
        store::Error::Empty { .. } => (S::UNPROCESSABLE_ENTITY, "empty_stimulus"),
        store::Error::UnknownStimulus { .. } => (S::NOT_FOUND, "unknown_stimulus"),
        store::Error::UnknownPrediction { .. } => (S::NOT_FOUND, "unknown_prediction"),
        store::Error::UnknownExperiment { .. } => (S::NOT_FOUND, "unknown_experiment"),
        store::Error::UnknownAnalysis { .. } => (S::NOT_FOUND, "unknown_analysis"),
        store::Error::Away { .. } => (S::SERVICE_UNAVAILABLE, "results_unavailable"),
        store::Error::ResultsUrl { .. } | store::Error::File { .. } => INTERNAL,
    }
}

fn of_jobs(error: &jobs::Error) -> Verdict {
    match error {
        jobs::Error::Full { .. } => (StatusCode::SERVICE_UNAVAILABLE, "queue_full"),
        jobs::Error::Draining => (StatusCode::SERVICE_UNAVAILABLE, "shutting_down"),
        jobs::Error::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "queue_unavailable"),
        jobs::Error::UnknownExperiment { .. } => (StatusCode::NOT_FOUND, "unknown_experiment"),
        jobs::Error::StorageFull(_) => (StatusCode::INSUFFICIENT_STORAGE, "storage_full"),
        jobs::Error::UnknownDatabase { .. } | jobs::Error::OlderDatabase { .. } | jobs::Error::Database(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
        }
        jobs::Error::Store(error) => of_store(error),
    }
}

fn of_predict(error: &predict::Error) -> Verdict {
    use StatusCode as S;
    match error {
        predict::Error::Stimulus(error) => of_stimulus(error),
        predict::Error::Features(error) => of_features(error),
        predict::Error::Encoder(error) => of_encoder(error),
        predict::Error::Export(error) => of_export(error),
        predict::Error::Catalogue(error) => of_catalogue(error),
        predict::Error::Brain(_) => (S::INTERNAL_SERVER_ERROR, "anatomy_failed"),
        predict::Error::Cancelled(_) => (S::CONFLICT, "cancelled"),
        predict::Error::NoModality => (S::UNPROCESSABLE_ENTITY, "no_modality"),
        predict::Error::NoInput(_) => (S::INTERNAL_SERVER_ERROR, "model_failed"),
        predict::Error::Overlap { .. } => (S::UNPROCESSABLE_ENTITY, "overlap_out_of_range"),
        predict::Error::UnknownFile { .. } => (S::NOT_FOUND, "unknown_file"),
        predict::Error::UnknownSubject { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_subject"),
        predict::Error::NoSurfaces(_) | predict::Error::NoSpheres(_) => (S::NOT_IMPLEMENTED, "surfaces_missing"),
        predict::Error::Subcortex { .. } | predict::Error::Voxels { .. } => (S::INTERNAL_SERVER_ERROR, "model_failed"),
        predict::Error::File { .. } => INTERNAL,
        predict::Error::NotFinite { .. } => (S::INTERNAL_SERVER_ERROR, "response_not_finite"),
        predict::Error::ModelThread(_) => (S::INTERNAL_SERVER_ERROR, "model_failed"),
    }
}

fn of_scanner(error: &scanner::Error) -> Verdict {
    use StatusCode as S;
    use scanner::Error as E;
    match error {
        E::Experiment(error) => of_experiment(error),
        E::Expression { .. } | E::RegionName(_) => (S::UNPROCESSABLE_ENTITY, "invalid_spec"),
        E::Stimulus(error) => of_stimulus(error),
        E::Predict(error) => of_predict(error),
        E::Analysis(_) | E::Comparison(_) => (S::UNPROCESSABLE_ENTITY, "analysis_impossible"),
        E::Region(_) | E::Atlas(atlas::Error::UnknownParcel { .. } | atlas::Error::EmptyParcel { .. }) => {
            (S::UNPROCESSABLE_ENTITY, "unknown_region")
        }
        E::UnknownAtlas { .. } => (S::NOT_FOUND, "unknown_atlas"),
        E::Atlas(_) | E::AtlasName { .. } | E::AtlasFiles { .. } => (S::UNPROCESSABLE_ENTITY, "bad_atlas"),
        E::Brain(_) => (S::INTERNAL_SERVER_ERROR, "surfaces_unreadable"),
        E::Export(error) => of_export(error),
        E::UnknownStimulus { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_stimulus"),
        E::Store(error) => of_store(error),
        E::Encoder(error) => of_encoder(error),
        E::FileTooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "too_large"),
        E::Measured(_) | E::MapFormat { .. } | E::NoPair { .. } | E::HalfMap { .. } | E::NoMap { .. } => {
            (S::UNPROCESSABLE_ENTITY, "bad_map")
        }
        E::NoMaps => (S::UNPROCESSABLE_ENTITY, "no_maps"),
        E::MixedMaps | E::OtherGrid { .. } | E::NothingShared { .. } => (S::UNPROCESSABLE_ENTITY, "bad_map"),
        E::NoStimuli { .. } => (S::UNPROCESSABLE_ENTITY, "unknown_stimulus"),
        E::Unfit { .. } => (S::UNPROCESSABLE_ENTITY, "invalid_spec"),
        E::NoCell { .. } => (S::NOT_FOUND, "no_cell"),
        E::Zip { .. } => (S::UNPROCESSABLE_ENTITY, "bad_zip"),
        E::File { .. } => INTERNAL,
        E::Table(_) => (S::INTERNAL_SERVER_ERROR, "export_failed"),
        E::Cancelled => (S::CONFLICT, "cancelled"),
    }
}

fn of_experiment(error: &experiment::Error) -> Verdict {
    use experiment::Error as E;
    match error {
        E::UnknownLocalizer { .. } => (StatusCode::NOT_FOUND, "unknown_localizer"),
        E::SpecTooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
        E::NotText(_) | E::Json(_) | E::Toml(_) => (StatusCode::BAD_REQUEST, "malformed_body"),
        E::LibraryFile { .. } => (StatusCode::INTERNAL_SERVER_ERROR, "library_unreadable"),
        _ => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_spec"),
    }
}

fn of_stimulus(error: &stimulus::Error) -> Verdict {
    use StatusCode as S;
    use stimulus::Error as E;
    let code = match error {
        E::ProgramMissing { .. } => return (S::NOT_IMPLEMENTED, "program_missing"),
        E::Read { .. } | E::Write { .. } | E::Spawn { .. } => return INTERNAL,
        E::Cancelled => return (S::CONFLICT, "cancelled"),
        E::Failed { .. } => return (S::INTERNAL_SERVER_ERROR, "program_failed"),
        E::TooLarge { .. } => return (S::PAYLOAD_TOO_LARGE, "too_large"),
        E::Empty { .. } => "empty_stimulus",
        E::Playlist { .. } => "playlist_refused",
        E::TextNotMedia { .. } | E::UnknownContainer { .. } | E::WrongContainer { .. } => "unsupported_media",
        E::Truncated { .. }
        | E::Undecodable { .. }
        | E::Stalled { .. }
        | E::NoDuration { .. }
        | E::NotStated { .. } => "unreadable_media",
        E::FilmRate { .. } => "film_at_another_rate",
        E::NoVideo { .. } => "no_video",
        E::NoAudio { .. } => "no_audio",
        E::NoFrame { .. } => "no_frame",
        E::NoSample { .. } => "no_sample",
        E::FrameSize { .. } => "frame_size_out_of_range",
        E::FrameRate { .. } => "frame_rate_out_of_range",
        E::SampleRate { .. } => "sample_rate_out_of_range",
        E::Channels { .. } => "channels_out_of_range",
        E::NotFinite { .. } => "samples_not_finite",
        E::TooLong { .. } => "duration_over_limit",
        E::BadDuration { .. } => "bad_duration",
        E::NotUtf8 { .. } => "not_utf8",
        E::LineTooLong { .. } => "line_too_long",
        E::NoColumn { .. } | E::Malformed { .. } | E::BadNumber { .. } => "malformed_table",
        E::EmptyWord { .. } => "empty_word",
        E::TimeDecreases { .. } => "time_decreases",
        E::NoWord { .. } => "no_word",
        E::WordPastEnd { .. } => "word_past_end",
        E::SentenceTooLong { .. } => "sentence_too_long",
        E::OutsideFolder { .. } => "file_outside_folder",
        E::UnknownFile { .. } => "unknown_stimulus_file",
        E::NoStimulus { .. } => "no_stimulus",
    };
    (S::UNPROCESSABLE_ENTITY, code)
}

fn of_features(error: &features::Error) -> Verdict {
    match error {
        features::Error::Cancelled(_) => (StatusCode::CONFLICT, "cancelled"),
        features::Error::Read { .. } | features::Error::Write { .. } => INTERNAL,
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "extractor_failed"),
    }
}

fn of_encoder(error: &encoder::Error) -> Verdict {
    match error {
        encoder::Error::UnknownSubject { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_subject"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "encoder_failed"),
    }
}

fn of_export(error: &export::Error) -> Verdict {
    match error {
        export::Error::Read(_) | export::Error::Write(_) => INTERNAL,
        export::Error::NothingKept => (StatusCode::UNPROCESSABLE_ENTITY, "nothing_kept"),
        export::Error::TooLong { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "too_long_for_nifti"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "export_failed"),
    }
}

fn of_study(error: &study::Error) -> Verdict {
    use study::Error as E;
    match error {
        E::Bold(_) | E::Length { .. } | E::TooFewRuns { .. } | E::TooFewStimuli { .. } | E::SharedStimulus { .. } => {
            (StatusCode::UNPROCESSABLE_ENTITY, "bad_run")
        }
        E::NoAverage { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "no_average_subject"),
        E::Encoding(_) => (StatusCode::UNPROCESSABLE_ENTITY, "fit_impossible"),
        E::Predict(error) => of_predict(error),
        E::Stimulus(error) => of_stimulus(error),
        E::Encoder(error) => of_encoder(error),
        E::Catalogue(error) => of_catalogue(error),
        E::Stopped => (StatusCode::CONFLICT, "cancelled"),
        _ => INTERNAL,
    }
}

fn of_catalogue(error: &catalogue::Error) -> Verdict {
    match error {
        catalogue::Error::UnknownModel { .. } => (StatusCode::NOT_FOUND, "unknown_model"),
        catalogue::Error::UnknownSubject { .. } => (StatusCode::NOT_FOUND, "no_subject"),
        catalogue::Error::SubjectName { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "bad_subject_name"),
        catalogue::Error::SubjectExists { .. } => (StatusCode::CONFLICT, "subject_exists"),
        _ => (StatusCode::INTERNAL_SERVER_ERROR, "catalogue_failed"),
    }
}

/// An error with all that caused it, on one line.
fn full_message(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(source) = cause {
        message.push_str(": ");
        message.push_str(&source.to_string());
        cause = source.source();
    }
    message
}

/// `unknown_subject` → `Unknown subject`.
fn title(code: &str) -> String {
    let words = code.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl From<predict::Error> for Stopped {
    fn from(error: predict::Error) -> Self {
        if error.is_cancelled() { Self::Cancelled } else { Self::Failed(Error::Predict(error).failure()) }
    }
}

impl From<MultipartRejection> for Error {
    fn from(rejection: MultipartRejection) -> Self {
        Self::MalformedBody { reason: rejection.body_text() }
    }
}

impl Error {
    /// What a form's reader says, given the limit in force.
    pub(super) fn of_form(error: &MultipartError, limit: u64) -> Self {
        match error.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge { limit },
            _ => Self::MalformedBody { reason: error.body_text() },
        }
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::MalformedQuery { reason: rejection.body_text() }
    }
}

impl From<tokio::task::JoinError> for Error {
    fn from(_: tokio::task::JoinError) -> Self {
        Self::Interrupted
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (status, code) = self.verdict();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            ::metrics::counter!("encortex_refused_total", "code" => code.clone()).increment(1);
        }
        let problem = Problem {
            kind: format!("/docs#{code}"),
            title: title(&code),
            status: status.as_u16(),
            detail: self.detail(status),
            code: code.into_owned(),
        };
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = self.retry_after() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    #[tokio::test]
    async fn a_refusal_is_a_problem_with_a_code_and_the_way_out() {
        let full = jobs::Error::Full { waiting: 3, retry_after: Duration::from_secs(17) };
        let response = Error::from(full).into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        assert_eq!(response.headers()[header::RETRY_AFTER], "17");
        let body = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
        insta::assert_snapshot!(String::from_utf8(body.to_vec()).unwrap());
    }

    #[test]
    fn the_servers_own_faults_do_not_name_its_folders() {
        let error = store::Error::File { path: "secret/place".into(), source: io::Error::other("broken") };
        let failure = Error::from(error).failure();
        assert_eq!((failure.status, failure.code.as_str()), (500, "internal_error"));
        assert!(!failure.detail.contains("secret"));
    }

    #[test]
    fn a_full_disk_is_told_apart() {
        let error = store::Error::File { path: "x".into(), source: io::ErrorKind::StorageFull.into() };
        let failure = Error::from(error).failure();
        assert_eq!((failure.status, failure.code.as_str()), (507, "storage_full"));
        assert!(failure.detail.contains("make room"), "{}", failure.detail);
    }
}
