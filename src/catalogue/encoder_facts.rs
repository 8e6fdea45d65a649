//! What the encoder's own files say of a model: its settings and its size.

use std::path::Path;

use super::Error;
use super::card::Size;
use crate::features::Modality;

/// The settings that a card shows, and where the encoder's features come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EncoderFacts {
    pub trained: bool,
    pub mesh: Option<String>,
    pub vertices: usize,
    pub subjects: Vec<String>,
    pub size: Size,
    pub extractors: Vec<(Modality, String)>,
}

impl EncoderFacts {
    /// Opens the encoder of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        Err(Error::Absent { needed: "the encoder".into(), looked_at: folder.display().to_string(), remedy: "merge it".into() })
    }
}
