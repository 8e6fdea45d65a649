//! The values of a NIfTI file, of whatever type they are written in.

use super::Error;
use super::header::Endian;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Datatype {
    UInt8,
    Int8,
    UInt16,
    Int16,
    UInt32,
    Int32,
    UInt64,
    Int64,
    Float32,
    Float64,
}

impl Datatype {
    /// By the codes of `nifti1.h`.
    pub(super) fn of(code: i16) -> Result<Self, Error> {
        Ok(match code {
            2 => Self::UInt8,
            256 => Self::Int8,
            512 => Self::UInt16,
            4 => Self::Int16,
            768 => Self::UInt32,
            8 => Self::Int32,
            1280 => Self::UInt64,
            1024 => Self::Int64,
            16 => Self::Float32,
            64 => Self::Float64,
            _ => return Err(Error::Datatype { code }),
        })
    }

    pub(super) fn is_float(self) -> bool {
        matches!(self, Self::Float32 | Self::Float64)
    }

    /// Bytes of a value.
    pub(super) fn bytes(self) -> usize {
        match self {
            Self::UInt8 | Self::Int8 => 1,
            Self::UInt16 | Self::Int16 => 2,
            Self::UInt32 | Self::Int32 | Self::Float32 => 4,
            Self::UInt64 | Self::Int64 | Self::Float64 => 8,
        }
    }

    /// Whole values of this type, each through `scale`.
    pub(super) fn decode(self, bytes: &[u8], endian: Endian, scale: impl Fn(f64) -> f32) -> Vec<f32> {
        match self {
            Self::UInt8 => numbers(bytes, endian, |number| scale(u8::from_le_bytes(number).into())),
            Self::Int8 => numbers(bytes, endian, |number| scale(i8::from_le_bytes(number).into())),
            Self::UInt16 => numbers(bytes, endian, |number| scale(u16::from_le_bytes(number).into())),
            Self::Int16 => numbers(bytes, endian, |number| scale(i16::from_le_bytes(number).into())),
            Self::UInt32 => numbers(bytes, endian, |number| scale(u32::from_le_bytes(number).into())),
            Self::Int32 => numbers(bytes, endian, |number| scale(i32::from_le_bytes(number).into())),
            Self::UInt64 => numbers(bytes, endian, |number| scale(u64::from_le_bytes(number) as f64)),
            Self::Int64 => numbers(bytes, endian, |number| scale(i64::from_le_bytes(number) as f64)),
            Self::Float32 => numbers(bytes, endian, |number| scale(f32::from_le_bytes(number).into())),
            Self::Float64 => numbers(bytes, endian, |number| scale(f64::from_le_bytes(number))),
        }
    }
}

/// Reads each `N` bytes, given with the least significant first.
fn numbers<const N: usize>(bytes: &[u8], endian: Endian, read: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|number| read(endian.little(*number))).collect()
}
