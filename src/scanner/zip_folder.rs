//! Stimuli in bulk: a zip unpacked within bounds, and the files of a folder.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path};

use super::Error;

/// What a zip may hold: files, and bytes when unpacked.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 8 << 30;
/// How deep folders may lie in each other.
const DEEPEST: usize = 8;

/// Unpacks a zip. Names that lead out of it, links and more than the bounds are refused, and nothing of it is left.
pub fn unpack(zip: &Path, to: &Path) -> Result<(), Error> {
    let unpacked = unpack_all(zip, to);
    if unpacked.is_err() && to.exists() {
        std::fs::remove_dir_all(to).map_err(Error::file(to))?;
    }
    unpacked
}

fn unpack_all(zip: &Path, to: &Path) -> Result<(), Error> {
    let refused = |problem: String| Error::Zip { problem };
    let file = File::open(zip).map_err(Error::file(zip))?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| refused(error.to_string()))?;
    if archive.len() > MOST_FILES {
        return Err(refused(format!("it holds {} files; the limit is {MOST_FILES}", archive.len())));
    }
    let over = || refused(format!("unpacked, it is over {MOST_BYTES} bytes"));
    if archive.decompressed_size().is_some_and(|bytes| bytes > MOST_BYTES.into()) {
        return Err(over());
    }
    let mut left = MOST_BYTES;
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index).map_err(|error| refused(error.to_string()))?;
        let name = entry.name().map_err(|error| refused(error.to_string()))?.into_owned();
        let path = Path::new(&name);
        let stays_inside = path.components().all(|part| matches!(part, Component::Normal(_)));
        if !stays_inside || path.components().count() > DEEPEST || entry.is_symlink() {
            return Err(refused(format!("{name:?} leads out of it, too deep, or is a link")));
        }
        let target = to.join(path);
        if entry.is_dir() {
            std::fs::create_dir_all(&target).map_err(Error::file(&target))?;
            continue;
        }
        let folder = target.parent().unwrap_or(to);
        std::fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let mut written = File::create_new(&target).map_err(Error::file(&target))?;
        let bytes = io::copy(&mut (&mut entry).take(left + 1), &mut written).map_err(Error::file(&target))?;
        left = left.checked_sub(bytes).ok_or_else(over)?;
    }
    Ok(())
}

/// The paths of all files below a folder, with `/` between their parts; links are not followed.
pub(super) fn files_below(root: &Path) -> Result<Vec<String>, Error> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(Error::file(&folder))? {
            let entry = entry.map_err(Error::file(&folder))?;
            let kind = entry.file_type().map_err(Error::file(&folder))?;
            let path = entry.path();
            let inside = path.strip_prefix(root).unwrap_or(&path);
            if kind.is_dir() && inside.components().count() < DEEPEST {
                folders.push(path);
            } else if kind.is_file() {
                let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy()).collect();
                files.push(parts.join("/"));
            }
            if files.len() > MOST_FILES {
                return Err(Error::Zip { problem: format!("it holds over {MOST_FILES} files") });
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn zip(folder: &Path, files: &[(&str, &[u8])]) -> std::path::PathBuf {
        let path = folder.join("stimuli.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        for (name, bytes) in files {
            writer.start_file(*name, SimpleFileOptions::default()).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap();
        path
    }

    #[test]
    fn a_zip_becomes_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = zip(folder.path(), &[("faces/a.png", b"face"), ("places/b.png", b"place")]);
        let to = folder.path().join("to");
        unpack(&path, &to).unwrap();
        let mut files = files_below(&to).unwrap();
        files.sort();
        assert_eq!(files, ["faces/a.png", "places/b.png"]);
        assert_eq!(std::fs::read(to.join("faces/a.png")).unwrap(), b"face");
    }

    #[test]
    fn names_that_lead_out_are_refused_and_leave_nothing() {
        for name in ["../a.png", "faces/../../a.png", "/etc/a.png", "a/b/c/d/e/f/g/h/i.png"] {
            let folder = tempfile::tempdir().unwrap();
            let path = zip(folder.path(), &[("faces/fine.png", b"fine"), (name, b"not fine")]);
            let to = folder.path().join("to");
            let refusal = unpack(&path, &to).unwrap_err().to_string();
            assert!(refusal.contains("leads out"), "{name}: {refusal}");
            assert!(!to.exists() && !folder.path().join("a.png").exists());
        }
    }

    /// A bomb: ten gigabytes of zeros, said to be so in its directory, or not.
    #[test]
    fn a_bomb_is_refused_before_it_is_unpacked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("bomb.zip");
        let mut writer = ZipWriter::new(File::create(&path).unwrap());
        writer.start_file("a/zeros", SimpleFileOptions::default().large_file(true)).unwrap();
        let zeros = vec![0; 1 << 24];
        for _ in 0..(10 << 30) / zeros.len() as u64 {
            writer.write_all(&zeros).unwrap();
        }
        writer.finish().unwrap();
        let to = folder.path().join("to");
        let refusal = unpack(&path, &to).unwrap_err().to_string();
        assert!(refusal.contains("over 8589934592 bytes"), "{refusal}");
        assert!(!to.exists());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.zip");
            std::fs::write(&path, &bytes).unwrap();
            let _ = unpack(&path, &folder.path().join("to"));
        }
    }
}
