//! How many numbers a safetensors file holds, read from its header alone.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use safetensors::tensor::Metadata;

use super::Error;

/// As long as a header may be (bytes), by the format.
const LONGEST_HEADER: u64 = 100_000_000;

/// The elements of all tensors of a file; a file cut short is refused.
pub(super) fn parameters(path: &Path) -> Result<u64, Error> {
    let malformed = |reason: String| Error::Safetensors { path: path.display().to_string(), reason };
    let mut file = File::open(path).map_err(Error::read(path))?;
    let bytes = file.metadata().map_err(Error::read(path))?.len();
    let mut header_bytes = [0; 8];
    file.read_exact(&mut header_bytes).map_err(Error::read(path))?;
    let header_bytes = u64::from_le_bytes(header_bytes);
    if header_bytes > LONGEST_HEADER {
        return Err(malformed(format!("its header claims {header_bytes} bytes, {LONGEST_HEADER} at most")));
    }
    let mut header = Vec::new();
    file.take(header_bytes).read_to_end(&mut header).map_err(Error::read(path))?;
    let metadata: Metadata = serde_json::from_slice(&header).map_err(|error| malformed(error.to_string()))?;
    let expected = 8 + header_bytes + metadata.data_len() as u64;
    if bytes != expected {
        return Err(malformed(format!("it has {bytes} bytes, its header describes {expected}")));
    }
    Ok(elements(&metadata))
}

/// No product overflows: the header was checked against the bytes it describes.
fn elements(metadata: &Metadata) -> u64 {
    metadata.tensors().values().map(|tensor| tensor.shape.iter().product::<usize>() as u64).sum()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use safetensors::tensor::{Dtype, TensorView};

    use super::*;

    proptest! {
        #[test]
        fn every_element_of_every_tensor_counts(shapes in prop::collection::vec(prop::collection::vec(0..5usize, 0..4), 0..4), cut in 1..9usize) {
            let elements = |shape: &[usize]| shape.iter().product::<usize>();
            let zeros = vec![0; 4 * shapes.iter().map(|shape| elements(shape)).max().unwrap_or(0)];
            let view = |shape: &Vec<usize>| TensorView::new(Dtype::F32, shape.clone(), &zeros[..4 * elements(shape)]);
            let views = shapes.iter().enumerate().map(|(index, shape)| Ok((index.to_string(), view(shape)?)));
            let views: BTreeMap<String, TensorView> = views.collect::<Result<_, safetensors::SafeTensorError>>()?;
            let bytes = safetensors::serialize(&views, None)?;
            let file = tempfile::NamedTempFile::new()?;
            std::fs::write(file.path(), &bytes)?;
            let counted = shapes.iter().map(|shape| elements(shape) as u64).sum::<u64>();
            prop_assert_eq!(parameters(file.path())?, counted);
            std::fs::write(file.path(), &bytes[..bytes.len() - cut])?;
            prop_assert!(parameters(file.path()).is_err());
        }

        #[test]
        fn any_file_is_counted_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let file = tempfile::NamedTempFile::new()?;
            std::fs::write(file.path(), bytes)?;
            prop_assert!(parameters(file.path()).is_err());
        }
    }
}
