//! The hub's names, checked where they enter: repositories, files, hashes.
//!
//! They come from manifests and from servers and become paths and addresses, so that none may hold anything
//! but what such a name is made of.

use std::fmt::{self, Display};
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// Why a text is not one of the hub's names.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum BadName {
    #[error("{0:?} is not a repository: write ORGANISATION/NAME")]
    Repository(String),
    #[error("{0:?} is not the path of a file inside a repository")]
    File(String),
    #[error("{text:?} is not a hash of {digits} lower-case hexadecimal digits")]
    Hash { text: String, digits: usize },
}

/// `ORGANISATION/NAME`, a repository of the hub.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Repository(String);

impl Repository {
    /// The page where a person reads about it and asks for access.
    pub fn page(&self) -> String {
        format!("https://huggingface.co/{self}")
    }

    /// The name of its folder in the hub's cache: `models--ORGANISATION--NAME`.
    pub fn cache_folder(&self) -> String {
        format!("models--{}", self.0.replace('/', "--"))
    }
}

impl TryFrom<String> for Repository {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        let is_part = |part: &str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            !part.is_empty() && !part.starts_with('.') && part.chars().all(is_allowed)
        };
        match text.split_once('/') {
            Some((organisation, name)) if is_part(organisation) && is_part(name) => Ok(Self(text)),
            _ => Err(BadName::Repository(text)),
        }
    }
}

/// The path of a file inside a repository: relative, with nothing that leads out of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileName(String);

impl FileName {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// How many folders it lies below the repository's root.
    pub fn depth(&self) -> usize {
        self.0.matches('/').count()
    }
}

impl TryFrom<String> for FileName {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        let is_plain = |part: &str| matches!(Path::new(part).components().next(), Some(Component::Normal(_)));
        let is_allowed = |c: char| !c.is_control() && !matches!(c, '\\' | '?' | '#' | '%');
        let fits = text.split('/').all(is_plain) && text.chars().all(is_allowed);
        if fits { Ok(Self(text)) } else { Err(BadName::File(text)) }
    }
}

/// Hexadecimal digits, a fixed number of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hash<const DIGITS: usize>(String);

/// A revision of a repository.
pub(super) type Commit = Hash<40>;

/// The SHA-256 of a file's content.
pub(super) type Sha256 = Hash<64>;

impl<const DIGITS: usize> Hash<DIGITS> {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sha256 {
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<const DIGITS: usize> TryFrom<String> for Hash<DIGITS> {
    type Error = BadName;

    fn try_from(text: String) -> Result<Self, BadName> {
        let is_digit = |c: char| matches!(c, '0'..='9' | 'a'..='f');
        let fits = text.len() == DIGITS && text.chars().all(is_digit);
        if fits { Ok(Self(text)) } else { Err(BadName::Hash { text, digits: DIGITS }) }
    }
}

macro_rules! text_of {
    ($($name:ty $(, const $parameter:ident)?;)*) => {$(
        impl $(<const $parameter: usize>)? Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl $(<const $parameter: usize>)? From<$name> for String {
            fn from(name: $name) -> Self {
                name.0
            }
        }
    )*};
}

text_of! { Repository; FileName; Hash<DIGITS>, const DIGITS; }

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_two_plain_parts() {
        assert_eq!(
            Repository::try_from("facebook/w2v-bert-2.0".to_owned()).map(|name| name.cache_folder()),
            Ok("models--facebook--w2v-bert-2.0".into())
        );
        for bad in ["", "facebook", "/", "a/", "/b", "a/b/c", "../b", "a/..", "a b/c", "a/b?x", "a\\b/c"] {
            assert_eq!(Repository::try_from(bad.to_owned()), Err(BadName::Repository(bad.into())));
        }
    }

    #[test]
    fn a_file_stays_inside_its_repository() {
        for good in ["config.json", "original/params.json", "a b.txt"] {
            assert!(FileName::try_from(good.to_owned()).is_ok(), "{good}");
        }
        for bad in ["", "/etc/passwd", "..", "a/../b", "a//b", "a/", "./a", "a\\b", "a?b", "a%2e", "a\nb"] {
            assert_eq!(FileName::try_from(bad.to_owned()), Err(BadName::File(bad.into())));
        }
    }

    #[test]
    fn a_hash_has_all_its_digits() {
        assert!(Sha256::try_from("0123456789abcdef".repeat(4)).is_ok());
        assert!(Sha256::try_from("0123456789ABCDEF".repeat(4)).is_err());
        assert!(Commit::try_from("0".repeat(39)).is_err());
    }
}
