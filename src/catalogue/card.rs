//! What a person is told of a model before running it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::encoder_facts::EncoderFacts;
use super::manifest::Manifest;

/// A model's card.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Card {
    pub name: String,
    pub description: String,
    pub licence: String,
    /// False for random weights: such a model's responses mean nothing.
    pub trained: bool,
    /// True where it was trained on simulated responses: what it predicts is no evidence about brains.
    #[serde(default)]
    pub simulated: bool,
    /// The cortical mesh of its outputs, `fsaverage3` … `fsaverage6`; none where they are not vertices.
    pub mesh: Option<String>,
    /// Values in a row of its response, both hemispheres together.
    pub vertices: u64,
    /// Voxels of the subcortex that follow them; 0 where it is not predicted.
    #[serde(default)]
    pub voxels: u64,
    pub subjects: Vec<String>,
    /// The encoder, then its extractors.
    pub parts: Vec<Part>,
    /// What stands between this machine and running it, each with its remedy. Empty when nothing does.
    pub missing: Vec<String>,
}

/// One of the models that a model is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// `encoder`, `text`, `audio` or `video`.
    pub role: String,
    /// The hub's repository, the folder beside the encoder, or what is built in.
    pub source: String,
    pub licence: Option<String>,
    /// Known once its weights are here.
    pub size: Option<Size>,
}

/// How large a model is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Size {
    /// Numbers in its weights.
    pub parameters: u64,
    /// Bytes of its weights on disk.
    pub bytes: u64,
}

impl Size {
    /// Of what has no weights.
    pub(super) const NONE: Self = Self { parameters: 0, bytes: 0 };
}

impl Card {
    /// What is told of a model before its files are opened.
    pub(super) fn of_manifest(manifest: &Manifest) -> Self {
        Self {
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            licence: manifest.licence.clone(),
            trained: manifest.trained,
            simulated: manifest.simulated,
            mesh: Some(manifest.mesh.clone()),
            vertices: manifest.vertices,
            voxels: manifest.voxels,
            subjects: manifest.subjects.clone(),
            parts: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// The card of a model that no manifest describes.
    pub(super) fn of_folder(name: String, facts: &EncoderFacts) -> Self {
        let card = Self {
            name,
            description: "a model in a folder, which no manifest describes".into(),
            licence: "not stated".into(),
            trained: false,
            simulated: false,
            mesh: None,
            vertices: 0,
            voxels: 0,
            subjects: Vec::new(),
            parts: Vec::new(),
            missing: Vec::new(),
        };
        card.corrected(facts)
    }

    /// The card with what the encoder's own files say, which goes before what a manifest tells.
    pub(super) fn corrected(self, facts: &EncoderFacts) -> Self {
        let EncoderFacts { trained, simulated, mesh, vertices, voxels, subjects, .. } = facts.clone();
        Self { trained, simulated, mesh, vertices, voxels, subjects, ..self }
    }

    /// The size of all parts together; `None` while one is not here.
    pub fn size(&self) -> Option<Size> {
        let total = Size { parameters: 0, bytes: 0 };
        self.parts.iter().try_fold(total, |total, part| {
            part.size
                .map(|size| Size { parameters: total.parameters + size.parameters, bytes: total.bytes + size.bytes })
        })
    }
}
