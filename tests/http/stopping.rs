//! The end of a prediction before its time, and of the server.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::form::Form;
use crate::media::{film, tone};
use crate::server::Server;

/// A transcriber that listens for ten minutes.
pub(crate) fn slow_transcriber(folder: &Path) -> String {
    let program = folder.join("transcriber");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
    std::fs::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    program.to_str().unwrap().to_owned()
}

pub(crate) fn sound() -> Form {
    Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1))
}

#[test]
fn a_prediction_is_cancelled_while_it_is_transcribed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_with(&["--transcriber", &slow_transcriber(folder.path())]);
    let ask = |form| server.ask(form).expect(202).json()["id"].as_str().unwrap().to_owned();
    let id = ask(sound());
    server.until(|| server.state(&id) == "running");
    let next = ask(Form::new().file("audio", "tone.wav", &tone(2.0, 16_000, 1)));
    let begun = Instant::now();
    server.delete(&format!("/v1/predictions/{id}")).expect(202);
    server.until(|| server.state(&id) == "cancelled" && server.state(&next) == "running");
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
}

#[test]
fn a_second_signal_ends_the_server_at_once_and_the_next_one_does_its_work() {
    let folder = tempfile::tempdir().unwrap();
    let transcriber = slow_transcriber(folder.path());
    let flags = ["--transcriber", &transcriber, "--lease-s", "600"];
    let mut server = Server::start_with(&flags);
    let id = server.ask(sound()).expect(202).json()["id"].as_str().unwrap().to_owned();
    server.until(|| server.state(&id) == "running");
    let begun = Instant::now();
    assert_eq!(server.terminate_twice().code(), Some(130));
    assert!(begun.elapsed() < Duration::from_secs(5), "it took {:?}", begun.elapsed());
    let server = server.restart(&flags);
    server.until(|| server.state(&id) == "running");
    server.delete(&format!("/v1/predictions/{id}")).expect(202);
}

#[test]
fn a_server_that_is_told_to_stop_ends_its_streams_and_itself() {
    let mut server = Server::start();
    let asked = server.ask(Form::new().file("video", "film.mp4", &film(60))).expect(202).json();
    let id = asked["id"].as_str().unwrap().to_owned();
    let mut listener = server.connect();
    let request = format!("GET /v1/predictions/{id}/events HTTP/1.1\r\nHost: x\r\n\r\n");
    std::io::Write::write_all(&mut listener, request.as_bytes()).unwrap();
    server.until(|| server.state(&id) == "running");
    let begun = Instant::now();
    server.terminate();
    assert!(begun.elapsed() < Duration::from_secs(25), "it took {:?}", begun.elapsed());
}
