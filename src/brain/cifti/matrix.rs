//! The XML of a CIFTI-2 file: what the rows and the columns of its matrix are.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Error;
use super::model::{Cortex, Model};
use crate::brain::xml::{LabelEntry, attribute, push_text};

/// The most maps that are read.
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

#[derive(Debug)]
pub(super) struct Matrix {
    pub(super) kind: Kind,
    /// Time between two points of a series (s).
    pub(super) step_s: Option<f64>,
    pub(super) maps: Vec<MapEntry>,
    /// Rows of the matrix, voxels included. Every row of a cortex is below it.
    pub(super) grayordinates: usize,
    pub(super) cortices: [Option<Cortex>; 2],
}

impl Matrix {
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let mut xml = Reader::from_str(text);
        let mut described = Described::default();
        let mut text = String::new();
        loop {
            let event = xml.read_event().map_err(Error::Xml)?;
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    text.clear();
                    described.begin(tag)?;
                }
                Event::End(tag) => described.end(tag.name().as_ref(), &text)?,
                Event::Eof => break,
                event => push_text(&mut text, event).map_err(Error::Xml)?,
            }
        }
        let Described { is_cifti, kind, step_s, is_dense, maps, grayordinates, cortices, .. } = described;
        match kind {
            Some(kind) if is_cifti && is_dense => Ok(Self { kind, step_s, maps, grayordinates, cortices }),
            _ => Err(Error::NotCifti),
        }
    }
}

/// What the elements up to some place say.
#[derive(Default)]
struct Described {
    is_cifti: bool,
    kind: Option<Kind>,
    step_s: Option<f64>,
    is_dense: bool,
    maps: Vec<MapEntry>,
    grayordinates: usize,
    cortices: [Option<Cortex>; 2],
    /// Whose vertices are still to come.
    model: Option<Model>,
    /// Whose name is still to come.
    label: Option<LabelEntry>,
}

impl Described {
    fn begin(&mut self, tag: &BytesStart) -> Result<(), Error> {
        match tag.name().as_ref() {
            "CIFTI" => self.is_cifti = matches!(required(tag, "Version")?.as_str(), "2" | "2.0"),
            "MatrixIndicesMap" => match required(tag, "AppliesToMatrixDimension")?.as_str() {
                "0" => self.columns(tag)?,
                "1" => self.rows(tag)?,
                _ => {}
            },
            "NamedMap" => self.add_map()?,
            "Label" => self.label = LabelEntry::of(tag).map_err(Error::Xml)?,
            "BrainModel" => {
                let model = Model::of(tag)?;
                self.grayordinates = self.grayordinates.max(model.end());
                self.model = Some(model);
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, element: &str, text: &str) -> Result<(), Error> {
        match (element, self.maps.last_mut()) {
            ("MapName", Some(map)) => map.name = Some(text.trim().to_owned()),
            ("Label", Some(map)) => {
                let label = self.label.take().map(|label| LabelEntry { name: text.trim().to_owned(), ..label });
                map.labels.extend(label);
            }
            ("VertexIndices", _) => {
                let Some(model) = self.model.take() else { return Ok(()) };
                let Some((hemisphere, cortex)) = model.cortex(text)? else { return Ok(()) };
                if self.cortices[hemisphere as usize].replace(cortex).is_some() {
                    return Err(Error::Twice { hemisphere });
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What the columns are. Those of a series are counted here, since they have no elements of their own.
    fn columns(&mut self, tag: &BytesStart) -> Result<(), Error> {
        self.kind = Some(match required(tag, "IndicesMapToDataType")?.as_str() {
            "CIFTI_INDEX_TYPE_SCALARS" => Kind::Scalars,
            "CIFTI_INDEX_TYPE_LABELS" => Kind::Labels,
            "CIFTI_INDEX_TYPE_SERIES" => {
                let points = number(tag, "MatrixIndicesMap", "NumberOfSeriesPoints", MAX_MAPS)?;
                self.maps.resize(points, MapEntry::default());
                self.step_s = step_s(tag)?;
                Kind::Series
            }
            found => return Err(Error::Kind { along: "columns", found: found.to_owned() }),
        });
        Ok(())
    }

    fn rows(&mut self, tag: &BytesStart) -> Result<(), Error> {
        match required(tag, "IndicesMapToDataType")? {
            found if found == "CIFTI_INDEX_TYPE_BRAIN_MODELS" => self.is_dense = true,
            found => return Err(Error::Kind { along: "rows", found }),
        }
        Ok(())
    }

    fn add_map(&mut self) -> Result<(), Error> {
        if self.maps.len() == MAX_MAPS {
            return Err(Error::TooManyMaps { limit: MAX_MAPS });
        }
        self.maps.push(MapEntry::default());
        Ok(())
    }
}

/// Between two points of a series whose unit is the second.
fn step_s(tag: &BytesStart) -> Result<Option<f64>, Error> {
    let (step, exponent) = (required(tag, "SeriesStep")?, required(tag, "SeriesExponent")?);
    let in_seconds = required(tag, "SeriesUnit")? == "SECOND";
    let step_s = step.trim().parse::<f64>().ok().zip(exponent.trim().parse().ok());
    let step_s = step_s.map(|(step, exponent): (f64, i32)| step * 10f64.powi(exponent));
    Ok(step_s.filter(|step_s| in_seconds && step_s.is_finite() && *step_s > 0.0))
}

/// The value of an attribute; empty where it is missing.
pub(super) fn required(tag: &BytesStart, name: &str) -> Result<String, Error> {
    Ok(attribute(tag, name).map_err(Error::Xml)?.unwrap_or_default())
}

pub(super) fn number(
    tag: &BytesStart,
    element: &'static str,
    attribute: &'static str,
    limit: usize,
) -> Result<usize, Error> {
    let value = required(tag, attribute)?;
    let number = value.trim().parse().ok().filter(|number| *number <= limit);
    number.ok_or(Error::Number { element, attribute, value })
}
