//! Pulling from a publisher on this machine that serves made-up files, and misbehaves where a test wants it.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use sha2::Digest;
use tokio::net::TcpListener;

use super::*;

/// A publisher, and a machine that pulls from it.
struct Scene {
    served: Arc<Mutex<Served>>,
    address: String,
    machine: tempfile::TempDir,
}

struct Served {
    left: Bytes,
    /// How often the transfer is cut in the middle.
    cuts: usize,
    ranges: Vec<String>,
}

impl Scene {
    async fn open() -> Self {
        let left = Bytes::from_static(b"the labels of the left hemisphere");
        let served = Arc::new(Mutex::new(Served { left, cuts: 0, ranges: Vec::new() }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/files/{name}", get(file))
            .route("/moved", get(async || Redirect::temporary("/files/right")))
            .with_state(Arc::clone(&served));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { served, address, machine: tempfile::tempdir().unwrap() }
    }

    /// A shelf with one atlas, under these terms.
    fn shelf(&self, terms: &str, left_sha256: Option<&str>) -> AtlasShelf {
        let sha256 = left_sha256.map(|sha256| format!(", sha256 = \"{sha256}\"")).unwrap_or_default();
        let table = format!(
            "[[atlas]]\nname = 'made-up'\ndescription = ''\nlicence = 'MIT'\nterms = '{terms}'\ncitation = ''\n\
             files = [{{ name = 'lh.annot', url = '{0}/files/left'{sha256} }}, {{ name = 'rh.annot', url = '{0}/moved' }}]",
            self.address
        );
        let path = self.machine.path().join("table.toml");
        std::fs::write(&path, table).unwrap();
        AtlasShelf::new(Some(&path), self.machine.path().join("pulled")).unwrap()
    }

    async fn pull(&self, shelf: &AtlasShelf) -> Result<Vec<PathBuf>, Error> {
        shelf.pull(shelf.find("made-up")?, &mut |_| {}).await
    }

    fn misbehave(&self, change: impl FnOnce(&mut Served)) {
        change(&mut self.served.lock().unwrap());
    }
}

async fn file(
    State(served): State<Arc<Mutex<Served>>>,
    UrlPath(name): UrlPath<String>,
    headers: HeaderMap,
) -> Response {
    let mut served = served.lock().unwrap();
    let content = if name == "left" { served.left.clone() } else { Bytes::from_static(b"and of the right one") };
    let range = headers.get(header::RANGE).and_then(|range| range.to_str().ok()).map(str::to_owned);
    let start: usize =
        range.as_deref().map_or(0, |range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
    served.ranges.extend(range);
    let rest = content.slice(start..);
    let status = if start > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let length = [(header::CONTENT_LENGTH, rest.len())];
    if name == "left" && served.cuts > 0 {
        served.cuts -= 1;
        let pieces = [Ok(rest.slice(..rest.len() / 2)), Err(std::io::Error::other("the line is cut"))];
        return (status, length, Body::from_stream(futures_util::stream::iter(pieces))).into_response();
    }
    (status, length, rest).into_response()
}

fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn terms_are_accepted_once_and_again_when_they_change() {
    let scene = Scene::open().await;
    let shelf = scene.shelf("cite us", None);
    let atlas = shelf.find("made-up").unwrap();
    assert!(matches!(scene.pull(&shelf).await, Err(Error::NotAccepted { .. })));
    assert!(!scene.machine.path().join("pulled").exists(), "nothing is fetched before");
    shelf.accept(atlas).unwrap();
    let files = scene.pull(&shelf).await.unwrap();
    assert_eq!(std::fs::read(&files[0]).unwrap(), b"the labels of the left hemisphere");
    assert_eq!(std::fs::read(&files[1]).unwrap(), b"and of the right one");
    assert!(scene.shelf("cite us", None).is_accepted(atlas).unwrap());
    let other = scene.shelf("cite us twice", None);
    assert!(matches!(scene.pull(&other).await, Err(Error::NotAccepted { .. })));
    other.accept(other.find("made-up").unwrap()).unwrap();
    scene.pull(&other).await.unwrap();
}

#[tokio::test]
async fn a_later_download_is_held_to_the_first() {
    let scene = Scene::open().await;
    let shelf = scene.shelf("cite us", None);
    shelf.accept(shelf.find("made-up").unwrap()).unwrap();
    let files = scene.pull(&shelf).await.unwrap();
    scene.misbehave(|served| served.left = Bytes::from_static(b"THE labels of the left hemisphere"));
    scene.pull(&shelf).await.expect("what is here is right, and is not fetched again");
    std::fs::remove_file(&files[0]).unwrap();
    let error = scene.pull(&shelf).await.unwrap_err();
    assert!(matches!(&error, Error::WrongHash { authority: "what was fetched first", .. }), "{error}");
    assert!(!files[0].exists());
}

#[tokio::test]
async fn a_file_is_the_one_that_the_table_states_or_none() {
    let scene = Scene::open().await;
    let right = scene.shelf("cite us", Some(&sha256(b"the labels of the left hemisphere")));
    right.accept(right.find("made-up").unwrap()).unwrap();
    let files = scene.pull(&right).await.unwrap();
    std::fs::remove_file(&files[0]).unwrap();
    let error = scene.pull(&scene.shelf("cite us", Some(&"0".repeat(64)))).await.unwrap_err();
    assert!(matches!(&error, Error::WrongHash { authority: "what the table of atlases states", .. }), "{error}");
}

#[tokio::test]
async fn what_is_cut_off_is_resumed() {
    let scene = Scene::open().await;
    let shelf = scene.shelf("cite us", None);
    shelf.accept(shelf.find("made-up").unwrap()).unwrap();
    let content: Vec<u8> = (0..1 << 20).map(|place: u32| place.to_le_bytes()[1]).collect();
    // The first answer only tells the size.
    scene.misbehave(|served| (served.left, served.cuts) = (content.clone().into(), 2));
    let files = scene.pull(&shelf).await.unwrap();
    assert!(std::fs::read(&files[0]).unwrap() == content);
    assert_eq!(scene.served.lock().unwrap().ranges.len(), 1, "it goes on where it was cut");
}

#[tokio::test]
async fn an_atlas_that_is_not_there_names_those_that_are() {
    let scene = Scene::open().await;
    let shelf = scene.shelf("cite us", None);
    let error = shelf.find("glasser").unwrap_err().to_string();
    assert!(error.contains("hcp-mmp") && error.contains("made-up"), "{error}");
}
