//! The runs of a BIDS folder: `sub-*/[ses-*/]func/*_bold.*`, each with its `events.tsv`, whose column `stim_file` says what is shown.
//!
//! Of a run that lies there in several spaces, the first of these is taken: an array, surfaces of fsaverage, a dense series,
//! a volume. Stimuli are looked for in the dataset's `stimuli/`, as BIDS has it, and beside the events.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Error, StudyRun};
use crate::bold::BoldFile;
use crate::stimulus::Source;

/// Endings of runs, those that need the least work first. A GIFTI pair is found by its left file.
const ENDINGS: [&str; 6] =
    ["_bold.npy", "_bold.func.gii", "_bold.func.gii.gz", "_bold.dtseries.nii", "_bold.nii.gz", "_bold.nii"];
/// What a dataset says of itself.
const DESCRIPTION: &str = "dataset_description.json";
/// Entities of a name that tell how a run was processed, and not which run it is.
const PROCESSING: [&str; 5] = ["space-", "hemi-", "desc-", "den-", "res-"];

/// All runs of the dataset, in the order of their names.
pub(super) fn runs(folder: &Path) -> Result<Vec<StudyRun>, Error> {
    let mut found: BTreeMap<PathBuf, (usize, PathBuf)> = BTreeMap::new();
    for subject in entries(folder)?.into_iter().filter(|path| is_called(path, "sub-")) {
        let sessions = entries(&subject)?.into_iter().filter(|path| is_called(path, "ses-"));
        for func in sessions.chain([subject.clone()]).map(|place| place.join("func")).filter(|func| func.is_dir()) {
            for path in entries(&func)? {
                let Some((rank, events)) = run_of(&path) else { continue };
                let better = (rank, path);
                let best = found.entry(events).or_insert_with(|| better.clone());
                if better.0 < best.0 {
                    *best = better;
                }
            }
        }
    }
    if found.is_empty() {
        return Err(Error::NoRuns { folder: folder.to_owned() });
    }
    let stimuli = files_below(&folder.join("stimuli"))?;
    found.into_iter().map(|(events, (_, bold))| run(&events, &bold, &stimuli)).collect()
}

/// Whether the description of the dataset says that nobody was scanned.
pub(super) fn is_simulated(folder: &Path) -> Result<bool, Error> {
    #[derive(Deserialize)]
    struct Description {
        #[serde(rename = "Simulated", default)]
        simulated: bool,
    }
    let path = folder.join(DESCRIPTION);
    if !path.is_file() {
        return Ok(false);
    }
    let text = std::fs::read_to_string(&path).map_err(Error::read(&path))?;
    let description: Description = serde_json::from_str(&text).map_err(|error| Error::read(&path)(error.into()))?;
    Ok(description.simulated)
}

fn run(events: &Path, bold: &Path, stimuli: &BTreeMap<String, PathBuf>) -> Result<StudyRun, Error> {
    if !events.is_file() {
        return Err(Error::NoEvents { bold: bold.to_owned(), events: events.to_owned() });
    }
    let beside = files_below(events.parent().unwrap_or(Path::new("")))?;
    let files = beside.into_iter().chain(stimuli.clone()).collect();
    let name = bold.file_name().unwrap_or_default().to_string_lossy();
    Ok(StudyRun {
        subject: name.split('_').next().unwrap_or_default().to_owned(),
        source: Source::Events { path: events.to_owned(), files: Some(files) },
        bold: BoldFile::named(bold, None)?,
        tr_s: None,
        onset_s: 0.0,
        split: None,
    })
}

/// How much work a file's format is, and where the events of the run lie; `None` where it is no run, or the right one of a pair.
fn run_of(path: &Path) -> Option<(usize, PathBuf)> {
    let name = path.file_name()?.to_str()?;
    let rank = ENDINGS.iter().position(|ending| name.ends_with(ending))?;
    let stem = name.strip_suffix(ENDINGS[rank])?;
    if stem.contains("hemi-R") {
        return None;
    }
    let is_of_run = |entity: &&str| !PROCESSING.iter().any(|processing| entity.starts_with(processing));
    let entities: Vec<&str> = stem.split('_').filter(is_of_run).collect();
    Some((rank, path.with_file_name(format!("{}_events.tsv", entities.join("_")))))
}

fn is_called(path: &Path, start: &str) -> bool {
    path.is_dir() && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(start))
}

/// What lies in a folder, in the order of names.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let listed = std::fs::read_dir(folder).map_err(Error::read(folder))?;
    let mut paths = listed
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(Error::read(folder))?;
    paths.sort();
    Ok(paths)
}

/// Every file below a folder, by its path in it with `/`; none where there is no such folder.
fn files_below(folder: &Path) -> Result<BTreeMap<String, PathBuf>, Error> {
    let mut files = BTreeMap::new();
    let mut folders = if folder.is_dir() { vec![folder.to_owned()] } else { Vec::new() };
    while let Some(next) = folders.pop() {
        for path in entries(&next)? {
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(inside) = path.strip_prefix(folder) {
                files.insert(inside.to_string_lossy().replace('\\', "/"), path.clone());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }

    #[test]
    fn runs_are_found_with_their_events_and_the_least_work_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let func = folder.path().join("sub-02/ses-1/func");
        let stem = "sub-02_ses-1_task-film_run-1";
        for name in [
            "_space-MNI152NLin2009cAsym_desc-preproc_bold.nii.gz",
            "_hemi-L_space-fsaverage5_bold.func.gii",
            "_hemi-R_space-fsaverage5_bold.func.gii",
            "_events.tsv",
            "_desc-confounds_timeseries.tsv",
        ] {
            touch(&func.join(format!("{stem}{name}")));
        }
        touch(&folder.path().join("sub-01/func/sub-01_task-film_bold.npy"));
        touch(&folder.path().join("sub-01/func/sub-01_task-film_events.tsv"));
        touch(&folder.path().join("stimuli/films/a.mp4"));
        let runs = runs(folder.path()).unwrap();
        assert_eq!(runs.iter().map(|run| run.subject.as_str()).collect::<Vec<_>>(), ["sub-01", "sub-02"]);
        assert!(matches!(&runs[0].bold, BoldFile::Npy(_)));
        assert!(matches!(&runs[1].bold, BoldFile::Gifti { right, .. } if right.to_string_lossy().contains("hemi-R")));
        let Source::Events { path, files: Some(files) } = &runs[1].source else { panic!("events place the stimuli") };
        assert!(path.ends_with(format!("{stem}_events.tsv")));
        assert!(files["films/a.mp4"].ends_with("stimuli/films/a.mp4"));
    }

    #[test]
    fn a_simulated_dataset_says_so_in_its_description() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_simulated(folder.path()).unwrap());
        let write = |text: &str| std::fs::write(folder.path().join(DESCRIPTION), text).unwrap();
        write("{\"Name\": \"people\", \"BIDSVersion\": \"1.10.0\"}");
        assert!(!is_simulated(folder.path()).unwrap());
        write("{\"Name\": \"nobody\", \"Simulated\": true}");
        assert!(is_simulated(folder.path()).unwrap());
        write("{");
        assert!(matches!(is_simulated(folder.path()), Err(Error::Read { .. })));
    }

    #[test]
    fn a_run_without_events_and_a_folder_without_runs_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(runs(folder.path()), Err(Error::NoRuns { .. })));
        touch(&folder.path().join("sub-01/func/sub-01_task-rest_bold.nii"));
        let refusal = runs(folder.path()).unwrap_err().to_string();
        assert!(refusal.contains("sub-01_task-rest_events.tsv"), "{refusal}");
    }
}
