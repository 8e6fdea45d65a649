//! Memory that the operating system maps: files of weights, tensors that view them, and large blocks. The one place with
//! `unsafe`.
//!
//! Maps are kept for the life of the process: a model is loaded once and its tensors point into its file, so
//! that weights are paged in as they are read and never copied.
#![expect(unsafe_code, reason = "mapping memory and viewing it as a tensor; reviewed here, used nowhere else")]

use std::fmt;
use std::fs::File;
use std::path::Path;

use tch::{Device, Kind, Tensor};

use super::Error;

/// Bytes from which a block is mapped on its own.
#[cfg(target_env = "gnu")]
const LARGE_BLOCK: libc::c_int = 1 << 20;

/// Has every block of 1 MiB or more mapped on its own, so that it goes back to the operating system when it is freed.
///
/// glibc does so at first, but keeps ever larger blocks to itself once some were freed, up to 32 MiB. A film of ten
/// minutes then peaks at 1.2 times the memory of a film of one.
#[cfg(target_env = "gnu")]
pub fn map_large_blocks() {
    // SAFETY: mallopt changes one number in the allocator, under the allocator's lock.
    unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK) };
}

/// A read-only file in memory, for the life of the process.
#[derive(Clone, Copy)]
pub struct MappedFile(&'static [u8]);

impl MappedFile {
    pub fn open(path: &Path) -> Result<Self, Error> {
        let read = |source| Error::Read { path: path.display().to_string(), source };
        let file = File::open(path).map_err(read)?;
        // SAFETY: the map is private and read-only. A file truncated by another program while it is mapped
        // raises SIGBUS, which ends the process: the price of not copying, stated in ARCHITECTURE.md.
        let map = unsafe { memmap2::Mmap::map(&file) }.map_err(read)?;
        Ok(Self(Box::leak(Box::new(map))))
    }

    pub fn bytes(self) -> &'static [u8] {
        self.0
    }
}

/// One tensor of a mapped file: kind, shape, and its contiguous little-endian bytes.
#[derive(Clone)]
pub struct View {
    kind: Kind,
    shape: Vec<i64>,
    bytes: &'static [u8],
}

impl View {
    /// `None` when the bytes are not exactly those of such a tensor.
    pub fn new(kind: Kind, shape: Vec<i64>, bytes: &'static [u8]) -> Option<Self> {
        let elements =
            shape.iter().try_fold(1usize, |product, &size| product.checked_mul(usize::try_from(size).ok()?))?;
        (elements.checked_mul(kind.elt_size_in_bytes())? == bytes.len()).then_some(Self { kind, shape, bytes })
    }

    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn shape(&self) -> &[i64] {
        &self.shape
    }

    pub fn bytes(&self) -> &'static [u8] {
        self.bytes
    }

    /// The tensor, a view of the file where it is aligned for its kind, a copy where it is not.
    pub fn tensor(&self) -> Tensor {
        let aligned = self.bytes.as_ptr().align_offset(self.kind.elt_size_in_bytes()) == 0;
        if self.bytes.is_empty() || !aligned {
            return Tensor::from_data_size(self.bytes, &self.shape, self.kind);
        }
        let strides = contiguous_strides(&self.shape);
        // SAFETY: the bytes live as long as the process, are aligned, and hold exactly the elements of `shape`
        // (checked in `new`). libtorch never writes to weights: forwards run under `no_grad` and no operation
        // in place is applied to them.
        unsafe { Tensor::from_blob(self.bytes.as_ptr(), &self.shape, &strides, self.kind, Device::Cpu) }
    }
}

impl fmt::Debug for View {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {:?}", self.kind, self.shape)
    }
}

fn contiguous_strides(shape: &[i64]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}
