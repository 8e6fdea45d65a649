//! An upload that comes in pieces: what has arrived stays until the rest has come, or until nobody has sent a piece for a day.
//!
//! How much has arrived is how long the file is, and nothing else keeps count of it: a process that is killed leaves it
//! right. One at a time writes, who holds the lock of the file. The last piece makes a stimulus of it.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncWriteExt, BufWriter};

use super::stimulus::{Stimulus, link, stored_name};
use super::{Error, Store, atomic, on_disk};

/// How long an upload is kept after its last piece.
pub const UPLOAD_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

const DESCRIPTION: &str = "upload.json";
const BYTES: &str = "bytes";
const VERSION: u32 = 1;
const ID_LETTERS: usize = 24;
const WRITE_BUFFER: usize = 256 << 10;

/// An upload in pieces, as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    pub id: String,
    /// File name as announced.
    pub name: String,
    /// Bytes in all.
    pub length: u64,
    /// Bytes so far.
    pub arrived: u64,
    /// What it has become, once it is whole.
    pub stimulus: Option<String>,
    /// When it is removed if no other piece comes.
    pub expires: Timestamp,
}

/// `upload.json`.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    name: String,
    length: u64,
    stimulus: Option<String>,
}

/// A piece that is arriving: nobody else writes meanwhile.
#[derive(Debug)]
pub struct Piece {
    store: Store,
    upload: Upload,
    path: PathBuf,
    /// Holds the lock.
    file: BufWriter<tokio::fs::File>,
}

impl Store {
    /// Begins an upload of so many bytes; `name` is what the client calls the file.
    pub fn begin_upload(&self, name: &str, length: u64) -> Result<Upload, Error> {
        if length == 0 {
            return Err(Error::Empty { name: name.to_owned() });
        }
        let incoming = &self.folders.incoming;
        let begun = tempfile::Builder::new().prefix("").rand_bytes(ID_LETTERS).tempdir_in(incoming);
        let begun = begun.map_err(Error::at(incoming))?;
        let path = begun.path().join(BYTES);
        File::create(&path).map_err(Error::at(&path))?;
        describe(begun.path(), name, length, None)?;
        let id = begun.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        let folder = self.folders.uploads.join(&id);
        std::fs::rename(begun.path(), &folder).map_err(Error::at(&folder))?;
        self.upload(&id)
    }

    /// An upload as it stands.
    pub fn upload(&self, id: &str) -> Result<Upload, Error> {
        let folder = self.upload_folder(id)?;
        let upload = Upload::read(id, &folder)?;
        upload.filter(|upload| upload.expires > Timestamp::now()).ok_or_else(|| unknown(id))
    }

    /// Begins a piece at `offset`, which is where the upload must stand.
    pub async fn append(&self, id: &str, offset: u64) -> Result<Piece, Error> {
        let (store, id) = (self.clone(), id.to_owned());
        let open = move || {
            let upload = store.upload(&id)?;
            let path = store.upload_folder(&id)?.join(BYTES);
            if upload.stimulus.is_some() {
                return Err(wrong(&upload, offset));
            }
            let file = File::options().append(true).open(&path).map_err(|error| missing(&id, &path, error))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(Error::UploadLocked { id }),
                Err(TryLockError::Error(error)) => return Err(Error::at(&path)(error)),
            }
            // Another may have written before the lock was free.
            let upload = store.upload(&id)?;
            if upload.arrived != offset {
                return Err(wrong(&upload, offset));
            }
            let file = BufWriter::with_capacity(WRITE_BUFFER, tokio::fs::File::from_std(file));
            Ok(Piece { store, upload, path, file })
        };
        on_disk(open).await
    }

    /// Removes an upload with what has arrived of it; a stimulus that it has become stays.
    pub fn remove_upload(&self, id: &str) -> Result<(), Error> {
        self.upload(id)?;
        self.discard(&self.upload_folder(id)?)
    }

    /// Removes the uploads whose last piece came longer ago than they are kept, and tells how many those were.
    pub fn sweep_uploads(&self) -> Result<usize, Error> {
        let uploads = &self.folders.uploads;
        let mut swept = 0;
        for entry in std::fs::read_dir(uploads).map_err(Error::at(uploads))?.filter_map(Result::ok) {
            let Ok(id) = entry.file_name().into_string() else { continue };
            let Ok(folder) = self.upload_folder(&id) else { continue };
            if Upload::read(&id, &folder)?.is_some_and(|upload| upload.expires <= Timestamp::now()) {
                self.discard(&folder)?;
                swept += 1;
            }
        }
        Ok(swept)
    }

    fn upload_folder(&self, id: &str) -> Result<PathBuf, Error> {
        let is_known = id.len() == ID_LETTERS && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_known.then(|| self.folders.uploads.join(id)).ok_or_else(|| unknown(id))
    }
}

impl Upload {
    /// Whether all bytes are there.
    pub fn is_whole(&self) -> bool {
        self.arrived == self.length
    }

    /// What lies in a folder; `None` where there is none.
    fn read(id: &str, folder: &Path) -> Result<Option<Self>, Error> {
        // Where the bytes have gone, the description, which is read after them, names the stimulus.
        let bytes = std::fs::metadata(folder.join(BYTES)).ok();
        let path = folder.join(DESCRIPTION);
        let read = || {
            let (text, about) = (std::fs::read(&path)?, std::fs::metadata(&path)?);
            let Description { name, length, stimulus, .. } = serde_json::from_slice(&text)?;
            let (arrived, touched) = match (&stimulus, bytes) {
                (Some(_), _) => (length, about.modified()?),
                (None, Some(bytes)) => (bytes.len(), bytes.modified()?),
                (None, None) => return Err(io::Error::from(io::ErrorKind::NotFound)),
            };
            Ok(Self { id: id.to_owned(), name, length, arrived, stimulus, expires: expiry(touched)? })
        };
        match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some).map_err(Error::at(&path)),
        }
    }
}

impl Piece {
    /// Takes the next bytes; none past the end that was announced.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        let Upload { name, length, arrived, .. } = &mut self.upload;
        if chunk.len() as u64 > *length - *arrived {
            return Err(Error::PastEnd { name: name.clone(), length: *length });
        }
        self.file.write_all(chunk).await.map_err(Error::at(&self.path))?;
        *arrived += chunk.len() as u64;
        Ok(())
    }

    /// Flushes what has arrived to the disk. When that is all, it becomes a stimulus.
    pub async fn end(mut self) -> Result<Upload, Error> {
        self.file.flush().await.map_err(Error::at(&self.path))?;
        self.file.get_ref().sync_all().await.map_err(Error::at(&self.path))?;
        on_disk(move || if self.upload.is_whole() { self.settle() } else { self.store.upload(&self.upload.id) }).await
    }

    /// Makes a stimulus of the whole. Whatever stops this in the middle, the bytes are there until it is made, and an empty
    /// piece at the end makes it.
    fn settle(self) -> Result<Upload, Error> {
        let Self { store, upload, path, .. } = &self;
        let gone = |error| missing(&upload.id, path, error);
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(File::open(path).map_err(gone)?).map_err(Error::at(path))?;
        let incoming = &store.folders.incoming;
        let arrived = tempfile::tempdir_in(incoming).map_err(Error::at(incoming))?;
        link(path, &arrived.path().join(stored_name(&upload.name)))?;
        let stimulus = Stimulus::keep(store, arrived.path(), hasher.finalize(), &upload.name, upload.length)?;
        describe(&store.upload_folder(&upload.id)?, &upload.name, upload.length, Some(stimulus.id))?;
        std::fs::remove_file(path).map_err(gone)?;
        store.upload(&upload.id)
    }
}

fn describe(folder: &Path, name: &str, length: u64, stimulus: Option<String>) -> Result<(), Error> {
    let path = folder.join(DESCRIPTION);
    let text = serde_json::to_vec_pretty(&Description { version: VERSION, name: name.to_owned(), length, stimulus });
    atomic::write_whole(&path, &text.map_err(|error| Error::at(&path)(error.into()))?)
}

fn expiry(touched: SystemTime) -> io::Result<Timestamp> {
    let kept = touched.checked_add(UPLOAD_KEPT).unwrap_or(touched);
    Timestamp::try_from(kept).map_err(io::Error::other)
}

fn unknown(id: &str) -> Error {
    Error::UnknownUpload { id: id.to_owned() }
}

fn wrong(Upload { id, arrived, .. }: &Upload, offset: u64) -> Error {
    Error::WrongOffset { id: id.clone(), offset, arrived: *arrived }
}

/// What is not there any more was removed while it was written.
fn missing(id: &str, path: &Path, error: io::Error) -> Error {
    if error.kind() == io::ErrorKind::NotFound { unknown(id) } else { Error::at(path)(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILM: &[u8] = b"the bytes of a film";

    fn store() -> (tempfile::TempDir, Store) {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        (root, store)
    }

    async fn put(store: &Store, id: &str, offset: usize, end: usize) -> Result<Upload, Error> {
        let mut piece = store.append(id, offset as u64).await?;
        for chunk in FILM[offset..end].chunks(3) {
            piece.write(chunk).await?;
        }
        piece.end().await
    }

    fn folders(root: &Path, name: &str) -> usize {
        std::fs::read_dir(root.join(name)).unwrap().count()
    }

    /// Lets the last piece of an upload have come so long ago.
    fn age(root: &Path, id: &str, age: Duration) {
        for entry in std::fs::read_dir(root.join("uploads").join(id)).unwrap() {
            let file = File::options().append(true).open(entry.unwrap().path()).unwrap();
            file.set_modified(SystemTime::now() - age).unwrap();
        }
    }

    #[tokio::test]
    async fn pieces_become_the_stimulus_of_the_whole_though_the_process_is_another() {
        let (root, store) = store();
        let Upload { id, arrived, .. } = store.begin_upload("film.MP4", FILM.len() as u64).unwrap();
        assert_eq!(arrived, 0);
        assert_eq!(put(&store, &id, 0, 7).await.unwrap().arrived, 7);
        drop(store);
        let store = Store::open(root.path()).unwrap();
        assert_eq!(store.upload(&id).unwrap().arrived, 7);
        let whole = put(&store, &id, 7, FILM.len()).await.unwrap();
        let stimulus = store.stimulus(whole.stimulus.as_deref().unwrap()).unwrap();
        assert_eq!(stimulus.id, blake3::hash(FILM).to_hex().to_string());
        assert_eq!((stimulus.name.as_str(), std::fs::read(&stimulus.path).unwrap().as_slice()), ("film.MP4", FILM));
        assert_eq!(store.upload(&id).unwrap(), whole);
        assert!(matches!(store.append(&id, whole.length).await, Err(Error::WrongOffset { .. })));
        store.remove_upload(&id).unwrap();
        assert!(stimulus.path.exists());
        assert_eq!((folders(root.path(), "incoming"), folders(root.path(), "uploads")), (0, 0));
    }

    #[tokio::test]
    async fn one_at_a_time_writes_and_only_at_the_end_of_what_is_there() {
        let (_root, store) = store();
        let Upload { id, .. } = store.begin_upload("film.mp4", FILM.len() as u64).unwrap();
        let mut piece = store.append(&id, 0).await.unwrap();
        assert!(matches!(store.append(&id, 0).await, Err(Error::UploadLocked { .. })));
        piece.write(&FILM[..5]).await.unwrap();
        assert!(matches!(piece.write(&[0; 15]).await, Err(Error::PastEnd { .. })));
        assert_eq!(piece.end().await.unwrap().arrived, 5);
        for offset in [0, 4, 6, u64::MAX] {
            assert!(matches!(store.append(&id, offset).await, Err(Error::WrongOffset { arrived: 5, .. })), "{offset}");
        }
        assert!(store.append(&id, 5).await.is_ok());
    }

    #[tokio::test]
    async fn a_whole_that_a_kill_kept_from_becoming_a_stimulus_becomes_one_by_an_empty_piece() {
        let (root, store) = store();
        let Upload { id, .. } = store.begin_upload("film.mp4", FILM.len() as u64).unwrap();
        std::fs::write(root.path().join("uploads").join(&id).join(BYTES), FILM).unwrap();
        assert!(store.upload(&id).unwrap().is_whole());
        let whole = put(&store, &id, FILM.len(), FILM.len()).await.unwrap();
        assert_eq!(whole.stimulus.unwrap(), blake3::hash(FILM).to_hex().to_string());
    }

    #[tokio::test]
    async fn what_nobody_goes_on_with_is_swept_and_what_is_removed_while_it_is_written_is_gone() {
        let (root, store) = store();
        let [old, young, removed] = [(); 3].map(|()| store.begin_upload("film.mp4", FILM.len() as u64).unwrap().id);
        put(&store, &old, 0, 5).await.unwrap();
        age(root.path(), &old, UPLOAD_KEPT + Duration::from_secs(1));
        age(root.path(), &young, UPLOAD_KEPT - Duration::from_secs(60));
        assert!(matches!(store.upload(&old), Err(Error::UnknownUpload { .. })));
        assert_eq!((store.sweep_uploads().unwrap(), store.sweep_uploads().unwrap()), (1, 0));
        store.upload(&young).unwrap();

        let mut piece = store.append(&removed, 0).await.unwrap();
        piece.write(FILM).await.unwrap();
        store.remove_upload(&removed).unwrap();
        assert!(matches!(piece.end().await, Err(Error::UnknownUpload { .. })));
        assert_eq!((folders(root.path(), "uploads"), folders(root.path(), "stimuli")), (1, 0));
    }

    #[test]
    fn nothing_is_announced_of_no_bytes_and_no_name_leads_out() {
        let (_root, store) = store();
        assert!(matches!(store.begin_upload("film.mp4", 0), Err(Error::Empty { .. })));
        for id in ["", "..", "../stimuli", "0123456789abcdef0123456/", &"a".repeat(ID_LETTERS)] {
            assert!(matches!(store.upload(id), Err(Error::UnknownUpload { .. })), "{id:?}");
        }
    }
}
