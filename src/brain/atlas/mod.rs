//! Atlases: the cortex divided into named parcels, read from the formats that their publishers use.

mod annot;
mod dlabel;
mod error;
mod label_gifti;
mod labelling;
mod table;

pub use error::Error;

use self::labelling::{Label, Labelling};
use super::xml::Rgba;
use super::{Hemisphere, Mesh, Patch, names};

/// As many parcels as have an index of 16 bits.
const MAX_PARCELS: usize = 1 << 16;

/// A parcellation of both hemispheres on one mesh. The medial wall, and what else a file calls unknown, is no parcel.
#[derive(Clone, Debug)]
pub struct Atlas {
    pub name: String,
    mesh: Mesh,
    parcels: Vec<Parcel>,
    /// Names that the files give to no vertex of the mesh.
    empty: Vec<String>,
    /// A parcel's index at each place of a response row.
    labels: Vec<Option<u16>>,
}

/// One parcel. Where the files of both hemispheres use the same name, it has vertices in both.
#[derive(Clone, Debug, PartialEq)]
pub struct Parcel {
    pub patch: Patch,
    /// As the files give it.
    pub colour: Option<Rgba>,
}

impl Atlas {
    /// Joins the labels of the two hemispheres, in the order of their tables.
    fn join(name: &str, mesh: Mesh, sides: [Labelling; 2]) -> Result<Self, Error> {
        let mut kept: Vec<Label> = Vec::new();
        let mut vertices: Vec<[Vec<u32>; 2]> = Vec::new();
        let mut index = std::collections::HashMap::new();
        for (side, labelling) in Hemisphere::BOTH.into_iter().zip(sides) {
            let indices: Vec<usize> = labelling
                .labels
                .into_iter()
                .map(|label| {
                    *index.entry(label.name.clone()).or_insert_with(|| {
                        kept.push(label);
                        vertices.push(Default::default());
                        kept.len() - 1
                    })
                })
                .collect();
            for (vertex, label) in (0..).zip(labelling.vertices) {
                if let Some(label) = label {
                    vertices[indices[label]][side as usize].push(vertex);
                }
            }
        }
        let mut atlas = Self {
            name: name.to_owned(),
            mesh,
            parcels: Vec::new(),
            empty: Vec::new(),
            labels: vec![None; mesh.vertices()],
        };
        for (label, vertices) in kept.into_iter().zip(vertices) {
            if label.is_background() {
                continue;
            }
            let patch = Patch::new(label.name, mesh, vertices);
            if patch.is_empty() {
                atlas.empty.push(patch.name);
                continue;
            }
            let index = u16::try_from(atlas.parcels.len());
            let index = index.map_err(|_| Error::TooManyParcels { found: MAX_PARCELS + 1, limit: MAX_PARCELS })?;
            patch.places().for_each(|place| atlas.labels[place] = Some(index));
            atlas.parcels.push(Parcel { patch, colour: label.colour });
        }
        Ok(atlas)
    }

    pub fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// All parcels that have a vertex, in the order of the files.
    pub fn parcels(&self) -> &[Parcel] {
        &self.parcels
    }

    /// A parcel's index in [`Self::parcels`] for each place of a response row; `None` on the medial wall.
    pub fn labels(&self) -> &[Option<u16>] {
        &self.labels
    }

    /// The parcel of this name; or, for a name without the mark of a hemisphere (`V1`), the parcels that have it with
    /// one (`L_V1` and `R_V1`), together.
    pub fn find(&self, name: &str) -> Result<Patch, Error> {
        let patches = || self.parcels.iter().map(|parcel| &parcel.patch);
        if let Some(patch) = patches().find(|patch| patch.name == name) {
            return Ok(patch.clone());
        }
        let halves: Vec<&Patch> = patches().filter(|patch| without_hemisphere(&patch.name) == Some(name)).collect();
        if !halves.is_empty() {
            let vertices = Hemisphere::BOTH
                .map(|side| halves.iter().flat_map(|patch| patch.vertices(side)).copied().collect::<Vec<_>>());
            return Ok(Patch::new(name, self.mesh, vertices));
        }
        let (atlas, name) = (self.name.clone(), name.to_owned());
        if self.empty.iter().any(|empty| *empty == name || without_hemisphere(empty) == Some(&name)) {
            return Err(Error::EmptyParcel { atlas, name, mesh: self.mesh });
        }
        let known = patches().map(|patch| patch.name.as_str());
        let known = known.flat_map(|known| [Some(known), without_hemisphere(known)]).flatten();
        let known: std::collections::BTreeSet<&str> = known.collect();
        Err(Error::UnknownParcel { near: names::nearest(&name, known), atlas, name })
    }
}

/// `V1` of `L_V1`, `R_V1_ROI` and the like.
fn without_hemisphere(name: &str) -> Option<&str> {
    let marks = ["L_", "R_", "lh_", "rh_", "lh.", "rh.", "ctx-lh-", "ctx-rh-"];
    let bare = marks.iter().find_map(|mark| name.strip_prefix(mark))?;
    Some(bare.strip_suffix("_ROI").unwrap_or(bare))
}

#[cfg(test)]
mod tests;
