//! A small simulated cohort from stimuli to its last file, made by the program itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use encortex::experiment::Library;
use encortex::study::Study;
use ndarray::{Array1, Array2, ArrayView1};
use ndarray_npy::read_npy;
use serde_json::Value;

/// Six films of two minutes, three subjects.
const PLAN: &str = "hours = 0.1333\nfilm_minutes = 2.0\nsubjects = 2\nheld_out_subjects = 1\nheld_out_minutes = 4.0\n\
    one_sense_share = 0.5\ntest_repeats = 2\nsignal_share = 0.4\nseed = 5\n";
const FILMS: [&str; 6] = ["heldout01", "heldout02", "test01", "train01", "train02", "validation01"];
const SECONDS: usize = 120;
const VERTICES: usize = 20_484;

fn python() -> PathBuf {
    match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    }
}

/// Whether everything is here that a cohort is made with.
fn material(folder: &Path) -> bool {
    let runs = |program: &str, argument: &str| {
        Command::new(program).arg(argument).output().is_ok_and(|done| done.status.success())
    };
    let surfaces = Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5");
    if !runs("espeak-ng", "--version") || !runs("ffmpeg", "-version") || !surfaces.is_dir() {
        eprintln!("SKIPPED: espeak-ng, ffmpeg or share/fsaverage5 is absent; run scripts/setup");
        return false;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/stimuli");
    match Command::new(python()).arg(script).arg(folder).args(["--material", "--count", "18"]).output() {
        Ok(made) => {
            assert!(made.status.success(), "scripts/stimuli: {}", String::from_utf8_lossy(&made.stderr));
            true
        }
        Err(error) => {
            eprintln!("SKIPPED: {} does not run ({error}); run scripts/setup", python().display());
            false
        }
    }
}

fn simulate(folder: &Path, out: &str) -> Output {
    fs::write(folder.join("plan.toml"), PLAN).unwrap();
    Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(["simulate", "--stimuli", "stimuli", "--plan", "plan.toml", "--out", out])
        .env("ENCORTEX_SURFACES", Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5"))
        .current_dir(folder)
        .output()
        .expect("the program starts")
}

#[test]
fn a_cohort_is_whole_split_by_stimulus_and_made_twice_the_same() {
    let folder = tempfile::tempdir().unwrap();
    if !material(&folder.path().join("stimuli")) {
        return;
    }
    for out in ["cohort", "again"] {
        let made = simulate(folder.path(), out);
        let said = String::from_utf8_lossy(&made.stdout).into_owned();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        assert!(said.contains("6 films") && said.contains("14 runs, all of them simulated"), "{said}");
    }
    let cohort = folder.path().join("cohort");
    everything_says_that_it_is_simulated(&cohort);
    studies_name_runs_of_their_shape(&cohort);
    splits_share_no_stimulus(&cohort);
    texts_of_localizers_are_held_out(&cohort);
    repeats_hold_the_signal_that_is_stated(&cohort);
    assert_eq!(hashes(&cohort), hashes(&folder.path().join("again")));

    let refused = simulate(folder.path(), "cohort");
    let message = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && message.contains("not empty"), "{message}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

fn hashes(folder: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let named =
        |path: PathBuf| (path.strip_prefix(folder).unwrap().to_owned(), blake3::hash(&fs::read(&path).unwrap()));
    files(folder).into_iter().map(named).collect()
}

fn everything_says_that_it_is_simulated(cohort: &Path) {
    let sidecars: Vec<PathBuf> =
        files(cohort).into_iter().filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert_eq!(sidecars.len(), 1 + 14);
    for path in sidecars {
        let sidecar: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(sidecar["Simulated"], true, "{}", path.display());
    }
    for name in ["README", "study.toml", "study_heldout.toml"] {
        let text = fs::read_to_string(cohort.join(name)).unwrap().to_lowercase();
        assert!(text.contains("simulated") && text.contains("nobody was scanned"), "{name}");
    }
}

fn studies_name_runs_of_their_shape(cohort: &Path) {
    let expected =
        [("study.toml", 10, vec!["test", "train", "validation"]), ("study_heldout.toml", 4, vec!["test", "train"])];
    for (name, count, splits) in expected {
        let study: toml::Table = toml::from_str(&fs::read_to_string(cohort.join(name)).unwrap()).unwrap();
        let read = Study::open(&cohort.join(name)).unwrap();
        assert!(read.simulated && read.runs.len() == count, "{name}");
        let runs = study["runs"].as_array().unwrap();
        assert_eq!(runs.len(), count, "{name}");
        let found: BTreeSet<&str> = runs.iter().map(|run| run["split"].as_str().unwrap()).collect();
        assert_eq!(found.into_iter().collect::<Vec<_>>(), splits);
        for run in runs {
            let path = |value: &toml::Value| cohort.join(value.as_str().unwrap());
            let bold: Array2<f32> = read_npy(path(&run["bold"])).unwrap();
            assert_eq!(bold.dim(), (SECONDS, VERTICES));
            assert!(bold.iter().all(|value| value.is_finite()));
            assert_eq!((run["tr_s"].as_float(), run["onset_s"].as_float()), (Some(1.0), Some(0.0)));
            let stimulus = run["stimulus"].as_table().unwrap();
            assert!(stimulus.len() == 2 && stimulus.values().all(|file| path(file).is_file()), "{stimulus:?}");
            let is_story =
                run["bold"].as_str().is_some_and(|bold| bold.contains("train02") || bold.contains("heldout02"));
            assert_eq!(stimulus.contains_key("audio"), is_story, "the last film to learn from has sound alone");
        }
    }
}

/// Rows of an events table: `trial_type`, `stim_file` and `text`.
fn events(cohort: &Path, film: &str) -> Vec<[String; 3]> {
    let table = fs::read_to_string(cohort.join(format!("stimuli/{film}_events.tsv"))).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('\t').collect();
        [cells[2], cells[3], cells[4]].map(str::to_owned)
    };
    table.lines().skip(1).map(row).collect()
}

/// What of the events is a stimulus of its own, by split.
fn splits_share_no_stimulus(cohort: &Path) {
    let stimuli = |film: &str| -> BTreeSet<String> {
        events(cohort, film).into_iter().flat_map(|[_, file, text]| [file, text]).filter(|cell| cell != "n/a").collect()
    };
    for (one, other) in FILMS.iter().flat_map(|one| FILMS.iter().map(move |other| (one, other))) {
        let split = |film: &str| film.trim_end_matches(char::is_numeric).to_owned();
        if split(one) != split(other) {
            let shared: Vec<String> = stimuli(one).intersection(&stimuli(other)).cloned().collect();
            assert!(shared.is_empty(), "{one} and {other} share {shared:?}");
        }
        assert!(!stimuli(one).is_empty());
    }
    let is_film = |path: &PathBuf| path.extension().is_some_and(|end| end == "mp4" || end == "wav");
    let films: Vec<PathBuf> = files(&cohort.join("stimuli")).into_iter().filter(is_film).collect();
    let contents: BTreeSet<_> = films.iter().map(|film| blake3::hash(&fs::read(film).unwrap()).to_string()).collect();
    assert!(films.len() == FILMS.len() && contents.len() == films.len());
}

fn texts_of_localizers_are_held_out(cohort: &Path) {
    let library = Library::embedded().unwrap();
    let items: BTreeSet<&String> = library.item_lists().flat_map(|list| library.items(list).unwrap()).collect();
    let texts: Vec<String> = FILMS
        .iter()
        .flat_map(|film| events(cohort, film))
        .map(|[_, _, text]| text)
        .filter(|text| text != "n/a")
        .collect();
    assert!(texts.len() > 30, "{}", texts.len());
    assert!(texts.iter().all(|text| !items.contains(text)));
}

fn repeats_hold_the_signal_that_is_stated(cohort: &Path) {
    let bold = |run: usize| -> Array2<f32> {
        read_npy(cohort.join(format!("sub-01/func/sub-01_task-test01_run-{run:02}_bold.npy"))).unwrap()
    };
    let (one, other) = (bold(1), bold(2));
    assert_ne!(one, other);
    let maps: Array2<f32> = read_npy(cohort.join("truth/sub-01_maps.npy")).unwrap();
    let populations: Array2<f32> = read_npy(cohort.join("truth/sub-01_task-test01_populations.npy")).unwrap();
    let signal = populations.dot(&maps);
    let shares: Array1<f32> = read_npy(cohort.join("truth/sub-01_signal_share.npy")).unwrap();
    assert!(shares.iter().all(|share| (0.0..0.95).contains(share)));
    let noise = 0.6 / 0.4;
    let (mut measured, mut stated, mut counted) = (0.0, 0.0, 0.0);
    for vertex in (0..VERTICES).filter(|vertex| shares[*vertex] > 0.3) {
        let variance = signal.column(vertex).var(0.0);
        measured += correlation(one.column(vertex), other.column(vertex));
        stated += f64::from(variance / (variance + noise));
        counted += 1.0;
    }
    assert!(
        counted > 500.0 && (measured - stated).abs() / counted < 0.05,
        "{} stated, {} measured",
        stated / counted,
        measured / counted
    );
    let silent = (0..VERTICES).filter(|vertex| shares[*vertex] < 1e-6).step_by(7);
    let (count, sum) = silent.fold((0.0, 0.0), |(count, sum), vertex| {
        (count + 1.0, sum + correlation(one.column(vertex), other.column(vertex)))
    });
    assert!(count > 500.0 && (sum / count).abs() < 0.03, "{} of {count} silent vertices", sum / count);
}

fn correlation(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let centred = |values: ArrayView1<f32>| {
        let values = values.mapv(f64::from);
        &values - values.mean().unwrap()
    };
    let (a, b) = (centred(a), centred(b));
    a.dot(&b) / (a.dot(&a) * b.dot(&b)).sqrt()
}
