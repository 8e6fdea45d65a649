//! FreeSurfer's `.annot`: big-endian, a colour a vertex, and a table that names the colours.
//!
//! Source: "LabelsClutsAnnotationFiles" in the FreeSurfer wiki; nibabel's `read_annot` gives the same labels.

use std::collections::HashMap;

use crate::brain::nesting::cut;
use crate::brain::{Hemisphere, Mesh};

use super::labelling::{Label, Labelling};
use super::{Atlas, Error};

/// The most vertices, labels and bytes of a name that are read; fsaverage has 163,842 vertices.
const MAX_VERTICES: usize = 1 << 20;
const MAX_LABELS: usize = 1 << 16;
const MAX_NAME: usize = 1 << 12;

/// Where the old style has its number of entries, the newer one has its version, negated.
const VERSION_2: i32 = -2;

impl Atlas {
    /// Reads `lh.NAME.annot` and `rh.NAME.annot`, with a colour table of the old style or of version 2.
    ///
    /// A vertex of colour 0 or of a colour that the table calls unknown is unlabelled; one whose colour the table lacks
    /// is an error. Files of a finer mesh are cut to `mesh`.
    pub fn from_annot(name: &str, left: &[u8], right: &[u8], mesh: Mesh) -> Result<Self, Error> {
        let sides = Labelling::both(|hemisphere| match hemisphere {
            Hemisphere::Left => read(left, mesh),
            Hemisphere::Right => read(right, mesh),
        })?;
        Self::join(name, mesh, sides)
    }
}

fn read(bytes: &[u8], mesh: Mesh) -> Result<Labelling, Error> {
    let mut bytes = Bytes { bytes, at: 0 };
    let vertices = bytes.count("vertices", MAX_VERTICES)?;
    bytes.expect(vertices * 8)?;
    let mut colours = vec![0; vertices];
    for _ in 0..vertices {
        let (vertex, colour) = (bytes.i32()?, bytes.i32()?);
        let place = usize::try_from(vertex).ok().and_then(|vertex| colours.get_mut(vertex));
        *place.ok_or(Error::NoSuchVertex { vertex, vertices })? = colour;
    }
    let table = colour_table(&mut bytes)?;
    let mut by_colour: HashMap<i32, Vec<usize>> = HashMap::new();
    for (index, (colour, _)) in table.iter().enumerate() {
        by_colour.entry(*colour).or_default().push(index);
    }
    let colours = cut(&colours, mesh).map_err(Error::Mesh)?;
    let look_up = |(vertex, &label): (usize, &i32)| match by_colour.get(&label).map(Vec::as_slice) {
        Some(&[index]) => Ok(Some(index)),
        Some(&[first, second, ..]) => {
            let name = |index: usize| table[index].1.name.clone();
            Err(Error::AmbiguousColour { vertex, first: name(first), second: name(second) })
        }
        _ if label == 0 || label == -1 => Ok(None),
        _ => Err(Error::UnknownLabel { vertex, label }),
    };
    let vertices = colours.iter().enumerate().map(look_up).collect::<Result<_, _>>()?;
    Ok(Labelling { labels: table.into_iter().map(|(_, label)| label).collect(), vertices })
}

/// The entries of the table, each with the value that stands for its colour at a vertex.
fn colour_table(bytes: &mut Bytes) -> Result<Vec<(i32, Label)>, Error> {
    if bytes.is_at_end() || bytes.i32()? == 0 {
        return Err(Error::NoColourTable);
    }
    let style = bytes.i32()?;
    let entries = match style {
        1.. => {
            bytes.string()?;
            style
        }
        VERSION_2 => {
            let _largest_index = bytes.i32()?;
            bytes.string()?;
            bytes.i32()?
        }
        version => return Err(Error::ColourTableVersion { version: -i64::from(version) }),
    };
    let entries = bounded("labels", entries, MAX_LABELS)?;
    let mut table = Vec::new();
    for _ in 0..entries {
        if style == VERSION_2 {
            let _index = bytes.i32()?;
        }
        let name = bytes.string()?;
        let [red, green, blue, transparency] = [bytes.i32()?, bytes.i32()?, bytes.i32()?, bytes.i32()?];
        let value = (red & 0xff) | (green & 0xff) << 8 | (blue & 0xff) << 16;
        let channel = |value: i32| value.clamp(0, 255) as u8;
        let colour = Some([channel(red), channel(green), channel(blue), u8::MAX - channel(transparency)]);
        table.push((value, Label { name, colour }));
    }
    Ok(table)
}

fn bounded(what: &'static str, count: i32, limit: usize) -> Result<usize, Error> {
    let fits = usize::try_from(count).ok().filter(|count| *count <= limit);
    fits.ok_or(Error::TooMany { what, count: count.into(), limit })
}

/// A place in the file.
struct Bytes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Bytes<'a> {
    /// Fails unless so many bytes are left.
    fn expect(&self, length: usize) -> Result<(), Error> {
        let needed = self.at.saturating_add(length);
        if self.bytes.len() < needed { Err(Error::Truncated { found: self.bytes.len(), needed }) } else { Ok(()) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Error> {
        self.expect(length)?;
        let taken = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(taken)
    }

    fn i32(&mut self) -> Result<i32, Error> {
        let word = self.take(4)?;
        Ok(i32::from_be_bytes([word[0], word[1], word[2], word[3]]))
    }

    fn count(&mut self, what: &'static str, limit: usize) -> Result<usize, Error> {
        bounded(what, self.i32()?, limit)
    }

    /// A name that ends with a zero byte.
    fn string(&mut self) -> Result<String, Error> {
        let length = self.count("bytes of a name", MAX_NAME)?;
        let name = self.take(length)?;
        let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
        Ok(String::from_utf8_lossy(&name[..end]).into_owned())
    }

    fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }
}
