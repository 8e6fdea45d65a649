//! Every localizer of the library from end to end on the built-in model, with a few schematic stimuli.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use encortex::experiment::{Condition, Library, Localizer};
use serde_json::{Value, json};
use tempfile::TempDir;

/// Stimuli a condition.
const COUNT: usize = 3;

/// `PATH` with the environment that scripts/setup makes in front, and the Python of it.
fn python() -> PathBuf {
    let environment = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    environment.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv")).join("bin/python")
}

/// A folder with the stimuli of scripts/stimuli, and the data of the program.
fn folder() -> Option<&'static TempDir> {
    static FOLDER: OnceLock<Option<TempDir>> = OnceLock::new();
    let make = || {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/stimuli");
        let stimuli = folder.path().join("stimuli");
        let made = Command::new(python()).arg(script).arg(&stimuli).args(["--count", &COUNT.to_string()]).output();
        match made {
            Ok(made) if made.status.success() => {
                eprint!("{}", String::from_utf8_lossy(&made.stderr));
                Some(folder)
            }
            Ok(made) => panic!("scripts/stimuli: {}", String::from_utf8_lossy(&made.stderr)),
            Err(error) => {
                eprintln!("SKIPPED: {} does not run ({error}); run scripts/setup", python().display());
                None
            }
        }
    };
    FOLDER.get_or_init(make).as_ref()
}

fn is_espeak_here() -> bool {
    Command::new("espeak-ng").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// The localizer with the first texts of each condition, or the stimuli made for it.
fn spec(library: &Library, localizer: &Localizer) -> Value {
    let first = |texts: Vec<String>| texts.into_iter().take(COUNT).map(|text| json!({ "text": text })).collect();
    let texts = |condition: &Condition| -> Option<Vec<Value>> {
        let items = condition.items.as_ref().and_then(|list| library.items(list)).map(<[String]>::to_vec);
        items.or(condition.derived.as_ref().and_then(|derived| library.derived(derived))).map(first)
    };
    let conditions: Vec<Value> = localizer
        .conditions
        .iter()
        .filter_map(|condition| Some(json!({ "name": condition.name, "stimuli": texts(condition)? })))
        .collect();
    let mut spec = json!({ "localizer": localizer.name, "returns": ["regions"], "conditions": conditions });
    if conditions.is_empty() {
        spec["stimuli_folder"] = format!("stimuli/{}", localizer.name).into();
    }
    spec
}

/// Whether a localizer's stimuli are spoken, by the program or by the script that makes them.
fn needs_speech(localizer: &Localizer) -> bool {
    let is_text = localizer.conditions.iter().any(|condition| condition.items.is_some() || condition.derived.is_some());
    is_text || ["speech_silence", "speech_sounds", "multisensory"].contains(&localizer.name.as_str())
}

#[test]
fn every_localizer_runs_from_stimuli_to_a_report() {
    let Some(folder) = folder() else { return };
    let library = Library::embedded().expect("the library");
    assert_eq!(library.localizers().len(), 15);
    for localizer in library.localizers() {
        if needs_speech(localizer) && !is_espeak_here() {
            eprintln!("SKIPPED: {}: espeak-ng is not on the PATH", localizer.name);
            continue;
        }
        run(folder.path(), &library, localizer);
    }
}

fn run(folder: &Path, library: &Library, localizer: &Localizer) {
    let name = localizer.name.as_str();
    let spec_path = folder.join(format!("{name}.json"));
    std::fs::write(&spec_path, spec(library, localizer).to_string()).expect("a spec");
    let out = folder.join("out").join(name);
    let ran = Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(["experiment", "run"])
        .arg(&spec_path)
        .arg("--out")
        .arg(&out)
        .arg("--data-dir")
        .arg(folder.join("data"))
        .env("ENCORTEX_MODEL", "untrained")
        .output()
        .expect("the program starts");
    assert!(ran.status.success(), "{name}: {}", String::from_utf8_lossy(&ran.stderr));

    let report: Value =
        serde_json::from_slice(&std::fs::read(out.join("experiment.json")).expect("a report")).expect("JSON");
    assert_eq!((&report["localizer"], &report["model"]["trained"]), (&name.into(), &false.into()));
    let contrasts = report["contrasts"].as_array().expect("contrasts");
    let names: Vec<&str> = contrasts.iter().filter_map(|contrast| contrast["name"].as_str()).collect();
    assert_eq!(names, localizer.contrasts.iter().map(|contrast| contrast.name.as_str()).collect::<Vec<_>>());
    for contrast in contrasts {
        assert_eq!(contrast["tested"], true, "{name}: {contrast}");
        let regions = contrast["regions"].as_array().expect("regions");
        let found: Vec<&str> = regions.iter().filter_map(|region| region["region"].as_str()).collect();
        assert_eq!(found, localizer.regions(), "{name}");
        for region in regions {
            let is_number = |field: &str| region[field].as_f64().is_some_and(f64::is_finite);
            assert!(
                ["mean", "t", "p", "cohens_d", "peak_effect", "patches_larger"].into_iter().all(is_number),
                "{region}"
            );
        }
        for (condition, n) in contrast["n"].as_object().expect("n") {
            assert_eq!(n, COUNT, "{name}: {condition}");
        }
    }
}
