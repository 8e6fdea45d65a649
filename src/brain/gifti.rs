//! Reading the data arrays of a GIFTI file, from bytes that nobody vouches for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::ZlibDecoder;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::unpack::{gunzip, read_at_most};
use super::xml::{LabelEntry, attribute, push_text};
use super::{Error, Hemisphere};

/// The largest file (bytes, decompressed) and array (values) that are read: several times those of fsaverage.
const MAX_BYTES: usize = 64 << 20;
const MAX_VALUES: usize = 4 << 20;
/// The largest file of a run, which has an array for each scan.
const MAX_RUN_BYTES: usize = 4 << 30;

/// What is read of a file.
#[derive(Debug, Default)]
pub(super) struct Gifti {
    pub(super) arrays: Vec<DataArray>,
    pub(super) labels: Vec<LabelEntry>,
    /// `AnatomicalStructurePrimary`, where it is one of the cortices.
    pub(super) hemisphere: Option<Hemisphere>,
}

/// One `<DataArray>`, row-major.
#[derive(Debug)]
pub(super) struct DataArray {
    /// Such as `NIFTI_INTENT_POINTSET`.
    pub(super) intent: String,
    /// `Name` in its metadata.
    pub(super) name: Option<String>,
    pub(super) dims: Vec<usize>,
    pub(super) values: Values,
}

impl DataArray {
    /// Values in a row: 1 where there is one a vertex.
    pub(super) fn columns(&self) -> usize {
        self.dims.get(1).copied().unwrap_or(1)
    }
}

#[derive(Debug)]
pub(super) enum Values {
    Float(Vec<f32>),
    Int(Vec<i32>),
}

/// Reads a `.gii` or `.gii.gz` file.
pub(super) fn read(bytes: &[u8]) -> Result<Gifti, Error> {
    read_within(bytes, MAX_BYTES)
}

/// Reads a `.func.gii` as large as a run is.
pub(super) fn read_run(bytes: &[u8]) -> Result<Gifti, Error> {
    read_within(bytes, MAX_RUN_BYTES)
}

fn read_within(bytes: &[u8], limit: usize) -> Result<Gifti, Error> {
    let unpacked = gunzip(bytes, limit).map_err(Error::Read)?.ok_or(Error::TooLarge { limit })?;
    let text = std::str::from_utf8(&unpacked).map_err(Error::NotText)?;
    let mut xml = Reader::from_str(text);
    let mut is_gifti = false;
    let mut gifti = Gifti::default();
    let mut array: Option<Layout> = None;
    let mut label = None;
    let mut text = String::new();
    let mut key = String::new();
    loop {
        let event = xml.read_event().map_err(Error::Xml)?;
        match &event {
            Event::Start(tag) => {
                text.clear();
                match tag.name().as_ref() {
                    "GIFTI" => is_gifti = true,
                    "DataArray" => array = Some(Layout::of(tag)?),
                    "Label" => label = LabelEntry::of(tag).map_err(Error::Xml)?,
                    _ => {}
                }
            }
            Event::End(tag) => match tag.name().as_ref() {
                "Name" => key = std::mem::take(&mut text).trim().to_owned(),
                "Value" => match &mut array {
                    Some(array) if key == "Name" => array.name = Some(text.trim().to_owned()),
                    None if key == "AnatomicalStructurePrimary" => gifti.hemisphere = cortex(text.trim()),
                    _ => {}
                },
                "Label" => {
                    gifti.labels.extend(label.take().map(|label| LabelEntry { name: text.trim().into(), ..label }))
                }
                "Data" => {
                    if let Some(layout) = array.take() {
                        gifti.arrays.push(layout.decode(&text)?);
                    }
                }
                _ => {}
            },
            Event::Eof => break,
            event => push_text(&mut text, event).map_err(Error::Xml)?,
        }
    }
    if is_gifti { Ok(gifti) } else { Err(Error::NotGifti) }
}

fn cortex(structure: &str) -> Option<Hemisphere> {
    match structure {
        "CortexLeft" => Some(Hemisphere::Left),
        "CortexRight" => Some(Hemisphere::Right),
        _ => None,
    }
}

/// How the values of a data array are written, as its attributes say.
struct Layout {
    intent: String,
    name: Option<String>,
    dims: Vec<usize>,
    values: usize,
    kind: Kind,
    encoding: Encoding,
    endian: Endian,
}

#[derive(Clone, Copy)]
enum Kind {
    UInt8,
    Float32,
    Int32,
}

impl Kind {
    fn bytes(self) -> usize {
        match self {
            Self::UInt8 => 1,
            Self::Float32 | Self::Int32 => 4,
        }
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Encoding {
    Ascii,
    Base64,
    ZlibBase64,
}

#[derive(Clone, Copy)]
enum Endian {
    Little,
    Big,
}

impl Layout {
    fn of(tag: &BytesStart) -> Result<Self, Error> {
        let attribute = |name: &'static str| -> Result<String, Error> {
            Ok(attribute(tag, name).map_err(Error::Xml)?.unwrap_or_default())
        };
        let number = |name: &'static str| -> Result<usize, Error> {
            let value = attribute(name)?;
            value.trim().parse().map_err(|_| Error::Unsupported { attribute: name, value, known: "a whole number" })
        };
        let mut dims = vec![number("Dim0")?];
        match number("Dimensionality")? {
            1 => {}
            2 => dims.push(number("Dim1")?),
            other => {
                return Err(Error::Unsupported {
                    attribute: "Dimensionality",
                    value: other.to_string(),
                    known: "1 and 2",
                });
            }
        }
        let values = dims.iter().try_fold(1usize, |product, dim| product.checked_mul(*dim));
        let values = values.filter(|values| *values <= MAX_VALUES);
        let values = values.ok_or_else(|| Error::TooManyValues { dims: dims.clone(), limit: MAX_VALUES })?;
        if dims.len() > 1 {
            one_of("ArrayIndexingOrder", attribute("ArrayIndexingOrder")?, "RowMajorOrder", &[("RowMajorOrder", ())])?;
        }
        Ok(Self {
            intent: attribute("Intent")?,
            name: None,
            dims,
            values,
            kind: one_of(
                "DataType",
                attribute("DataType")?,
                "NIFTI_TYPE_FLOAT32, NIFTI_TYPE_INT32 and NIFTI_TYPE_UINT8",
                &[
                    ("NIFTI_TYPE_FLOAT32", Kind::Float32),
                    ("NIFTI_TYPE_INT32", Kind::Int32),
                    ("NIFTI_TYPE_UINT8", Kind::UInt8),
                ],
            )?,
            encoding: one_of(
                "Encoding",
                attribute("Encoding")?,
                "ASCII, Base64Binary and GZipBase64Binary",
                &[
                    ("ASCII", Encoding::Ascii),
                    ("Base64Binary", Encoding::Base64),
                    ("GZipBase64Binary", Encoding::ZlibBase64),
                ],
            )?,
            endian: one_of(
                "Endian",
                attribute("Endian")?,
                "LittleEndian and BigEndian",
                &[("LittleEndian", Endian::Little), ("BigEndian", Endian::Big)],
            )?,
        })
    }

    fn decode(self, data: &str) -> Result<DataArray, Error> {
        let values = match (self.encoding, self.kind) {
            (Encoding::Ascii, Kind::Float32) => Values::Float(self.parse(data)?),
            (Encoding::Ascii, Kind::Int32 | Kind::UInt8) => Values::Int(self.parse(data)?),
            (_, Kind::Float32) => Values::Float(self.words(data)?.map(f32::from_bits).collect()),
            (_, Kind::Int32) => Values::Int(self.words(data)?.map(u32::cast_signed).collect()),
            (_, Kind::UInt8) => Values::Int(self.bytes(data)?.into_iter().map(i32::from).collect()),
        };
        Ok(DataArray { intent: self.intent, name: self.name, dims: self.dims, values })
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&self, data: &str) -> Result<Vec<T>, Error> {
        let values = data.split_ascii_whitespace().map(str::parse).collect::<Result<Vec<T>, _>>();
        let values = values.map_err(|error| Error::Data(error.to_string()))?;
        self.check_length(values.len() * self.kind.bytes())?;
        Ok(values)
    }

    /// The binary values, four bytes each.
    fn words(&self, data: &str) -> Result<impl Iterator<Item = u32> + use<>, Error> {
        let bytes = self.bytes(data)?;
        let endian = self.endian;
        Ok((0..self.values).map(move |value| {
            let word = [bytes[4 * value], bytes[4 * value + 1], bytes[4 * value + 2], bytes[4 * value + 3]];
            match endian {
                Endian::Little => u32::from_le_bytes(word),
                Endian::Big => u32::from_be_bytes(word),
            }
        }))
    }

    fn bytes(&self, data: &str) -> Result<Vec<u8>, Error> {
        let packed: String = data.split_ascii_whitespace().collect();
        let mut bytes = STANDARD.decode(packed).map_err(|error| Error::Data(error.to_string()))?;
        if self.encoding == Encoding::ZlibBase64 {
            let unpacked = read_at_most(ZlibDecoder::new(bytes.as_slice()), MAX_VALUES * 4).map_err(Error::Read)?;
            bytes = unpacked.ok_or(Error::TooLarge { limit: MAX_VALUES * 4 })?;
        }
        self.check_length(bytes.len())?;
        Ok(bytes)
    }

    fn check_length(&self, found: usize) -> Result<(), Error> {
        let expected = self.values * self.kind.bytes();
        if found == expected { Ok(()) } else { Err(Error::DataLength { expected, found }) }
    }
}

fn one_of<T: Copy>(
    attribute: &'static str,
    value: String,
    known: &'static str,
    choices: &[(&str, T)],
) -> Result<T, Error> {
    let choice = choices.iter().find(|(name, _)| *name == value);
    choice.map(|(_, choice)| *choice).ok_or(Error::Unsupported { attribute, value, known })
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::Compression;
    use flate2::read::{GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    fn file(attributes: &str, data: &str) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE GIFTI SYSTEM \"gifti.dtd\">\n<GIFTI Version=\"1.0\"><MetaData/>\
             <DataArray Intent=\"NIFTI_INTENT_SHAPE\" Dimensionality=\"1\" {attributes}>\
             <MetaData><MD><Name>Data</Name><Value><![CDATA[<Data>]]></Value></MD></MetaData><Data>{data}</Data></DataArray></GIFTI>"
        )
        .into_bytes()
    }

    fn floats(bytes: &[u8]) -> Vec<f32> {
        match &read(bytes).unwrap().arrays[0].values {
            Values::Float(values) => values.clone(),
            Values::Int(_) => panic!("these are floats"),
        }
    }

    fn packed(mut reader: impl Read) -> String {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        STANDARD.encode(bytes)
    }

    const FLOAT: &str = "DataType=\"NIFTI_TYPE_FLOAT32\" Dim0=\"3\"";

    #[test]
    fn every_encoding_is_read() {
        let values = [1.5, -2.0, 1e-3];
        let little: Vec<u8> = values.iter().flat_map(|value: &f32| value.to_le_bytes()).collect();
        let big: Vec<u8> = values.iter().flat_map(|value: &f32| value.to_be_bytes()).collect();
        let zlib = |bytes: &[u8]| packed(ZlibEncoder::new(bytes, Compression::default()));
        for (encoding, endian, data) in [
            ("ASCII", "LittleEndian", "1.5 -2\n 0.001".to_owned()),
            ("Base64Binary", "LittleEndian", packed(little.as_slice())),
            ("Base64Binary", "BigEndian", packed(big.as_slice())),
            ("GZipBase64Binary", "LittleEndian", zlib(&little)),
            ("GZipBase64Binary", "BigEndian", zlib(&big)),
        ] {
            let file = file(&format!("{FLOAT} Encoding=\"{encoding}\" Endian=\"{endian}\""), &data);
            assert_eq!(floats(&file), values, "{encoding} {endian}");
            let mut gzipped = Vec::new();
            GzEncoder::new(file.as_slice(), Compression::fast()).read_to_end(&mut gzipped).unwrap();
            assert_eq!(floats(&gzipped), values, "{encoding} {endian}, gzipped");
        }
    }

    #[test]
    fn labels_names_and_the_hemisphere_are_read() {
        let file = "<GIFTI><MetaData><MD><Name>AnatomicalStructurePrimary</Name><Value>CortexRight</Value></MD></MetaData>\
             <LabelTable><Label Key=\"3\" Red=\"1\" Green=\"0.5\" Blue=\"0\" Alpha=\"1\">R&amp;D</Label>\
             <Label Index=\"-4\"><![CDATA[V1 & V2]]></Label><Label>without a key</Label></LabelTable>\
             <DataArray Intent=\"NIFTI_INTENT_LABEL\" DataType=\"NIFTI_TYPE_UINT8\" Dimensionality=\"1\" Dim0=\"2\" \
             Encoding=\"ASCII\" Endian=\"LittleEndian\"><MetaData><MD><Name>Name</Name><Value>areas</Value></MD></MetaData>\
             <Data>3 0</Data></DataArray></GIFTI>";
        let gifti = read(file.as_bytes()).unwrap();
        assert_eq!(gifti.hemisphere, Some(Hemisphere::Right));
        let entry = |key, name: &str, colour| LabelEntry { key, name: name.to_owned(), colour };
        assert_eq!(gifti.labels, [entry(3, "R&D", Some([255, 128, 0, 255])), entry(-4, "V1 & V2", None)]);
        assert_eq!(gifti.arrays[0].name.as_deref(), Some("areas"));
        assert!(matches!(&gifti.arrays[0].values, Values::Int(values) if *values == [3, 0]));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let refusal = |attributes: &str, data: &str| read(&file(attributes, data)).unwrap_err().to_string();
        let ascii = "Encoding=\"ASCII\" Endian=\"LittleEndian\"";
        assert_eq!(
            refusal(&format!("DataType=\"NIFTI_TYPE_FLOAT64\" Dim0=\"3\" {ascii}"), "1 2 3"),
            "a data array has the DataType \"NIFTI_TYPE_FLOAT64\"; NIFTI_TYPE_FLOAT32, NIFTI_TYPE_INT32 and NIFTI_TYPE_UINT8 can be read"
        );
        assert_eq!(refusal(&format!("{FLOAT} {ascii}"), "1 2"), "a data array of 12 bytes holds 8");
        assert_eq!(
            refusal(&format!("DataType=\"NIFTI_TYPE_FLOAT32\" Dim0=\"99999999999\" {ascii}"), ""),
            "a data array has the dimensions [99999999999]: at most 4194304 values can be read"
        );
        assert!(matches!(read(b"<html></html>"), Err(Error::NotGifti)));
        assert!(matches!(read(b"\xff\xfe"), Err(Error::NotText(_))));
    }

    #[test]
    fn a_file_that_unpacks_without_end_is_refused() {
        let mut bomb = Vec::new();
        let zeros = std::io::repeat(0).take(MAX_BYTES as u64 + 1);
        GzEncoder::new(zeros, Compression::best()).read_to_end(&mut bomb).unwrap();
        assert!(matches!(read(&bomb), Err(Error::TooLarge { limit: MAX_BYTES })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = read(&bytes);
        }

        #[test]
        fn a_damaged_file_never_panics(at in 0usize..400, byte in any::<u8>(), length in 0usize..480) {
            let mut file = file(&format!("{FLOAT} Encoding=\"Base64Binary\" Endian=\"BigEndian\""), "AAAAAAAAAAAAAAAA");
            let at = at % file.len();
            file[at] = byte;
            file.truncate(length);
            let _ = read(&file);
        }
    }
}
