//! Why a cohort cannot be made.

use std::path::PathBuf;

use super::screen::PictureError;
use super::sound::WaveError;
use crate::{export, stimulus};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{folder} is not empty; a cohort is written to a folder of its own", folder = .0.display())]
    NotEmpty(PathBuf),
    #[error("{} holds {found} {what}, and a cohort takes {wanted} or more; scripts/stimuli --material makes them", folder.display())]
    TooFew { folder: PathBuf, what: &'static str, found: usize, wanted: usize },
    #[error("cannot use the picture {}", path.display())]
    Picture { path: PathBuf, source: PictureError },
    #[error("cannot use the sound {}", path.display())]
    Sound { path: PathBuf, source: WaveError },
    #[error("espeak-ng speaks at {found} Hz, and the sounds of a cohort have {wanted} Hz; use a voice without MBROLA")]
    SpeechRate { found: u32, wanted: u32 },
    #[error("{name} is {value}; it lies between {least} and {most}")]
    OutOfRange { name: &'static str, value: f64, least: f64, most: f64 },
    #[error("cannot read {}", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("cannot write {}", path.display())]
    Array { path: PathBuf, source: ndarray_npy::WriteNpyError },
    #[error("cannot make the volume of the subcortex")]
    Volume(#[source] export::Error),
    #[error(transparent)]
    Stimulus(#[from] stimulus::Error),
}
