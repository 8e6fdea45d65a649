//! Virtual experiments over HTTP: looked through, run, fetched, cancelled, refused.

use std::io::{Cursor, Write};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::RowAccessor;
use serde_json::{Value, json};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::media::{ffmpeg, film};
use crate::server::{Answer, Server};

/// Pictures of two kinds, two of each, in a folder a condition.
pub(crate) fn pictures() -> [(&'static str, Vec<u8>); 4] {
    ["faces/1.png", "faces/2.png", "places/1.png", "places/2.png"].map(|name| {
        let number = name.bytes().map(u32::from).sum::<u32>();
        let source = format!("color=0x{:06x}:size=64x48", (number * 7919) % 0xff_ffff);
        (name, ffmpeg(&["-f", "lavfi", "-i", &source, "-frames:v", "1"], "a.png"))
    })
}

pub(crate) fn zip(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Faces against places, on pictures that were uploaded.
pub(crate) fn faces(server: &Server) -> Value {
    json!({
        "name": "faces",
        "stimuli_upload": server.upload("pictures.zip", &zip(&pictures())),
        "contrasts": [{"name": "faces", "expression": "faces - places"}],
        "regions": ["FFA", "PPA"],
    })
}

pub(crate) fn asked(server: &Server, spec: &Value) -> Answer {
    server.post_json("/v1/experiments", spec)
}

/// Waits until nothing of an experiment is left to do.
pub(crate) fn finished(server: &Server, id: &str) -> Value {
    let path = format!("/v1/experiments/{id}");
    server.until(|| server.get(&path).expect(200).json()["state"] != "running");
    server.get(&path).expect(200).json()
}

pub(crate) fn id(answer: &Answer) -> String {
    answer.json()["id"].as_str().expect("an id").to_owned()
}

#[test]
fn a_contrast_of_uploaded_pictures_comes_out() {
    let server = Server::start();
    let spec = faces(&server);
    let answer = asked(&server, &spec).expect(202);
    assert_eq!(answer.header("location"), format!("/v1/experiments/{}", id(&answer)));
    let view = finished(&server, &id(&answer));
    assert_eq!(view["state"], "succeeded", "{view}");
    let report = &view["report"];
    assert_eq!(report["is_prediction"], true);
    assert_eq!(report["model"]["trained"], false);
    assert!(report["unit"].as_str().unwrap().contains("stimulus"));
    let contrast = &report["contrasts"][0];
    assert_eq!(contrast["n"], json!({"faces": 2, "places": 2}));
    assert_eq!(contrast["regions"][0]["region"], "FFA");
    assert!(contrast["regions"][1]["t"].is_number());
    let table = view["files"]
        .as_array()
        .unwrap()
        .iter()
        .find(|file| file["name"].as_str().is_some_and(|name| name.ends_with("_regions.tsv")));
    let table = server.get(table.expect("a table")["href"].as_str().unwrap()).expect(200).text();
    assert!(table.starts_with("contrast\tregion\t") && table.contains("faces\tPPA\t"), "{table}");

    assert_eq!(id(&asked(&server, &spec).expect(202)), id(&answer), "the same experiment is joined");
    let listed = server.get("/v1/experiments").expect(200).json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["name"]), (1, &json!("faces")));
    let path = format!("/v1/experiments/{}", id(&answer));
    server.get(&format!("{path}/cells/0/files/..%2Fspec")).refused(404, "unknown_file");
    server.get(&format!("{path}/cells/1/files/experiment.json")).refused(404, "no_result");
    server.delete(&path).expect(204);
    server.get(&path).refused(404, "unknown_experiment");
}

#[test]
fn a_grid_is_a_cell_for_each_value() {
    let server = Server::start();
    let mut spec = faces(&server);
    spec["design"] = json!({"kind": "event", "asynchrony_s": 8.0});
    spec["grid"] = json!({"design.asynchrony_s": [6.0, 8.0, 12.0]});
    spec["returns"] = json!(["regions"]);
    let answer = asked(&server, &spec).expect(202);
    assert_eq!(answer.json()["cells"], 3);
    let view = finished(&server, &id(&answer));
    assert_eq!((&view["state"], &view["states"]["succeeded"]), (&json!("succeeded"), &json!(3)), "{view}");
    let onset = |cell: u64| {
        let path = format!("/v1/experiments/{}/cells/{cell}/files/experiment.json", id(&answer));
        server.get(&path).expect(200).json()["design"]["runs"][0]["trials"][1]["onset_s"].as_f64().unwrap()
    };
    assert_eq!([0, 1, 2].map(onset), [6.0, 8.0, 12.0]);
    let table = |ending: &str| server.get(&format!("/v1/experiments/{}/table.{ending}", id(&answer)));
    let csv = table("csv").expect(200);
    assert_eq!(csv.header("content-type"), "text/csv");
    let csv = csv.text();
    let rows: Vec<&str> = csv.lines().collect();
    assert!(rows[0].starts_with("cell,design.asynchrony_s,contrast,subject,region,mean,"), "{csv}");
    assert_eq!(rows.len(), 1 + 3 * 2, "two regions in each of three cells");
    assert!(rows[5].starts_with("2,12.0,faces,average,FFA,"), "{csv}");

    let folder = tempfile::tempdir().unwrap();
    let parquet = table("parquet").expect(200);
    assert_eq!(parquet.header("content-type"), "application/vnd.apache.parquet");
    let file = SerializedFileReader::new(bytes::Bytes::from(parquet.body.clone())).expect("Parquet");
    let said = file.metadata().file_metadata().key_value_metadata().expect("metadata");
    assert!(said.iter().any(|said| said.value.as_deref() == Some("model prediction, untrained")), "{said:?}");
    let hdf5 = table("h5").expect(200);
    assert_eq!(hdf5.header("content-type"), "application/x-hdf5");
    std::fs::write(folder.path().join("table.h5"), hdf5.body).unwrap();
    let hdf5 = hdf5::File::open(folder.path().join("table.h5")).expect("HDF5");
    let numbers = |name: &str| hdf5.dataset(name).expect("a column").read_raw::<f64>().expect("numbers");
    let (asynchronies, means) = (numbers("design.asynchrony_s"), numbers("mean"));
    for (number, (row, line)) in file.get_row_iter(None).expect("rows").zip(&rows[1..]).enumerate() {
        let (row, fields) = (row.expect("a row"), line.split(',').collect::<Vec<_>>());
        let read = (row.get_double(1).expect("a parameter"), row.get_double(5).expect("a mean"));
        assert_eq!(read, (fields[1].parse().unwrap(), fields[5].parse().unwrap()));
        assert_eq!(read, (asynchronies[number], means[number]));
        assert_eq!(row.get_string(4).expect("a region"), fields[4]);
    }
    assert_eq!(means.len(), 6);
    let detail = table("xlsx").refused(404, "unknown_file");
    assert!(
        detail.contains("table.csv") && detail.contains("table.parquet") && detail.contains("table.h5"),
        "{detail}"
    );
}

#[test]
fn permutations_of_too_few_stimuli_are_refused_and_of_enough_are_told_with_their_number() {
    let server = Server::start();
    let mut spec = faces(&server);
    spec["statistics"] = json!({"permutations": {"n": 99, "seed": 1}});
    let detail = asked(&server, &spec).refused(422, "invalid_spec");
    assert!(detail.contains("contrasts[0]") && detail.contains("4 stimuli of each condition"), "{detail}");

    let words = |words: &[&str]| words.iter().map(|word| json!({"text": word})).collect::<Vec<_>>();
    let spec = json!({
        "name": "weather", "modalities": ["text"], "returns": ["regions"], "regions": ["FFA"],
        "conditions": [
            {"name": "wet", "stimuli": words(&["Rain.", "Snow.", "Hail.", "Fog."])},
            {"name": "dry", "stimuli": words(&["Sun.", "Wind.", "Dust.", "Heat."])},
        ],
        "contrasts": [{"name": "wet", "expression": "wet - dry"}],
        "statistics": {"permutations": {"n": 99, "seed": 1}},
    });
    let view = finished(&server, &id(&asked(&server, &spec).expect(202)));
    let told = &view["report"]["contrasts"][0]["permutations"];
    assert_eq!(
        (&told["exchange"], &told["stimuli"], &told["permutations"]),
        (&json!("labels"), &json!(8), &json!(100))
    );
    assert!(told["significant_vertices"].is_u64(), "{view}");
    let notes = view["report"]["notes"].to_string();
    assert!(notes.contains("Permutations exchange stimuli"), "{notes}");
}

#[test]
fn an_experiment_is_looked_through_without_being_run() {
    let server = Server::start();
    let fine = server.post_json("/v1/experiments:validate", &faces(&server)).expect(200).json();
    assert_eq!(fine["findings"]["faults"], json!([]));
    assert_eq!((&fine["cells"], &fine["design"]["trials"]), (&json!(1), &json!(4)));

    let mut spec = faces(&server);
    spec["contrasts"] = json!([{"name": "a", "expression": "faces - plaices"}, {"name": "b", "expression": "faces"}]);
    spec["regions"] = json!(["FFB"]);
    let found = server.post_json("/v1/experiments:validate", &spec).expect(200).json();
    let faults = found["findings"]["faults"].to_string();
    assert!(faults.contains("contrasts[0]") && faults.contains("places") && faults.contains("regions[0]"), "{faults}");
    let warnings = found["findings"]["warnings"].to_string();
    assert!(warnings.contains("contrasts[1]"), "weights that do not sum to zero are doubtful: {warnings}");
    let detail = asked(&server, &spec).refused(422, "invalid_spec");
    assert!(detail.contains("contrasts[0]") && detail.contains("regions[0]"), "{detail}");
    assert_eq!(server.get("/v1/experiments").json(), json!([]));
}

#[test]
fn what_is_no_experiment_is_refused() {
    let server = Server::start();
    let refused = |spec: Value, status, code| asked(&server, &spec).refused(status, code);
    refused(json!({"name": 3, "colour": "red"}), 422, "invalid_spec");
    refused(json!({"localizer": "houses"}), 422, "invalid_spec");
    refused(json!({"name": "a", "conditions": [{"name": "a", "stimuli": ["../../etc/passwd"]}]}), 422, "invalid_spec");
    let mut million = faces(&server);
    million["grid"] = json!({"seed": {"from": 0, "to": 2_000_000, "steps": 2_000_001}});
    let detail = refused(million, 422, "invalid_spec");
    assert!(detail.contains("1,000,000") || detail.contains("1000000"), "{detail}");
    let body = vec![b' '; 2 << 20];
    let headers = [("content-type", "application/json")];
    server.send(reqwest::Method::POST, "/v1/experiments", &headers, body).refused(413, "too_large");
    let upload = server.upload("bad.zip", &zip(&[("faces/a.png", b"x".to_vec()), ("../b.png", b"y".to_vec())]));
    refused(json!({"name": "a", "stimuli_upload": upload}), 422, "bad_zip");
    server.get("/v1/localizers/houses").refused(404, "unknown_localizer");
    assert_eq!(server.get("/v1/localizers").expect(200).json().as_array().unwrap().len(), 15);
    assert_eq!(server.get("/v1/localizers/faces").expect(200).json()["expected"][0]["region"], "FFA");
}

#[test]
fn a_stimulus_that_cannot_be_shown_fails_its_cell_and_says_why() {
    let server = Server::start();
    let upload = server.upload("bad.png", b"\x89PNG\r\n\x1a\n and no more");
    let stimuli = json!([{"upload": upload}]);
    let spec = json!({
        "name": "broken", "conditions": [{"name": "a", "stimuli": stimuli}],
        "contrasts": [{"name": "a", "weights": {"a": 1.0}}],
    });
    let answer = asked(&server, &spec).expect(202);
    let view = finished(&server, &id(&answer));
    assert_eq!(view["state"], "failed", "{view}");
    assert_eq!(view["failed"][0]["failure"]["code"], "unreadable_media", "{view}");
}

#[test]
fn a_running_experiment_is_cancelled_and_predictions_go_before_it() {
    let server = Server::start();
    let upload = server.upload("film.mp4", &film(60));
    let spec = json!({
        "name": "long", "conditions": [{"name": "a", "stimuli": [{"upload": upload}, {"upload": upload}]}],
        "contrasts": [{"name": "a", "weights": {"a": 1.0}}], "grid": {"seed": {"from": 0, "to": 49, "steps": 50}},
    });
    let answer = asked(&server, &spec).expect(202);
    let path = format!("/v1/experiments/{}", id(&answer));
    server.until(|| server.get(&path).json()["states"]["running"].as_u64() > Some(0));
    server.predict(crate::form::Form::new().file("audio", "tone.wav", &crate::media::tone(1.0, 16_000, 1))).expect(200);
    assert_eq!(server.get(&path).json()["state"], "running");
    server.delete(&path).expect(202);
    let view = finished(&server, &id(&answer));
    assert_eq!(view["state"], "cancelled", "{view}");
}

#[test]
fn an_experiment_tells_how_far_it_is_until_nothing_is_left() {
    let server = Server::start();
    let mut spec = faces(&server);
    spec["grid"] = json!({"seed": [1, 2, 3]});
    let path = format!("/v1/experiments/{}/events", id(&asked(&server, &spec).expect(202)));
    let story = server.get(&path).expect(200);
    assert_eq!(story.header("content-type"), "text/event-stream");
    let text = story.text();
    let told: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    let done: Vec<u64> = told.iter().filter_map(|told| told["states"]["succeeded"].as_u64()).collect();
    assert!(done.is_sorted() && done.last() == Some(&3), "{text}");
    let states: Vec<&str> = told.iter().filter_map(|told| told["state"].as_str()).collect();
    let (last, before) = states.split_last().expect("an event");
    assert_eq!((*last, before), ("succeeded", vec!["running"; done.len() - 1].as_slice()), "{text}");
    server.get_with(&path, &[("last-event-id", "3")]).expect(204);
    server.get("/v1/experiments/00000000000000000000000000000000/events").refused(404, "unknown_experiment");
}

#[test]
fn experiments_are_listed_page_by_page_by_state_and_by_name() {
    let server = Server::start();
    let spec = |name: &str, word: &str| {
        json!({
            "name": name, "conditions": [{"name": "a", "stimuli": [{"text": word}]}],
            "contrasts": [{"name": "a", "weights": {"a": 1.0}}], "modalities": ["text"], "returns": ["regions"],
        })
    };
    let ids: Vec<String> = [("one", "Rain."), ("two", "Snow."), ("one", "Wind.")]
        .map(|(name, word)| id(&asked(&server, &spec(name, word)).expect(202)))
        .to_vec();
    ids.iter().for_each(|id| drop(finished(&server, id)));
    let listed = |path: &str| -> Vec<String> {
        let list = server.get(path).expect(200).json();
        let of = |entry: &Value| entry["id"].as_str().expect("an id").to_owned();
        list.as_array().expect("a list").iter().map(of).collect()
    };
    assert_eq!(listed("/v1/experiments"), [&ids[2], &ids[1], &ids[0]].map(String::as_str));
    assert_eq!(listed("/v1/experiments?name=one"), [&ids[2], &ids[0]].map(String::as_str));
    assert_eq!(listed("/v1/experiments?state=cancelled"), [""; 0]);
    let page = server.get("/v1/experiments?limit=2&state=succeeded").expect(200);
    let link = page.header("link").to_owned();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a next page");
    assert_eq!(listed(next), [ids[0].as_str()]);
    server.get("/v1/experiments?state=lost").refused(400, "malformed_query");
    server.get("/v1/experiments?cursor=00000000000000000000000000000000").refused(404, "unknown_experiment");
}
