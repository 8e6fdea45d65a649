//! What a file of maps says of itself: whether its values are predicted, weights of a model, or measured.

use super::Provenance;
use crate::brain::Mesh;

/// Where the values of a map come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    pub mesh: Mesh,
    /// What a reader must not overlook, such as `model prediction`; ASCII, at most 79 bytes.
    pub label: &'static str,
    /// Whether a picture says so in red.
    pub warns: bool,
    /// Whose map it is, in the title of a picture: `clip, subject average`.
    pub of: String,
    /// Who speaks, below the title: `tribe-v2 on fsaverage5`.
    pub by: String,
    /// Everything, as pairs of name and text.
    pub entries: Vec<(&'static str, String)>,
}

/// Maps of a prediction, which have no time.
impl From<&Provenance> for Origin {
    fn from(provenance: &Provenance) -> Self {
        Self {
            mesh: provenance.mesh,
            label: provenance.label(),
            warns: provenance.training.warns(),
            of: format!("{}, subject {}", provenance.task, provenance.subject),
            by: format!("{} on {}", provenance.model, provenance.mesh),
            entries: provenance.map_entries(),
        }
    }
}

impl From<&Origin> for Origin {
    fn from(origin: &Origin) -> Self {
        origin.clone()
    }
}
