//! Uploads lent under the names that their sender gave them, to those who tell formats by names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Error;
use crate::store::{self, Stimulus};

/// Longest name that is lent (bytes).
const LONGEST: usize = 200;

/// Links each upload in `folder` under its name, where names are plain and differ.
pub(super) fn lend(uploads: &[Stimulus], folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut names = BTreeSet::new();
    for Stimulus { name, .. } in uploads {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_plain || name.starts_with('.') || name.len() > LONGEST || !names.insert(name) {
            let expected = "uploads with different names of letters, digits, -, _ and .";
            return Err(Error::BadValue { field: "files", value: name.clone(), expected });
        }
    }
    std::fs::create_dir_all(folder).map_err(|error| not_lent(folder, error))?;
    let link = |upload: &Stimulus| {
        let path = folder.join(&upload.name);
        std::os::unix::fs::symlink(&upload.path, &path).map_err(|error| not_lent(&path, error))?;
        Ok(path)
    };
    uploads.iter().map(link).collect()
}

fn not_lent(path: &Path, source: std::io::Error) -> Error {
    Error::Store(store::Error::File { path: path.to_owned(), source })
}
