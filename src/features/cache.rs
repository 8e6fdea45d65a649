//! Features on disk: what was extracted once is not extracted again.
//!
//! An entry is named by the extractor's revision and settings and by the content of the event, and holds nothing
//! that does not follow from them. It is written beside its place and renamed, so that a reader finds it whole or
//! not at all, with a hash of its values; one that cannot be read or does not fit its hash is removed and made anew.

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use ndarray::Array3;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use super::{Error, Extractor, Features};

/// The one tensor of an entry.
const TENSOR: &str = "features";
/// BLAKE3 of the tensor's bytes, in the entry's metadata.
const HASH: &str = "blake3";
const VALUE_BYTES: usize = size_of::<f32>();

/// A folder of features.
#[derive(Clone, Debug)]
pub struct FeatureCache {
    folder: PathBuf,
}

/// What an entry is called.
#[derive(Clone, Debug)]
pub struct CacheKey(blake3::Hasher);

impl CacheKey {
    /// For features of this extractor.
    pub fn new(extractor: &dyn Extractor) -> Self {
        let mut key = Self(blake3::Hasher::new());
        key.add(extractor.modality().name().as_bytes());
        key.add(extractor.revision().as_bytes());
        key.add(extractor.settings().as_bytes());
        key
    }

    /// Adds a part of what the features depend on.
    pub fn add(&mut self, part: &[u8]) {
        self.0.update(&(part.len() as u64).to_le_bytes());
        self.0.update(part);
    }

    fn file_name(&self) -> String {
        format!("{}.safetensors", self.0.finalize().to_hex())
    }
}

impl FeatureCache {
    /// Uses a folder, making it where it is not.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(folder: PathBuf) -> Result<Self, Error> {
        std::fs::create_dir_all(&folder).map_err(|source| Error::Write { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    /// The features of this name, `(group, width, item)`; `None` where there are none that can be read.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn get(&self, key: &CacheKey) -> Result<Option<Features>, Error> {
        let path = self.folder.join(key.file_name());
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Read { path, source }),
        };
        let features = parse(&bytes);
        if features.is_none() {
            tracing::warn!(path = %path.display(), "cached features are corrupt: they are removed and made anew");
            std::fs::remove_file(&path).map_err(|source| Error::Write { path, source })?;
        }
        Ok(features)
    }

    /// Keeps features under this name.
    ///
    /// # Errors
    /// When the disk is full or cannot be written.
    pub fn put(&self, key: &CacheKey, features: &Features) -> Result<(), Error> {
        let path = self.folder.join(key.file_name());
        self.write(&path, features).map_err(|source| Error::Write { path, source })
    }

    fn write(&self, path: &Path, features: &Features) -> std::io::Result<()> {
        let values: Vec<u8> = features.iter().flat_map(|value| value.to_le_bytes()).collect();
        let view = TensorView::new(Dtype::F32, features.shape().to_vec(), &values).map_err(std::io::Error::other)?;
        let hash = HashMap::from([(HASH.to_owned(), blake3::hash(&values).to_string())]);
        let bytes = serialize([(TENSOR, view)], Some(hash)).map_err(std::io::Error::other)?;
        let mut unfinished = tempfile::NamedTempFile::new_in(&self.folder)?;
        unfinished.write_all(&bytes)?;
        unfinished.persist(path)?;
        Ok(())
    }
}

/// The features of an entry's bytes, or `None` where they are not an entry.
fn parse(bytes: &[u8]) -> Option<Features> {
    let entry = SafeTensors::deserialize(bytes).ok()?;
    let tensor = entry.tensor(TENSOR).ok()?;
    let [groups, width, items] = *tensor.shape() else { return None };
    let (_, header) = SafeTensors::read_metadata(bytes).ok()?;
    let hash = header.metadata().as_ref()?.get(HASH)?;
    if tensor.dtype() != Dtype::F32 || *hash != blake3::hash(tensor.data()).to_string() {
        return None;
    }
    let values = tensor
        .data()
        .chunks_exact(VALUE_BYTES)
        .map(|value| f32::from_le_bytes([value[0], value[1], value[2], value[3]]));
    Array3::from_shape_vec((groups, width, items), values.collect()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::features::Modality;

    struct Echo(&'static str);

    impl Extractor for Echo {
        fn modality(&self) -> Modality {
            Modality::Audio
        }

        fn revision(&self) -> &str {
            self.0
        }

        fn settings(&self) -> String {
            String::new()
        }

        fn groups(&self) -> usize {
            2
        }

        fn width(&self) -> usize {
            3
        }
    }

    fn key(revision: &'static str, parts: &[&[u8]]) -> CacheKey {
        let mut key = CacheKey::new(&Echo(revision));
        parts.iter().for_each(|part| key.add(part));
        key
    }

    #[test]
    fn what_is_put_is_got_under_its_own_name_only() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path().join("features")).unwrap();
        let features =
            Array3::from_shape_fn((2, 3, 4), |(group, channel, item)| (group * 100 + channel * 10 + item) as f32);
        cache.put(&key("a", &[b"xy", b"z"]), &features).unwrap();
        assert_eq!(cache.get(&key("a", &[b"xy", b"z"])).unwrap(), Some(features));
        assert_eq!(cache.get(&key("b", &[b"xy", b"z"])).unwrap(), None);
        assert_eq!(cache.get(&key("a", &[b"x", b"yz"])).unwrap(), None, "where one part ends is part of the name");
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path().to_owned()).unwrap();
        let key = key("a", &[]);
        let path = folder.path().join(key.file_name());
        std::fs::write(&path, b"not safetensors").unwrap();
        assert_eq!(cache.get(&key).unwrap(), None);
        assert!(!path.exists());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = FeatureCache::open(folder.path().to_owned()).unwrap();
        let key = key("a", &[]);
        let path = folder.path().join(key.file_name());
        cache.put(&key, &Array3::from_elem((1, 2, 3), 0.5)).unwrap();
        let whole = std::fs::read(&path).unwrap();
        let first_value = whole.len() - 6 * VALUE_BYTES;
        for bit in first_value * 8..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(parse(&flipped), None, "bit {bit}");
        }
        assert!(parse(&whole).is_some());
    }

    proptest! {
        #[test]
        fn no_bytes_make_an_entry_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            parse(&bytes);
        }
    }
}
