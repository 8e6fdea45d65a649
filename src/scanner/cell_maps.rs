//! The maps of an experiment that was run, found again by its report.

use std::path::Path;

use serde::Deserialize;

use super::{Error, MapFile, REPORT};
use crate::export::Names;
use crate::predict;

/// What is read of `experiment.json`.
#[derive(Deserialize)]
struct Report {
    subjects: Vec<String>,
    files: Vec<String>,
}

/// The file with all maps of a subject, by default the first: each contrast's effect and, where it was tested, t, z, p and
/// q, named as in `faces (t)`.
///
/// # Errors
///
/// Where the folder has no report, where the experiment has no such subject, and where it was run without maps.
pub fn cell_maps(folder: &Path, subject: Option<&str>) -> Result<MapFile, Error> {
    let path = folder.join(REPORT);
    let text = std::fs::read(&path).map_err(Error::file(&path))?;
    let Report { subjects, files } = serde_json::from_slice(&text).map_err(|error| Error::file(&path)(error.into()))?;
    let wanted = subjects.iter().find(|known| subject.is_none_or(|subject| *known == subject));
    let wanted = wanted.ok_or_else(|| predict::Error::UnknownSubject {
        name: subject.unwrap_or_default().to_owned(),
        known: subjects.clone(),
    })?;
    let start = Names::of_subject(wanted);
    let file = files.iter().find(|file| file.starts_with(&start) && file.ends_with(".dscalar.nii"));
    MapFile::open(&folder.join(file.ok_or(Error::NoMaps)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_maps_are_those_of_the_subject_that_is_named_or_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let maps = |subject| match cell_maps(folder.path(), subject) {
            Ok(MapFile::Cifti(bytes)) => Ok(String::from_utf8(bytes).unwrap()),
            Ok(_) => panic!("it is CIFTI"),
            Err(error) => Err(error.to_string()),
        };
        assert!(maps(None).is_err());
        let files = ["sub-a_x.dscalar.nii", "sub-ab_x.dscalar.nii", "sub-ab_x.png"];
        files.iter().for_each(|file| std::fs::write(folder.path().join(file), file).unwrap());
        let report = serde_json::json!({"subjects": ["ab", "a", "c"], "files": files, "name": "faces"});
        std::fs::write(folder.path().join(REPORT), report.to_string()).unwrap();
        assert_eq!(maps(None).unwrap(), files[1]);
        assert_eq!(maps(Some("a")).unwrap(), files[0]);
        assert!(maps(Some("c")).unwrap_err().contains("no maps"));
        assert!(maps(Some("d")).unwrap_err().contains("ab, a, c"));
    }
}
