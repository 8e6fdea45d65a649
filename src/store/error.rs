//! Why something could not be kept or found.

use std::io;
use std::path::{Path, PathBuf};

/// What can go wrong with the data folder, and with what machines share beside it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{name:?} is larger than {limit} bytes, the most this server takes; cut it, or raise max_upload_bytes")]
    TooLarge { name: String, limit: u64 },
    #[error("{name:?} is empty: send a file with at least one byte")]
    Empty { name: String },
    #[error("there is no upload {id:?} (any more); begin it with POST /v1/uploads")]
    UnknownUpload { id: String },
    #[error("{arrived} bytes of the upload {id} have arrived; send what follows them, not what follows {offset}")]
    WrongOffset { id: String, offset: u64, arrived: u64 },
    #[error("a piece of the upload {id} is arriving; ask how far it is in a while, and go on from there")]
    UploadLocked { id: String },
    #[error("{name:?} was announced to have {length} bytes; send no more than that, or begin another upload")]
    PastEnd { name: String, length: u64 },
    #[error("there is no stimulus {id:?}; upload it with POST /v1/stimuli")]
    UnknownStimulus { id: String },
    #[error("there is no prediction {id:?}; ask for one with POST /v1/predictions")]
    UnknownPrediction { id: String },
    #[error("there is no experiment {id:?}; ask for one with POST /v1/experiments")]
    UnknownExperiment { id: String },
    #[error("there is no analysis {id:?}; ask for it anew")]
    UnknownAnalysis { id: String },
    #[error("the results URL cannot be used: {reason}; give s3://BUCKET/PREFIX or file:///FOLDER")]
    ResultsUrl { reason: String },
    #[error("the results at {url} are out of reach; ask again in a while")]
    Away { url: String },
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
}

impl Error {
    /// For `map_err`: which file an input or output error is about.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
