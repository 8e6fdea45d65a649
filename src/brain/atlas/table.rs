//! Plain label files: a little-endian u16 a vertex of a response row, and a JSON file that names the numbers.

use serde::Deserialize;

use crate::brain::xml::LabelEntry;
use crate::brain::{Hemisphere, Mesh};

use super::labelling::Labelling;
use super::{Atlas, Error};

/// `NAME.json`. Other fields are passed over.
#[derive(Deserialize)]
struct Names {
    /// The name of each number, from 0, which is "unlabelled" whatever it is called.
    labels: Vec<String>,
}

impl Atlas {
    /// Reads `NAME.u16`, which holds the vertices of the left hemisphere, then those of the right one, and the text of
    /// `NAME.json`, an object whose `labels` names the numbers. A file of a finer mesh is cut to `mesh`.
    pub fn from_table(name: &str, numbers: &[u8], names: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let names: Names = serde_json::from_slice(names).map_err(Error::Names)?;
        let table: Vec<LabelEntry> =
            (0..).zip(names.labels).map(|(key, name)| LabelEntry { key, name, colour: None }).collect();
        let (numbers, rest) = numbers.as_chunks();
        if !rest.is_empty() || numbers.len() % 2 != 0 {
            let (found, expected) = (2 * numbers.len() + rest.len(), 2 * mesh.vertices());
            return Err(Error::TableLength { found, expected, mesh });
        }
        let keys: Vec<i32> = numbers.iter().map(|number| u16::from_le_bytes(*number).into()).collect();
        let (left, right) = keys.split_at(keys.len() / 2);
        let sides = Labelling::both(|hemisphere| match hemisphere {
            Hemisphere::Left => Labelling::of_keys(&table, left, mesh),
            Hemisphere::Right => Labelling::of_keys(&table, right, mesh),
        })?;
        Self::join(name, mesh, sides)
    }
}
