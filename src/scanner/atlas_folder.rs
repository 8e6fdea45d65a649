//! The atlases that are installed: a folder each, in the files of their publishers, with the licence that was accepted.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Error;
use super::map_file::bytes;
use crate::brain::{Atlas, Hemisphere, Mesh};

/// The text that was shown and accepted when an atlas was installed.
const LICENCE: &str = "LICENCE";

/// Where atlases are kept.
#[derive(Clone, Debug)]
pub struct AtlasFolder {
    folder: PathBuf,
}

/// The files that make an atlas, by what their names end with.
enum Files {
    Annot([PathBuf; 2]),
    LabelGifti([PathBuf; 2]),
    Dlabel(PathBuf),
    Table { numbers: PathBuf, names: PathBuf },
}

impl AtlasFolder {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Names of the atlases, in order.
    pub fn names(&self) -> Result<Vec<String>, Error> {
        if !self.folder.exists() {
            return Ok(Vec::new());
        }
        let entries = std::fs::read_dir(&self.folder).map_err(Error::file(&self.folder))?;
        let mut names: Vec<String> = entries
            .filter_map(Result::ok)
            .filter(|entry| entry.path().is_dir())
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .collect();
        names.sort();
        Ok(names)
    }

    /// The licence that was accepted for an atlas.
    pub fn licence(&self, name: &str) -> Result<String, Error> {
        let path = self.folder_of(name)?.join(LICENCE);
        std::fs::read_to_string(&path).map_err(Error::file(&path))
    }

    /// When an atlas was installed, where it is.
    pub(super) fn installed(&self, name: &str) -> Option<SystemTime> {
        std::fs::metadata(self.folder.join(name)).ok()?.modified().ok()
    }

    /// Reads an atlas onto a mesh.
    pub fn load(&self, name: &str, mesh: Mesh) -> Result<Atlas, Error> {
        let folder = self.folder_of(name)?;
        let entries = std::fs::read_dir(&folder).map_err(Error::file(&folder))?;
        let files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        read(name, &files, mesh)
    }

    /// Installs an atlas from its publisher's files, once they have been read.
    pub fn add(&self, name: &str, files: &[PathBuf], licence: &str, mesh: Mesh) -> Result<Atlas, Error> {
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if !is_name || name.starts_with('.') {
            return Err(Error::AtlasName { name: name.to_owned() });
        }
        let atlas = read(name, files, mesh)?;
        std::fs::create_dir_all(&self.folder).map_err(Error::file(&self.folder))?;
        let arriving =
            tempfile::Builder::new().prefix(".").tempdir_in(&self.folder).map_err(Error::file(&self.folder))?;
        for file in files {
            let target = arriving.path().join(file.file_name().unwrap_or_default());
            std::fs::copy(file, &target).map_err(Error::file(&target))?;
        }
        let path = arriving.path().join(LICENCE);
        std::fs::write(&path, licence).map_err(Error::file(&path))?;
        let target = self.folder.join(name);
        let replaced =
            tempfile::Builder::new().prefix(".").tempdir_in(&self.folder).map_err(Error::file(&self.folder))?;
        if target.exists() {
            std::fs::rename(&target, replaced.path().join(name)).map_err(Error::file(&target))?;
        }
        std::fs::rename(arriving.path(), &target).map_err(Error::file(&target))?;
        Ok(atlas)
    }

    /// The folder of an atlas that is installed.
    fn folder_of(&self, name: &str) -> Result<PathBuf, Error> {
        let known = self.names()?;
        if known.iter().any(|known| known == name) {
            Ok(self.folder.join(name))
        } else {
            Err(Error::UnknownAtlas { name: name.to_owned(), known })
        }
    }
}

fn read(name: &str, files: &[PathBuf], mesh: Mesh) -> Result<Atlas, Error> {
    let atlas = match Files::among(name, files)? {
        Files::Annot([left, right]) => Atlas::from_annot(name, &bytes(&left)?, &bytes(&right)?, mesh),
        Files::LabelGifti([left, right]) => Atlas::from_label_gifti(name, &bytes(&left)?, &bytes(&right)?, mesh),
        Files::Dlabel(file) => Atlas::from_dlabel(name, &bytes(&file)?, mesh),
        Files::Table { numbers, names } => Atlas::from_table(name, &bytes(&numbers)?, &bytes(&names)?, mesh),
    };
    Ok(atlas?)
}

impl Files {
    fn among(name: &str, files: &[PathBuf]) -> Result<Self, Error> {
        let ending = |ending: &str| files.iter().find(|file| file.to_string_lossy().ends_with(ending)).cloned();
        let pair = |ending: &str| {
            let of = |side| files.iter().find(|file| file.to_string_lossy().ends_with(ending) && is_of(file, side));
            Some(Hemisphere::BOTH.map(of)).and_then(|[left, right]| Some([left?.clone(), right?.clone()]))
        };
        let found = None
            .or_else(|| ending(".dlabel.nii").map(Self::Dlabel))
            .or_else(|| pair(".annot").map(Self::Annot))
            .or_else(|| pair(".label.gii").map(Self::LabelGifti))
            .or_else(|| Some(Self::Table { numbers: ending(".u16")?, names: ending(".json")? }));
        found.ok_or_else(|| Error::AtlasFiles { name: name.to_owned() })
    }
}

/// Whether a file's name says that it is of this hemisphere, in one of the usual ways.
fn is_of(file: &Path, hemisphere: Hemisphere) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let marks = match hemisphere {
        Hemisphere::Left => ["lh.", "hemi-l", ".l.", "left"],
        Hemisphere::Right => ["rh.", "hemi-r", ".r.", "right"],
    };
    marks.iter().any(|mark| name.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hemispheres_are_told_by_the_usual_marks() {
        for name in ["lh.aparc.annot", "sub-1_hemi-L_dseg.label.gii", "parc.L.label.gii", "left.annot"] {
            assert!(is_of(Path::new(name), Hemisphere::Left) && !is_of(Path::new(name), Hemisphere::Right), "{name}");
        }
    }

    #[test]
    fn an_atlas_is_installed_read_and_listed() {
        let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/assets/atlases");
        if !shared.is_dir() {
            eprintln!("SKIPPED: ../shared is absent");
            return;
        }
        let root = tempfile::tempdir().unwrap();
        let atlases = AtlasFolder::new(root.path().join("atlases"));
        let files = ["u16", "json"].map(|ending| shared.join(format!("aparc_dk_fsaverage5.{ending}")));
        atlases.add("dk", &files, "FreeSurfer's licence", Mesh::Fsaverage5).unwrap();
        assert_eq!(atlases.names().unwrap(), ["dk"]);
        assert_eq!(atlases.licence("dk").unwrap(), "FreeSurfer's licence");
        let parcels = atlases.load("dk", Mesh::Fsaverage3).unwrap().parcels().len();
        assert!((60..80).contains(&parcels), "{parcels} parcels");
        let refusal = atlases.load("glasser", Mesh::Fsaverage5).unwrap_err().to_string();
        assert_eq!(refusal, "there is no atlas \"glasser\"; there are dk");
        atlases.add("dk", &files, "another licence", Mesh::Fsaverage5).unwrap();
        assert_eq!((atlases.licence("dk").unwrap().as_str(), atlases.names().unwrap().len()), ("another licence", 1));
        assert_eq!(std::fs::read_dir(root.path().join("atlases")).unwrap().count(), 1, "what was replaced is gone");
        assert!(matches!(atlases.licence("../atlases/dk"), Err(Error::UnknownAtlas { .. })));
        assert!(matches!(atlases.add("../dk", &files, "", Mesh::Fsaverage5), Err(Error::AtlasName { .. })));
        assert!(matches!(atlases.add("half", &files[..1], "", Mesh::Fsaverage5), Err(Error::AtlasFiles { .. })));
    }
}
