//! What can be read of a prediction while it runs.

use serde_json::Value;

use crate::form::Form;
use crate::media::tone;
use crate::server::Server;

#[test]
fn seconds_that_are_done_are_read_while_the_others_are_predicted() {
    let server = Server::start();
    let asked = server.ask(Form::new().file("audio", "tone.wav", &tone(450.0, 16_000, 1))).expect(202).json();
    let path = format!("/v1/predictions/{}", asked["id"].as_str().expect("an id"));
    let (frames, view) = (format!("{path}/frames"), || server.get(&path).expect(200).json());
    assert_eq!((&asked["seconds_done"], &asked["under_way"]), (&0.into(), &Value::Null));
    server.until(|| view()["seconds_done"].as_u64() > Some(0));

    let early = view();
    assert_eq!((&early["state"], &early["result"]), (&"running".into(), &Value::Null), "it was too quick: {early}");
    let number = |value: &Value| value.as_u64().expect("a number") as usize;
    let done = number(&early["seconds_done"]);
    let (seconds, row) = (number(&early["under_way"]["seconds"]), 4 * number(&early["under_way"]["vertices"]));
    assert_eq!((seconds, done % 100), (500, 0));
    assert_eq!(early["time"]["stimulus"]["rows"], seconds);

    let range = |first: usize, end: usize| format!("bytes={}-{}", first * row, end * row - 1);
    let part = server.get_with(&frames, &[("range", &range(0, done))]).expect(206);
    assert_eq!(part.header("content-range"), format!("bytes 0-{}/{}", done * row - 1, seconds * row));
    assert_eq!((part.header("x-shape"), part.body.len()), (&*format!("{seconds},{}", row / 4), done * row));
    let last = server.get_with(&frames, &[("range", &range(seconds - 1, seconds))]);
    assert!(last.refused(409, "seconds_not_done").contains("500 seconds are done"), "{}", last.text());
    server.get(&frames).refused(409, "prediction_not_finished");
    server.get(&format!("{frames}?subject=nobody")).refused(422, "unknown_subject");
    let course = server.get(&format!("{path}/timecourse?vertices=7")).expect(200).json();
    let early_course = course["mean"].as_array().expect("values").clone();
    assert!(early_course.len() >= done && early_course.len() < seconds, "{}", early_course.len());
    assert_eq!(course["seconds"], seconds);
    assert_eq!(server.get(&format!("{path}/words")).expect(200).json(), serde_json::json!([]));

    server.until(|| view()["state"] == "succeeded");
    let whole = server.get(&frames).expect(200).body;
    assert!(whole.starts_with(&part.body), "what was read early is something else now");
    let course = server.get(&format!("{path}/timecourse?vertices=7")).expect(200).json()["mean"].clone();
    assert_eq!(course.as_array().expect("values")[..early_course.len()], early_course);
    let late = view();
    assert_eq!((&late["seconds_done"], &late["under_way"]), (&seconds.into(), &Value::Null));
    let told = server.get(&format!("{path}/events")).expect(200).text();
    assert!((1..=5).all(|window| told.contains(&format!(r#""seconds_done":{}"#, window * 100))), "{told}");
    let result = server.data().join("predictions").join(asked["id"].as_str().expect("an id")).join("result");
    assert!(!result.join("under_way.json").exists());
}
