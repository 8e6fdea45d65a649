//! Runs in a dataset of an HDF5 file.

use std::path::Path;

use hdf5::File;
use ndarray::Array2;

use super::{Error, npy};

/// The most values that are read.
const MOST_VALUES: usize = 4 << 30;

/// Reads `(time, output)` of so many outputs; a dataset of `(output, time)` is turned.
pub(super) fn read(path: &Path, dataset: &str, outputs: usize) -> Result<Array2<f32>, Error> {
    let failed = |source| Error::Hdf5 { path: path.to_owned(), dataset: dataset.to_owned(), source };
    let found = File::open(path).and_then(|file| file.dataset(dataset)).map_err(failed)?;
    let shape = found.shape();
    if shape.len() != 2 || found.size() > MOST_VALUES || !shape.contains(&outputs) {
        return Err(Error::Shape { path: path.to_owned(), shape, outputs });
    }
    npy::oriented(path, found.read_2d().map_err(failed)?, outputs)
}

#[cfg(test)]
mod tests {
    use ndarray::array;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_dataset_is_read_by_its_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.h5");
        let values = array![[1.0f64, 2.0, 3.0], [4.0, 5.0, 6.0]];
        let file = File::create(&path).unwrap();
        file.create_group("func").unwrap().new_dataset_builder().with_data(&values).create("bold").unwrap();
        file.close().unwrap();
        assert_eq!(read(&path, "func/bold", 3).unwrap(), values.mapv(|value| value as f32));
        assert_eq!(read(&path, "func/bold", 2).unwrap(), values.t().mapv(|value| value as f32));
        assert!(matches!(read(&path, "func/bold", 4), Err(Error::Shape { .. })));
        assert!(matches!(read(&path, "other", 3), Err(Error::Hdf5 { .. })));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let file = tempfile::NamedTempFile::new().unwrap();
            std::fs::write(file.path(), &bytes).unwrap();
            prop_assert!(read(file.path(), "bold", 3).is_err());
        }
    }
}
