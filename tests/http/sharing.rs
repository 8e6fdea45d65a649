//! Servers with data folders of their own that share uploads and results by a bucket.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::bucket::Bucket;
use crate::experiments::{asked, faces, finished, id};
use crate::form::Form;
use crate::media::{picture, tone};
use crate::server::Server;
use crate::workers::WorkerProcess;

fn start(bucket: &Bucket, folder: TempDir) -> Server {
    Server::start_in(folder, &["--results-url", &bucket.url()], &bucket.environment())
}

/// A data folder that holds the queue of another, and nothing else.
fn with_queue_of(data: &Path) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    for entry in std::fs::read_dir(data).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if name.to_string_lossy().starts_with("queue.sqlite") {
            std::fs::copy(entry.path(), folder.path().join("data").join(name)).unwrap();
        }
    }
    folder
}

/// Waits until an experiment is over, which it shall be well.
#[track_caller]
fn succeeded(server: &Server, experiment: &str) {
    let view = finished(server, experiment.trim_start_matches("/v1/experiments/"));
    assert_eq!(view["state"], "succeeded", "{view}\n{}", server.log());
}

#[test]
fn a_server_with_an_empty_data_folder_serves_what_another_one_kept() {
    let Some(bucket) = Bucket::start() else { return };
    let mut first = start(&bucket, tempfile::tempdir().unwrap());
    let mut spec = faces(&first);
    spec["grid"] = json!({"seed": [1, 2, 3]});
    let experiment = format!("/v1/experiments/{}", id(&asked(&first, &spec).expect(202)));
    succeeded(&first, &experiment);
    let sound = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1));
    let prediction = format!("/v1/predictions/{}", first.predict(sound).expect(200).json()["id"].as_str().unwrap());
    let upload = first.upload("face.png", &picture());
    let files = [
        format!("{experiment}/table.csv"),
        format!("{experiment}/cells/2/files/experiment.json"),
        format!("{prediction}/frames"),
        format!("/v1/stimuli/{upload}"),
        "/v1/stimuli".to_owned(),
    ];
    let kept = files.clone().map(|path| first.get(&path).expect(200).text());
    let keys = bucket.keys();
    for key in [experiment.replace("/v1/", "") + "/2.tar", prediction.replace("/v1/", "") + ".tar"] {
        assert!(keys.contains(&key), "{key} is not among {keys:?}");
    }
    assert_eq!(keys.len(), 3 + 1 + 2 * 3, "cells, a prediction, and two of each of three uploads: {keys:?}");
    first.terminate();

    let second = start(&bucket, with_queue_of(&first.data()));
    assert_eq!(files.clone().map(|path| second.get(&path).expect(200).text()), kept);
    for folder in ["experiments", "predictions", "stimuli"] {
        std::fs::remove_dir_all(second.data().join(folder)).unwrap();
        std::fs::create_dir(second.data().join(folder)).unwrap();
    }
    assert_eq!(files.map(|path| second.get(&path).expect(200).text()), kept, "copies may go at any time");
    let order = json!({"image": upload, "duration": 2.0});
    let order = second.post_json("/v1/predictions", &order).expect(202).json()["id"].as_str().unwrap().to_owned();
    second.until(|| second.state(&order) == "succeeded");
    spec["name"] = json!("again");
    succeeded(&second, &format!("/v1/experiments/{}", id(&asked(&second, &spec).expect(202))));

    for path in [experiment, prediction, format!("/v1/predictions/{order}"), format!("/v1/stimuli/{upload}")] {
        second.delete(&path).expect(204);
        let found = bucket.keys().into_iter().find(|key| key.starts_with(path.trim_start_matches("/v1/")));
        assert_eq!(found, None, "{path} left something in the bucket");
        assert_eq!(second.get(&path).status, 404);
    }
}

#[test]
fn a_worker_with_a_data_folder_of_its_own_makes_what_a_server_serves() {
    let Some(bucket) = Bucket::start() else { return };
    let [queue, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let database = format!("sqlite://{}?mode=rwc", queue.path().join("queue.sqlite").display());
    let (url, environment) = (bucket.url(), bucket.environment());
    let flags = ["--database-url", &database, "--results-url", &url];
    let answering = [&flags[..], &["--no-work"]].concat();
    let server = Server::start_in(tempfile::tempdir().unwrap(), &answering, &environment);
    // The model has the same name on both machines only where its files have the same times.
    let copied = Command::new("cp").arg("-a").arg(server.data().join("models")).arg(elsewhere.path()).status();
    assert!(copied.expect("cp runs").success());
    let mut worker = WorkerProcess::start_in(elsewhere.path(), &flags, &environment);
    worker.ready();
    let mut spec = faces(&server);
    spec["grid"] = json!({"seed": [1, 2, 3]});
    let experiment = format!("/v1/experiments/{}", id(&asked(&server, &spec).expect(202)));
    let sound = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1));
    let prediction = server.predict(sound).expect(200).json();
    assert!(!server.get(prediction["links"]["frames"].as_str().unwrap()).expect(200).body.is_empty());
    succeeded(&server, &experiment);
    assert_eq!(server.get(&format!("{experiment}/table.csv")).expect(200).text().lines().count(), 1 + 3 * 2);
    worker.terminate();
    let fetched = std::fs::read_dir(elsewhere.path().join("stimuli")).unwrap().count();
    assert_eq!(fetched, 2, "the zip and the tone");
}

#[test]
fn a_bucket_that_is_out_of_reach_is_waited_for() {
    let Some(bucket) = Bucket::start() else { return };
    let server = start(&bucket, tempfile::tempdir().unwrap());
    let spec = faces(&server);
    bucket.set_open(false);
    let detail = server.get(&format!("/v1/stimuli/{}", "0".repeat(64))).refused(503, "results_unavailable");
    assert!(detail.contains(&bucket.url()) && !detail.contains("secret"), "{detail}");
    let experiment = format!("/v1/experiments/{}", id(&asked(&server, &spec).expect(202)));
    let told = || server.log().matches("out of reach").count();
    let before = told();
    server.until(|| told() > before + 2);
    let view = server.get(&experiment).expect(200).json();
    assert_eq!((&view["state"], &view["states"]["failed"]), (&json!("running"), &json!(0)), "{view}");
    bucket.set_open(true);
    succeeded(&server, &experiment);
    assert!(bucket.keys().contains(&(experiment.replace("/v1/", "") + "/0.tar")));
}
