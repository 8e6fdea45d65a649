//! Models whose weights are part of the program: they need no download.

use std::path::{Path, PathBuf};

use super::manifest::Manifest;
use super::{Error, made_here};

/// A file of a model: its name and its bytes.
type File = (&'static str, &'static [u8]);

/// The files of each, by the model's name.
const MODELS: [(&str, &[File]); 1] = [(
    "simulated",
    &[
        ("model.json", include_bytes!("../../models/simulated/model.json")),
        ("model.safetensors", include_bytes!("../../models/simulated/model.safetensors")),
        ("subcortex.nii.gz", include_bytes!("../../models/simulated/subcortex.nii.gz")),
    ],
)];

/// The folder of a model, unpacked now if it has not been before.
///
/// # Errors
/// [`Error::NotBundled`] where the program has no such files, and the failures of writing.
pub(super) fn unpack(manifest: &Manifest, data_dir: &Path) -> Result<PathBuf, Error> {
    let found = MODELS.iter().find(|(name, _)| *name == manifest.name);
    let (_, files) = found.ok_or_else(|| Error::NotBundled { name: manifest.name.clone() })?;
    let content: Vec<u8> = files.iter().flat_map(|(_, bytes)| *blake3::hash(bytes).as_bytes()).collect();
    made_here::folder(manifest, &content, data_dir, |folder| {
        files.iter().try_for_each(|(name, bytes)| {
            let path = folder.join(name);
            std::fs::write(&path, bytes).map_err(Error::write(&path))
        })
    })
}
