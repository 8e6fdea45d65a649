//! The models there are: manifests, the files they stand for, and how those get here.
//!
//! A [`Manifest`] names a model and its origin. The [`Catalogue`] lists them, says what each lacks, fetches the
//! published ones from the hub into the cache that Python's tools share, unpacks the small one that is part of the program, makes
//! the untrained one, and resolves what
//! `--model` says to the folders a prediction needs. The [`SubjectShelf`] keeps the heads of a lab's own subjects.

mod atlas_lock;
mod atlas_shelf;
mod atlas_table;
mod bundled;
mod card;
mod download;
mod encoder_facts;
mod error;
mod extractor;
mod folder_card;
mod hub;
mod hub_cache;
mod hub_names;
mod lock;
mod made_here;
mod manifest;
mod pull;
mod subject_shelf;
mod survey;
mod untrained;
mod weights_header;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use encoder_facts::EncoderFacts;
use manifest::Origin;

pub use atlas_shelf::AtlasShelf;
pub use atlas_table::PublishedAtlas;
pub use card::{Card, Part, Size};
pub use error::Error;
pub use folder_card::FolderCard;
pub use hub::Hub;
pub use hub_cache::HubCache;
pub use hub_names::{BadName, FileName, Repository};
pub use manifest::Manifest;
pub use pull::{OnProgress, PullProgress};
pub use subject_shelf::{FitScores, SubjectCard, SubjectShelf, check_name};
pub use survey::ResolvedModel;

/// Where models are looked for.
#[derive(Clone, Debug, Default)]
pub struct CatalogueDirs {
    /// Further manifests: `NAME/model.toml` in it. One that bears the name of a built-in model replaces it.
    pub manifests: Option<PathBuf>,
    /// The Hugging Face home, whose folder `hub` is the cache. Absent: where the environment says it is.
    pub hf_home: Option<PathBuf>,
    /// Where models that are made on this machine are kept, in its folder `models`.
    pub data_dir: PathBuf,
    /// Repositories that lie in plain folders, outside the hub's cache.
    pub folders: BTreeMap<Repository, PathBuf>,
}

/// All models that can be named, and where their files are looked for.
#[derive(Debug)]
pub struct Catalogue {
    manifests: BTreeMap<String, Manifest>,
    hub_cache: HubCache,
    data_dir: PathBuf,
    folders: BTreeMap<Repository, PathBuf>,
    /// Of each folder opened so far: a checkpoint stays mapped once it is read, so that it is read once.
    encoders: Mutex<BTreeMap<PathBuf, EncoderFacts>>,
}

impl Catalogue {
    /// Reads the built-in manifests and those of the configured folder.
    ///
    /// # Errors
    /// [`Error::Manifest`] or [`Error::ModelName`] for a manifest that cannot be understood, [`Error::NoCache`] when
    /// neither the configuration nor the environment says where the hub's cache is.
    pub fn new(dirs: CatalogueDirs) -> Result<Self, Error> {
        let mut manifests = Manifest::embedded()?;
        if let Some(folder) = &dirs.manifests {
            manifests.extend(Manifest::in_folder(folder)?);
        }
        Ok(Self {
            manifests: manifests.into_iter().map(|manifest| (manifest.name.clone(), manifest)).collect(),
            hub_cache: dirs.hf_home.map_or_else(HubCache::from_environment, |home| Ok(HubCache::of_home(&home)))?,
            data_dir: dirs.data_dir,
            folders: dirs.folders,
            encoders: Mutex::default(),
        })
    }

    /// The cards of all models that have a manifest, by name. A model that cannot be read says why on its card.
    pub fn list(&self) -> Vec<Card> {
        let card = |manifest| match self.survey_manifest(manifest) {
            Ok(survey) => survey.into_card(),
            Err(error) => Card { missing: vec![error.sentence()], ..Card::of_manifest(manifest) },
        };
        self.manifests.values().map(card).collect()
    }

    /// The card of a model: a manifest's name, or a folder.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] names the models there are; others say why the model's encoder cannot be read.
    pub fn show(&self, model: &str) -> Result<Card, Error> {
        self.survey(model).map(survey::Survey::into_card)
    }

    /// The folders of a model: a manifest's name, or a folder that holds an encoder.
    ///
    /// # Errors
    /// As for [`Catalogue::show`], and [`Error::Absent`] with the remedy when a part is not on this machine.
    pub fn resolve(&self, model: &str) -> Result<ResolvedModel, Error> {
        self.survey(model)?.into_model()
    }

    /// Fetches a published model from the hub and checks every file of it; what is here already is only checked.
    ///
    /// It hashes and writes files on the task that awaits it.
    ///
    /// # Errors
    /// [`Error::Gated`] with the page to ask at, [`Error::WrongHash`], [`Error::CutShort`] and the other failures of
    /// a transfer; what was fetched whole stays, and a further run resumes the rest.
    pub async fn pull(&self, name: &str, hub: &Hub, progress: OnProgress<'_>) -> Result<(), Error> {
        let known = || self.manifests.keys().cloned().collect();
        let unknown = || Error::UnknownModel { model: name.to_owned(), known: known() };
        match &self.manifests.get(name).ok_or_else(unknown)?.origin {
            Origin::Hub(published) => pull::pull(published, hub, &self.hub_cache, progress).await,
            Origin::Seed(_) | Origin::Bundled => Err(Error::NothingToPull { name: name.to_owned() }),
        }
    }

    fn encoder_facts(&self, folder: &Path) -> Result<EncoderFacts, Error> {
        let mut known = self.encoders.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(facts) = known.get(folder) {
            return Ok(facts.clone());
        }
        let facts = EncoderFacts::read(folder)?;
        known.insert(folder.to_owned(), facts.clone());
        Ok(facts)
    }
}
