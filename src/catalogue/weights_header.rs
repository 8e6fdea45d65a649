//! How many numbers a safetensors file holds, read from its header alone.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::Metadata;

use super::Error;

/// As long as a header may be (bytes), by the format.
const LONGEST_HEADER: u64 = 100_000_000;

/// The elements of all tensors of a file.
pub(super) fn parameters(path: &Path) -> Result<u64, Error> {
    let malformed = |reason: String| Error::Safetensors { path: path.display().to_string(), reason };
    let mut file = File::open(path).map_err(Error::read(path))?;
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(Error::read(path))?;
    let length = u64::from_le_bytes(length);
    if length > LONGEST_HEADER {
        return Err(malformed(format!("a header of {length} bytes, {LONGEST_HEADER} at most")));
    }
    let mut header = Vec::new();
    file.take(length).read_to_end(&mut header).map_err(Error::read(path))?;
    count(&header).map_err(|error| malformed(error.to_string()))
}

fn count(header: &[u8]) -> Result<u64, serde_json::Error> {
    let metadata: Metadata = serde_json::from_slice(header)?;
    let elements = |shape: &[usize]| shape.iter().fold(1u64, |product, &size| product.saturating_mul(size as u64));
    Ok(metadata.tensors().values().fold(0, |sum, tensor| sum.saturating_add(elements(&tensor.shape))))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_element_of_every_tensor_counts() {
        let header = r#"{"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"F16","shape":[],"data_offsets":[24,26]}}"#;
        assert_eq!(count(header.as_bytes()).expect("a header"), 7);
    }

    proptest! {
        #[test]
        fn any_file_is_counted_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let file = tempfile::NamedTempFile::new()?;
            std::fs::write(file.path(), bytes)?;
            prop_assert!(parameters(file.path()).is_err());
        }

        #[test]
        fn any_shape_is_counted_without_overflow(shape in prop::collection::vec(any::<u32>(), 0..6)) {
            let header = serde_json::json!({"a": {"dtype": "U8", "shape": shape, "data_offsets": [0, 0]}}).to_string();
            let elements = shape.iter().fold(1u64, |product, &size| product.saturating_mul(size.into()));
            prop_assert!(count(header.as_bytes()).is_ok_and(|counted| counted == elements));
        }
    }
}
