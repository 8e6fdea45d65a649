//! A stimulus in, a brain map out.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::form::Form;
use crate::media::{film, picture, tone};
use crate::server::{Answer, Server};

const TRANSCRIPT: &[u8] = b"text\tstart\tduration\nHello\t0.1\t0.4\nworld\t0.6\t0.4\n";

fn id(prediction: &Answer) -> String {
    prediction.json()["id"].as_str().expect("an id").to_owned()
}

/// A prediction that is quick to make.
fn quick(server: &Server) -> (String, Value) {
    let answer = server.predict(Form::new().file("audio", "tone.wav", &tone(2.0, 16_000, 1))).expect(200);
    (id(&answer), answer.json())
}

#[test]
fn a_film_with_a_transcript_becomes_a_response() {
    let server = Server::start();
    let form = Form::new().file("video", "film.mp4", &film(2)).file("transcript", "film.tsv", TRANSCRIPT);
    let answer = server.predict(form).expect(200);
    assert_eq!(answer.header("preference-applied"), "wait=120");
    let prediction = answer.json();
    assert_eq!(prediction["state"], "succeeded");
    assert_eq!(prediction["model"]["name"], "untrained");
    assert_eq!(prediction["model"]["trained"], false);
    let (stimulus, bold) = (&prediction["time"]["stimulus"], &prediction["time"]["bold"]);
    assert_eq!(stimulus["rows"], prediction["result"]["seconds"]);
    assert_eq!(bold["start_s"].as_f64().unwrap() - stimulus["start_s"].as_f64().unwrap(), 5.0);
    for modality in ["text", "audio", "video"] {
        assert_eq!(prediction["result"]["features"][modality]["state"], "computed", "{modality}");
    }
    let kept = prediction["result"]["kept"].as_array().expect("kept").clone();
    assert_eq!(kept.iter().filter(|kept| **kept == true).count(), 2);
}

#[test]
fn a_sound_becomes_a_response() {
    let server = Server::start();
    let (_, prediction) = quick(&server);
    assert_eq!(prediction["result"]["features"]["audio"]["state"], "computed");
    assert_eq!(prediction["result"]["features"]["video"]["state"], "absent");
}

#[test]
fn text_becomes_a_response_as_a_field_and_as_a_file() {
    let server = Server::start();
    let text = "The quick brown fox jumps over the lazy dog.";
    let field = server.predict(Form::new().text("text", text).text("timing", "estimated")).expect(200);
    let file = Form::new().file("text", "fox.txt", text.as_bytes()).text("timing", "estimated");
    assert_eq!(id(&field), id(&server.predict(file).expect(200)), "the same words are the same prediction");
    assert_eq!(field.json()["result"]["features"]["audio"]["state"], "absent");
    server.predict(Form::new().text("text", text).text("timing", "spoken")).expect(200);
}

#[test]
fn a_picture_becomes_a_response_of_its_duration() {
    let server = Server::start();
    let form = Form::new().file("image", "picture.png", &picture()).text("duration", "3");
    let prediction = server.predict(form).expect(200).json();
    assert_eq!(prediction["result"]["stimulus"]["duration_s"], 3.0);
}

#[test]
fn events_place_several_stimuli_on_one_timeline() {
    let server = Server::start();
    let events = b"onset\tduration\tstim_file\n0\t1\ta.wav\n3\t1\tb.png\n";
    let form = Form::new().file("events", "events.tsv", events).file("file", "a.wav", &tone(1.0, 16_000, 1)).file(
        "file",
        "b.png",
        &picture(),
    );
    let prediction = server.predict(form).expect(200).json();
    assert_eq!(prediction["result"]["stimulus"]["duration_s"], 4.0);

    let missing = Form::new().file("events", "events.tsv", events).file("file", "a.wav", &tone(1.0, 16_000, 1));
    let detail = server.predict(missing).refused(422, "unknown_stimulus_file");
    assert!(detail.contains("b.png"), "{detail}");
}

#[test]
fn an_uploaded_stimulus_is_predicted_by_its_id() {
    let server = Server::start();
    let sound = server.upload("tone.wav", &tone(1.0, 16_000, 1));
    let answer = server.post_json("/v1/predictions", &json!({ "audio": sound }));
    assert!(matches!(answer.status, StatusCode::ACCEPTED | StatusCode::OK), "{}", answer.text());
    let id = id(&answer);
    assert_eq!(answer.header("location"), format!("/v1/predictions/{id}"));
    server.until(|| server.state(&id) == "succeeded");
}

#[test]
fn the_same_question_is_the_same_prediction() {
    let server = Server::start();
    let form = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1));
    let first = server.predict(form.clone()).expect(200);
    let again = server.predict(form.clone()).expect(200);
    assert_eq!(first.json()["finished"], again.json()["finished"], "it was run twice");
    assert_eq!(server.get("/v1/predictions").json().as_array().map(Vec::len), Some(1));
    let masked = server.predict(form.text("modalities", "audio")).expect(200);
    assert_ne!(id(&first), id(&masked));
}

#[test]
fn a_result_survives_a_restart_and_is_deleted_when_asked() {
    let server = Server::start();
    let (id, prediction) = quick(&server);
    let server = server.restart(&[]);
    let path = format!("/v1/predictions/{id}");
    assert_eq!(server.get(&path).expect(200).json()["result"], prediction["result"]);
    server.delete(&path).expect(204);
    server.get(&path).refused(404, "unknown_prediction");
    assert!(!server.data().join("predictions").join(&id).exists());
}

#[test]
fn frames_are_rows_of_float32_and_ranges_of_them() {
    let server = Server::start();
    let (id, prediction) = quick(&server);
    let (rows, vertices) =
        (prediction["result"]["seconds"].as_u64().unwrap(), prediction["result"]["vertices"].as_u64().unwrap());
    let path = format!("/v1/predictions/{id}/frames");
    let whole = server.get(&path).expect(200);
    assert_eq!(whole.header("x-shape"), format!("{rows},{vertices}"));
    assert_eq!(whole.header("x-dtype"), "<f4");
    assert_eq!(whole.body.len() as u64, rows * vertices * 4);
    assert!(whole.body.chunks_exact(4).all(|value| f32::from_le_bytes(value.try_into().unwrap()).is_finite()));

    let row = format!("bytes={}-{}", vertices * 4, vertices * 8 - 1);
    let second = server.get_with(&path, &[("range", &row)]).expect(206);
    assert_eq!(second.body, whole.body[vertices as usize * 4..vertices as usize * 8]);
    server.get_with(&path, &[("range", "bytes=99999999999-")]).expect(416);
    let subject = prediction["result"]["subjects"][0]["name"].as_str().unwrap();
    assert_eq!(server.get(&format!("{path}?subject={subject}")).expect(200).body, whole.body);
    server.get(&format!("{path}?subject=nobody")).refused(422, "unknown_subject");
    server.get(&format!("{path}?sbject={subject}")).refused(400, "malformed_query");
}

#[test]
fn files_come_whole_in_ranges_and_not_twice() {
    let server = Server::start();
    let (_, prediction) = quick(&server);
    let files = prediction["files"].as_array().expect("files").clone();
    let of = |format: &str| {
        files.iter().find(|file| file["format"] == format).unwrap_or_else(|| panic!("no {format}")).clone()
    };
    for (format, magic) in [("gifti", &b"<?xml"[..]), ("npy", b"\x93NUMPY"), ("hdf5", b"\x89HDF")] {
        let file = of(format);
        let whole = server.get(file["href"].as_str().unwrap()).expect(200);
        assert!(whole.body.starts_with(magic), "{format} begins with {:?}", &whole.body[..8]);
        assert_eq!(whole.header("content-type"), file["media_type"].as_str().unwrap());
        assert!(whole.header("content-disposition").contains(file["name"].as_str().unwrap()));
    }
    let npy = of("npy");
    let href = npy["href"].as_str().unwrap();
    let whole = server.get(href);
    let etag = whole.header("etag").to_owned();
    assert!(!etag.is_empty());
    assert!(server.get_with(href, &[("if-none-match", &etag)]).expect(304).body.is_empty());
    let part = server.get_with(href, &[("range", "bytes=1-5")]).expect(206);
    assert_eq!((part.body.as_slice(), part.header("etag")), (&b"NUMPY"[..], etag.as_str()));
    assert_eq!(part.header("content-range"), format!("bytes 1-5/{}", whole.body.len()));
    server.get_with(href, &[("range", "bytes=99999999999-")]).expect(416);
}

#[test]
fn events_tell_the_story_and_go_on_where_a_listener_left() {
    let server = Server::start();
    let (id, _) = quick(&server);
    let path = format!("/v1/predictions/{id}/events");
    let story = server.get(&path).expect(200);
    assert_eq!(story.header("content-type"), "text/event-stream");
    assert_eq!(story.header("cache-control"), "no-cache");
    assert_eq!(story.header("x-accel-buffering"), "no");
    let text = story.text();
    let ids: Vec<u64> = text.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    assert!(text.contains("event: progress") && text.contains(r#""state":"succeeded""#), "{text}");

    let last_but_one = (ids.len() - 1).to_string();
    let rest = server.get_with(&path, &[("last-event-id", &last_but_one)]).expect(200).text();
    assert_eq!(rest.matches("id: ").count(), 1);
    server.get_with(&path, &[("last-event-id", &ids.len().to_string())]).expect(204);
}

#[test]
fn a_running_prediction_is_cancelled_and_can_be_asked_for_again() {
    let server = Server::start();
    let form = Form::new().file("video", "film.mp4", &film(60));
    let id = id(&server.ask(form.clone()).expect(202));
    let path = format!("/v1/predictions/{id}");
    server.until(|| server.state(&id) == "running");
    server.delete(&path).expect(202);
    server.until(|| server.state(&id) == "cancelled");
    server.get(&format!("{path}/frames")).refused(409, "prediction_not_finished");
    assert_eq!(server.ask(form).expect(202).json()["id"], id);
    server.until(|| server.state(&id) == "running");
    server.delete(&path).expect(202);
}

#[test]
fn a_prediction_that_is_running_when_the_server_is_stopped_is_run_by_the_next() {
    let server = Server::start();
    let id = id(&server.ask(Form::new().file("video", "film.mp4", &film(20))).expect(202));
    server.until(|| server.state(&id) == "running");
    let server = server.restart(&[]);
    server.until(|| server.state(&id) == "succeeded");
}

#[test]
fn models_health_metrics_and_documents_are_there() {
    let server = Server::start();
    let models = server.get("/v1/models").expect(200).json();
    assert_eq!(models["serving"], "untrained");
    let card = server.get("/v1/models/untrained").expect(200).json();
    assert_eq!((&card["name"], &card["trained"]), (&json!("untrained"), &json!(false)));
    assert_eq!(server.get("/health/ready").expect(200).json(), json!({ "ready": true, "works": true }));
    assert_eq!(server.get("/openapi.json").expect(200).json()["info"]["title"], "encortex");
    assert!(server.get("/docs").expect(200).text().contains("/openapi.json"));

    let series = || server.get("/metrics").expect(200).text().lines().filter(|line| !line.starts_with('#')).count();
    let visit = || {
        for number in 0..30 {
            server.get(&format!("/v1/predictions/{number:032x}")).refused(404, "unknown_prediction");
            server.get(&format!("/nothing/{number}")).refused(404, "unknown_path");
        }
    };
    visit();
    series();
    let before = series();
    visit();
    assert_eq!(series(), before, "what clients send makes new series");
    assert!(server.get("/metrics").text().contains("encortex_model_ready 1"));
}
