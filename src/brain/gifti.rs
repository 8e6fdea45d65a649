//! Reading the data arrays of a GIFTI file, from bytes that nobody vouches for.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{GzDecoder, ZlibDecoder};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::Error;

/// The largest file (bytes, decompressed) and array (values) that are read: several times those of fsaverage6.
const MAX_BYTES: usize = 64 << 20;
const MAX_VALUES: usize = 4 << 20;

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// One `<DataArray>`, row-major.
#[derive(Debug)]
pub(super) struct DataArray {
    /// Such as `NIFTI_INTENT_POINTSET`.
    pub(super) intent: String,
    pub(super) dims: Vec<usize>,
    pub(super) values: Values,
}

#[derive(Debug)]
pub(super) enum Values {
    Float(Vec<f32>),
    Int(Vec<i32>),
}

/// All data arrays of a `.gii` or `.gii.gz` file.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<DataArray>, Error> {
    let unpacked =
        if bytes.starts_with(&GZIP_MAGIC) { decompress(GzDecoder::new(bytes), MAX_BYTES)? } else { bytes.to_vec() };
    if unpacked.len() > MAX_BYTES {
        return Err(Error::TooLarge { limit: MAX_BYTES });
    }
    let text = std::str::from_utf8(&unpacked).map_err(Error::NotText)?;
    let mut xml = Reader::from_str(text);
    let mut is_gifti = false;
    let mut arrays = Vec::new();
    let mut layout = None;
    let mut data = None;
    loop {
        match xml.read_event().map_err(Error::Xml)? {
            Event::Start(tag) => match tag.name().as_ref() {
                "GIFTI" => is_gifti = true,
                "DataArray" => layout = Some(Layout::of(&tag)?),
                "Data" => data = Some(String::new()),
                _ => {}
            },
            Event::Text(text) => {
                if let Some(data) = &mut data {
                    data.push_str(&text);
                }
            }
            Event::End(tag) if tag.name().as_ref() == "Data" => {
                if let (Some(layout), Some(data)) = (layout.take(), data.take()) {
                    arrays.push(layout.decode(&data)?);
                }
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if is_gifti { Ok(arrays) } else { Err(Error::NotGifti) }
}

/// Reads to the end, but no further than `limit` bytes.
pub(super) fn decompress(decoder: impl Read, limit: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    decoder.take(limit as u64 + 1).read_to_end(&mut bytes).map_err(Error::Read)?;
    if bytes.len() > limit { Err(Error::TooLarge { limit }) } else { Ok(bytes) }
}

/// How the values of a data array are written, as its attributes say.
struct Layout {
    intent: String,
    dims: Vec<usize>,
    values: usize,
    kind: Kind,
    encoding: Encoding,
    endian: Endian,
}

#[derive(Clone, Copy)]
enum Kind {
    Float32,
    Int32,
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
            let found = tag.try_get_attribute(name).map_err(|error| Error::Xml(error.into()))?;
            Ok(found.map(|attribute| attribute.value.into_owned()).unwrap_or_default())
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
            dims,
            values,
            kind: one_of(
                "DataType",
                attribute("DataType")?,
                "NIFTI_TYPE_FLOAT32 and NIFTI_TYPE_INT32",
                &[("NIFTI_TYPE_FLOAT32", Kind::Float32), ("NIFTI_TYPE_INT32", Kind::Int32)],
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
            (Encoding::Ascii, Kind::Int32) => Values::Int(self.parse(data)?),
            (_, Kind::Float32) => Values::Float(self.words(data)?.map(f32::from_bits).collect()),
            (_, Kind::Int32) => Values::Int(self.words(data)?.map(u32::cast_signed).collect()),
        };
        Ok(DataArray { intent: self.intent, dims: self.dims, values })
    }

    fn parse<T: std::str::FromStr<Err: std::fmt::Display>>(&self, data: &str) -> Result<Vec<T>, Error> {
        let values = data.split_ascii_whitespace().map(str::parse).collect::<Result<Vec<T>, _>>();
        let values = values.map_err(|error| Error::Data(error.to_string()))?;
        self.check_length(values.len() * 4)?;
        Ok(values)
    }

    /// The binary values, four bytes each.
    fn words(&self, data: &str) -> Result<impl Iterator<Item = u32> + use<>, Error> {
        let packed: String = data.split_ascii_whitespace().collect();
        let mut bytes = STANDARD.decode(packed).map_err(|error| Error::Data(error.to_string()))?;
        if self.encoding == Encoding::ZlibBase64 {
            bytes = decompress(ZlibDecoder::new(bytes.as_slice()), MAX_VALUES * 4)?;
        }
        self.check_length(bytes.len())?;
        let endian = self.endian;
        Ok((0..self.values).map(move |value| {
            let word = [bytes[4 * value], bytes[4 * value + 1], bytes[4 * value + 2], bytes[4 * value + 3]];
            match endian {
                Endian::Little => u32::from_le_bytes(word),
                Endian::Big => u32::from_be_bytes(word),
            }
        }))
    }

    fn check_length(&self, found: usize) -> Result<(), Error> {
        let expected = self.values * 4;
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
    use base64::Engine;
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
        match &read(bytes).unwrap()[0].values {
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
    fn what_cannot_be_read_is_named() {
        let refusal = |attributes: &str, data: &str| read(&file(attributes, data)).unwrap_err().to_string();
        let ascii = "Encoding=\"ASCII\" Endian=\"LittleEndian\"";
        assert_eq!(
            refusal(&format!("DataType=\"NIFTI_TYPE_FLOAT64\" Dim0=\"3\" {ascii}"), "1 2 3"),
            "a data array has the DataType \"NIFTI_TYPE_FLOAT64\"; NIFTI_TYPE_FLOAT32 and NIFTI_TYPE_INT32 can be read"
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
