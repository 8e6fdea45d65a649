//! What a file holds, named by its BLAKE3 hash.

use std::{fs::File, path::Path};

use super::{Content, Error};

/// The hash of a file's bytes, read as a stream.
pub fn content_of(path: &Path) -> Result<Content, Error> {
    let file = File::open(path).map_err(Error::read(path))?;
    let mut hasher = blake3::Hasher::new();
    hasher.update_reader(file).map_err(Error::read(path))?;
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_file_is_named_by_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, b"abc").unwrap();
        assert_eq!(super::content_of(&path).unwrap(), blake3::hash(b"abc"));
    }
}
