//! How much of a model is on this machine: each part's folder and size, or why it is not here.

use std::path::{Path, PathBuf};

use super::card::{Card, Part, Size};
use super::encoder_facts::EncoderFacts;
use super::hub_names::Repository;
use super::manifest::{Manifest, Origin, RepositoryFiles};
use super::{Catalogue, Error, extractor, untrained};
use crate::features::Modality;

/// What the name of an extractor begins with when it is a folder beside the encoder.
pub(super) const BESIDE: &str = "./";

/// A model with all its files on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedModel {
    pub name: String,
    /// Holds the encoder: `config.yaml` and `best.ckpt`, or `model.json` and `model.safetensors`.
    pub folder: PathBuf,
    /// The extractor of each modality, in Hugging Face form.
    pub text: PathBuf,
    pub audio: PathBuf,
    pub video: PathBuf,
    pub card: Card,
}

/// A model as far as it is here.
pub(super) struct Survey {
    card: Card,
    /// The encoder, then the extractors of text, audio and video.
    folders: [Result<PathBuf, Error>; 4],
}

/// A part that is here: where, and what it is.
struct Found<T> {
    folder: PathBuf,
    what: T,
}

impl Survey {
    pub(super) fn into_card(self) -> Card {
        self.card
    }

    /// The model, unless a part is missing.
    pub(super) fn into_model(self) -> Result<ResolvedModel, Error> {
        let [folder, text, audio, video] = self.folders;
        Ok(ResolvedModel { name: self.card.name.clone(), folder: folder?, text: text?, audio: audio?, video: video?, card: self.card })
    }
}

impl Catalogue {
    /// Looks for the parts of what `--model` says: a manifest's name, or a folder.
    pub(super) fn survey(&self, model: &str) -> Result<Survey, Error> {
        if let Some(manifest) = self.manifests.get(model) {
            return Ok(self.survey_manifest(manifest));
        }
        let folder = Path::new(model);
        if !folder.is_dir() {
            return Err(Error::UnknownModel { model: model.to_owned(), known: self.manifests.keys().cloned().collect() });
        }
        let name = folder.file_name().map_or_else(|| model.to_owned(), |name| name.to_string_lossy().into_owned());
        Ok(self.survey_parts(Card::of_folder(name), Ok(folder.to_owned()), [None; 3]))
    }

    pub(super) fn survey_manifest(&self, manifest: &Manifest) -> Survey {
        let folder = match &manifest.origin {
            Origin::Hub(published) => self.repository_folder(&published.encoder.repository),
            Origin::Seed(recipe) => untrained::make(manifest, recipe, &self.data_dir),
        };
        self.survey_parts(Card::of_manifest(manifest), folder, manifest.extractors())
    }

    /// `told` names the extractors for as long as the encoder's own files are not here to do so.
    fn survey_parts(&self, mut card: Card, folder: Result<PathBuf, Error>, told: [Option<&str>; 3]) -> Survey {
        let encoder = folder.and_then(|folder| Ok(Found { what: self.encoder_facts(&folder)?, folder }));
        let beside = encoder.as_ref().map_or(Path::new(""), |encoder| &encoder.folder);
        if let Ok(Found { what: facts, .. }) = &encoder {
            card.correct(facts);
        }
        let extractors = [(Modality::Text, told[0]), (Modality::Audio, told[1]), (Modality::Video, told[2])].map(|(modality, told)| {
            let source = encoder.as_ref().map_or(told, |encoder| encoder.what.extractor(modality));
            self.extractor(modality, source, beside)
        });
    }

    fn extractor(&self, modality: Modality, source: Option<&str>, beside: &Path) -> Result<Found<Size>, Error> {
        let folder = self.extractor_folder(source.ok_or(Error::NoModality { modality })?, beside)?;
        Ok(Found { what: extractor::measure(modality, &folder)?, folder })
    }

    fn extractor_folder(&self, source: &str, beside: &Path) -> Result<PathBuf, Error> {
        match source.strip_prefix(BESIDE) {
            Some(folder) => Ok(beside.join(folder)),
            None => self.repository_folder(&Repository::try_from(source.to_owned())?),
        }
    }

    /// Where the files of a repository lie: in the folder configured for it, or in the hub's cache.
    fn repository_folder(&self, repository: &Repository) -> Result<PathBuf, Error> {
        if let Some(folder) = self.folders.get(repository) {
            return Ok(folder.clone());
        }
        let needs = self.needs_of(repository);
        let pinned = needs.and_then(|(_, needs)| needs.revision.as_ref());
        self.hub_cache.snapshot(repository, pinned).map_err(|missing| Error::Absent {
            repository: repository.clone(),
            looked_at: missing.looked_at.display().to_string(),
            remedy: remedy(repository, needs),
        })
    }

    /// The manifest that knows a repository, and what it needs of it.
    fn needs_of(&self, repository: &Repository) -> Option<(&Manifest, &RepositoryFiles)> {
        let published = self.manifests.values().filter_map(|manifest| match &manifest.origin {
            Origin::Hub(published) => Some((manifest, published)),
            Origin::Seed(_) => None,
        });
        let mut needs = published.flat_map(|(manifest, published)| published.repositories().map(|needs| (manifest, needs)));
        needs.find(|(_, needs)| needs.repository == *repository)
    }
}

/// The command that brings a repository here, and what it takes to be let in.
fn remedy(repository: &Repository, needs: Option<(&Manifest, &RepositoryFiles)>) -> String {
    match needs {
        None => format!("run `hf download {repository}`, set HF_HOME, or configure a folder for it"),
        Some((manifest, needs)) if needs.gated => format!(
            "ask for access at {}, put an access token in HF_TOKEN, then run `encortex model pull {}`, or set HF_HOME",
            repository.page(),
            manifest.name
        ),
        Some((manifest, _)) => format!("run `encortex model pull {}`, or set HF_HOME", manifest.name),
    }
}
