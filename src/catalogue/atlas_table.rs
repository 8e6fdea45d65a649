//! Which atlases may be fetched, under which terms, and where from: `atlases/published.toml`, or a table of a user's own.

use std::collections::BTreeSet;

use reqwest::Url;
use serde::Deserialize;

use super::Error;
use super::hub_names::{FileName, Sha256};

/// The table that is part of the program.
const PUBLISHED: (&str, &str) = ("atlases/published.toml", include_str!("../../atlases/published.toml"));

/// An atlas that its publisher offers.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedAtlas {
    /// What it is installed as: letters, digits, `-`, `_`, `.`.
    pub name: String,
    pub description: String,
    /// What its licence is called.
    pub licence: String,
    /// What must be accepted before it is fetched.
    pub terms: String,
    pub citation: String,
    pub(super) files: Vec<PublishedFile>,
}

/// One of its files.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PublishedFile {
    /// What it is kept as; it says hemisphere and format.
    pub(super) name: FileName,
    url: String,
    /// Known before the first download.
    pub(super) sha256: Option<Sha256>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    atlas: Vec<PublishedAtlas>,
}

impl PublishedAtlas {
    /// The atlases that the program knows of.
    pub(super) fn embedded() -> Result<Vec<Self>, Error> {
        let (file, text) = PUBLISHED;
        Self::table(file, text)
    }

    /// Reads a table; `file` names it in errors.
    pub(super) fn table(file: &str, text: &str) -> Result<Vec<Self>, Error> {
        let bad = |reason: String| Error::AtlasTable { file: file.to_owned(), reason };
        let Table { atlas: atlases } = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        let mut names = BTreeSet::new();
        for atlas in &atlases {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let name = &atlas.name;
            if name.is_empty() || name.starts_with('.') || !name.chars().all(is_allowed) || !names.insert(name) {
                return Err(bad(format!("{name:?} cannot name an atlas, or names two")));
            }
            for file in &atlas.files {
                file.address().map_err(bad)?;
                if file.name.depth() > 0 || file.name.as_str().starts_with('.') {
                    return Err(bad(format!("{} is not the name of a file", file.name)));
                }
            }
        }
        Ok(atlases)
    }
}

impl PublishedFile {
    /// Where it is fetched from.
    pub(super) fn address(&self) -> Result<Url, String> {
        let url = Url::parse(&self.url).map_err(|error| format!("{:?} is no address: {error}", self.url))?;
        let is_web = matches!(url.scheme(), "http" | "https");
        if is_web { Ok(url) } else { Err(format!("{url} is not an address of the web")) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(name: &str, file: &str, url: &str) -> Result<Vec<PublishedAtlas>, Error> {
        let text = format!(
            "[[atlas]]\nname = {name:?}\ndescription = 'd'\nlicence = 'l'\nterms = 't'\ncitation = 'c'\n\
             files = [{{ name = {file:?}, url = {url:?} }}]"
        );
        PublishedAtlas::table("table.toml", &text)
    }

    #[test]
    fn the_embedded_table_has_terms_and_both_hemispheres_of_every_atlas() {
        let atlases = PublishedAtlas::embedded().unwrap();
        assert!(atlases.iter().any(|atlas| atlas.name == "hcp-mmp"));
        for atlas in atlases {
            assert!(!atlas.terms.trim().is_empty() && atlas.terms.contains("https://"), "{}", atlas.name);
            let sides: Vec<&str> = atlas.files.iter().map(|file| &file.name.as_str()[..3]).collect();
            assert_eq!(sides, ["lh.", "rh."], "{}", atlas.name);
            assert!(atlas.files.iter().all(|file| file.address().unwrap().scheme() == "https"));
        }
    }

    #[test]
    fn names_and_addresses_that_lead_elsewhere_are_refused() {
        assert!(table("mine", "lh.a.annot", "http://127.0.0.1:80/a").is_ok());
        for (name, file, url) in [
            ("../mine", "lh.a.annot", "http://a/b"),
            (".mine", "lh.a.annot", "http://a/b"),
            ("mine", "../lh.a.annot", "http://a/b"),
            ("mine", "a/lh.a.annot", "http://a/b"),
            ("mine", ".lh.a.annot", "http://a/b"),
            ("mine", "lh.a.annot", "file:///etc/passwd"),
            ("mine", "lh.a.annot", "no address"),
        ] {
            assert!(matches!(table(name, file, url), Err(Error::AtlasTable { .. })), "{name} {file} {url}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_table_or_an_error(text in ".*") {
            prop_assert!(PublishedAtlas::table("table.toml", &text).is_err());
        }
    }
}
