//! Atlases from their publishers onto this machine: once their terms are accepted, file by file, each the one that was
//! fetched first.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use reqwest::{Client, Response, Url};

use super::Error;
use super::atlas_lock::AtlasLock;
use super::atlas_table::{PublishedAtlas, PublishedFile};
use super::download::{Download, Expected, Source};
use super::hub::{client, transfer};
use super::pull::OnProgress;

/// No atlas has a file as large as this (bytes).
const MOST_BYTES: u64 = 256 << 20;

/// The atlases that may be fetched, and the folder that they are fetched to: `NAME/` with their files and what is
/// remembered of them.
#[derive(Clone, Debug)]
pub struct AtlasShelf {
    atlases: BTreeMap<String, PublishedAtlas>,
    folder: PathBuf,
}

impl AtlasShelf {
    /// The program's own table, and one more, whose atlases go before those of the same name.
    pub fn new(table: Option<&Path>, folder: PathBuf) -> Result<Self, Error> {
        let mut atlases = PublishedAtlas::embedded()?;
        if let Some(path) = table {
            let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
            atlases.extend(PublishedAtlas::table(&path.display().to_string(), &text)?);
        }
        let atlases = atlases.into_iter().map(|atlas| (atlas.name.clone(), atlas)).collect();
        Ok(Self { atlases, folder })
    }

    /// All of them, by name.
    pub fn list(&self) -> impl Iterator<Item = &PublishedAtlas> {
        self.atlases.values()
    }

    /// The atlas of a name.
    pub fn find(&self, name: &str) -> Result<&PublishedAtlas, Error> {
        let known = || self.atlases.keys().cloned().collect();
        self.atlases.get(name).ok_or_else(|| Error::UnknownAtlas { name: name.to_owned(), known: known() })
    }

    /// Whether the terms, as they are now, were accepted on this machine.
    pub fn is_accepted(&self, atlas: &PublishedAtlas) -> Result<bool, Error> {
        Ok(AtlasLock::read(&self.folder_of(atlas))?.accepted.as_ref() == Some(&atlas.terms))
    }

    /// Remembers that they were.
    pub fn accept(&self, atlas: &PublishedAtlas) -> Result<(), Error> {
        let folder = self.folder_of(atlas);
        let lock = AtlasLock::read(&folder)?;
        AtlasLock { accepted: Some(atlas.terms.clone()), ..lock }.write(&folder)
    }

    /// Fetches what is not here yet, checks what is, and tells where the files lie.
    ///
    /// # Errors
    /// [`Error::NotAccepted`] before the terms are; [`Error::WrongHash`] where a file is not the one that the table states,
    /// or that was fetched first; and the failures of a transfer, which a further run resumes.
    pub async fn pull(&self, atlas: &PublishedAtlas, progress: OnProgress<'_>) -> Result<Vec<PathBuf>, Error> {
        if !self.is_accepted(atlas)? {
            return Err(Error::NotAccepted { name: atlas.name.clone(), licence: atlas.licence.clone() });
        }
        let folder = self.folder_of(atlas);
        let client = client(reqwest::redirect::Policy::default())
            .map_err(|source| Error::Transfer { url: atlas.name.clone(), source })?;
        let mut lock = AtlasLock::read(&folder)?;
        let mut files = Vec::new();
        for file in &atlas.files {
            let reason = |reason| Error::AtlasTable { file: atlas.name.clone(), reason };
            let source = WebFile { client: &client, url: file.address().map_err(reason)? };
            let bytes = source.size().await?;
            let expected = expected(file, &lock);
            let name = format!("{}/{}", atlas.name, file.name);
            let path = folder.join(file.name.as_str());
            let download = Download { source, name, bytes, offered: None, expected };
            lock.files.insert(file.name.clone(), download.run(&path, progress).await?);
            lock.write(&folder)?;
            files.push(path);
        }
        Ok(files)
    }

    fn folder_of(&self, atlas: &PublishedAtlas) -> PathBuf {
        self.folder.join(&atlas.name)
    }
}

/// The hash that a file must have: the table's, else that of its first download.
fn expected(file: &PublishedFile, lock: &AtlasLock) -> Option<Expected> {
    let stated = file.sha256.as_ref().map(|sha256| (sha256, "what the table of atlases states"));
    let recorded = lock.files.get(&file.name).map(|locked| (&locked.sha256, "what was fetched first"));
    stated.or(recorded).map(|(sha256, authority)| Expected { sha256: sha256.clone(), authority })
}

/// A file at an address of the web.
struct WebFile<'a> {
    client: &'a Client,
    url: Url,
}

impl WebFile<'_> {
    /// How long the file is, by the answer to a request whose body is left unread: storages that sign an address for GET
    /// alone refuse a HEAD.
    async fn size(&self) -> Result<u64, Error> {
        let stated = self.fetch(0).await?.content_length();
        let answer = |reason| Error::Answer { url: self.url.to_string(), reason };
        match stated.ok_or_else(|| answer("it states no size".to_owned()))? {
            bytes if bytes <= MOST_BYTES => Ok(bytes),
            bytes => Err(answer(format!("it states {bytes} bytes, and an atlas has at most {MOST_BYTES}"))),
        }
    }
}

impl Source for WebFile<'_> {
    async fn fetch(&self, start: u64) -> Result<Response, Error> {
        let request = self.client.get(self.url.clone());
        let request = match start {
            0 => request,
            _ => request.header(reqwest::header::RANGE, format!("bytes={start}-")),
        };
        let response = request.send().await.map_err(transfer(&self.url))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status => Err(Error::Status { url: self.url.to_string(), status: status.as_u16() }),
        }
    }
}

#[cfg(test)]
mod tests;
