//! `/v1/stimuli`: kept once, gone when deleted, refused while they arrive.

use std::io::Write;

use reqwest::Method;

use crate::form::Form;
use crate::media::{film, tone};
use crate::server::{Server, multipart, read_answer, send_chunk};

#[test]
fn equal_bytes_are_one_stimulus() {
    let server = Server::start();
    let sound = tone(1.0, 16_000, 1);
    let id = server.upload("first.wav", &sound);
    assert_eq!(server.upload("second.wav", &sound), id);
    let form = Form::new().file("file", "third.wav", &sound).finish();
    let answer = server.send(Method::POST, "/v1/stimuli", &[("content-type", &multipart())], form).expect(201);
    assert_eq!(answer.json()["id"], id.as_str());
    assert_eq!(answer.header("location"), format!("/v1/stimuli/{id}"));

    let all = server.get("/v1/stimuli").expect(200).json();
    assert_eq!(all.as_array().map(Vec::len), Some(1));
    assert_eq!((&all[0]["name"], &all[0]["bytes"]), (&"third.wav".into(), &sound.len().into()));
    server.delete(&format!("/v1/stimuli/{id}")).expect(204);
    server.get(&format!("/v1/stimuli/{id}")).refused(404, "unknown_stimulus");
}

#[test]
fn a_stimulus_that_is_being_predicted_stays() {
    let server = Server::start();
    let stimulus = server.upload("film.mp4", &film(60));
    let asked = server.post_json("/v1/predictions", &serde_json::json!({ "video": stimulus })).expect(202).json();
    server.delete(&format!("/v1/stimuli/{stimulus}")).refused(409, "stimulus_in_use");
    let id = asked["id"].as_str().unwrap();
    server.until(|| server.state(id) == "running");
    server.delete(&format!("/v1/predictions/{id}")).expect(202);
    server.until(|| server.state(id) == "cancelled");
    server.delete(&format!("/v1/stimuli/{stimulus}")).expect(204);
}

#[test]
fn an_upload_over_the_limit_is_refused_while_it_arrives() {
    let server = Server::start_with(&["--max-upload-bytes", "100000"]);
    let head = Form::new().file("video", "film.mp4", &[0; 1000]).unfinished();
    for (path, content_type, head) in [
        ("/v1/stimuli?filename=film.mp4", "application/octet-stream", &[][..]),
        ("/v1/predictions", &multipart(), &head[..head.len() - 2]),
    ] {
        let mut upload = server.begin_upload(path, content_type);
        if !head.is_empty() {
            send_chunk(&mut upload, head).unwrap();
        }
        for _ in 0..11 {
            send_chunk(&mut upload, &[0; 10_000]).unwrap();
        }
        let answer = read_answer(&mut upload);
        assert!(answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
        assert!(answer.contains("too_large"), "{path}: {answer}");
        assert_eq!(server.incoming(), 0);
    }
}

#[test]
fn a_client_that_sends_all_of_a_large_body_reads_the_refusal() {
    let server = Server::start_with(&["--max-upload-bytes", "100000"]);
    server.send(Method::POST, "/v1/stimuli?filename=film.mp4", &[], vec![0; 3_000_000]).refused(413, "too_large");
    server.ask(Form::new().file("video", "film.mp4", &vec![0; 3_000_000])).refused(413, "too_large");
}

#[test]
fn a_client_that_leaves_in_the_middle_leaves_nothing() {
    let server = Server::start();
    let head = Form::new().file("video", "film.mp4", &[0; 1000]).unfinished();
    let mut raw = server.begin_upload("/v1/stimuli?filename=film.mp4", "application/octet-stream");
    let mut form = server.begin_upload("/v1/predictions", &multipart());
    send_chunk(&mut raw, &[0; 100_000]).unwrap();
    send_chunk(&mut form, &head).unwrap();
    server.until(|| server.incoming() == 2);
    drop((raw, form));
    server.until(|| server.incoming() == 0);
    assert_eq!(server.get("/v1/stimuli").json(), serde_json::json!([]));
}

#[test]
fn a_client_that_leaves_while_it_waits_does_not_stop_the_prediction() {
    let server = Server::start();
    let body = Form::new().file("audio", "tone.wav", &tone(2.0, 16_000, 1)).finish();
    let mut stream = server.connect();
    let head = format!(
        "POST /v1/predictions HTTP/1.1\r\nHost: x\r\nPrefer: wait=60\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart(),
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body).unwrap();
    let predictions = || server.get("/v1/predictions").json();
    server.until(|| predictions().as_array().is_some_and(|all| all.len() == 1));
    drop(stream);
    server.until(|| predictions()[0]["state"] == "succeeded");
}
