//! A binary header of fixed size, filled field by field, little-endian.

/// `N` bytes, zero where no field was put.
pub(super) struct Header<const N: usize>([u8; N]);

impl<const N: usize> Header<N> {
    pub(super) fn new() -> Self {
        Self([0; N])
    }

    pub(super) fn bytes(mut self, offset: usize, bytes: &[u8]) -> Self {
        self.0[offset..offset + bytes.len()].copy_from_slice(bytes);
        self
    }

    pub(super) fn i16<const M: usize>(self, offset: usize, values: [i16; M]) -> Self {
        self.bytes(offset, values.map(i16::to_le_bytes).as_flattened())
    }

    pub(super) fn i32<const M: usize>(self, offset: usize, values: [i32; M]) -> Self {
        self.bytes(offset, values.map(i32::to_le_bytes).as_flattened())
    }

    pub(super) fn i64<const M: usize>(self, offset: usize, values: [i64; M]) -> Self {
        self.bytes(offset, values.map(i64::to_le_bytes).as_flattened())
    }

    pub(super) fn f32<const M: usize>(self, offset: usize, values: [f32; M]) -> Self {
        self.bytes(offset, values.map(f32::to_le_bytes).as_flattened())
    }

    pub(super) fn f64<const M: usize>(self, offset: usize, values: [f64; M]) -> Self {
        self.bytes(offset, values.map(f64::to_le_bytes).as_flattened())
    }

    pub(super) fn finish(self) -> [u8; N] {
        self.0
    }
}
