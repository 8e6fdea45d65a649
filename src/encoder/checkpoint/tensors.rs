//! Saved tensors become views of the mapped file.

use super::Error;
use super::archive::Archive;
use super::pickle::SavedTensor;
use crate::features::weights::View;

/// The bytes of a saved tensor where they lie, if they are contiguous and inside their storage.
pub(super) fn view(archive: &Archive, name: &str, tensor: &SavedTensor<'_>) -> Result<View, Error> {
    let refuse = |reason: String| Error::Tensor { name: name.to_owned(), reason };
    if !is_contiguous(&tensor.shape, &tensor.strides) {
        return Err(refuse(format!("shape {:?} with strides {:?} is not contiguous", tensor.shape, tensor.strides)));
    }
    let storage = archive
        .storage(tensor.storage.key)
        .ok_or_else(|| refuse(format!("storage {:?} is missing", tensor.storage.key)))?;
    let size = tensor.storage.kind.elt_size_in_bytes();
    if tensor.storage.elements.checked_mul(size) != Some(storage.len()) {
        return Err(refuse(format!(
            "storage {:?} is not {} elements long",
            tensor.storage.key, tensor.storage.elements
        )));
    }
    let start = tensor.offset.checked_mul(size);
    let length = elements(&tensor.shape).and_then(|elements| elements.checked_mul(size));
    let range = start.zip(length).and_then(|(start, length)| Some(start..start.checked_add(length)?));
    range
        .and_then(|range| storage.get(range))
        .and_then(|bytes| View::new(tensor.storage.kind, tensor.shape.clone(), bytes))
        .ok_or_else(|| refuse(format!("shape {:?} at {} passes the end of its storage", tensor.shape, tensor.offset)))
}

fn elements(shape: &[i64]) -> Option<usize> {
    shape.iter().try_fold(1usize, |product, &size| product.checked_mul(usize::try_from(size).ok()?))
}

/// Whether elements follow each other in order; the stride of an axis of size one means nothing.
fn is_contiguous(shape: &[i64], strides: &[i64]) -> bool {
    let mut expected = Some(1i64);
    shape.len() == strides.len()
        && shape.iter().zip(strides).rev().all(|(&size, &stride)| {
            let fits = size == 1 || Some(stride) == expected;
            expected = expected.and_then(|expected| expected.checked_mul(size));
            fits
        })
}
