//! The words of a stimulus, kept beside its response: `words.json`.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Error, Prediction};
use crate::stimulus::Timeline;

const WORDS: &str = "words.json";

/// A word that is heard or read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WordShown {
    /// As the transcript has it, punctuation included.
    pub text: String,
    /// Onset in the stimulus (s).
    pub start_s: f64,
    /// Length (s).
    pub duration_s: f64,
}

impl Prediction {
    /// The words of the stimulus; none where they were not kept.
    pub fn words(folder: &Path) -> Result<Vec<WordShown>, Error> {
        let path = folder.join(WORDS);
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            text => text.and_then(|text| Ok(serde_json::from_slice(&text)?)).map_err(Error::file(&path)),
        }
    }
}

/// Keeps the words of a timeline.
pub(super) fn write(folder: &Path, timeline: &Timeline) -> Result<(), Error> {
    let shown = timeline.words.iter().map(|word| WordShown {
        text: word.text.clone(),
        start_s: word.start,
        duration_s: word.duration,
    });
    let path = folder.join(WORDS);
    let text = serde_json::to_vec(&shown.collect::<Vec<_>>()).map_err(|error| Error::file(&path)(error.into()))?;
    std::fs::write(&path, text).map_err(Error::file(&path))
}
