//! An upload on its way in: written to the disk and hashed as it arrives, never held in memory.

use std::path::PathBuf;

use tempfile::TempDir;
use tokio::fs::File;
use tokio::io::{AsyncWriteExt, BufWriter};

use super::stimulus::{Stimulus, stored_name};
use super::{Error, Store, on_disk};

const WRITE_BUFFER: usize = 256 << 10;

/// An upload that has not been kept yet. Dropped, it leaves nothing.
#[derive(Debug)]
pub struct Incoming {
    store: Store,
    name: String,
    limit: u64,
    bytes: u64,
    hasher: blake3::Hasher,
    path: PathBuf,
    file: BufWriter<File>,
    folder: TempDir,
}

impl Store {
    /// Begins an upload of at most `limit` bytes; `name` is what the client calls the file.
    pub async fn receive(&self, name: &str, limit: u64) -> Result<Incoming, Error> {
        let incoming = &self.folders.incoming;
        let folder = tempfile::tempdir_in(incoming).map_err(Error::at(incoming))?;
        let path = folder.path().join(stored_name(name));
        let file = File::create(&path).await.map_err(Error::at(&path))?;
        Ok(Incoming {
            store: self.clone(),
            name: name.to_owned(),
            limit,
            bytes: 0,
            hasher: blake3::Hasher::new(),
            path,
            file: BufWriter::with_capacity(WRITE_BUFFER, file),
            folder,
        })
    }
}

impl Incoming {
    /// Takes the next bytes, or refuses them when they exceed the limit.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.bytes += chunk.len() as u64;
        if self.bytes > self.limit {
            return Err(Error::TooLarge { name: self.name.clone(), limit: self.limit });
        }
        self.hasher.update(chunk);
        self.file.write_all(chunk).await.map_err(Error::at(&self.path))
    }

    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Flushes the file to the disk and keeps it under the hash of its content, with what an equal upload left
    /// before it; shared, where the store is.
    pub async fn keep(mut self) -> Result<Stimulus, Error> {
        if self.bytes == 0 {
            return Err(Error::Empty { name: self.name });
        }
        self.file.flush().await.map_err(Error::at(&self.path))?;
        self.file.get_ref().sync_all().await.map_err(Error::at(&self.path))?;
        let Self { store, name, bytes, hasher, folder, .. } = self;
        on_disk(move || Stimulus::keep(&store, folder.path(), hasher.finalize(), &name, bytes)).await
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    async fn upload(store: &Store, name: &str, bytes: &[u8]) -> Result<Stimulus, Error> {
        let mut incoming = store.receive(name, 1 << 20).await?;
        for chunk in bytes.chunks(7) {
            incoming.write(chunk).await?;
        }
        incoming.keep().await
    }

    #[tokio::test]
    async fn an_upload_is_kept_under_the_hash_of_its_bytes() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let stimulus = upload(&store, "film.MP4", b"the bytes of a film").await.unwrap();
        assert_eq!(stimulus.id, blake3::hash(b"the bytes of a film").to_hex().to_string());
        assert_eq!(std::fs::read(&stimulus.path).unwrap(), b"the bytes of a film");
        assert!(stimulus.path.ends_with("upload.mp4"));
        assert_eq!(store.stimulus(&stimulus.id).unwrap(), stimulus);
        assert!(entries(&root.path().join("incoming")).is_empty());
    }

    #[tokio::test]
    async fn equal_bytes_are_kept_once_and_known_by_their_last_name() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let first = upload(&store, "words.txt", b"text\tstart\tduration").await.unwrap();
        let second = upload(&store, "words.tsv", b"text\tstart\tduration").await.unwrap();
        assert_eq!(first.id, second.id);
        assert_eq!(store.stimuli().unwrap(), std::slice::from_ref(&second));
        assert!(first.path.exists() && second.path.exists());
        assert_eq!(store.stimulus(&first.id).unwrap().name, "words.tsv");
        assert!(entries(&root.path().join("incoming")).is_empty());
    }

    #[tokio::test]
    async fn what_is_dropped_too_large_or_empty_leaves_nothing() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();

        let mut abandoned = store.receive("film.mp4", 100).await.unwrap();
        abandoned.write(b"half of a fi").await.unwrap();
        drop(abandoned);

        let mut large = store.receive("film.mp4", 4).await.unwrap();
        large.write(b"1234").await.unwrap();
        assert!(matches!(large.write(b"5").await, Err(Error::TooLarge { limit: 4, .. })));
        drop(large);

        assert!(matches!(upload(&store, "film.mp4", b"").await, Err(Error::Empty { .. })));
        assert!(entries(&root.path().join("incoming")).is_empty());
        assert!(entries(&root.path().join("stimuli")).is_empty());
    }

    #[tokio::test]
    async fn a_removed_stimulus_is_unknown() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let stimulus = upload(&store, "a.wav", b"sound").await.unwrap();
        store.remove_stimulus(&stimulus.id).unwrap();
        assert!(matches!(store.stimulus(&stimulus.id), Err(Error::UnknownStimulus { .. })));
        assert!(matches!(store.remove_stimulus(&stimulus.id), Err(Error::UnknownStimulus { .. })));
        assert!(entries(&root.path().join("incoming")).is_empty());
    }
}
