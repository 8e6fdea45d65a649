//! Reading NIfTI-1 and NIfTI-2 from bytes that nobody vouches for.
//!
//! The nifti crate reads version 1 only, and takes as much memory as a header asks for; here the values must be in the
//! file before room is made for them. It is the second reader in the tests.

mod error;
mod header;
mod values;

pub use error::Error;
pub(super) use header::{Affine, Header};

use std::borrow::Cow;
use std::ops::Range;

use self::header::EXTENSION_FLAG_BYTES;
use super::unpack::gunzip;

/// The largest file that is read.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Decompressed.
    bytes: usize,
    values: usize,
}

impl Limits {
    /// Of statistic maps and atlases.
    pub(super) const MAPS: Self = Self { bytes: 1 << 30, values: 128 << 20 };
    /// Of a run of functional volumes: two hours of them at 2 mm and 1 Hz.
    pub(super) const RUN: Self = Self { bytes: 32 << 30, values: 8 << 30 };
}

/// A `.nii` or `.nii.gz` file whose header is sound and whose values are all there.
pub(super) struct Nifti<'a> {
    pub(super) header: Header,
    bytes: Cow<'a, [u8]>,
}

impl<'a> Nifti<'a> {
    pub(super) fn read(bytes: &'a [u8], limits: Limits) -> Result<Self, Error> {
        let limit = limits.bytes;
        let bytes = gunzip(bytes, limit).map_err(Error::Read)?.ok_or(Error::TooLarge { limit })?;
        let header = Header::read(&bytes, limits.values)?;
        let expected = header.data_offset.saturating_add(header.values() * header.datatype.bytes());
        if bytes.len() < expected {
            return Err(Error::Truncated { found: bytes.len(), expected });
        }
        Ok(Self { header, bytes })
    }

    /// The values of a range, scaled; the first axis varies fastest.
    pub(super) fn values(&self, range: Range<usize>) -> Vec<f32> {
        let Header { datatype, data_offset, endian, .. } = self.header;
        let byte = |value: usize| data_offset + value * datatype.bytes();
        let data = &self.bytes[byte(range.start)..byte(range.end)];
        match self.header.scaling {
            Some((slope, intercept)) => datatype.decode(data, endian, |value| (value * slope + intercept) as f32),
            None => datatype.decode(data, endian, |value| value as f32),
        }
    }

    /// Between two numbers that the file can hold: the slope of scaled integers; 0 for floats, and for integers as they are.
    pub(super) fn step(&self) -> f32 {
        let slope = self.header.scaling.map_or(0.0, |(slope, _)| slope.abs() as f32);
        if self.header.datatype.is_float() { 0.0 } else { slope }
    }

    /// The content of the first header extension of a code; extensions lie between the header and the values.
    pub(super) fn extension(&self, code: i32) -> Option<&[u8]> {
        let mut rest = self.bytes.get(self.header.bytes + EXTENSION_FLAG_BYTES..self.header.data_offset)?;
        while let Some(head) = rest.first_chunk::<8>() {
            let [size, found] = [0, 4].map(|at| {
                let word = [head[at], head[at + 1], head[at + 2], head[at + 3]];
                i32::from_le_bytes(self.header.endian.little(word))
            });
            let extension = rest.get(8..usize::try_from(size).ok()?)?;
            if found == code {
                return Some(extension);
            }
            rest = &rest[8 + extension.len()..];
        }
        None
    }
}

#[cfg(test)]
mod tests;
