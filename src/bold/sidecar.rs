//! The `.json` beside a run, as BIDS has it.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Error;

/// Endings that are longer than one dot.
const ENDINGS: [&str; 6] = [".dtseries.nii", ".func.gii.gz", ".func.gii", ".nii.gz", ".nii", ".npy"];

#[derive(Deserialize)]
struct Sidecar {
    #[serde(rename = "RepetitionTime")]
    repetition_time: Option<f64>,
}

/// What the sidecar says of the time between scans (s); `None` where there is none, or it says nothing.
///
/// # Errors
/// [`Error::Read`] where it is there and is not JSON.
pub(super) fn repetition_time_s(run: &Path) -> Result<Option<f64>, Error> {
    let path = beside(run);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(Error::Read { path, source }),
    };
    let sidecar: Sidecar = serde_json::from_str(&text).map_err(|error| Error::read(&path)(error.into()))?;
    Ok(sidecar.repetition_time)
}

fn beside(run: &Path) -> PathBuf {
    let name = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = ENDINGS.into_iter().find_map(|ending| name.strip_suffix(ending));
    let stem = stem.or_else(|| name.rsplit_once('.').map(|(stem, _)| stem)).unwrap_or(&name);
    run.with_file_name(format!("{stem}.json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sidecar_has_the_name_of_the_run() {
        for name in ["a_bold.nii.gz", "a_bold.npy", "a_bold.func.gii", "a_bold.dtseries.nii", "a_bold.h5"] {
            assert_eq!(beside(&Path::new("func").join(name)), Path::new("func/a_bold.json"));
        }
    }

    #[test]
    fn a_sidecar_that_is_broken_is_an_error_and_one_that_is_absent_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("a_bold.npy");
        assert_eq!(repetition_time_s(&run).unwrap(), None);
        std::fs::write(folder.path().join("a_bold.json"), "{\"RepetitionTime\": 1.5, \"TaskName\": \"film\"}").unwrap();
        assert_eq!(repetition_time_s(&run).unwrap(), Some(1.5));
        std::fs::write(folder.path().join("a_bold.json"), "{").unwrap();
        assert!(matches!(repetition_time_s(&run), Err(Error::Read { .. })));
    }
}
