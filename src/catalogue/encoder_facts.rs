//! What the encoder's own files say of a model: its settings and its size.

use std::path::Path;

use super::Error;
use super::card::Size;
use crate::encoder::Artefact;
use crate::features::Modality;

/// The settings that a card shows, and what the encoder's features come from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct EncoderFacts {
    pub trained: bool,
    pub simulated: bool,
    pub mesh: Option<String>,
    pub vertices: u64,
    pub voxels: u64,
    pub subjects: Vec<String>,
    pub size: Size,
    /// What extracts text, audio and video: repositories, or folders beside the encoder.
    pub extractors: [String; 3],
}

impl EncoderFacts {
    /// Opens the encoder of a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, Error> {
        let artefact = Artefact::open(folder)?;
        let settings = artefact.settings();
        let extractor = |modality: Modality| {
            let used = settings.modalities.iter().find(|used| used.modality == modality);
            used.map(|used| used.extractor.clone()).ok_or(Error::NoModality { modality: modality.name() })
        };
        let weights = artefact.weights_path();
        let bytes = std::fs::metadata(weights).map_err(Error::read(weights))?.len();
        Ok(Self {
            trained: settings.trained,
            simulated: settings.simulated,
            mesh: settings.mesh.clone(),
            vertices: settings.vertices() as u64,
            voxels: settings.voxels() as u64,
            subjects: settings.subjects.iter().map(|subject| subject.name.clone()).collect(),
            size: Size { parameters: artefact.parameters(), bytes },
            extractors: [extractor(Modality::Text)?, extractor(Modality::Audio)?, extractor(Modality::Video)?],
        })
    }
}
