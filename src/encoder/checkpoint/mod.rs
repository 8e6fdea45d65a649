//! A PyTorch Lightning checkpoint, read where it lies: no code of it runs and no tensor is copied.
//!
//! A checkpoint is a zip of stored members: a pickle that describes the tensors, and their raw bytes. Of the
//! pickle's keys `state_dict` and `model_build_args` are read; what else the trainer kept is tolerated.

mod archive;
mod pickle;
mod tensors;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::features::weights::View;
use archive::Archive;
use pickle::{Node, Pickle};

/// What every name in `state_dict` starts with.
const MODEL: &str = "model.";

/// Why a file is not a checkpoint that can be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("it is not a whole zip archive, which a PyTorch checkpoint is")]
    Zip(#[from] zip::result::ZipError),
    #[error(
        "its member {name} is packed by {method}; PyTorch stores members as they are: save it again with torch.save"
    )]
    NotStored { name: String, method: String },
    #[error("its member {name} passes the end of the file: download it again")]
    MemberBeyondEnd { name: String },
    #[error("it has no member {name}: it was not written by torch.save")]
    NoMember { name: String },
    #[error("it was written on a big-endian machine; save it again on a little-endian one")]
    BigEndian,
    #[error("its pickle is of protocol {version}; PyTorch writes protocol 2")]
    Protocol { version: u8 },
    #[error(
        "its pickle uses the opcode {name} at byte {position}, which no checkpoint needs: refused, nothing of it was run"
    )]
    Opcode { name: String, position: usize },
    #[error("its pickle asks for {name}; only tensors and plain containers are read: refused, nothing of it was run")]
    Global { name: String },
    #[error("its pickle has {what} at byte {position}, where a checkpoint has none")]
    Malformed { what: String, position: usize },
    #[error("{what} is {size} long, and at most {limit} is read")]
    TooLarge { what: &'static str, size: usize, limit: usize },
    #[error("its tensor {name} cannot be read: {reason}")]
    Tensor { name: String, reason: String },
    #[error("its {key} is missing or is not {expected}: it is not a checkpoint of TRIBE v2")]
    Key { key: &'static str, expected: &'static str },
}

/// The trained tensors and what the model was built with.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// By name, without the `model.` that each starts with.
    pub(super) tensors: BTreeMap<String, View>,
    pub(super) build: BuildArguments,
}

/// `model_build_args`: the sizes that depend on the training data.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BuildArguments {
    /// Name, layer groups and width of each modality, in the order in which they are concatenated.
    pub(super) feature_dims: Vec<(String, i64, i64)>,
    pub(super) outputs: i64,
    pub(super) output_timesteps: i64,
}

/// Reads a mapped checkpoint.
pub(super) fn read(bytes: &'static [u8]) -> Result<Checkpoint, Error> {
    let archive = Archive::open(bytes)?;
    if !archive.is_little_endian() {
        return Err(Error::BigEndian);
    }
    let pickle = Pickle::read(archive.pickle()?)?;
    Ok(Checkpoint { tensors: tensors(&archive, pickle.root())?, build: build_arguments(pickle.root())? })
}

fn tensors(archive: &Archive, root: Node<'_, '_>) -> Result<BTreeMap<String, View>, Error> {
    let state = root.get("state_dict").and_then(Node::entries);
    let state = state.ok_or(Error::Key { key: "state_dict", expected: "a dictionary of tensors" })?;
    state
        .filter_map(|(name, value)| Some((name.text()?.strip_prefix(MODEL)?, value.tensor()?)))
        .map(|(name, tensor)| Ok((name.to_owned(), tensors::view(archive, name, tensor)?)))
        .collect()
}

fn build_arguments(root: Node<'_, '_>) -> Result<BuildArguments, Error> {
    let missing = |key, expected| move || Error::Key { key, expected };
    let arguments = root.get("model_build_args").ok_or_else(missing("model_build_args", "a dictionary"))?;
    let integer = |key| arguments.get(key).and_then(Node::integer).ok_or_else(missing(key, "an integer"));
    let dims = arguments.get("feature_dims").and_then(Node::entries);
    let dims = dims.and_then(|entries| entries.map(|(name, dims)| modality(name, dims)).collect());
    Ok(BuildArguments {
        feature_dims: dims.ok_or_else(missing("feature_dims", "a dictionary of (layer groups, width)"))?,
        outputs: integer("n_outputs")?,
        output_timesteps: integer("n_output_timesteps")?,
    })
}

fn modality(name: Node<'_, '_>, dims: Node<'_, '_>) -> Option<(String, i64, i64)> {
    let mut sizes = dims.items()?.map(Node::integer);
    match (sizes.next(), sizes.next(), sizes.next()) {
        (Some(groups), Some(width), None) => Some((name.text()?.to_owned(), groups?, width?)),
        _ => None,
    }
}
