//! Why a prediction was refused, or did not finish.

use std::io;
use std::path::{Path, PathBuf};

use crate::brain::SubcortexError;
use crate::features::{Cancelled, Modality};
use crate::{brain, catalogue, encoder, export, features, stimulus};

/// What can go wrong between a request and its files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    Stimulus(#[from] stimulus::Error),
    #[error(transparent)]
    Features(#[from] features::Error),
    #[error(transparent)]
    Encoder(#[from] encoder::Error),
    #[error(transparent)]
    Catalogue(#[from] catalogue::Error),
    #[error(transparent)]
    Export(#[from] export::Error),
    #[error(transparent)]
    Brain(#[from] brain::Error),
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    #[error("the model takes no {}: only models of text, audio and video can be run", .0.name())]
    NoInput(Modality),
    #[error("no modality is left: name at least one of text, audio, video")]
    NoModality,
    #[error("windows cannot share {given} s: give a multiple of {tr_s} s from 0 to {limit} s")]
    Overlap { given: f64, tr_s: f64, limit: f64 },
    #[error("there is no file {name:?} in this prediction; there are {}", known.join(", "))]
    UnknownFile { name: String, known: Vec<String> },
    #[error("there is no subject {name:?}; there are {}", known.join(", "))]
    UnknownSubject { name: String, known: Vec<String> },
    #[error("the surfaces are not in {}: run scripts/setup, or give their folder with --surfaces", .0.display())]
    NoSurfaces(PathBuf),
    #[error("the spheres that maps are turned on are not in {}: run scripts/setup, which copies them", .0.display())]
    NoSpheres(PathBuf),
    #[error("{} does not say where the model's subcortex lies", path.display())]
    Subcortex { path: PathBuf, source: SubcortexError },
    #[error("{} labels {found} voxels and the model predicts {expected} values beside the vertices", path.display())]
    Voxels { path: PathBuf, found: usize, expected: usize },
    #[error("cannot read or write {}", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the response of window {window} is not finite: the model's weights or the features overflow")]
    NotFinite { window: usize },
    #[error("the model thread stopped: {0}")]
    ModelThread(String),
}

impl Error {
    /// Whether nobody waits for the result any more.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self,
            Self::Cancelled(_)
                | Self::Features(features::Error::Cancelled(_))
                | Self::Stimulus(stimulus::Error::Cancelled)
        )
    }

    /// For `map_err`: which file an input or output error is about.
    pub(crate) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}
