//! A folder as one stream of bytes: an uncompressed tar of plain files. Equal folders are equal bytes; what is read is not
//! trusted.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use tar::{Builder, EntryType, Header};

/// The longest path that is read (bytes). One of more than 100 has an entry of its own, before its file's.
const LONGEST_PATH: u64 = 4096;

/// A folder that is about to be packed.
pub(super) struct Tar<'a> {
    folder: &'a Path,
    /// Each by its path in the folder.
    files: Vec<PathBuf>,
    bytes: u64,
}

impl<'a> Tar<'a> {
    /// Looks through a folder.
    pub(super) fn of(folder: &'a Path) -> io::Result<Self> {
        let mut tar = Self { folder, files: Vec::new(), bytes: 0 };
        tar.look_through(Path::new(""))?;
        tar.files.sort();
        Ok(tar)
    }

    fn look_through(&mut self, below: &Path) -> io::Result<()> {
        for entry in std::fs::read_dir(self.folder.join(below))? {
            let entry = entry?;
            let (path, about) = (below.join(entry.file_name()), entry.metadata()?);
            if about.is_dir() {
                self.look_through(&path)?;
            } else {
                self.bytes += about.len();
                self.files.push(path);
            }
        }
        Ok(())
    }

    /// How many bytes the files have.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(super) fn write(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut tar = Builder::new(to);
        for path in &self.files {
            let file = File::open(self.folder.join(path))?;
            let mut header = Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(file.metadata()?.len());
            tar.append_data(&mut header, path, file)?;
        }
        tar.finish()
    }
}

/// Unpacks into an empty folder. Anything but a plain file that stays in the folder is refused, and no more is written than
/// is read.
pub(super) fn unpack(from: &mut dyn Read, folder: &Path) -> io::Result<()> {
    let mut long = None;
    for entry in tar::Archive::new(from).entries()?.raw(true) {
        let mut entry = entry?;
        let kind = entry.header().entry_type();
        if kind == EntryType::GNULongName {
            let mut name = String::new();
            entry.take(LONGEST_PATH).read_to_string(&mut name)?;
            long = Some(PathBuf::from(name.trim_end_matches('\0')));
            continue;
        }
        let name = long.take().map_or_else(|| entry.path().map(Cow::into_owned), Ok)?;
        let stays = name.components().all(|part| matches!(part, Component::Normal(_)));
        if kind != EntryType::Regular || !stays || name.file_name().is_none() {
            let refusal = format!("it holds {}, which is no plain file of its own", name.display());
            return Err(io::Error::new(io::ErrorKind::InvalidData, refusal));
        }
        let path = folder.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent)?;
        }
        io::copy(&mut entry, &mut File::create_new(path)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Every file below a folder with its bytes; a link is a failure.
    fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![folder.to_owned()];
        while let Some(next) = folders.pop() {
            for entry in std::fs::read_dir(next).unwrap().map(Result::unwrap) {
                let kind = entry.file_type().unwrap();
                assert!(kind.is_file() || kind.is_dir(), "{:?} is {kind:?}", entry.path());
                if kind.is_dir() {
                    folders.push(entry.path());
                } else {
                    let path = entry.path().strip_prefix(folder).unwrap().to_owned();
                    files.insert(path, std::fs::read(entry.path()).unwrap());
                }
            }
        }
        files
    }

    fn packed(folder: &Path) -> Vec<u8> {
        let mut bytes = Vec::new();
        Tar::of(folder).unwrap().write(&mut bytes).unwrap();
        bytes
    }

    /// A tar of one entry, whose header says what it likes.
    fn tar(name: &[u8], kind: u8, link: &[u8], content: &[u8], size: u64) -> Vec<u8> {
        let mut header = Header::new_ustar();
        let ustar = header.as_ustar_mut().unwrap();
        ustar.name[..name.len()].copy_from_slice(name);
        ustar.linkname[..link.len()].copy_from_slice(link);
        header.set_entry_type(EntryType::new(kind));
        header.set_mode(0o4777);
        header.set_size(size);
        header.set_cksum();
        let padding = vec![0; content.len().next_multiple_of(512) - content.len()];
        [header.as_bytes().as_slice(), content, &padding].concat()
    }

    /// Unpacks into `inner/` of a new folder and holds that nothing appears outside of it.
    fn unpack_inside(bytes: &[u8]) -> (io::Result<()>, BTreeMap<PathBuf, Vec<u8>>) {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("inner");
        std::fs::create_dir(&inner).unwrap();
        let unpacked = unpack(&mut &*bytes, &inner);
        assert_eq!(std::fs::read_dir(outer.path()).unwrap().count(), 1, "something lies outside of the folder");
        (unpacked, files(&inner))
    }

    #[test]
    fn links_devices_and_paths_that_lead_out_are_refused() {
        let refused: [(&[u8], u8, &[u8]); 12] = [
            (b"../out", b'0', b""),
            (b"a/../../out", b'0', b""),
            (b"/out-of-the-folder", b'0', b""),
            (b"", b'0', b""),
            (b".", b'0', b""),
            (b"link", b'2', b"../out"),
            (b"link", b'1', b"/etc/passwd"),
            (b"device", b'3', b""),
            (b"pipe", b'6', b""),
            (b"folder", b'5', b""),
            (b"long", b'K', b""),
            (b"pax", b'x', b""),
        ];
        for (name, kind, link) in refused {
            let (unpacked, files) = unpack_inside(&tar(name, kind, link, b"x", 1));
            assert!(unpacked.is_err() && files.is_empty(), "{:?}", String::from_utf8_lossy(name));
        }
    }

    #[test]
    fn a_long_path_is_trusted_no_more_than_a_short_one() {
        let file = tar(b"short", b'0', b"", b"x", 1);
        let under = |path: &str| {
            unpack_inside(&[tar(b"", b'L', b"", path.as_bytes(), path.len() as u64), file.clone()].concat())
        };
        let fine = format!("{0}/{0}", "a".repeat(120));
        assert_eq!(under(&fine).1.into_keys().collect::<Vec<_>>(), [PathBuf::from(&fine)]);
        for path in [format!("../{fine}"), format!("/tmp/{fine}"), "a\0b".to_owned(), "a".repeat(9000)] {
            let (unpacked, files) = under(&path);
            assert!(unpacked.is_err() && files.is_empty(), "{path:?}");
        }
    }

    #[test]
    fn a_tar_that_is_cut_off_or_promises_more_than_it_holds_is_refused() {
        let whole = tar(b"a", b'0', b"", &[7; 1000], 1000);
        assert!(unpack_inside(&whole).0.is_ok());
        for length in [1, 511, 600, 1400] {
            assert!(unpack_inside(&whole[..length]).0.is_err(), "{length}");
        }
        assert!(unpack_inside(&tar(b"a", b'0', b"", &[7; 1000], u64::MAX / 2)).0.is_err());
    }

    #[test]
    fn equal_folders_are_equal_bytes() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        for (folder, names) in folders.iter().zip([["a", "b"], ["b", "a"]]) {
            std::fs::create_dir(folder.path().join("deeper")).unwrap();
            names.iter().for_each(|name| std::fs::write(folder.path().join("deeper").join(name), name).unwrap());
        }
        assert_eq!(packed(folders[0].path()), packed(folders[1].path()));
    }

    proptest! {
        #[test]
        fn what_is_packed_is_unpacked(
            files_in in prop::collection::btree_map("[a-z]{1,120}(/[a-z]{1,8}\\.[a-z]{1,3})?", prop::collection::vec(any::<u8>(), 0..2000), 0..8)
        ) {
            let folder = tempfile::tempdir().unwrap();
            for (name, content) in &files_in {
                let path = folder.path().join(name);
                if std::fs::create_dir_all(path.parent().unwrap()).is_ok() && !path.exists() {
                    let _ = std::fs::write(path, content);
                }
            }
            let (unpacked, files_out) = unpack_inside(&packed(folder.path()));
            unpacked.unwrap();
            prop_assert_eq!(files(folder.path()), files_out);
        }

        #[test]
        fn no_bytes_write_outside_or_panic(bytes in prop::collection::vec(any::<u8>(), 0..2048)) {
            let _ = unpack_inside(&bytes);
        }

        #[test]
        fn no_header_writes_outside_panics_or_makes_more_of_its_bytes(
            name in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..100),
                "(\\.\\./|/|a/|\\./){0,6}[a-z.]{0,4}/?".prop_map(String::into_bytes),
            ],
            kind in prop_oneof![Just(b'0'), Just(b'L'), any::<u8>()],
            link in "(\\.\\./|/){0,3}[a-z]{0,4}",
            content in prop::collection::vec(any::<u8>(), 0..1024),
            size in prop_oneof![0..2048_u64, any::<u64>()],
            again in any::<bool>(),
        ) {
            let one = tar(&name, kind, link.as_bytes(), &content, size);
            let bytes = if again { [one.clone(), one].concat() } else { one };
            let (_, files) = unpack_inside(&bytes);
            prop_assert!(files.values().map(Vec::len).sum::<usize>() <= bytes.len());
        }
    }
}
