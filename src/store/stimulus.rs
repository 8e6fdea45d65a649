//! An upload that was kept: its bytes, and what its sender called it.
//!
//! Its id is the hash of its bytes, so they never change; what they are called does. Where stimuli are shared, the last name
//! is the one that counts, and each machine asks for it now and then.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::objects::Objects;
use super::{Error, Store, atomic, is_identifier};

const DESCRIPTION: &str = "stimulus.json";
const VERSION: u32 = 1;
const HASH_DIGITS: usize = 64;
const LONGEST_EXTENSION: usize = 8;
/// What a stimulus is called among the shared ones is believed for so long.
const BELIEVED: Duration = Duration::from_secs(60);
/// The longest description that is read (bytes).
const LONGEST_DESCRIPTION: u64 = 1 << 20;

/// A stimulus or transcript in the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Stimulus {
    /// BLAKE3 of the bytes, in hexadecimal.
    pub id: String,
    /// File name as uploaded.
    pub name: String,
    pub bytes: u64,
    pub uploaded: Timestamp,
    /// Where the bytes lie, under the extension of `name`.
    pub path: PathBuf,
}

/// `stimulus.json`.
#[derive(Serialize, Deserialize)]
struct Description {
    version: u32,
    name: String,
    bytes: u64,
    uploaded: Timestamp,
}

impl Store {
    /// The stimulus of this hash, its bytes fetched where another machine was sent them.
    pub fn stimulus(&self, id: &str) -> Result<Stimulus, Error> {
        let here = self.stimulus_here(id)?;
        let found = match &self.objects {
            Some(objects) if !here.as_ref().is_some_and(|here| here.is_believed(self)) => {
                self.agree(objects, id, here)?
            }
            Some(_) | None => here,
        };
        found.ok_or_else(|| unknown(id))
    }

    /// The stimulus of this hash, whose bytes may not be here.
    pub fn describe_stimulus(&self, id: &str) -> Result<Stimulus, Error> {
        let found = match (self.stimulus_here(id)?, &self.objects) {
            (None, Some(objects)) => self.stimulus_there(objects, id)?,
            (here, _) => here,
        };
        found.ok_or_else(|| unknown(id))
    }

    /// All stimuli, the last upload first; their bytes may not be here.
    pub fn stimuli(&self) -> Result<Vec<Stimulus>, Error> {
        let folder = &self.folders.stimuli;
        let names = std::fs::read_dir(folder).map_err(Error::at(folder))?;
        let here: BTreeSet<String> = names
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_identifier(name, HASH_DIGITS))
            .collect();
        let found: Result<Vec<_>, _> = here.iter().map(|id| self.stimulus_here(id)).collect();
        let mut stimuli: Vec<Stimulus> = found?.into_iter().flatten().collect();
        if let Some(objects) = &self.objects {
            let mut elsewhere = objects.names("stimuli")?;
            elsewhere.retain(|id| is_identifier(id, HASH_DIGITS) && !here.contains(id));
            let (store, from) = (self.clone(), objects.clone());
            let found = objects.each(elsewhere, move |id| store.stimulus_there(&from, &id))?;
            stimuli.extend(found.into_iter().flatten());
        }
        stimuli.sort_by(|one, other| other.uploaded.cmp(&one.uploaded).then_with(|| one.id.cmp(&other.id)));
        Ok(stimuli)
    }

    /// Removes a stimulus with all its bytes.
    pub fn remove_stimulus(&self, id: &str) -> Result<(), Error> {
        let here = self.stimulus_here(id)?;
        let objects = self.objects.as_ref().map_or(Ok(0), |objects| objects.remove_folder(&shared(id)))?;
        match here {
            Some(here) => self.discard(&here.folder(self)),
            None if objects > 0 => Ok(()),
            None => Err(unknown(id)),
        }
    }

    /// Puts a stimulus where other machines find it.
    fn share_stimulus(&self, stimulus: &Stimulus) -> Result<(), Error> {
        let Some(objects) = &self.objects else { return Ok(()) };
        let copy = |to: &mut dyn io::Write| io::copy(&mut File::open(&stimulus.path)?, to).map(drop);
        objects.put(&shared_bytes(&stimulus.id), stimulus.bytes, copy)?;
        objects.replace(&shared_description(&stimulus.id), stimulus.description()?)
    }

    /// A path in the data folder without the folder, for a request that another machine may take up.
    pub fn relative(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.folders.root).unwrap_or(path).to_owned()
    }

    /// The file here that a request calls by its [relative](Self::relative) path, fetched where it is a stimulus that lies
    /// elsewhere.
    pub fn located(&self, path: &Path) -> Result<PathBuf, Error> {
        let here = self.folders.root.join(path);
        let parts: Vec<_> = path.iter().filter_map(|part| part.to_str()).collect();
        if let ["stimuli", id, _] = parts[..]
            && !here.exists()
        {
            let stimulus = self.stimulus(id)?;
            link(&stimulus.path, &here)?;
        }
        Ok(here)
    }

    /// What lies here under this hash.
    fn stimulus_here(&self, id: &str) -> Result<Option<Stimulus>, Error> {
        if !is_identifier(id, HASH_DIGITS) {
            return Err(unknown(id));
        }
        let path = self.folders.stimuli.join(id).join(DESCRIPTION);
        match std::fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            text => text.and_then(|text| self.described(id, &text)).map(Some).map_err(Error::at(&path)),
        }
    }

    /// What others know under this hash.
    fn stimulus_there(&self, objects: &Objects, id: &str) -> Result<Option<Stimulus>, Error> {
        objects.get(&shared_description(id), |from| {
            let mut text = Vec::new();
            from.take(LONGEST_DESCRIPTION).read_to_end(&mut text)?;
            self.described(id, &text)
        })
    }

    fn described(&self, id: &str, text: &[u8]) -> io::Result<Stimulus> {
        let Description { name, bytes, uploaded, .. } = serde_json::from_slice(text)?;
        let path = self.folders.stimuli.join(id).join(stored_name(&name));
        Ok(Stimulus { id: id.to_owned(), name, bytes, uploaded, path })
    }

    /// Brings what lies here and what others know under a hash to agree.
    fn agree(&self, objects: &Objects, id: &str, here: Option<Stimulus>) -> Result<Option<Stimulus>, Error> {
        let there = self.stimulus_there(objects, id)?;
        match (&here, &there) {
            (None, None) => return Ok(None),
            // It was uploaded before anything was shared.
            (Some(here), None) => self.share_stimulus(here)?,
            (None, Some(there)) => return self.fetch_stimulus(objects, there).map(|()| Some(there.clone())),
            (Some(here), Some(there)) => link(&here.path, &there.path)?,
        }
        let agreed = there.or(here);
        agreed.iter().try_for_each(|stimulus| stimulus.describe(&stimulus.folder(self)))?;
        Ok(agreed)
    }

    fn fetch_stimulus(&self, objects: &Objects, stimulus: &Stimulus) -> Result<(), Error> {
        let incoming = &self.folders.incoming;
        let arriving = tempfile::tempdir_in(incoming).map_err(Error::at(incoming))?;
        let path = arriving.path().join(stored_name(&stimulus.name));
        let fetched = objects.get(&shared_bytes(&stimulus.id), |from| {
            io::copy(from, &mut File::create(&path)?)?;
            let mut hasher = blake3::Hasher::new();
            hasher.update_reader(File::open(&path)?)?;
            let is_whole = hasher.finalize().to_hex().as_str() == stimulus.id;
            is_whole.then_some(()).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "these are other bytes"))
        })?;
        fetched.ok_or_else(|| unknown(&stimulus.id))?;
        stimulus.describe(arriving.path())?;
        stimulus.settle(self, arriving.path())
    }
}

fn unknown(id: &str) -> Error {
    Error::UnknownStimulus { id: id.to_owned() }
}

/// The folder of a stimulus among the shared ones.
fn shared(id: &str) -> String {
    format!("stimuli/{id}")
}

fn shared_bytes(id: &str) -> String {
    format!("{}/upload", shared(id))
}

fn shared_description(id: &str) -> String {
    format!("{}/{DESCRIPTION}", shared(id))
}

impl Stimulus {
    /// Keeps bytes that lie in a folder under their [stored name](stored_name) and have reached the disk: under the hash of
    /// their content, with what an equal upload left before them; shared, where the store is.
    pub(super) fn keep(
        store: &Store,
        arrived: &Path,
        content: blake3::Hash,
        name: &str,
        bytes: u64,
    ) -> Result<Self, Error> {
        let stimulus = Self::new(store, content, name, bytes);
        stimulus.describe(arrived)?;
        stimulus.settle(store, arrived)?;
        store.share_stimulus(&stimulus)?;
        Ok(stimulus)
    }

    fn new(store: &Store, content: blake3::Hash, name: &str, bytes: u64) -> Self {
        let id = content.to_hex().to_string();
        let path = store.folders.stimuli.join(&id).join(stored_name(name));
        Self { id, name: name.to_owned(), bytes, uploaded: Timestamp::now(), path }
    }

    fn folder(&self, store: &Store) -> PathBuf {
        store.folders.stimuli.join(&self.id)
    }

    /// Writes `stimulus.json` into a folder.
    fn describe(&self, folder: &Path) -> Result<(), Error> {
        atomic::write_whole(&folder.join(DESCRIPTION), &self.description()?)
    }

    fn description(&self) -> Result<Vec<u8>, Error> {
        let description =
            Description { version: VERSION, name: self.name.clone(), bytes: self.bytes, uploaded: self.uploaded };
        serde_json::to_vec_pretty(&description).map_err(|error| Error::at(Path::new(DESCRIPTION))(error.into()))
    }

    /// Renames the folder that it arrived in to its hash. Where equal bytes already lie, only a new extension is added to
    /// them: readers of transcripts go by it.
    fn settle(&self, store: &Store, arrived: &Path) -> Result<(), Error> {
        let kept = self.folder(store);
        match std::fs::rename(arrived, &kept) {
            Ok(()) => return Ok(()),
            Err(_) if kept.is_dir() => {}
            Err(error) => return Err(Error::at(&kept)(error)),
        }
        link(&arrived.join(stored_name(&self.name)), &self.path)?;
        self.describe(&kept)
    }

    /// Whether what it is called here was true a moment ago.
    fn is_believed(&self, store: &Store) -> bool {
        let written = std::fs::metadata(self.folder(store).join(DESCRIPTION)).and_then(|about| about.modified());
        written.is_ok_and(|written| written.elapsed().is_ok_and(|age| age < BELIEVED))
    }
}

/// Gives a file another name, unless something has it.
pub(super) fn link(from: &Path, to: &Path) -> Result<(), Error> {
    match std::fs::hard_link(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(Error::at(to)(error)),
        _ => Ok(()),
    }
}

/// What the bytes are called on the disk: the client's extension where it is plain, nothing else of its name.
pub(super) fn stored_name(name: &str) -> String {
    let extension = Path::new(name).extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let plain = |extension: &String| {
        extension.len() <= LONGEST_EXTENSION && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    match extension.filter(plain) {
        Some(extension) => format!("upload.{extension}"),
        None => "upload".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_a_plain_extension_of_the_clients_name_is_kept() {
        assert_eq!(stored_name("Film.MP4"), "upload.mp4");
        assert_eq!(stored_name("subject.words.tsv"), "upload.tsv");
        assert_eq!(stored_name("no extension"), "upload");
        assert_eq!(stored_name("../../etc/passwd"), "upload");
        assert_eq!(stored_name("x.mp4/../../y"), "upload");
        assert_eq!(stored_name("a.averylongextension"), "upload");
    }

    proptest! {
        #[test]
        fn no_name_leaves_its_folder(name in ".*") {
            let stored = stored_name(&name);
            prop_assert!(stored.starts_with("upload") && !stored.contains(['/', '\\', '\0']));
        }
    }
}
