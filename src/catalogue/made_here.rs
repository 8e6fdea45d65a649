//! Folders of models that are made on this machine at their first use: whole, or not there.

use std::path::{Path, PathBuf};

use super::Error;
use super::manifest::Manifest;

/// The folder of a model in `data_dir`, written now if it has not been before. Another manifest, other `content`, or another
/// version of the program is another model.
pub(super) fn folder(
    manifest: &Manifest,
    content: &[u8],
    data_dir: &Path,
    write: impl FnOnce(&Path) -> Result<(), Error>,
) -> Result<PathBuf, Error> {
    let models = data_dir.join("models");
    let folder = models.join(name(manifest, content)?);
    if folder.is_dir() {
        return Ok(folder);
    }
    std::fs::create_dir_all(&models).map_err(Error::write(&models))?;
    let draft = tempfile::Builder::new().prefix(".model-").tempdir_in(&models).map_err(Error::write(&models))?;
    write(draft.path())?;
    publish(draft, &folder)?;
    Ok(folder)
}

fn name(manifest: &Manifest, content: &[u8]) -> Result<String, Error> {
    let described = serde_json::to_vec(&(env!("CARGO_PKG_VERSION"), manifest))
        .map_err(|error| Error::Write { path: manifest.name.clone(), source: error.into() })?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&described).update(content);
    Ok(format!("{}-{}", manifest.name, &hasher.finalize().to_hex()[..16]))
}

/// Gives a finished draft its name; where another process was faster, its model stays and the draft goes.
fn publish(draft: tempfile::TempDir, folder: &Path) -> Result<(), Error> {
    match std::fs::rename(draft.path(), folder) {
        Err(_) if folder.is_dir() => Ok(()),
        Err(error) => Err(Error::write(folder)(error)),
        Ok(()) => {
            let _moved_away = draft.keep();
            Ok(())
        }
    }
}
