//! Machines that share a folder of objects, each with a data folder of its own.

use std::path::PathBuf;
use std::time::SystemTime;

use tempfile::TempDir;
use tokio::runtime::{EnterGuard, Runtime};

use super::super::{ResultFolder, Stimulus, Store};
use super::*;

const ID: &str = "0123456789abcdef0123456789abcdef";

/// What the machines of a test have in common.
struct Site<'a> {
    folder: TempDir,
    runtime: &'a Runtime,
    _entered: EnterGuard<'a>,
}

impl<'a> Site<'a> {
    fn new(runtime: &'a Runtime) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), runtime, _entered: runtime.enter() }
    }

    fn shared(&self) -> PathBuf {
        self.folder.path().join("shared")
    }

    fn alone(&self, name: &str) -> Store {
        Store::open(&self.folder.path().join(name)).unwrap()
    }

    fn machine(&self, name: &str) -> Store {
        self.alone(name).share(&format!("file://{}", self.shared().display())).unwrap()
    }

    fn upload(&self, store: &Store, name: &str, bytes: &[u8]) -> Stimulus {
        self.runtime.block_on(async {
            let mut incoming = store.receive(name, 1 << 20).await.unwrap();
            incoming.write(bytes).await.unwrap();
            incoming.keep().await.unwrap()
        })
    }

    /// Every object by its key.
    fn objects(&self) -> Vec<String> {
        let objects = Objects::open(&format!("file://{}", self.shared().display()), Handle::current()).unwrap();
        let list = objects.store.list(None).map_ok(|object| object.location.to_string());
        let mut keys: Vec<String> = self.runtime.block_on(list.try_collect()).unwrap();
        keys.sort();
        keys
    }

    /// Has something done while nobody can reach what is shared.
    fn while_away<T>(&self, work: impl FnOnce() -> T) -> T {
        let aside = self.folder.path().join("aside");
        std::fs::rename(self.shared(), &aside).unwrap();
        std::fs::write(self.shared(), "no folder").unwrap();
        let done = work();
        std::fs::remove_file(self.shared()).unwrap();
        std::fs::rename(aside, self.shared()).unwrap();
        done
    }
}

fn make(store: &Store, folder: &ResultFolder, content: &[u8]) -> Result<(), Error> {
    let attempt = store.begin_attempt(folder).unwrap();
    std::fs::create_dir(attempt.path().join("maps")).unwrap();
    std::fs::write(attempt.path().join("maps/faces"), content).unwrap();
    store.keep_attempt(folder, attempt)
}

fn made(store: &Store, folder: &ResultFolder) -> Vec<u8> {
    std::fs::read(store.results(folder).unwrap().join("maps/faces")).unwrap()
}

/// Has a machine believe what it knows of a stimulus no more.
fn doubt(stimulus: &Stimulus) {
    let description = stimulus.path.with_file_name("stimulus.json");
    std::fs::File::open(description).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
}

#[test]
fn a_stimulus_is_where_it_is_needed() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let stimulus = site.upload(&here, "film.mp4", b"the bytes of a film");
    assert_eq!(there.describe_stimulus(&stimulus.id).unwrap().name, "film.mp4");
    assert_eq!(there.stimuli().unwrap().len(), 1);
    assert!(!there.stimuli().unwrap()[0].path.exists(), "to list is not to fetch");
    let fetched = there.stimulus(&stimulus.id).unwrap();
    assert_eq!(std::fs::read(&fetched.path).unwrap(), b"the bytes of a film");
    assert_eq!((fetched.uploaded, fetched.bytes), (stimulus.uploaded, 19));

    let path = here.relative(&stimulus.path);
    std::fs::remove_dir_all(fetched.path.parent().unwrap()).unwrap();
    assert_eq!(there.located(&path).unwrap(), fetched.path);
    assert!(fetched.path.exists(), "what was removed by hand is fetched again");
    assert_eq!(
        there.located(PathBuf::from("/elsewhere/film.mp4").as_path()).unwrap(),
        PathBuf::from("/elsewhere/film.mp4")
    );
}

#[test]
fn the_last_name_of_a_stimulus_counts_on_every_machine() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let first = site.upload(&here, "words.txt", b"text\tonset");
    let known = there.stimulus(&first.id).unwrap();
    let second = site.upload(&here, "words.tsv", b"text\tonset");
    assert!(there.located(&here.relative(&second.path)).unwrap().exists(), "a request tells the name that it means");
    doubt(&known);
    let renamed = there.stimulus(&first.id).unwrap();
    assert_eq!(renamed.name, "words.tsv");
    assert!(renamed.path.ends_with("upload.tsv") && renamed.path.exists());
}

#[test]
fn what_was_there_before_anything_was_shared_is_shared_when_it_is_used() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let alone = site.alone("here");
    let stimulus = site.upload(&alone, "film.mp4", b"film");
    let result = alone.prediction(ID).unwrap();
    make(&alone, &result, b"old").unwrap();
    drop(alone);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    assert!(matches!(there.stimulus(&stimulus.id), Err(Error::UnknownStimulus { .. })));
    doubt(&stimulus);
    here.stimulus(&stimulus.id).unwrap();
    assert!(there.stimulus(&stimulus.id).is_ok());
    assert!(!there.is_made(&there.prediction(ID).unwrap()).unwrap());
    assert!(here.is_made(&here.prediction(ID).unwrap()).unwrap());
    assert_eq!(made(&there, &there.prediction(ID).unwrap()), b"old");
}

#[test]
fn a_result_is_made_once_and_read_everywhere() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    for cell in 0..40 {
        assert!(!there.is_made(&there.cell(ID, cell).unwrap()).unwrap());
        make(&here, &here.cell(ID, cell).unwrap(), &[cell as u8; 3]).unwrap();
        assert!(there.is_made(&there.cell(ID, cell).unwrap()).unwrap());
    }
    make(&there, &there.cell(ID, 7).unwrap(), b"later").unwrap();
    there.gather(ID).unwrap();
    for cell in 0..40 {
        let folder = there.cell(ID, cell).unwrap();
        let content = std::fs::read(folder.results().join("maps/faces")).unwrap();
        assert_eq!(content, if cell == 7 { b"later".to_vec() } else { vec![cell as u8; 3] });
    }
    std::fs::remove_dir_all(there.cell(ID, 7).unwrap().results()).unwrap();
    assert_eq!(made(&there, &there.cell(ID, 7).unwrap()), [7; 3], "the first that was shared stays");
    assert!(!there.results(&there.cell(ID, 40).unwrap()).unwrap().exists());
}

#[test]
fn a_large_result_goes_in_parts() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let content: Vec<u8> = (0..2 * PART as u32 + 12_345).map(|place| (place % 251) as u8).collect();
    for _ in 0..2 {
        make(&here, &here.prediction(ID).unwrap(), &content).unwrap();
    }
    assert_eq!(site.objects(), [format!("predictions/{ID}.tar")]);
    assert!(made(&there, &there.prediction(ID).unwrap()) == content);
}

#[test]
fn what_is_removed_is_removed_from_what_is_shared() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let stimulus = site.upload(&here, "film.mp4", b"film");
    make(&here, &here.prediction(ID).unwrap(), b"p").unwrap();
    for cell in [0, 1] {
        make(&here, &here.cell(ID, cell).unwrap(), b"c").unwrap();
    }
    let other = ID.replace('0', "f");
    make(&here, &here.cell(&other, 0).unwrap(), b"o").unwrap();
    assert_eq!(site.objects().len(), 2 + 1 + 2 + 1);
    there.remove_stimulus(&stimulus.id).unwrap();
    there.remove_prediction(ID).unwrap();
    there.remove_experiment(ID).unwrap();
    assert_eq!(site.objects(), [format!("experiments/{other}/0.tar")]);
    assert!(matches!(there.remove_stimulus(&stimulus.id), Err(Error::UnknownStimulus { .. })));
    there.remove_prediction(ID).unwrap();
}

#[test]
fn out_of_reach_is_told_and_what_was_made_meanwhile_is_shared_later() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let [result, seen] = [&here, &there].map(|store| store.prediction(ID).unwrap());
    let hash = blake3::hash(b"film").to_hex().to_string();
    site.while_away(|| {
        let away = |error| matches!(error, Error::Away { url } if url.starts_with("file:///"));
        assert!(away(here.stimulus(&hash).unwrap_err()));
        assert!(away(here.stimuli().unwrap_err()));
        assert!(away(here.remove_experiment(ID).unwrap_err()));
        assert!(away(here.is_made(&result).unwrap_err()));
        assert!(away(make(&here, &result, b"made").unwrap_err()));
        assert!(away(there.results(&seen).unwrap_err()));
    });
    assert!(!there.is_made(&seen).unwrap());
    assert!(here.is_made(&result).unwrap(), "nothing is made again");
    assert_eq!(made(&there, &seen), b"made");
}

#[test]
fn an_object_that_is_not_what_was_put_there_leaves_nothing() {
    let runtime = Runtime::new().unwrap();
    let site = Site::new(&runtime);
    let [here, there] = ["here", "there"].map(|name| site.machine(name));
    let stimulus = site.upload(&here, "film.mp4", b"film");
    std::fs::write(site.shared().join(format!("stimuli/{}/upload", stimulus.id)), b"f1lm").unwrap();
    make(&here, &here.prediction(ID).unwrap(), b"p").unwrap();
    std::fs::write(site.shared().join(format!("predictions/{ID}.tar")), [7; 700]).unwrap();

    let told = |error| matches!(error, Error::File { path, .. } if path.to_str().is_some_and(|path| path.contains("/shared/")));
    assert!(told(there.stimulus(&stimulus.id).unwrap_err()));
    assert!(told(there.results(&there.prediction(ID).unwrap()).unwrap_err()));
    for folder in ["stimuli", "predictions", "incoming"] {
        assert_eq!(std::fs::read_dir(site.folder.path().join("there").join(folder)).unwrap().count(), 0, "{folder}");
    }
}

#[test]
fn a_url_is_shown_without_secrets_and_one_that_names_nothing_is_refused() {
    let shown = without_secrets("s3://KEY:SECRET@bucket/lab/1?token=SECRET#SECRET").unwrap();
    assert_eq!(shown.as_str(), "s3://bucket/lab/1");
    let runtime = Runtime::new().unwrap();
    for url in ["results", "http://host/results", "gs://bucket", "file://host/folder", "/folder"] {
        let refused = Objects::open(url, runtime.handle().clone());
        assert!(matches!(refused, Err(Error::ResultsUrl { .. })), "{url}: {refused:?}");
    }
}
