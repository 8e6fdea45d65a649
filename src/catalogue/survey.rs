//! How much of a model is on this machine: the folder and size of each part, or why it is not here.

use std::path::{Path, PathBuf};

use super::card::{Card, Part, Size};
use super::encoder_facts::EncoderFacts;
use super::folder_card::FolderCard;
use super::hub_names::Repository;
use super::manifest::{Manifest, Origin, Published, RepositoryFiles};
use super::{Catalogue, Error, bundled, extractor, untrained};
use crate::features::{BuiltIn, ExtractorSource, Modality};

/// What an extractor's name begins with in the settings of a model when it is a folder beside the encoder.
pub(super) const BESIDE: &str = "./";

/// A model with all its files on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedModel {
    pub name: String,
    /// Holds the encoder: `config.yaml` and `best.ckpt`, or `model.json` and `model.safetensors`.
    pub folder: PathBuf,
    /// The extractor of each modality.
    pub text: ExtractorSource,
    pub audio: ExtractorSource,
    pub video: ExtractorSource,
    pub card: Card,
}

/// A model as far as it is here.
pub(super) struct Survey {
    card: Card,
    encoder: Result<PathBuf, Error>,
    /// Of text, audio and video.
    extractors: [Result<ExtractorSource, Error>; 3],
}

/// A part that is here.
struct Found<Place> {
    place: Place,
    size: Size,
}

impl Survey {
    pub(super) fn into_card(self) -> Card {
        self.card
    }

    /// The model, unless a part is missing.
    pub(super) fn into_model(self) -> Result<ResolvedModel, Error> {
        let Self { card, encoder, extractors: [text, audio, video] } = self;
        Ok(ResolvedModel { name: card.name.clone(), folder: encoder?, text: text?, audio: audio?, video: video?, card })
    }
}

impl Catalogue {
    /// The extractor that a model's settings name for a modality: `built-in:NAME`, or a repository of the hub.
    ///
    /// # Errors
    /// [`Error::Absent`] with the remedy where it is not on this machine; others say what is wrong with its name or folder.
    pub fn extractor(&self, modality: Modality, name: &str) -> Result<ExtractorSource, Error> {
        self.find_extractor(modality, name, Path::new("")).map(|found| found.place)
    }

    /// Looks for the parts of what `--model` says: a manifest's name, or a folder.
    pub(super) fn survey(&self, model: &str) -> Result<Survey, Error> {
        if let Some(manifest) = self.manifests.get(model) {
            return self.survey_manifest(manifest);
        }
        let folder = Path::new(model);
        if !folder.is_dir() {
            let known = self.manifests.keys().cloned().collect();
            return Err(Error::UnknownModel { model: model.to_owned(), known });
        }
        let facts = self.encoder_facts(folder)?;
        let name = folder.file_name().map_or_else(|| model.to_owned(), |name| name.to_string_lossy().into_owned());
        let card = match FolderCard::read(folder)? {
            Some(own) => own.onto(Card::of_folder(name, &facts)),
            None => Card::of_folder(name, &facts),
        };
        Ok(self.survey_folder(card, model.to_owned(), &facts, folder))
    }

    /// A published model may be here in parts; one that is made here is here once it is asked for.
    pub(super) fn survey_manifest(&self, manifest: &Manifest) -> Result<Survey, Error> {
        let card = Card::of_manifest(manifest);
        let (source, folder) = match &manifest.origin {
            Origin::Seed(recipe) => (manifest.name.clone(), untrained::make(manifest, recipe, &self.data_dir)?),
            Origin::Bundled => (manifest.name.clone(), bundled::unpack(manifest, &self.data_dir)?),
            Origin::Hub(published) => match self.repository_folder(&published.encoder.repository) {
                Ok(folder) => (published.encoder.repository.to_string(), folder),
                Err(absent) => return Ok(self.survey_without_encoder(card, published, absent)),
            },
        };
        let facts = self.encoder_facts(&folder)?;
        Ok(self.survey_folder(card.corrected(&facts), source, &facts, &folder))
    }

    fn survey_folder(&self, mut card: Card, source: String, facts: &EncoderFacts, folder: &Path) -> Survey {
        let encoder = Ok(Found { place: folder.to_owned(), size: facts.size });
        let encoder = self.tell("encoder", source, encoder, &mut card);
        let extractors = self.survey_extractors(&facts.extractors, folder, &mut card);
        Survey { card, encoder, extractors }
    }

    fn survey_without_encoder(&self, mut card: Card, published: &Published, absent: Error) -> Survey {
        let encoder = self.tell("encoder", published.encoder.repository.to_string(), Err(absent), &mut card);
        let extractors = self.survey_extractors(&published.extractors(), Path::new(""), &mut card);
        Survey { card, encoder, extractors }
    }

    fn survey_extractors(
        &self,
        sources: &[String; 3],
        beside: &Path,
        card: &mut Card,
    ) -> [Result<ExtractorSource, Error>; 3] {
        let [text, audio, video] = sources;
        let mut survey = |modality: Modality, source: &String| {
            let found = self.find_extractor(modality, source, beside);
            self.tell(modality.name(), source.clone(), found, card)
        };
        [survey(Modality::Text, text), survey(Modality::Audio, audio), survey(Modality::Video, video)]
    }

    fn find_extractor(&self, modality: Modality, source: &str, beside: &Path) -> Result<Found<ExtractorSource>, Error> {
        match BuiltIn::named(source, modality) {
            Some(built_in) => Ok(Found { place: ExtractorSource::BuiltIn(built_in?), size: Size::NONE }),
            None => {
                let folder = self.extractor_folder(source, beside)?;
                let size = extractor::measure(modality, &folder)?;
                Ok(Found { place: ExtractorSource::Folder(folder), size })
            }
        }
    }

    /// Puts a part on the card, and among what is missing if it is not here.
    fn tell<Place>(
        &self,
        role: &str,
        source: String,
        found: Result<Found<Place>, Error>,
        card: &mut Card,
    ) -> Result<Place, Error> {
        let repository = Repository::try_from(source.clone()).ok();
        let needs = repository.as_ref().and_then(|repository| self.needs_of(repository));
        let licence = needs.and_then(|(_, needs)| needs.licence.clone());
        let size = found.as_ref().ok().map(|found| found.size);
        card.parts.push(Part { role: role.to_owned(), source, licence, size });
        card.missing.extend(found.as_ref().err().map(Error::sentence));
        found.map(|found| found.place)
    }

    fn extractor_folder(&self, source: &str, beside: &Path) -> Result<PathBuf, Error> {
        match source.strip_prefix(BESIDE) {
            Some(folder) => Ok(beside.join(folder)),
            None => self.repository_folder(&Repository::try_from(source.to_owned()).map_err(Error::ExtractorName)?),
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
            Origin::Seed(_) | Origin::Bundled => None,
        });
        let mut needs = published.flat_map(|(manifest, model)| model.repositories().map(|needs| (manifest, needs)));
        needs.find(|(_, needs)| needs.repository == *repository)
    }
}

/// The command that brings a repository here, and what it takes to be let in.
fn remedy(repository: &Repository, needs: Option<(&Manifest, &RepositoryFiles)>) -> String {
    match needs {
        None => format!("run `hf download {repository}`, or set HF_HOME to the cache that holds it"),
        Some((manifest, needs)) if needs.gated => format!(
            "ask for access at {}, put an access token in HF_TOKEN, and run `encortex model pull {}`",
            repository.page(),
            manifest.name
        ),
        Some((manifest, _)) => format!("run `encortex model pull {}`", manifest.name),
    }
}

#[cfg(test)]
mod tests;
