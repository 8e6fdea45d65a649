//! A model's folder in the form of the Hugging Face hub: its configuration files and its revision.

use std::path::Path;
use std::time::SystemTime;

use serde::de::DeserializeOwned;

use super::Error;

/// Most that any size in a configuration may be.
const LARGEST_SIZE: i64 = 1 << 16;

/// What a file of a model folder says.
pub trait Configuration: DeserializeOwned {
    /// The file's name.
    const FILE: &'static str;

    /// # Errors
    /// Why nothing can be built so, in words.
    fn check(&self) -> Result<(), String>;
}

/// Reads and checks a configuration file of a model folder.
///
/// # Errors
/// [`Error::Read`], or [`Error::Configuration`] when it is not of this form or nothing can be built so.
pub fn read<C: Configuration>(folder: &Path) -> Result<C, Error> {
    let path = folder.join(C::FILE);
    let bytes = std::fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
    parse(&bytes).map_err(|reason| Error::Configuration { path, reason })
}

fn parse<C: Configuration>(bytes: &[u8]) -> Result<C, String> {
    let configuration: C = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
    configuration.check()?;
    Ok(configuration)
}

/// # Errors
/// Names the first size that is not positive or beyond all reason.
pub fn check_sizes(sizes: &[(&str, i64)]) -> Result<(), String> {
    match sizes.iter().find(|(_, size)| !(1..=LARGEST_SIZE).contains(size)) {
        Some((name, size)) => Err(format!("{name} is {size}, not between 1 and {LARGEST_SIZE}")),
        None => Ok(()),
    }
}

/// Which weights a folder holds: the commit, where the folder is a snapshot in the hub's cache; elsewhere a hash of
/// its files' names, lengths and times.
///
/// # Errors
/// [`Error::Read`] when the folder cannot be listed.
pub fn revision(folder: &Path) -> Result<String, Error> {
    let is_snapshot = folder.parent().and_then(Path::file_name).is_some_and(|name| name == "snapshots");
    match folder.file_name() {
        Some(commit) if is_snapshot => Ok(commit.to_string_lossy().into_owned()),
        _ => hash_of_listing(folder).map_err(|source| Error::Read { path: folder.to_owned(), source }),
    }
}

fn hash_of_listing(folder: &Path) -> std::io::Result<String> {
    let describe = |entry: std::io::Result<std::fs::DirEntry>| {
        let entry = entry?;
        let file = std::fs::metadata(entry.path())?;
        let age = file.modified()?.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Ok((entry.file_name(), file.len(), age))
    };
    let mut listing = std::fs::read_dir(folder)?.map(describe).collect::<std::io::Result<Vec<_>>>()?;
    listing.sort();
    Ok(blake3::hash(format!("{listing:?}").as_bytes()).to_string())
}
