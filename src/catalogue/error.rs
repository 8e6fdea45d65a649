//! Why a model cannot be found, fetched or made.

use std::path::Path;

use super::hub_names::{BadName, Repository};
use crate::features::weights;
use crate::{encoder, features};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("cannot read {path}")]
    Read { path: String, source: std::io::Error },
    #[error("cannot write {path}")]
    Write { path: String, source: std::io::Error },
    #[error("{file} is not a model's manifest")]
    Manifest { file: String, source: Box<toml::de::Error> },
    #[error(
        "{file} names its model {name:?}: a name is made of letters, digits, '-', '_' and '.', and starts with no '.'"
    )]
    ModelName { file: String, name: String },
    #[error("{path} is not the card of a model: description and licence are needed")]
    FolderCard { path: String, source: serde_json::Error },
    #[error("{path} is not what `encortex model pull` or `atlas pull` writes there; remove it and pull again")]
    Lock { path: String, source: serde_json::Error },
    #[error("{path} is not a safetensors file: {reason}")]
    Safetensors { path: String, reason: String },

    #[error("no model is called {model:?}: name one of {}, or a folder that holds config.yaml and best.ckpt, or model.json and model.safetensors", known.join(", "))]
    UnknownModel { model: String, known: Vec<String> },
    #[error("{repository} is not on this machine (looked at {looked_at}): {remedy}")]
    Absent { repository: Repository, looked_at: String, remedy: String },
    #[error("{path} is missing: fetch the repository or the folder it belongs to again")]
    MissingFile { path: String },
    #[error("the encoder uses no {modality} features; text, audio and video are all needed")]
    NoModality { modality: &'static str },
    #[error("an extractor's name is not one that can be looked for")]
    ExtractorName(#[source] BadName),
    #[error(
        "{asked:?} is no extractor of {modality} that is part of the program: such a name begins with \"built-in:\""
    )]
    NotBuiltIn { asked: String, modality: &'static str },
    #[error(transparent)]
    Encoder(#[from] encoder::Error),
    #[error(transparent)]
    Features(#[from] features::Error),
    #[error(transparent)]
    Weights(#[from] weights::Error),
    #[error(
        "no folder holds the hub's cache: HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME and HOME are all unset; set HF_HOME"
    )]
    NoCache,
    #[error("the program has no files of a model {name}: only its own manifests have the origin \"bundled\"")]
    NotBundled { name: String },
    #[error("{name} has nothing to pull: it is made on this machine at its first use")]
    NothingToPull { name: String },

    #[error("{endpoint:?} is not the address of a hub: set HF_ENDPOINT to one like https://huggingface.co")]
    Endpoint { endpoint: String },
    #[error("the transfer from {url} failed")]
    Transfer { url: String, source: reqwest::Error },
    #[error("{url} answered {status}")]
    Status { url: String, status: u16 },
    #[error("{url} answered with what a hub does not: {reason}")]
    Answer { url: String, reason: String },
    #[error("{repository} lets in only those its publisher has admitted: {}", admission(repository, *with_token))]
    Gated { repository: Repository, with_token: bool },
    #[error("the hub has no repository {repository} at revision {revision}, or HF_TOKEN may not see it")]
    NoSuchRepository { repository: Repository, revision: String },
    #[error("{repository} has no file {file} at the revision asked for")]
    NoSuchFile { repository: Repository, file: String },
    #[error("{file} ended after {received} of {expected} bytes; run the command again to resume it")]
    CutShort { file: String, received: u64, expected: u64 },
    #[error("{file} has sha256 {found}, {expected} is {authority}; what was fetched is removed")]
    WrongHash { file: String, found: String, expected: String, authority: &'static str },
    #[error("{file} is not a table of atlases: {reason}")]
    AtlasTable { file: String, reason: String },
    #[error("no atlas that can be fetched is called {name:?}; there are {}", known.join(", "))]
    UnknownAtlas { name: String, known: Vec<String> },
    #[error("the terms of {name} ({licence}) have not been accepted on this machine")]
    NotAccepted { name: String, licence: String },
    #[error("{name:?} cannot be a subject's name: take 1 to {longest} letters, digits, '-' and '_'")]
    SubjectName { name: String, longest: usize },
    #[error("there is a subject {name:?} already: choose another name, or delete that one first")]
    SubjectExists { name: String },
    #[error("no subject of your own is called {name:?}; {}", if known.is_empty() { "none was fitted here".to_owned() } else { format!("there are {}", known.join(", ")) })]
    UnknownSubject { name: String, known: Vec<String> },
    #[error("{path} is not the card of a subject; remove its folder")]
    SubjectCard { path: String, source: serde_json::Error },
    #[error("another process is fetching {path}; wait for it to end")]
    Busy { path: String },
}

impl Error {
    pub(super) fn read(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Read { path: path.display().to_string(), source }
    }

    pub(super) fn write(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Write { path: path.display().to_string(), source }
    }

    /// The whole of it in one sentence, its causes included.
    pub(super) fn sentence(&self) -> String {
        let first: &dyn std::error::Error = self;
        let causes = std::iter::successors(Some(first), |error| error.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    }

    /// Whether asking again may succeed.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Transfer { .. } | Self::CutShort { .. } => true,
            Self::Status { status, .. } => *status == 429 || *status >= 500,
            _ => false,
        }
    }
}

/// What a person does to be let in.
fn admission(repository: &Repository, with_token: bool) -> String {
    let page = repository.page();
    if with_token {
        format!(
            "the token in HF_TOKEN is not admitted yet; ask at {page}, wait for the answer, and run the command again"
        )
    } else {
        format!("ask at {page}, put an access token in HF_TOKEN, and run the command again")
    }
}
