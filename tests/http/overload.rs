//! More asked than can be done.

use crate::form::Form;
use crate::media::{film, tone};
use crate::server::Server;

fn sound(number: u32) -> Form {
    Form::new().file("audio", "tone.wav", &tone(f64::from(number) + 0.5, 8_000, 1))
}

#[test]
fn a_full_waiting_room_refuses_and_says_when_to_return() {
    let server = Server::start_with(&["--queue-capacity", "1"]);
    let long = server.ask(Form::new().file("video", "film.mp4", &film(60))).expect(202).json();
    let long = long["id"].as_str().unwrap();
    server.until(|| server.state(long) == "running");
    let waiting = server.ask(sound(1)).expect(202).json();
    assert_eq!(waiting["ahead"], 0);
    let refused = server.ask(sound(2));
    refused.refused(503, "queue_full");
    let retry_after: u64 = refused.header("retry-after").parse().expect("seconds");
    assert!((1..=300).contains(&retry_after));
    assert_eq!(server.ask(sound(1)).expect(202).json()["id"], waiting["id"], "joining takes no place");

    server.delete(&format!("/v1/predictions/{long}")).expect(202);
    server.until(|| server.state(waiting["id"].as_str().unwrap()) == "succeeded");
    server.predict(sound(2)).expect(200);
}

#[test]
fn a_queue_of_nobody_still_runs_one_at_a_time() {
    let server = Server::start_with(&["--queue-capacity", "0"]);
    server.predict(sound(1)).expect(200);
    server.predict(sound(2)).expect(200);
}
