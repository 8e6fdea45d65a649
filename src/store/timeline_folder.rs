//! The folder of a table of events: the table, and the stimuli that it names, side by side as its author has them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Error, Stimulus, Store};

/// What the table is called there.
const TABLE: &str = "events.tsv";

impl Store {
    /// Links a table and its stimuli into one folder, each stimulus under the name it was uploaded with, and
    /// returns the table's path. The folder lies with the table and goes with it.
    pub fn lay_side_by_side(&self, table: &Stimulus, stimuli: &[Stimulus]) -> Result<PathBuf, Error> {
        let names: BTreeMap<&str, &Stimulus> =
            stimuli.iter().map(|stimulus| (base_name(&stimulus.name), stimulus)).collect();
        let mut hasher = blake3::Hasher::new();
        for (name, stimulus) in &names {
            hasher.update(name.as_bytes()).update(b"\0").update(stimulus.id.as_bytes());
        }
        let folder = table.folder(self).join(hasher.finalize().to_hex().as_str());
        let laid = folder.join(TABLE);
        if laid.exists() {
            return Ok(laid);
        }
        let incoming = &self.folders.incoming;
        let assembly = tempfile::tempdir_in(incoming).map_err(Error::at(incoming))?;
        for (name, stimulus) in names {
            link(&stimulus.path, &assembly.path().join(name))?;
        }
        link(&table.path, &assembly.path().join(TABLE))?;
        match std::fs::rename(assembly.path(), &folder) {
            Err(error) if !laid.exists() => Err(Error::at(&folder)(error)),
            _ => Ok(laid),
        }
    }
}

/// The last part of a name from outside.
fn base_name(name: &str) -> &str {
    name.rsplit(['/', '\\']).find(|part| !matches!(*part, "" | "." | "..")).unwrap_or("stimulus")
}

fn link(from: &Path, to: &Path) -> Result<(), Error> {
    std::fs::hard_link(from, to).map_err(Error::at(to))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn upload(store: &Store, name: &str, bytes: &[u8]) -> Stimulus {
        let mut incoming = store.receive(name, 1 << 20).await.unwrap();
        incoming.write(bytes).await.unwrap();
        incoming.keep().await.unwrap()
    }

    #[tokio::test]
    async fn a_table_finds_its_stimuli_beside_it() {
        let root = tempfile::tempdir().unwrap();
        let store = Store::open(root.path()).unwrap();
        let table = upload(&store, "run-1_events.tsv", b"onset\tduration\tstim_file").await;
        let film = upload(&store, "../stimuli/film.mp4", b"film").await;
        let laid = store.lay_side_by_side(&table, &[film.clone()]).unwrap();
        assert_eq!(std::fs::read(&laid).unwrap(), b"onset\tduration\tstim_file");
        assert_eq!(std::fs::read(laid.with_file_name("film.mp4")).unwrap(), b"film");
        assert_eq!(store.lay_side_by_side(&table, &[film]).unwrap(), laid);
        assert_eq!(store.stimuli().unwrap().len(), 2);
        assert_eq!(std::fs::read_dir(root.path().join("incoming")).unwrap().count(), 0);
    }

    #[test]
    fn only_the_last_part_of_a_name_counts() {
        for (name, base) in [("a/b.wav", "b.wav"), ("..", "stimulus"), ("c:\\x\\y.mp4", "y.mp4"), ("", "stimulus")] {
            assert_eq!(base_name(name), base);
        }
    }
}
