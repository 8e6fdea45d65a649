//! Manifests: what `models/NAME/model.toml` says of a model and of where it comes from.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::Error;
use super::hub_names::{Commit, FileName, Repository, Sha256};
use super::untrained::Recipe;

/// The manifests that are part of the program: file and text.
const EMBEDDED: [(&str, &str); 3] = [
    ("models/simulated/model.toml", include_str!("../../models/simulated/model.toml")),
    ("models/tribe-v2/model.toml", include_str!("../../models/tribe-v2/model.toml")),
    ("models/untrained/model.toml", include_str!("../../models/untrained/model.toml")),
];

/// One model of the catalogue.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// What `--model` calls it: letters, digits, `-`, `_`, `.`.
    pub name: String,
    pub description: String,
    pub licence: String,
    /// False for random weights: such a model's responses mean nothing.
    pub trained: bool,
    /// Whether it was trained on simulated responses.
    #[serde(default)]
    pub simulated: bool,
    /// The cortical mesh of its outputs: `fsaverage3` … `fsaverage6`.
    pub mesh: String,
    /// Values in a row of its response, both hemispheres together.
    pub vertices: u64,
    /// Voxels of the subcortex that follow the vertices.
    #[serde(default)]
    pub voxels: u64,
    pub subjects: Vec<String>,
    pub origin: Origin,
}

/// Where a model's files come from.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// Fetched from the Hugging Face hub.
    Hub(Box<Published>),
    /// Made on this machine from a seed.
    Seed(Recipe),
    /// Part of the program.
    Bundled,
}

/// The repositories of a published model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Published {
    pub encoder: RepositoryFiles,
    pub text: RepositoryFiles,
    pub audio: RepositoryFiles,
    pub video: RepositoryFiles,
}

impl Published {
    /// The encoder's repository, then those of its extractors.
    pub fn repositories(&self) -> [&RepositoryFiles; 4] {
        [&self.encoder, &self.text, &self.audio, &self.video]
    }

    /// What extracts text, audio and video.
    pub fn extractors(&self) -> [String; 3] {
        [&self.text, &self.audio, &self.video].map(|needs| needs.repository.to_string())
    }
}

/// What is needed of one repository.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct RepositoryFiles {
    pub repository: Repository,
    pub licence: Option<String>,
    /// Whether its publisher must let a person in first.
    #[serde(default)]
    pub gated: bool,
    /// The revision to fetch. Absent: the newest one at the first download, that one from then on.
    pub revision: Option<Commit>,
    /// File names, in which `*` stands for any characters but `/`.
    pub files: Vec<String>,
    /// Hashes known before the first download.
    #[serde(default)]
    pub sha256: BTreeMap<FileName, Sha256>,
}

impl RepositoryFiles {
    /// Those of the files listed that are needed; an error names the first need that nothing meets.
    pub fn select(&self, listed: &[FileName]) -> Result<Vec<FileName>, Error> {
        let mut selected = Vec::new();
        for pattern in &self.files {
            let before = selected.len();
            selected.extend(listed.iter().filter(|file| matches(pattern, file.as_str())).cloned());
            if selected.len() == before {
                return Err(Error::NoSuchFile { repository: self.repository.clone(), file: pattern.clone() });
            }
        }
        selected.sort();
        selected.dedup();
        Ok(selected)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == name };
    let Some(rest) = name.strip_prefix(head) else { return false };
    let starred_end = rest.find('/').unwrap_or(rest.len());
    rest.char_indices()
        .map(|(end, _)| end)
        .chain([rest.len()])
        .take_while(|&end| end <= starred_end)
        .any(|end| matches(tail, &rest[end..]))
}

impl Manifest {
    /// Reads a manifest; `file` names it in errors.
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        let manifest: Self = toml::from_str(text)
            .map_err(|source| Error::Manifest { file: file.to_owned(), source: Box::new(source) })?;
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if manifest.name.is_empty() || manifest.name.starts_with('.') || !manifest.name.chars().all(is_allowed) {
            return Err(Error::ModelName { file: file.to_owned(), name: manifest.name });
        }
        Ok(manifest)
    }

    /// The manifests that are part of the program.
    pub fn embedded() -> Result<Vec<Self>, Error> {
        EMBEDDED.iter().map(|(file, text)| Self::parse(file, text)).collect()
    }

    /// The manifests `NAME/model.toml` of a folder.
    pub fn in_folder(folder: &Path) -> Result<Vec<Self>, Error> {
        let mut manifests = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::read(folder))? {
            let path = entry.map_err(Error::read(folder))?.path().join("model.toml");
            if path.is_file() {
                let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
                manifests.push(Self::parse(&path.display().to_string(), &text)?);
            }
        }
        Ok(manifests)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn needs(files: &[&str]) -> RepositoryFiles {
        let files: Vec<String> = files.iter().map(|&file| file.to_owned()).collect();
        toml::from_str(&format!("repository = 'a/b'\nlicence = 'MIT'\nfiles = {files:?}"))
            .expect("a table of three keys")
    }

    fn listing(files: &[&str]) -> Vec<FileName> {
        files.iter().map(|&file| FileName::try_from(file.to_owned()).expect("a plain name")).collect()
    }

    #[test]
    fn the_embedded_manifests_are_read() {
        let names: Vec<String> = Manifest::embedded()
            .expect("they are part of the program")
            .into_iter()
            .map(|manifest| manifest.name)
            .collect();
        assert_eq!(names, ["simulated", "tribe-v2", "untrained"]);
    }

    #[test]
    fn a_need_takes_one_file_or_all_its_shards() {
        let needs = needs(&["config.json", "model*.safetensors*"]);
        let single = listing(&["README.md", "config.json", "model.safetensors", "original/model.safetensors"]);
        assert_eq!(needs.select(&single).expect("met"), listing(&["config.json", "model.safetensors"]));
        let sharded = [
            "config.json",
            "model-00001-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
            "model.safetensors.index.json",
        ];
        assert_eq!(needs.select(&listing(&sharded)).expect("met"), listing(&sharded));
    }

    #[test]
    fn a_need_that_nothing_meets_is_named() {
        let error = needs(&["config.json", "best.ckpt"])
            .select(&listing(&["config.json"]))
            .expect_err("best.ckpt is not listed");
        assert_eq!(error.to_string(), "a/b has no file best.ckpt at the revision asked for");
    }

    #[test]
    fn an_unknown_key_is_refused() {
        let text = EMBEDDED[1].1.replace("gated = true", "gaited = true");
        let error = Manifest::parse("model.toml", &text).expect_err("a misspelt key");
        assert!(std::error::Error::source(&error).is_some_and(|source| source.to_string().contains("gaited")));
    }

    proptest! {
        #[test]
        fn any_text_is_a_manifest_or_an_error(text in ".*") {
            prop_assert!(Manifest::parse("model.toml", &text).is_err());
        }

        #[test]
        fn a_damaged_manifest_is_a_manifest_or_an_error(which in 0..3usize, at in 0..4000usize, patch in ".{0,8}") {
            let mut text = EMBEDDED[which].1.to_owned();
            let at = text.floor_char_boundary(at);
            text.insert_str(at, &patch);
            if let Ok(manifest) = Manifest::parse("model.toml", &text) {
                prop_assert!(!manifest.name.contains(['/', '\\']) && !manifest.name.starts_with('.'));
            }
        }

        #[test]
        fn a_star_matches_within_one_folder(head in "[a-z]{0,3}", middle in "[a-z/]{0,4}", tail in "[a-z]{0,3}") {
            prop_assert_eq!(matches(&format!("{head}*{tail}"), &format!("{head}{middle}{tail}")), !middle.contains('/'));
        }
    }
}
