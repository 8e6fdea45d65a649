//! The header of NIfTI-1 and NIfTI-2, of either byte order.
//!
//! Source: `nifti1.h` and `nifti2.h` of the NIfTI data format working group.

use super::Error;
use super::values::Datatype;

/// Lengths of the two headers, which are also their first field.
const VERSION_1_BYTES: usize = 348;
const VERSION_2_BYTES: usize = 540;

/// Bytes between a header and the first extension.
pub(super) const EXTENSION_FLAG_BYTES: usize = 4;

/// A transform of voxel indices to millimetres: the first three rows of the matrix.
pub(crate) type Affine = [[f64; 4]; 3];

/// What the program uses of a header.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Header {
    /// Length of the header itself.
    pub(super) bytes: usize,
    pub(super) endian: Endian,
    /// Along each axis, the fastest first.
    pub(crate) dims: Vec<usize>,
    pub(super) datatype: Datatype,
    pub(super) data_offset: usize,
    /// `(slope, intercept)` that values are scaled by.
    pub(super) scaling: Option<(f64, f64)>,
    /// The transform of the sform, else that of the qform, with its code: 1 scanner, 2 aligned, 3 Talairach, 4 MNI152.
    pub(crate) affine: Option<(Affine, i16)>,
    /// Time between two volumes (s), where the header has one. A header that names no unit means seconds.
    pub(crate) step_s: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Endian {
    Little,
    Big,
}

impl Endian {
    /// The bytes of a number, the least significant first.
    pub(super) fn little<const N: usize>(self, mut number: [u8; N]) -> [u8; N] {
        if self == Self::Big {
            number.reverse();
        }
        number
    }
}

impl Header {
    pub(super) fn read(bytes: &[u8], most_values: usize) -> Result<Self, Error> {
        let length = bytes.first_chunk().ok_or(Error::NotNifti)?;
        for (endian, length) in
            [(Endian::Little, u32::from_le_bytes(*length)), (Endian::Big, u32::from_be_bytes(*length))]
        {
            let fields =
                |length: usize| Ok(Fields { bytes: bytes.get(..length).ok_or(Error::NotNifti)?, endian, most_values });
            match length as usize {
                VERSION_1_BYTES => return fields(VERSION_1_BYTES).and_then(|fields| fields.version_1()),
                VERSION_2_BYTES => return fields(VERSION_2_BYTES).and_then(|fields| fields.version_2()),
                _ => {}
            }
        }
        Err(Error::NotNifti)
    }

    /// Number of values.
    pub(crate) fn values(&self) -> usize {
        self.dims.iter().product()
    }
}

/// The bytes of a header, whole.
struct Fields<'a> {
    bytes: &'a [u8],
    endian: Endian,
    most_values: usize,
}

impl Fields<'_> {
    fn version_1(&self) -> Result<Header, Error> {
        match &self.bytes[344..348] {
            b"n+1\0" => {}
            b"ni1\0" => return Err(Error::Pair),
            _ => return Err(Error::NotNifti),
        }
        let f32s = |at: usize| -> f64 { self.f32(at).into() };
        let row = |at: usize| [0, 1, 2, 3].map(|column| f32s(at + 4 * column));
        let quaternion = Quaternion {
            bcd: [256, 260, 264].map(f32s),
            offset: [268, 272, 276].map(f32s),
            sizes: [76, 80, 84, 88].map(f32s),
        };
        Ok(Header {
            bytes: VERSION_1_BYTES,
            endian: self.endian,
            dims: dims((0..8).map(|axis| self.i16(40 + 2 * axis).into()).collect(), self.most_values)?,
            datatype: Datatype::of(self.i16(70))?,
            data_offset: offset(f32s(108), VERSION_1_BYTES)?,
            scaling: scaling(f32s(112), f32s(116)),
            affine: affine(self.i16(254), [280, 296, 312].map(row), self.i16(252), &quaternion),
            step_s: step_s(f32s(92), self.bytes[123].into()),
        })
    }

    fn version_2(&self) -> Result<Header, Error> {
        match &self.bytes[4..8] {
            b"n+2\0" => {}
            b"ni2\0" => return Err(Error::Pair),
            _ => return Err(Error::NotNifti),
        }
        let f64s = |at: usize| self.f64(at);
        let row = |at: usize| [0, 1, 2, 3].map(|column| f64s(at + 8 * column));
        let quaternion = Quaternion {
            bcd: [352, 360, 368].map(f64s),
            offset: [376, 384, 392].map(f64s),
            sizes: [104, 112, 120, 128].map(f64s),
        };
        let [qform, sform] = [344, 348].map(|at| i16::try_from(self.i32(at)).unwrap_or_default());
        Ok(Header {
            bytes: VERSION_2_BYTES,
            endian: self.endian,
            dims: dims((0..8).map(|axis| self.i64(16 + 8 * axis)).collect(), self.most_values)?,
            datatype: Datatype::of(self.i16(12))?,
            data_offset: offset(self.i64(168) as f64, VERSION_2_BYTES)?,
            scaling: scaling(f64s(176), f64s(184)),
            affine: affine(sform, [400, 432, 464].map(row), qform, &quaternion),
            step_s: step_s(f64s(136), self.i32(500)),
        })
    }

    fn number<const N: usize>(&self, at: usize) -> [u8; N] {
        let mut number = [0; N];
        number.copy_from_slice(&self.bytes[at..at + N]);
        self.endian.little(number)
    }

    fn i16(&self, at: usize) -> i16 {
        i16::from_le_bytes(self.number(at))
    }

    fn i32(&self, at: usize) -> i32 {
        i32::from_le_bytes(self.number(at))
    }

    fn i64(&self, at: usize) -> i64 {
        i64::from_le_bytes(self.number(at))
    }

    fn f32(&self, at: usize) -> f32 {
        f32::from_le_bytes(self.number(at))
    }

    fn f64(&self, at: usize) -> f64 {
        f64::from_le_bytes(self.number(at))
    }
}

/// `dim` as it is written: the number of axes, then the length of each of seven.
fn dims(dims: Vec<i64>, most_values: usize) -> Result<Vec<usize>, Error> {
    let used = usize::try_from(dims[0]).ok().and_then(|axes| dims.get(1..=axes)).filter(|used| !used.is_empty());
    let Some(used) = used else { return Err(Error::Dimensions { dims, why: "there are 1 to 7 axes".into() }) };
    let lengths: Option<Vec<usize>> =
        used.iter().map(|length| usize::try_from(*length).ok().filter(|length| *length > 0)).collect();
    let Some(lengths) = lengths else { return Err(Error::Dimensions { dims, why: "an axis is empty".into() }) };
    let values = lengths.iter().try_fold(1usize, |product, length| product.checked_mul(*length));
    match values.filter(|values| *values <= most_values) {
        Some(_) => Ok(lengths),
        None => Err(Error::Dimensions { dims, why: format!("they make over {most_values} values") }),
    }
}

/// `pixdim[4]` by the units of time in `xyzt_units`: 16 are milliseconds, 24 microseconds.
fn step_s(step: f64, units: i32) -> Option<f64> {
    let step_s = match units & 0b11_1000 {
        16 => step / 1e3,
        24 => step / 1e6,
        _ => step,
    };
    (step_s.is_finite() && step_s > 0.0).then_some(step_s)
}

/// Where the values begin; 0 stands for the place right behind the header.
fn offset(written: f64, header: usize) -> Result<usize, Error> {
    let least = header + EXTENSION_FLAG_BYTES;
    match written {
        0.0 => Ok(least),
        _ if written >= least as f64 && written <= 1e15 => Ok(written as usize),
        _ => Err(Error::Offset(written)),
    }
}

/// A slope of 0, or one that is no number, stands for none.
fn scaling(slope: f64, intercept: f64) -> Option<(f64, f64)> {
    (slope != 0.0 && slope.is_finite() && intercept.is_finite()).then_some((slope, intercept))
}

fn affine(sform: i16, rows: Affine, qform: i16, quaternion: &Quaternion) -> Option<(Affine, i16)> {
    match (sform, qform) {
        (1.., _) => Some((rows, sform)),
        (_, 1..) => Some((quaternion.affine(), qform)),
        _ => None,
    }
}

/// The qform: a rotation, voxel sizes and an offset ("method 2" of the standard).
struct Quaternion {
    bcd: [f64; 3],
    offset: [f64; 3],
    /// `pixdim[0..4]`: the sign of the third axis, and the length of each (mm).
    sizes: [f64; 4],
}

impl Quaternion {
    fn affine(&self) -> Affine {
        let [b, c, d] = self.bcd;
        let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
        let rotation = [
            [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
            [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
            [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ];
        let handedness = if self.sizes[0] < 0.0 { -1.0 } else { 1.0 };
        let scale = [self.sizes[1], self.sizes[2], self.sizes[3] * handedness];
        [0, 1, 2].map(|row| {
            let [x, y, z] = [0, 1, 2].map(|column: usize| rotation[row][column] * scale[column]);
            [x, y, z, self.offset[row]]
        })
    }
}
