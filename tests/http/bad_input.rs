//! What a stranger may send. Each is refused by a stable code, and the server goes on: see [`Server`]'s end.

use reqwest::Method;
use serde_json::json;

use crate::form::Form;
use crate::media::{ffmpeg, film, float_wav, picture, silent_film, tone};
use crate::server::{Server, multipart};

/// Posts one file, waits, and holds the outcome to be this refusal.
#[track_caller]
fn refused(field: &str, name: &str, bytes: &[u8], status: u16, code: &str) -> String {
    let server = Server::start();
    server.predict(Form::new().file(field, name, bytes)).refused(status, code)
}

/// Posts one file and holds the prediction to succeed.
#[track_caller]
fn taken(field: &str, name: &str, bytes: &[u8]) {
    let server = Server::start();
    let prediction = server.predict(Form::new().file(field, name, bytes)).expect(200).json();
    assert_eq!(prediction["state"], "succeeded");
}

/// Posts a sound of two seconds with a transcript, and holds the outcome to be this refusal.
#[track_caller]
fn transcript_refused(name: &str, transcript: &[u8], status: u16, code: &str) -> String {
    let server = Server::start();
    let form = Form::new().file("audio", "tone.wav", &tone(2.0, 16_000, 1)).file("transcript", name, transcript);
    server.predict(form).refused(status, code)
}

#[test]
fn an_empty_file() {
    refused("video", "film.mp4", b"", 422, "empty_stimulus");
}

#[test]
fn a_truncated_film() {
    let film = film(2);
    refused("video", "film.mp4", &film[..film.len() / 2], 422, "unreadable_media");
}

#[test]
fn bytes_that_are_no_media() {
    let noise: Vec<u8> = (0..20_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    refused("video", "film.mp4", &noise, 422, "unsupported_media");
}

#[test]
fn a_text_that_is_named_as_a_film() {
    refused("video", "film.mp4", b"Once upon a time there was a film.\n", 422, "unsupported_media");
}

#[test]
fn a_sound_that_is_given_as_a_film() {
    refused("video", "tone.wav", &tone(1.0, 16_000, 1), 422, "no_video");
}

#[test]
fn an_hls_playlist_disguised_as_a_film() {
    let playlist = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n";
    let detail = refused("video", "film.mp4", playlist, 422, "playlist_refused");
    assert!(!detail.contains("root:"), "{detail}");
}

#[test]
fn a_concat_list_disguised_as_a_film() {
    refused("video", "film.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", 422, "playlist_refused");
}

#[test]
fn a_film_without_frames() {
    refused("video", "film.mp4", &ffmpeg(&["-f", "lavfi", "-i", "sine=duration=1"], "film.mp4"), 422, "no_video");
}

#[test]
fn a_sound_without_samples() {
    refused("audio", "tone.wav", &float_wav(&[]), 422, "no_sample");
}

#[test]
fn a_sound_with_samples_that_are_not_numbers() {
    let mut samples = vec![0.1; 16_000];
    samples[8_000] = f32::NAN;
    refused("audio", "tone.wav", &float_wav(&samples), 422, "samples_not_finite");
}

#[test]
fn sample_rates_and_channels_at_both_ends() {
    let server = Server::start();
    for (sample_rate, channels) in [(8_000, 1), (192_000, 2), (44_100, 8)] {
        let form = Form::new().file("audio", "tone.wav", &tone(1.0, sample_rate, channels));
        server.predict(form).expect(200);
    }
}

#[test]
fn a_sample_rate_out_of_range() {
    refused("audio", "tone.wav", &tone(1.0, 4_000, 1), 422, "sample_rate_out_of_range");
}

#[test]
fn an_odd_frame_rate() {
    taken("video", "film.mp4", &silent_film("testsrc=duration=1:size=64x48:rate=30000/1001", &[]));
}

#[test]
fn a_portrait_film() {
    taken("video", "film.mp4", &silent_film("testsrc=duration=1:size=48x96:rate=10", &[]));
}

#[test]
fn a_rotated_film() {
    let folder = tempfile::tempdir().unwrap();
    let upright = folder.path().join("upright.mp4");
    std::fs::write(&upright, silent_film("testsrc=duration=1:size=96x48:rate=10", &[])).unwrap();
    let rotated = ffmpeg(&["-i", upright.to_str().unwrap(), "-c", "copy", "-metadata:s:v", "rotate=90"], "film.mp4");
    taken("video", "film.mp4", &rotated);
}

#[test]
fn a_transcript_that_goes_back_in_time() {
    let transcript = b"text\tstart\tduration\nworld\t1.0\t0.2\nHello\t0.1\t0.2\n";
    transcript_refused("tone.tsv", transcript, 422, "time_decreases");
}

#[test]
fn a_transcript_with_a_word_past_the_end() {
    transcript_refused("tone.tsv", b"text\tstart\tduration\nHello\t60.0\t0.2\n", 422, "word_past_end");
}

#[test]
fn a_transcript_with_an_empty_word() {
    transcript_refused("tone.tsv", b"text\tstart\tduration\nHello\t0.1\t0.2\n \t0.5\t0.2\n", 422, "empty_word");
}

#[test]
fn a_transcript_with_a_line_of_10_mb() {
    let mut transcript = b"text\tstart\tduration\n".to_vec();
    transcript.extend(std::iter::repeat_n(b'a', 10 << 20));
    transcript.extend_from_slice(b"\t0.1\t0.2\n");
    transcript_refused("tone.tsv", &transcript, 422, "line_too_long");
}

#[test]
fn a_transcript_of_no_known_format() {
    transcript_refused("tone.tsv", b"\xff\xfe\x00\x01 not a table", 422, "not_utf8");
}

#[test]
fn an_unknown_subject_is_refused_with_the_list() {
    let server = Server::start();
    let form = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1)).text("subject", "nobody");
    let detail = server.ask(form).refused(422, "unknown_subject");
    let card = server.get("/v1/models/untrained").json();
    for subject in card["subjects"].as_array().unwrap() {
        assert!(detail.contains(subject.as_str().unwrap()), "{detail}");
    }
}

#[test]
fn an_unknown_model_is_refused_with_the_list() {
    let server = Server::start();
    let detail = server.get("/v1/models/nothing").refused(404, "unknown_model");
    assert!(detail.contains("untrained"), "{detail}");
    let form = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1)).text("model", "nothing");
    assert!(server.ask(form).refused(422, "unknown_model").contains("untrained"));
}

#[test]
fn an_unknown_modality_is_refused_with_the_list() {
    let server = Server::start();
    let form = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1)).text("modalities", "audio,smell");
    let detail = server.ask(form).refused(422, "unknown_modality");
    assert!(detail.contains("smell") && detail.contains("text, audio, video"), "{detail}");
}

#[test]
fn an_unknown_format_is_refused_with_the_list() {
    let server = Server::start();
    let answer = server.predict(Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1))).expect(200).json();
    let id = answer["id"].as_str().unwrap();
    let detail = server.get(&format!("/v1/predictions/{id}/files/response.mat")).refused(404, "unknown_file");
    assert!(detail.contains("prediction.h5"), "{detail}");
    server.get(&format!("/v1/predictions/{id}/files/..%2Fprediction.json")).refused(404, "unknown_file");
}

#[test]
fn two_stimuli_in_one_request() {
    let server = Server::start();
    let form = Form::new().file("audio", "tone.wav", &tone(1.0, 16_000, 1)).file("image", "a.png", &picture());
    let detail = server.ask(form).refused(422, "two_stimuli");
    assert!(detail.contains("audio and image"), "{detail}");
    assert_eq!(server.get("/v1/stimuli").json(), json!([]), "a refused form keeps nothing");
}

#[test]
fn a_form_without_a_stimulus() {
    Server::start().ask(Form::new().text("subject", "average")).refused(422, "no_stimulus");
}

#[test]
fn fields_that_are_unknown_repeated_misplaced_or_malformed() {
    let server = Server::start();
    let image = || Form::new().file("image", "a.png", &picture());
    let detail = server.ask(image().text("colour", "red")).refused(422, "unknown_field");
    assert!(detail.contains("colour") && detail.contains("modalities"), "{detail}");
    server.ask(image().text("duration", "2").text("duration", "3")).refused(422, "repeated_field");
    server.ask(image().text("duration", "long")).refused(422, "bad_value");
    server.ask(image().text("timing", "spoken")).refused(422, "misplaced_field");
    server.ask(image().text("model", &"m".repeat(5000))).refused(422, "field_too_long");
}

#[test]
fn durations_that_are_no_time_or_over_the_limit() {
    let server = Server::start_with(&["--max-duration-s", "5"]);
    let image = |duration: &str| Form::new().file("image", "a.png", &picture()).text("duration", duration);
    for nonsense in ["0", "-1", "NaN", "inf"] {
        let answer = server.predict(image(nonsense));
        assert!(answer.status.is_client_error(), "{nonsense}: {}", answer.text());
    }
    server.predict(image("6")).refused(422, "duration_over_limit");
    let sound = Form::new().file("audio", "tone.wav", &tone(6.0, 8_000, 1));
    server.predict(sound).refused(422, "duration_over_limit");
}

#[test]
fn events_that_lead_out_of_their_folder() {
    let events = b"onset\tduration\tstim_file\n0\t1\t../../../etc/passwd\n";
    let detail = refused("events", "events.tsv", events, 422, "file_outside_folder");
    assert!(!detail.contains("root:"), "{detail}");
}

#[test]
fn bodies_that_are_no_form_and_no_json() {
    let server = Server::start();
    let post = |content_type: &str, body: &[u8]| {
        server.send(Method::POST, "/v1/predictions", &[("content-type", content_type)], body.to_vec())
    };
    post("text/plain", b"hello").refused(415, "unsupported_media_type");
    post("multipart/form-data", b"hello").refused(400, "malformed_body");
    post(&multipart(), b"hello").refused(400, "malformed_body");
    post(&multipart(), &Form::new().file("video", "film.mp4", b"half").unfinished()).refused(400, "malformed_body");
    post("application/json", b"{\"video\": ").refused(400, "malformed_body");
    post("application/json", b"{\"colour\": \"red\"}").refused(400, "malformed_body");
    post("application/json", &vec![b' '; 1 << 20]).refused(413, "too_large");
    post("application/json", b"{\"video\": \"../../etc/passwd\"}").refused(404, "unknown_stimulus");
}

#[test]
fn addresses_and_methods_that_do_not_exist() {
    let server = Server::start();
    server.get("/v1/predictions/..%2F..%2Fetc").refused(404, "unknown_prediction");
    server.get("/v2/predictions").refused(404, "unknown_path");
    server.delete("/v1/predictions").refused(405, "method_not_allowed");
    server.get("/v1/predictions?limit=many").refused(400, "malformed_query");
    server.get("/v1/predictions?stat=queued").refused(400, "malformed_query");
}
