//! A sweep over how pictures are changed, on the schematic pictures of `scripts/stimuli`.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::experiments::{asked, finished, id, zip};
use crate::server::Server;

/// What `scripts/stimuli` makes, two a condition; says so where Python lacks what it takes.
fn stimuli() -> Option<TempDir> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/stimuli");
    let made = Command::new(python).arg(script).arg(folder.path()).args(["--count", "2"]).output();
    match made {
        Ok(output) if output.status.success() => Some(folder),
        Ok(output) => {
            eprintln!("SKIPPED: no stimuli: {}", String::from_utf8_lossy(&output.stderr).trim());
            None
        }
        Err(error) => {
            eprintln!("SKIPPED: no stimuli: {error}");
            None
        }
    }
}

/// Schematic faces and places, in a zip with a folder a condition.
fn faces_and_places(folder: &Path) -> Vec<u8> {
    let names = ["faces/faces-01.png", "faces/faces-02.png", "places/places-01.png", "places/places-02.png"];
    zip(&names.map(|name| (name, std::fs::read(folder.join("faces").join(name)).expect("a picture"))))
}

#[test]
fn a_grid_over_the_contrast_of_faces_gives_cells_of_different_results() {
    let Some(folder) = stimuli() else { return };
    let server = Server::start();
    let mut spec = json!({
        "name": "contrast of faces",
        "stimuli_upload": server.upload("pictures.zip", &faces_and_places(folder.path())),
        "contrasts": [{"name": "faces", "expression": "faces - places"}],
        "regions": ["FFA"],
        "returns": ["regions"],
        "grid": {"media.contrast": [0.1, 0.5, 1.0]},
    });
    let answer = asked(&server, &spec).expect(202);
    let view = finished(&server, &id(&answer));
    assert_eq!((&view["state"], &view["states"]["succeeded"]), (&json!("succeeded"), &json!(3)), "{view}");
    let report = |experiment: &str, cell: u64| {
        let path = format!("/v1/experiments/{experiment}/cells/{cell}/files/experiment.json");
        server.get(&path).expect(200).json()
    };
    let reports = [0, 1, 2].map(|cell| report(&id(&answer), cell));
    for (report, contrast) in reports.iter().zip([0.1, 0.5, 1.0]) {
        let media = json!({"contrast": contrast});
        assert_eq!(report["media"], json!({"faces": media, "places": media}), "{report}");
    }
    let effect = |report: &Value| report["contrasts"][0]["regions"][0]["mean"].as_f64().expect("an effect");
    let effects = reports.each_ref().map(effect);
    assert!(effects[0] != effects[1] && effects[1] != effects[2] && effects[0] != effects[2], "{effects:?}");
    let table = server.get(&format!("/v1/experiments/{}/table.csv", id(&answer))).expect(200).text();
    assert!(table.starts_with("cell,media.contrast,contrast,"), "{table}");

    spec["grid"] = json!({});
    let plain = asked(&server, &spec).expect(202);
    assert_eq!(finished(&server, &id(&plain))["state"], "succeeded");
    let plain = report(&id(&plain), 0);
    assert_eq!(plain["media"], json!({}));
    assert_eq!(effect(&plain), effects[2], "the whole contrast is that of the picture as it is");
}

#[test]
fn media_that_cannot_be_are_refused_in_the_spec_and_in_the_grid() {
    let server = Server::start();
    let conditions = json!([{"name": "a", "stimuli": [{"text": "a word"}], "media": {"noise": 2}}]);
    let contrasts = json!([{"name": "a", "weights": {"a": 1.0}}]);
    let spec = json!({
        "name": "loud", "conditions": conditions, "contrasts": contrasts, "media": {"speech_rate": 9},
        "grid": {"media.snr_db": [0, 1000], "media.loudness": [1]},
    });
    let detail = asked(&server, &spec).refused(422, "invalid_spec");
    for place in ["conditions[0].media.noise", "media.speech_rate", "grid.\"media.snr_db\"", "grid.\"media.loudness\""]
    {
        assert!(detail.contains(place), "{place}: {detail}");
    }
}
