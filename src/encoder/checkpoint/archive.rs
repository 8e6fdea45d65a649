//! The zip that PyTorch writes: members stored uncompressed, found by name as byte ranges of the mapped file.

use std::collections::HashMap;
use std::io::Cursor;

use zip::{CompressionMethod, ZipArchive};

use super::Error;

/// What ends the name of the member that holds the pickle; what precedes it is the folder of all members.
const PICKLE: &str = "data.pkl";

/// The members of a checkpoint, each a slice of the mapped file.
pub(super) struct Archive {
    folder: String,
    members: HashMap<String, &'static [u8]>,
}

impl Archive {
    pub(super) fn open(bytes: &'static [u8]) -> Result<Self, Error> {
        let mut zip = ZipArchive::new(Cursor::new(bytes))?;
        let mut members = HashMap::new();
        for index in 0..zip.len() {
            let member = zip.by_index_raw(index)?;
            let name = member.name()?.into_owned();
            if member.compression() != CompressionMethod::Stored || member.encrypted() {
                return Err(Error::NotStored { name, method: member.compression().to_string() });
            }
            let contents = member.data_start().and_then(|start| slice(bytes, start, member.size()));
            members.insert(name.clone(), contents.ok_or(Error::MemberBeyondEnd { name })?);
        }
        let folder = members.keys().find_map(|name| name.strip_suffix(PICKLE)).map(str::to_owned);
        Ok(Self { folder: folder.ok_or(Error::NoMember { name: PICKLE.into() })?, members })
    }

    pub(super) fn pickle(&self) -> Result<&'static [u8], Error> {
        self.member(PICKLE).ok_or(Error::NoMember { name: PICKLE.into() })
    }

    /// The bytes of a storage, by the key that the pickle gives it.
    pub(super) fn storage(&self, key: &str) -> Option<&'static [u8]> {
        self.member(&format!("data/{key}"))
    }

    /// Files of PyTorch before 2.1 do not say their byte order, and are little-endian.
    pub(super) fn is_little_endian(&self) -> bool {
        self.member("byteorder").is_none_or(|order| order == b"little")
    }

    fn member(&self, name: &str) -> Option<&'static [u8]> {
        self.members.get(&format!("{}{name}", self.folder)).copied()
    }
}

fn slice(bytes: &'static [u8], start: u64, length: u64) -> Option<&'static [u8]> {
    bytes.get(usize::try_from(start).ok()?..usize::try_from(start.checked_add(length)?).ok()?)
}
