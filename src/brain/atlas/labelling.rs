//! What every format of an atlas comes down to: for each vertex of a hemisphere, a label or none.

use crate::brain::nesting::cut;
use crate::brain::xml::{LabelEntry, Rgba};
use crate::brain::{Hemisphere, Mesh};

use super::{Error, without_hemisphere};

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Label {
    pub(super) name: String,
    pub(super) colour: Option<Rgba>,
}

impl Label {
    /// Whether the name is one that publishers give to what is no part of the parcellation.
    pub(super) fn is_background(&self) -> bool {
        let bare = without_hemisphere(&self.name).unwrap_or(&self.name);
        let letters: String = bare.chars().filter(|letter| letter.is_alphanumeric()).collect();
        let background = ["", "unknown", "medialwall", "backgroundfreesurferdefinedmedialwall"];
        background.contains(&letters.to_lowercase().as_str())
    }
}

/// The labels of one hemisphere on the mesh of the atlas.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Labelling {
    pub(super) labels: Vec<Label>,
    /// For each vertex an index of `labels`.
    pub(super) vertices: Vec<Option<usize>>,
}

impl Labelling {
    /// Looks the keys of a hemisphere's vertices up in a table of labels, of which key 0 is always "unlabelled".
    pub(super) fn of_keys(table: &[LabelEntry], keys: &[i32], mesh: Mesh) -> Result<Self, Error> {
        let keys = cut(keys, mesh).map_err(Error::Mesh)?;
        let index: std::collections::HashMap<i32, usize> =
            table.iter().enumerate().map(|(index, entry)| (entry.key, index)).collect();
        let look_up = |(vertex, &label): (usize, &i32)| match index.get(&label) {
            _ if label == 0 => Ok(None),
            Some(&index) => Ok(Some(index)),
            None => Err(Error::UnknownLabel { vertex, label }),
        };
        let vertices = keys.iter().enumerate().map(look_up).collect::<Result<_, _>>()?;
        let labels = table.iter().map(|entry| Label { name: entry.name.clone(), colour: entry.colour });
        Ok(Self { labels: labels.collect(), vertices })
    }

    /// Reads both hemispheres, and says of which one an error is.
    pub(super) fn both(mut read: impl FnMut(Hemisphere) -> Result<Self, Error>) -> Result<[Self; 2], Error> {
        let mut read = |hemisphere| {
            read(hemisphere).map_err(|source| Error::InHemisphere { hemisphere, source: Box::new(source) })
        };
        Ok([read(Hemisphere::Left)?, read(Hemisphere::Right)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_publishers_call_background_is_known() {
        let is_background = |name: &str| Label { name: name.to_owned(), colour: None }.is_background();
        for name in [
            "???",
            "unknown",
            "Unknown",
            "Medial_wall",
            "L_???",
            "lh.Medial_wall",
            "Background+FreeSurfer_Defined_Medial_Wall",
        ] {
            assert!(is_background(name), "{name}");
        }
        for name in ["L_V1", "corpuscallosum", "1", "wall"] {
            assert!(!is_background(name), "{name}");
        }
    }
}
