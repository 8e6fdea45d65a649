//! The `.json` files that speak of a run, as BIDS has them.
//!
//! By the inheritance principle of BIDS a file further up says what those nearer to the run leave open: `task-film_bold.json` at
//! the root of a dataset speaks of every run whose name holds `task-film`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Error;

/// Endings that are longer than one dot.
const ENDINGS: [&str; 6] = [".dtseries.nii", ".func.gii.gz", ".func.gii", ".nii.gz", ".nii", ".npy"];
/// How the names of these files end in BIDS.
const SUFFIX: &str = "bold.json";

/// What is said of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Sidecar {
    /// Time between two scans (s).
    #[serde(rename = "RepetitionTime")]
    pub repetition_time_s: Option<f64>,
    /// Whether nobody was scanned.
    #[serde(rename = "Simulated")]
    pub simulated: Option<bool>,
}

impl Sidecar {
    /// What the file beside the run says, and behind it those of its dataset that speak of the run.
    ///
    /// # Errors
    /// [`Error::Read`] where one is there and is not JSON.
    pub fn of(run: &Path) -> Result<Self, Error> {
        let beside = beside(run);
        let mut all = Self::default();
        for path in [beside.clone()].into_iter().chain(inherited(run)?.into_iter().filter(|path| *path != beside)) {
            let Self { repetition_time_s, simulated } = read(&path)?;
            all.repetition_time_s = all.repetition_time_s.or(repetition_time_s);
            all.simulated = all.simulated.or(simulated);
        }
        Ok(all)
    }
}

fn read(path: &Path) -> Result<Sidecar, Error> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map_err(|error| Error::read(path)(error.into())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Sidecar::default()),
        Err(error) => Err(Error::read(path)(error)),
    }
}

fn beside(run: &Path) -> PathBuf {
    run.with_file_name(format!("{}.json", stem(run)))
}

fn stem(run: &Path) -> String {
    let name = run.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = ENDINGS.into_iter().find_map(|ending| name.strip_suffix(ending));
    stem.or_else(|| name.rsplit_once('.').map(|(stem, _)| stem)).unwrap_or(&name).to_owned()
}

/// The files of the run's dataset that speak of it, the nearest first: from the run's folder up to the one that holds the
/// subject's, those whose entities the run's name has. None where the run lies in no dataset.
fn inherited(run: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_subject = |folder: &&Path| folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with("sub-"));
    let Some(root) = run.ancestors().skip(1).find(is_subject).and_then(Path::parent) else { return Ok(Vec::new()) };
    let stem = stem(run);
    let entities: Vec<&str> = stem.split('_').collect();
    let mut found = Vec::new();
    for folder in run.ancestors().skip(1).take_while(|folder| folder.starts_with(root)) {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut here = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(Error::read(folder))? {
            let path = entry.map_err(Error::read(folder))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(shared) = name.strip_suffix(SUFFIX) else { continue };
            if shared.split('_').filter(|entity| !entity.is_empty()).all(|entity| entities.contains(&entity)) {
                here.push((name.matches('_').count(), path));
            }
        }
        here.sort_by(|one, other| other.cmp(one));
        found.extend(here.into_iter().map(|(_, path)| path));
    }
    Ok(found)
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
    fn a_sidecar_that_is_broken_is_an_error_and_one_that_is_absent_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("a_bold.npy");
        assert_eq!(Sidecar::of(&run).unwrap(), Sidecar::default());
        std::fs::write(folder.path().join("a_bold.json"), "{\"RepetitionTime\": 1.5, \"TaskName\": \"film\"}").unwrap();
        assert_eq!(Sidecar::of(&run).unwrap().repetition_time_s, Some(1.5));
        std::fs::write(folder.path().join("a_bold.json"), "{").unwrap();
        assert!(matches!(Sidecar::of(&run), Err(Error::Read { .. })));
    }

    #[test]
    fn what_the_nearer_file_leaves_open_the_farther_one_says() {
        let folder = tempfile::tempdir().unwrap();
        let dataset = folder.path().join("dataset");
        let run = dataset.join("sub-01/ses-1/func/sub-01_ses-1_task-film_run-2_space-fsaverage5_bold.npy");
        std::fs::create_dir_all(run.parent().unwrap()).unwrap();
        let write = |name: &str, text: &str| std::fs::write(dataset.join(name), text).unwrap();
        let said = || Sidecar::of(&run).unwrap();
        write("task-rest_bold.json", "{\"RepetitionTime\": 9}");
        write("../task-film_bold.json", "{\"RepetitionTime\": 8}");
        assert_eq!(said(), Sidecar::default(), "another task's, and one outside of the dataset");
        write("bold.json", "{\"Simulated\": true, \"RepetitionTime\": 3}");
        assert_eq!(said(), Sidecar { repetition_time_s: Some(3.0), simulated: Some(true) });
        write("task-film_bold.json", "{\"RepetitionTime\": 2.5}");
        assert_eq!(said().repetition_time_s, Some(2.5));
        write("sub-01/sub-01_task-film_bold.json", "{\"RepetitionTime\": 2}");
        assert_eq!(said().repetition_time_s, Some(2.0));
        write(
            "sub-01/ses-1/func/sub-01_ses-1_task-film_run-2_space-fsaverage5_bold.json",
            "{\"RepetitionTime\": 1.5, \"Simulated\": false}",
        );
        assert_eq!(said(), Sidecar { repetition_time_s: Some(1.5), simulated: Some(false) });
    }
}
