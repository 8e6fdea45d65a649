//! The same stimulus over HTTP and on the command line gives the same bytes.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::experiments::{asked, faces, finished, id, pictures};
use crate::form::Form;
use crate::server::Server;

const DATASETS: [&str; 7] =
    ["response/average", "time/stimulus", "time/bold", "kept", "features/text", "features/audio", "features/video"];

#[test]
fn over_http_and_on_the_command_line_every_dataset_is_the_same() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/golden");
    if !golden.is_dir() {
        eprintln!("SKIPPED: ../shared is absent, HTTP and command line were not compared on the golden clip");
        return;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (model, hub) = (golden.join("tribe_tiny").display().to_string(), golden.join("hf_home").display().to_string());
    let stimuli = golden.join("stimuli");

    let out = folder.path().join("out");
    let predicted = Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(["predict", "--model", &model, "--hf-home", &hub, "--save-features", "--format", "hdf5"])
        .arg("--video")
        .arg(stimuli.join("clip.mp4"))
        .arg("--transcript")
        .arg(stimuli.join("clip.tsv"))
        .arg("--out")
        .arg(&out)
        .arg("--data-dir")
        .arg(folder.path().join("data"))
        .status()
        .expect("the program runs");
    assert!(predicted.success());

    let server = Server::start_with(&["--model", &model, "--hf-home", &hub]);
    let read = |name: &str| std::fs::read(stimuli.join(name)).expect(name);
    let form = Form::new()
        .file("video", "clip.mp4", &read("clip.mp4"))
        .file("transcript", "clip.tsv", &read("clip.tsv"))
        .text("save_features", "true");
    let prediction = server.predict(form).expect(200).json();
    let id = prediction["id"].as_str().expect("an id");
    let served = folder.path().join("served.h5");
    let file = server.get(&format!("/v1/predictions/{id}/files/prediction.h5")).expect(200);
    std::fs::write(&served, file.body).expect("a file");

    let (ours, theirs) = (hdf5::File::open(out.join("prediction.h5")), hdf5::File::open(served));
    let (ours, theirs) = (ours.expect("an HDF5 file"), theirs.expect("an HDF5 file"));
    for dataset in DATASETS {
        assert_eq!(bytes(&ours, dataset), bytes(&theirs, dataset), "{dataset}");
    }
}

#[test]
fn a_grid_over_http_and_on_the_command_line_has_the_same_table() {
    let server = Server::start();
    let mut spec = faces(&server);
    spec["returns"] = json!(["regions"]);
    spec["design"] = json!({"kind": "event", "asynchrony_s": 8.0});
    spec["grid"] = json!({"design.asynchrony_s": {"from": 6.5, "to": 7.5, "steps": 2}, "media.contrast": [0.5]});
    let id = id(&asked(&server, &spec).expect(202));
    assert_eq!(finished(&server, &id)["state"], "succeeded");
    let served = server.get(&format!("/v1/experiments/{id}/table.csv")).expect(200).text();
    assert_eq!(served.lines().count(), 1 + 2 * 2, "{served}");

    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, bytes) in pictures() {
        let path = folder.path().join("pictures").join(name);
        std::fs::create_dir_all(path.parent().expect("a condition")).expect("a folder");
        std::fs::write(path, bytes).expect("a picture");
    }
    spec.as_object_mut().expect("a spec").remove("stimuli_upload");
    spec["stimuli_folder"] = "pictures".into();
    std::fs::write(folder.path().join("spec.json"), spec.to_string()).expect("a spec");
    let swept = |format: &str| {
        let out = folder.path().join(format);
        let ran = Command::new(env!("CARGO_BIN_EXE_encortex"))
            .args(["experiment", "run", "--table", format, "--data-dir"])
            .args([&folder.path().join("data"), &folder.path().join("spec.json")])
            .arg("--out")
            .arg(&out)
            .env("ENCORTEX_MODEL", "untrained")
            .output()
            .expect("the program runs");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        assert!(out.join("cell-1/experiment.json").is_file());
        std::fs::read(out.join(format!("table.{format}"))).expect("a table")
    };
    assert_eq!(String::from_utf8(swept("csv")).expect("text"), served);
    assert!(swept("parquet").starts_with(b"PAR1"));
}

/// The values of a dataset, as they lie in memory.
fn bytes(file: &hdf5::File, dataset: &str) -> Vec<u8> {
    let dataset = file.dataset(dataset).expect(dataset);
    let size = dataset.dtype().expect("a type").size();
    match size {
        1 => dataset.read_raw::<bool>().expect("values").into_iter().map(u8::from).collect(),
        4 => dataset.read_raw::<f32>().expect("values").into_iter().flat_map(f32::to_le_bytes).collect(),
        _ => dataset.read_raw::<f64>().expect("values").into_iter().flat_map(f64::to_le_bytes).collect(),
    }
}
