//! `/v1/uploads`: files in pieces, over connections that break and servers that are killed.

use std::io::Write;
use std::net::TcpStream;

use reqwest::Method;

use crate::server::{Answer, Server, read_answer};

const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
/// `film.mp4`.
const NAME: (&str, &str) = ("upload-metadata", "filename ZmlsbS5tcDQ=");

/// Bytes that nothing repeats.
fn film(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().finalize_xof().fill(&mut bytes);
    bytes
}

/// Begins an upload and returns its address.
fn begin(server: &Server, length: usize) -> String {
    let headers = [TUS, NAME, ("upload-length", &length.to_string())];
    let begun = server.send(Method::POST, "/v1/uploads", &headers, Vec::new()).expect(201);
    assert!(begun.header("upload-expires").ends_with(" GMT"));
    begun.header("location").to_owned()
}

fn put(server: &Server, upload: &str, offset: usize, bytes: &[u8]) -> Answer {
    let headers = [TUS, ("content-type", "application/offset+octet-stream"), ("upload-offset", &offset.to_string())];
    server.send(Method::PATCH, upload, &headers, bytes.to_vec())
}

fn head(server: &Server, upload: &str) -> Answer {
    server.send(Method::HEAD, upload, &[TUS], Vec::new())
}

/// Where an upload stands.
fn offset(server: &Server, upload: &str) -> usize {
    let answer = head(server, upload).expect(200);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.header("upload-offset").parse().expect("a number")
}

/// Sends the first bytes of a piece, which is announced to be longer.
fn begin_piece(server: &Server, upload: &str, offset: usize, bytes: &[u8]) -> TcpStream {
    let mut stream = server.connect();
    let head = format!(
        "PATCH {upload} HTTP/1.1\r\nHost: x\r\nTus-Resumable: 1.0.0\r\nUpload-Offset: {offset}\r\n\
         Content-Type: application/offset+octet-stream\r\nContent-Length: {}\r\n\r\n",
        bytes.len() + 1
    );
    stream.write_all(head.as_bytes()).expect("the head is taken");
    stream.write_all(bytes).expect("the bytes are taken");
    stream
}

/// Sends what is lacking and holds the stimulus to be the film.
fn finish(server: &Server, upload: &str, film: &[u8]) {
    let from = offset(server, upload);
    let last = put(server, upload, from, &film[from..]).expect(204);
    let stimulus = blake3::hash(film).to_hex().to_string();
    assert_eq!((last.header("upload-offset"), last.header("x-stimulus")), (&*film.len().to_string(), &*stimulus));
    assert_eq!(head(server, upload).expect(200).header("x-stimulus"), stimulus);
    let view = server.get(&format!("/v1/stimuli/{stimulus}")).expect(200).json();
    assert_eq!((&view["name"], &view["bytes"]), (&"film.mp4".into(), &film.len().into()));
    assert!(server.get(&format!("/v1/stimuli/{stimulus}/content")).expect(200).body == film, "other bytes");
}

#[test]
fn pieces_make_an_ordinary_stimulus() {
    let server = Server::start();
    let film = film(300_000);
    let upload = begin(&server, film.len());
    for (place, piece) in film[..200_000].chunks(100_000).enumerate() {
        let answer = put(&server, &upload, place * 100_000, piece).expect(204);
        assert_eq!(answer.header("tus-resumable"), "1.0.0");
        assert_eq!((answer.header("x-stimulus"), offset(&server, &upload)), ("", (place + 1) * 100_000));
    }
    finish(&server, &upload, &film);
    assert_eq!(server.upload("film.mp4", &film), blake3::hash(&film).to_hex().to_string());
}

#[test]
fn what_arrived_before_the_connection_broke_stays() {
    let server = Server::start();
    let film = film(300_000);
    let upload = begin(&server, film.len());
    drop(begin_piece(&server, &upload, 0, &film[..123_456]));
    server.until(|| put(&server, &upload, 123_456, &[]).status.as_u16() == 204);
    finish(&server, &upload, &film);
}

#[test]
fn an_upload_goes_on_after_the_server_was_killed() {
    let mut server = Server::start();
    let film = film(3_000_000);
    let upload = begin(&server, film.len());
    let piece = begin_piece(&server, &upload, 0, &film[..2_000_000]);
    server.until(|| offset(&server, &upload) > 1_000_000);
    server.kill();
    drop(piece);
    let server = server.restart(&[]);
    assert!((1_000_001..=2_000_000).contains(&offset(&server, &upload)));
    finish(&server, &upload, &film);
}

#[test]
fn an_upload_goes_on_after_the_server_was_stopped() {
    let mut server = Server::start();
    let film = film(3_000_000);
    let upload = begin(&server, film.len());
    let mut piece = begin_piece(&server, &upload, 0, &film[..2_000_000]);
    server.until(|| offset(&server, &upload) > 1_000_000);
    server.terminate();
    assert!(read_answer(&mut piece).contains("shutting_down"));
    let server = server.restart(&[]);
    assert_eq!(offset(&server, &upload), 2_000_000);
    finish(&server, &upload, &film);
}

#[test]
fn one_at_a_time_writes() {
    let server = Server::start();
    let film = film(3_000_000);
    let upload = begin(&server, film.len());
    let first = begin_piece(&server, &upload, 0, &film[..2_000_000]);
    server.until(|| offset(&server, &upload) > 1_000_000);
    let second = put(&server, &upload, offset(&server, &upload), &[]);
    second.refused(423, "upload_locked");
    assert_eq!(second.header("retry-after"), "1");
    drop(first);
    server.until(|| put(&server, &upload, 2_000_000, &[]).status.as_u16() == 204);
    finish(&server, &upload, &film);
}

#[test]
fn what_cannot_be_taken_is_refused_and_changes_nothing() {
    let server = Server::start_with(&["--max-upload-bytes", "100000"]);
    let film = film(1000);
    let announce = |headers: &[(&str, &str)]| server.send(Method::POST, "/v1/uploads", headers, Vec::new());
    announce(&[TUS, NAME, ("upload-length", "100001")]).refused(413, "too_large");
    announce(&[TUS, NAME, ("upload-length", "0")]).refused(422, "empty_stimulus");
    announce(&[TUS, NAME]).refused(400, "bad_header");
    announce(&[TUS, ("upload-length", "1000"), ("upload-metadata", "filename film.mp4")]).refused(400, "bad_header");
    let other = announce(&[("tus-resumable", "0.2.2"), ("upload-length", "1000")]);
    other.refused(412, "other_tus_version");
    assert_eq!((other.header("tus-version"), other.header("tus-resumable")), ("1.0.0", "1.0.0"));

    let upload = begin(&server, film.len());
    put(&server, &upload, 1, &film[1..]).refused(409, "wrong_offset");
    put(&server, &upload, 0, &vec![0; 50_000]).refused(413, "past_end");
    server
        .send(Method::PATCH, &upload, &[TUS, ("upload-offset", "0")], film.clone())
        .refused(415, "unsupported_media_type");
    server.send(Method::PATCH, &upload, &[("upload-offset", "0")], film.clone()).refused(412, "other_tus_version");
    assert_eq!(offset(&server, &upload), 0);
    finish(&server, &upload, &film);
    put(&server, &upload, 1000, &[]).refused(409, "wrong_offset");

    let unknown = "/v1/uploads/abcdefghijklmnopqrstuvwx";
    put(&server, unknown, 0, &film).refused(404, "unknown_upload");
    assert_eq!(head(&server, unknown).status, 404);
    let spoken = server.send(Method::OPTIONS, "/v1/uploads", &[], Vec::new()).expect(204);
    assert_eq!((spoken.header("tus-version"), spoken.header("tus-max-size")), ("1.0.0", "100000"));
}

#[test]
fn what_is_not_wanted_any_more_is_removed() {
    let server = Server::start();
    let film = film(1000);
    let upload = begin(&server, film.len());
    put(&server, &upload, 0, &film[..500]).expect(204);
    let remove = || server.send(Method::DELETE, &upload, &[TUS], Vec::new());
    remove().expect(204);
    remove().refused(404, "unknown_upload");
    put(&server, &upload, 500, &film[500..]).refused(404, "unknown_upload");
    assert_eq!(server.get("/v1/stimuli").json(), serde_json::json!([]));
    assert_eq!(std::fs::read_dir(server.data().join("uploads")).expect("a folder").count(), 0);
}
