//! The XML of a CIFTI-2 file: what the rows and the columns of its matrix are.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Error;
use crate::brain::Hemisphere;
use crate::brain::xml::{LabelEntry, attribute, push_text};

/// The most vertices of a cortex, grayordinates and maps that are read; fsaverage has 163,842 vertices.
const MAX_VERTICES: usize = 1 << 20;
const MAX_GRAYORDINATES: usize = 4 << 20;
const MAX_MAPS: usize = 1 << 16;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Scalars,
    Series,
    Labels,
}

/// One map: its name, where it has one, and its labels, where it has those.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct MapEntry {
    pub(crate) name: Option<String>,
    pub(crate) labels: Vec<LabelEntry>,
}

/// The vertices of a cortex that the matrix has rows for, in the order of the rows.
#[derive(Debug)]
pub(super) struct Cortex {
    /// Of the whole surface.
    pub(super) vertices: usize,
    pub(super) first_row: usize,
    /// All below `vertices`.
    pub(super) indices: Vec<u32>,
}

#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) kind: Kind,
    pub(super) maps: Vec<MapEntry>,
    /// Rows of the matrix, voxels included. Every row of a cortex is below it.
    pub(super) grayordinates: usize,
    pub(super) cortices: [Option<Cortex>; 2],
}

impl Matrix {
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let mut xml = Reader::from_str(text);
        let mut is_cifti = false;
        let mut kind = None;
        let mut is_dense = false;
        let mut matrix = Self { kind: Kind::Scalars, maps: Vec::new(), grayordinates: 0, cortices: [None, None] };
        let mut model: Option<Model> = None;
        let mut label = None;
        let mut text = String::new();
        loop {
            let event = xml.read_event().map_err(Error::Xml)?;
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    text.clear();
                    match tag.name().as_ref() {
                        "CIFTI" => is_cifti = matches!(required(tag, "Version")?.as_str(), "2" | "2.0"),
                        "MatrixIndicesMap" => match required(tag, "AppliesToMatrixDimension")?.as_str() {
                            "0" => kind = Some(matrix.columns(tag)?),
                            "1" => is_dense = brain_models(tag)?,
                            _ => {}
                        },
                        "NamedMap" => matrix.add_map(MapEntry::default())?,
                        "Label" => label = LabelEntry::of(tag).map_err(Error::Xml)?,
                        "BrainModel" => {
                            model = Some(Model::of(tag)?);
                            let rows = model.as_ref().map_or(0, |model| model.first_row + model.rows);
                            matrix.grayordinates = matrix.grayordinates.max(rows);
                        }
                        _ => {}
                    }
                }
                Event::End(tag) => match (tag.name().as_ref(), matrix.maps.last_mut()) {
                    ("MapName", Some(map)) => map.name = Some(text.trim().to_owned()),
                    ("Label", Some(map)) => {
                        map.labels
                            .extend(label.take().map(|label| LabelEntry { name: text.trim().to_owned(), ..label }));
                    }
                    ("VertexIndices", _) => {
                        if let Some((hemisphere, cortex)) =
                            model.take().map(|model| model.cortex(&text)).transpose()?.flatten()
                        {
                            let place = &mut matrix.cortices[hemisphere as usize];
                            if place.replace(cortex).is_some() {
                                return Err(Error::Twice { hemisphere });
                            }
                        }
                    }
                    _ => {}
                },
                Event::Eof => break,
                event => push_text(&mut text, event).map_err(Error::Xml)?,
            }
        }
        match (is_cifti, kind, is_dense) {
            (true, Some(kind), true) => Ok(Self { kind, ..matrix }),
            _ => Err(Error::NotCifti),
        }
    }

    /// What the columns are. Those of a series are counted here, since they have no elements of their own.
    fn columns(&mut self, tag: &BytesStart) -> Result<Kind, Error> {
        match required(tag, "IndicesMapToDataType")?.as_str() {
            "CIFTI_INDEX_TYPE_SCALARS" => Ok(Kind::Scalars),
            "CIFTI_INDEX_TYPE_LABELS" => Ok(Kind::Labels),
            "CIFTI_INDEX_TYPE_SERIES" => {
                let points = number(tag, "MatrixIndicesMap", "NumberOfSeriesPoints", MAX_MAPS)?;
                self.maps.resize(points, MapEntry::default());
                Ok(Kind::Series)
            }
            found => Err(Error::Kind { along: "columns", found: found.to_owned() }),
        }
    }

    fn add_map(&mut self, map: MapEntry) -> Result<(), Error> {
        if self.maps.len() == MAX_MAPS {
            let value = (MAX_MAPS + 1).to_string();
            return Err(Error::Number { element: "MatrixIndicesMap", attribute: "the number of maps", value });
        }
        self.maps.push(map);
        Ok(())
    }
}

fn brain_models(tag: &BytesStart) -> Result<bool, Error> {
    match required(tag, "IndicesMapToDataType")? {
        found if found == "CIFTI_INDEX_TYPE_BRAIN_MODELS" => Ok(true),
        found => Err(Error::Kind { along: "rows", found }),
    }
}

/// A `<BrainModel>`.
struct Model {
    first_row: usize,
    rows: usize,
    /// The cortex that it is of, if it is of one, and the vertices of that surface.
    surface: Option<(Hemisphere, usize)>,
}

impl Model {
    fn of(tag: &BytesStart) -> Result<Self, Error> {
        let whole = |name, limit| number(tag, "BrainModel", name, limit);
        let hemisphere = match required(tag, "BrainStructure")?.as_str() {
            "CIFTI_STRUCTURE_CORTEX_LEFT" => Some(Hemisphere::Left),
            "CIFTI_STRUCTURE_CORTEX_RIGHT" => Some(Hemisphere::Right),
            _ => None,
        };
        let is_surface = required(tag, "ModelType")? == "CIFTI_MODEL_TYPE_SURFACE";
        let surface = match hemisphere.filter(|_| is_surface) {
            Some(hemisphere) => Some((hemisphere, whole("SurfaceNumberOfVertices", MAX_VERTICES)?)),
            None => None,
        };
        Ok(Self {
            first_row: whole("IndexOffset", MAX_GRAYORDINATES)?,
            rows: whole("IndexCount", MAX_GRAYORDINATES)?,
            surface,
        })
    }

    fn cortex(self, indices: &str) -> Result<Option<(Hemisphere, Cortex)>, Error> {
        let Some((hemisphere, vertices)) = self.surface else { return Ok(None) };
        let index = |vertex: &str| {
            let index = vertex.parse().ok().filter(|index: &u32| (*index as usize) < vertices);
            index.ok_or_else(|| Error::NoSuchVertex { hemisphere, vertex: vertex.to_owned(), vertices })
        };
        let indices = indices.split_ascii_whitespace().map(index).collect::<Result<Vec<u32>, _>>()?;
        if indices.len() != self.rows {
            return Err(Error::VertexCount { hemisphere, found: indices.len(), count: self.rows });
        }
        Ok(Some((hemisphere, Cortex { vertices, first_row: self.first_row, indices })))
    }
}

/// The value of an attribute; empty where it is missing.
fn required(tag: &BytesStart, name: &str) -> Result<String, Error> {
    Ok(attribute(tag, name).map_err(Error::Xml)?.unwrap_or_default())
}

fn number(tag: &BytesStart, element: &'static str, attribute: &'static str, limit: usize) -> Result<usize, Error> {
    let value = required(tag, attribute)?;
    let number = value.trim().parse().ok().filter(|number| *number <= limit);
    number.ok_or(Error::Number { element, attribute, value })
}
