//! What was done with a stimulus that its owner should know.

use serde::{Deserialize, Serialize};

/// A sentence for the user, such as that the time of a caption was shared among its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Note(String);

impl Note {
    pub(super) fn new(text: impl Into<String>) -> Note {
        Note(text.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Note {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
