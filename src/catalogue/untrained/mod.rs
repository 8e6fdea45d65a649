//! The untrained model: made on this machine from a seed, in the form of a published one.
//!
//! Each part's configuration is written as the hub has it and read back by the part's own code, and the tensors are
//! those that this code asks a seeded tree for. No shape is written down here.

mod audio;
mod encoder;
mod recipe;
mod text;
mod tokenizer;
mod video;

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::manifest::Manifest;
use super::{Error, made_here};
use crate::features::weights::{self, Weights};
use crate::features::{Compute, DeviceChoice, Modality};

use recipe::Part;
pub(super) use recipe::Recipe;

/// The folder of the model, made now if it has not been before. It holds the encoder, and the extractors beside it.
pub(super) fn make(manifest: &Manifest, recipe: &Recipe, data_dir: &Path) -> Result<PathBuf, Error> {
    made_here::folder(manifest, &[], data_dir, |folder| write(manifest, recipe, folder))
}

fn write(manifest: &Manifest, recipe: &Recipe, folder: &Path) -> Result<(), Error> {
    if let Part::Model(size) = &recipe.text {
        text::write(size, recipe.seed, &part(folder, Modality::Text)?)?;
    }
    if let Part::Model(size) = &recipe.audio {
        audio::write(size, recipe.seed, &part(folder, Modality::Audio)?)?;
    }
    if let Part::Model(size) = &recipe.video {
        video::write(size, recipe.seed, &part(folder, Modality::Video)?)?;
    }
    encoder::write(manifest, recipe, folder)
}

/// The folder of an extractor, beside the encoder.
fn part(folder: &Path, modality: Modality) -> Result<PathBuf, Error> {
    let part = folder.join(modality.name());
    std::fs::create_dir(&part).map_err(Error::write(&part))?;
    Ok(part)
}

fn write_json(path: &Path, content: &Value) -> Result<(), Error> {
    std::fs::write(path, format!("{content:#}")).map_err(Error::write(path))
}

/// Writes as `model.safetensors` every tensor that `build` takes from a tree of this seed.
fn write_weights<E: Into<Error>>(
    folder: &Path,
    seed: u64,
    build: impl FnOnce(&Weights) -> Result<(), E>,
) -> Result<(), Error> {
    let Compute { device, kind } = Compute::new(DeviceChoice::Cpu, None)?;
    let weights = Weights::seeded(seed, device, kind);
    build(&weights).map_err(Into::into)?;
    Ok(weights::save_safetensors(&weights, &folder.join("model.safetensors"))?)
}

#[cfg(test)]
mod tests;
