//! Pulling from a hub on this machine that serves the golden files as the public one does: small files itself,
//! large ones by a redirect to a storage at another address.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path as UrlPath, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::Digest;
use tokio::net::TcpListener;

use crate::catalogue::lock::FILE_NAME as LOCK;
use crate::catalogue::{Catalogue, CatalogueDirs, Error, Hub};

const TOKEN: &str = "hf_secret";
const LLAMA: &str = "meta-llama/Llama-3.2-3B";
const ENCODER: &str = "facebook/tribev2";
const CHECKPOINT: &str = "facebook/tribev2/best.ckpt";

/// A hub, its storage, and a machine that pulls from it.
struct Scene {
    hub: Hub,
    state: Arc<Served>,
    home: tempfile::TempDir,
    manifests: tempfile::TempDir,
}

/// What the hub serves, how it misbehaves, and what it was asked.
struct Served {
    files: BTreeMap<String, Bytes>,
    storage: String,
    commit: Mutex<String>,
    faults: Mutex<Faults>,
    asked: Mutex<Vec<Asked>>,
}

#[derive(Default)]
struct Faults {
    /// Files whose transfer is cut in the middle, and how often.
    cut: BTreeMap<String, usize>,
    /// Files whose bytes are not those that were stated.
    altered: Vec<String>,
    /// A repository that is refused, and how.
    refused: Option<(String, StatusCode)>,
    /// A file that is listed but not there.
    absent: Option<String>,
}

#[derive(Clone, Debug)]
struct Asked {
    at_storage: bool,
    method: Method,
    path: String,
    range: Option<String>,
    authorization: Option<String>,
}

impl Scene {
    /// `None` where the golden files are not beside the project.
    async fn open(token: Option<&str>) -> Option<Self> {
        let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/golden");
        if !golden.is_dir() {
            eprintln!("SKIPPED: ../shared is absent");
            return None;
        }
        let (hub_listener, storage_listener) = (listen().await, listen().await);
        let state = Arc::new(Served {
            files: golden_files(&golden),
            storage: address(&storage_listener),
            commit: Mutex::new("1".repeat(40)),
            faults: Mutex::default(),
            asked: Mutex::default(),
        });
        let endpoint = address(&hub_listener);
        let hub_routes = Router::new()
            .route("/api/models/{organisation}/{name}/revision/{revision}", get(list))
            .route("/{organisation}/{name}/resolve/{revision}/{*file}", get(resolve));
        let storage_routes = Router::new().route("/blob/{*file}", get(store));
        serve(hub_listener, hub_routes.with_state(Arc::clone(&state)));
        serve(storage_listener, storage_routes.with_state(Arc::clone(&state)));
        Some(Self {
            hub: Hub::new(&endpoint, token.map(str::to_owned)).expect("an address"),
            state,
            home: tempfile::tempdir().expect("a temporary folder"),
            manifests: manifests_without_pins(),
        })
    }

    fn catalogue(&self) -> Catalogue {
        self.catalogue_with(Some(self.manifests.path().to_owned()))
    }

    fn catalogue_with(&self, manifests: Option<PathBuf>) -> Catalogue {
        let hf_home = Some(self.home.path().to_owned());
        Catalogue::new(CatalogueDirs { manifests, hf_home, ..CatalogueDirs::default() })
            .expect("the manifests are read")
    }

    async fn pull(&self) -> Result<(), Error> {
        self.catalogue().pull("tribe-v2", &self.hub, &mut |_| {}).await
    }

    fn repository(&self, name: &str) -> PathBuf {
        self.home.path().join("hub").join(format!("models--{}", name.replace('/', "--")))
    }

    /// Files that ended up in the cache, or were left half-way.
    fn blobs(&self, name: &str) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.repository(name).join("blobs")) else { return Vec::new() };
        let name = |entry: std::io::Result<std::fs::DirEntry>| {
            entry.expect("an entry").file_name().to_string_lossy().into_owned()
        };
        entries.map(name).collect()
    }

    fn misbehave(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state.faults.lock().expect("no test panicked with it"));
    }

    fn asked(&self) -> Vec<Asked> {
        self.state.asked.lock().expect("no test panicked with it").clone()
    }

    fn fetches_of(&self, file: &str) -> Vec<Asked> {
        let is_fetch = |asked: &Asked| asked.at_storage && asked.method == Method::GET && asked.path.ends_with(file);
        self.asked().into_iter().filter(is_fetch).collect()
    }
}

async fn listen() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").await.expect("a free port")
}

fn address(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

fn serve(listener: TcpListener, routes: Router) {
    tokio::spawn(async move { axum::serve(listener, routes).await });
}

/// `ORGANISATION/NAME/FILE` and content.
fn golden_files(golden: &Path) -> BTreeMap<String, Bytes> {
    let hub = golden.join("hf_home/hub");
    let snapshot = |folder: &str| hub.join(folder).join("snapshots").join("0".repeat(40));
    let repositories = [
        (ENCODER, golden.join("tribe_tiny")),
        (LLAMA, snapshot("models--meta-llama--Llama-3.2-3B")),
        ("facebook/w2v-bert-2.0", snapshot("models--facebook--w2v-bert-2.0")),
        ("facebook/vjepa2-vitg-fpc64-256", snapshot("models--facebook--vjepa2-vitg-fpc64-256")),
    ];
    let mut files = BTreeMap::new();
    for (repository, folder) in repositories {
        for entry in std::fs::read_dir(folder).expect("a golden folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a file").to_string_lossy().into_owned();
            files.insert(format!("{repository}/{name}"), std::fs::read(&path).expect("a golden file").into());
        }
    }
    files
}

/// The built-in manifest of TRIBE v2 without the hash of a file that the golden ones stand for.
fn manifests_without_pins() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text: String = include_str!("../../../models/tribe-v2/model.toml")
        .lines()
        .filter(|line| !line.starts_with("sha256 ="))
        .map(|line| format!("{line}\n"))
        .collect();
    std::fs::create_dir(folder.path().join("tribe-v2")).expect("a folder");
    std::fs::write(folder.path().join("tribe-v2/model.toml"), text).expect("written");
    folder
}

fn sha256(bytes: &[u8]) -> String {
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn is_large(file: &str) -> bool {
    file.ends_with(".safetensors") || file.ends_with(".ckpt")
}

impl Served {
    fn note(&self, at_storage: bool, method: &Method, path: &str, headers: &HeaderMap) {
        let text = |name| headers.get(name).map(|value| value.to_str().expect("visible text").to_owned());
        let asked = Asked {
            at_storage,
            method: method.clone(),
            path: path.to_owned(),
            range: text(header::RANGE),
            authorization: text(header::AUTHORIZATION),
        };
        self.asked.lock().expect("no test panicked with it").push(asked);
    }

    fn refusal(&self, repository: &str) -> Option<StatusCode> {
        let faults = self.faults.lock().expect("no test panicked with it");
        faults.refused.clone().filter(|(refused, _)| refused == repository).map(|(_, status)| status)
    }
}

async fn list(
    State(served): State<Arc<Served>>,
    UrlPath((organisation, name, revision)): UrlPath<(String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let repository = format!("{organisation}/{name}");
    served.note(false, &method, &format!("{repository}@{revision}"), &headers);
    let prefix = format!("{repository}/");
    let siblings: Vec<_> = served
        .files
        .keys()
        .filter_map(|file| file.strip_prefix(&prefix))
        .map(|file| serde_json::json!({"rfilename": file}))
        .collect();
    if siblings.is_empty() {
        return (StatusCode::UNAUTHORIZED, [("x-error-code", "RepoNotFound")]).into_response();
    }
    let newest = served.commit.lock().expect("no test panicked with it").clone();
    let commit = if revision == "main" { newest } else { revision };
    axum::Json(serde_json::json!({"id": repository, "sha": commit, "siblings": siblings})).into_response()
}

async fn resolve(
    State(served): State<Arc<Served>>,
    UrlPath((organisation, name, revision, file)): UrlPath<(String, String, String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    let repository = format!("{organisation}/{name}");
    let path = format!("{repository}/{file}");
    served.note(false, &method, &path, &headers);
    if let Some(status) = served.refusal(&repository) {
        return (status, [("x-error-code", "GatedRepo")]).into_response();
    }
    let is_absent = served.faults.lock().expect("no test panicked with it").absent.as_ref() == Some(&path);
    let Some(content) = served.files.get(&path).filter(|_| !is_absent) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let hash = sha256(content);
    if is_large(&file) {
        let location = format!("{}/blob/{path}?signature=secret", served.storage);
        let stated = [
            ("location", location),
            ("x-repo-commit", revision),
            ("x-linked-etag", format!("\"{hash}\"")),
            ("x-linked-size", content.len().to_string()),
        ];
        return (StatusCode::FOUND, stated).into_response();
    }
    ([("x-repo-commit", revision), ("etag", format!("\"{}\"", &hash[..40]))], content.clone()).into_response()
}

async fn store(
    State(served): State<Arc<Served>>,
    UrlPath(path): UrlPath<String>,
    method: Method,
    headers: HeaderMap,
) -> Response {
    served.note(true, &method, &path, &headers);
    let mut content = served.files[&path].to_vec();
    let mut faults = served.faults.lock().expect("no test panicked with it");
    if faults.altered.contains(&path) {
        content[0] ^= 1;
    }
    let start = headers
        .get(header::RANGE)
        .and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok())
        .unwrap_or(0usize);
    let status = if start > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let rest = Bytes::from(content.split_off(start));
    let length = [(header::CONTENT_LENGTH, rest.len().to_string())];
    match faults.cut.get_mut(&path) {
        Some(cuts) if *cuts > 0 => {
            *cuts -= 1;
            let half = rest.slice(..rest.len() / 2);
            let pieces = [Ok(half), Err(std::io::Error::other("the line is cut"))];
            (status, length, Body::from_stream(futures_util::stream::iter(pieces))).into_response()
        }
        _ => (status, length, rest).into_response(),
    }
}

#[tokio::test]
async fn a_pulled_model_resolves_and_is_what_was_served() {
    let Some(scene) = Scene::open(None).await else { return };
    let mut last = BTreeMap::new();
    let mut note = |progress: super::PullProgress<'_>| {
        last.insert(progress.file.to_owned(), (progress.done, progress.total));
    };
    scene.catalogue().pull("tribe-v2", &scene.hub, &mut note).await.expect("pulled");
    for (file, (done, total)) in last {
        assert_eq!((done, total), (scene.state.files[&file].len() as u64, done), "{file}");
    }
    let model = scene.catalogue().resolve("tribe-v2").expect("resolves");
    assert!(model.card.missing.is_empty() && model.card.size().is_some(), "{:?}", model.card);
    assert_eq!(model.folder, scene.repository(ENCODER).join("snapshots").join("1".repeat(40)));
    let text = model.text.folder().expect("a folder");
    for (folder, repository, file) in
        [(&*model.folder, ENCODER, "best.ckpt"), (text, LLAMA, "model.safetensors"), (text, LLAMA, "tokenizer.json")]
    {
        let pulled = std::fs::read(folder.join(file)).expect("a file of the snapshot");
        assert_eq!(pulled, scene.state.files[&format!("{repository}/{file}")], "{file}");
    }
    let target = std::fs::read_link(model.folder.join("best.ckpt")).expect("a link, as Python's tools make it");
    assert_eq!(target, Path::new("../../blobs").join(sha256(&scene.state.files[CHECKPOINT])));
    assert!(!text.join("generation_config.json").exists(), "only what is needed is fetched");
}

#[tokio::test]
async fn an_interrupted_transfer_is_resumed_where_it_was_cut() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.misbehave(|faults| faults.cut = [(CHECKPOINT.to_owned(), 2)].into());
    scene.pull().await.expect("pulled in three pieces");
    let size = scene.state.files[CHECKPOINT].len();
    let ranges: Vec<_> = scene.fetches_of("best.ckpt").into_iter().map(|asked| asked.range).collect();
    let half = size / 2;
    let three_quarters = half + (size - half) / 2;
    assert_eq!(ranges, [None, Some(format!("bytes={half}-")), Some(format!("bytes={three_quarters}-"))]);
}

#[tokio::test]
async fn a_later_run_resumes_what_an_earlier_one_left() {
    let Some(scene) = Scene::open(None).await else { return };
    let content = &scene.state.files[CHECKPOINT];
    let part = scene.repository(ENCODER).join("blobs").join(format!("{}.incomplete", sha256(content)));
    std::fs::create_dir_all(part.parent().expect("it is in a folder")).expect("a folder");
    std::fs::write(&part, &content[..1000]).expect("written");
    scene.pull().await.expect("pulled");
    assert_eq!(scene.fetches_of("best.ckpt")[0].range.as_deref(), Some("bytes=1000-"));
    assert!(!part.exists());
}

#[tokio::test]
async fn altered_bytes_are_refused_and_removed() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.misbehave(|faults| faults.altered = vec![CHECKPOINT.to_owned()]);
    let error = scene.pull().await.expect_err("its hash is another");
    assert!(matches!(&error, Error::WrongHash { file, .. } if file == CHECKPOINT), "{error}");
    assert!(error.to_string().contains(&sha256(&scene.state.files[CHECKPOINT])), "{error}");
    assert!(
        !scene
            .blobs(ENCODER)
            .iter()
            .any(|blob| blob.contains("incomplete") || *blob == sha256(&scene.state.files[CHECKPOINT]))
    );
    assert!(matches!(scene.catalogue().resolve("tribe-v2"), Err(Error::Absent { .. })), "half a model is no model");
}

#[tokio::test]
async fn a_pinned_hash_is_held_against_the_hub_before_the_transfer() {
    let Some(scene) = Scene::open(None).await else { return };
    let error = scene
        .catalogue_with(None)
        .pull("tribe-v2", &scene.hub, &mut |_| {})
        .await
        .expect_err("the golden file is another");
    assert!(matches!(&error, Error::WrongHash { authority: "what the manifest pins", .. }), "{error}");
    assert!(scene.fetches_of("w2v-bert-2.0/model.safetensors").is_empty());
}

#[tokio::test]
async fn a_gated_repository_names_the_page_to_ask_at() {
    for (status, token, advice) in [
        (StatusCode::UNAUTHORIZED, None, "put an access token in HF_TOKEN"),
        (StatusCode::FORBIDDEN, Some(TOKEN), "not admitted yet"),
    ] {
        let Some(scene) = Scene::open(token).await else { return };
        scene.misbehave(|faults| faults.refused = Some((LLAMA.to_owned(), status)));
        let text = scene.pull().await.expect_err("it is gated").to_string();
        assert!(text.contains("https://huggingface.co/meta-llama/Llama-3.2-3B") && text.contains(advice), "{text}");
        assert!(!text.contains(TOKEN));
    }
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.misbehave(|faults| faults.absent = Some(CHECKPOINT.to_owned()));
    let error = scene.pull().await.expect_err("it is not there");
    assert!(matches!(&error, Error::NoSuchFile { file, .. } if file == "best.ckpt"), "{error}");
}

#[tokio::test]
async fn the_token_goes_to_the_hub_and_nowhere_else() {
    let Some(scene) = Scene::open(Some(TOKEN)).await else { return };
    scene.pull().await.expect("pulled");
    let asked = scene.asked();
    assert!(asked.iter().any(|asked| asked.at_storage));
    for asked in asked {
        let expected = (!asked.at_storage).then(|| format!("Bearer {TOKEN}"));
        assert_eq!(asked.authorization, expected, "{} {}", asked.method, asked.path);
    }
}

#[tokio::test]
async fn a_second_run_checks_and_fetches_nothing() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.pull().await.expect("pulled");
    let fetches = |scene: &Scene| scene.asked().iter().filter(|asked| asked.at_storage).count();
    let before = fetches(&scene);
    scene.pull().await.expect("checked");
    assert_eq!(fetches(&scene), before);
}

#[tokio::test]
async fn a_file_that_rotted_on_the_disk_is_fetched_again() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.pull().await.expect("pulled");
    let blob = scene.repository(ENCODER).join("blobs").join(sha256(&scene.state.files[CHECKPOINT]));
    let mut content = std::fs::read(&blob).expect("a blob");
    content[100] ^= 1;
    std::fs::write(&blob, content).expect("written");
    scene.pull().await.expect("healed");
    assert_eq!(std::fs::read(&blob).expect("a blob"), scene.state.files[CHECKPOINT]);
}

#[tokio::test]
async fn the_revision_of_the_first_download_is_kept() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.pull().await.expect("pulled");
    *scene.state.commit.lock().expect("no test panicked with it") = "2".repeat(40);
    scene.pull().await.expect("checked");
    assert!(scene.asked().iter().any(|asked| asked.path == format!("{ENCODER}@{}", "1".repeat(40))));
    assert_eq!(std::fs::read_dir(scene.repository(ENCODER).join("snapshots")).expect("a folder").count(), 1);
    std::fs::remove_file(scene.repository(ENCODER).join(LOCK)).expect("the lock is there");
    scene.pull().await.expect("the newest is accepted");
    assert_eq!(std::fs::read_dir(scene.repository(ENCODER).join("snapshots")).expect("a folder").count(), 2);
}

#[tokio::test]
async fn a_file_that_is_not_the_recorded_one_is_refused() {
    let Some(scene) = Scene::open(None).await else { return };
    scene.pull().await.expect("pulled");
    let path = scene.repository(ENCODER).join(LOCK);
    let lock = std::fs::read_to_string(&path).expect("the lock");
    std::fs::write(&path, lock.replace(&sha256(&scene.state.files[CHECKPOINT]), &"ab".repeat(32))).expect("written");
    let error = scene.pull().await.expect_err("the hub offers another file");
    assert!(matches!(&error, Error::WrongHash { authority: "what the lock file records", .. }), "{error}");
}

#[tokio::test]
async fn what_is_made_here_cannot_be_pulled() {
    let Some(scene) = Scene::open(None).await else { return };
    let error = scene.catalogue().pull("untrained", &scene.hub, &mut |_| {}).await.expect_err("it is on no hub");
    assert!(matches!(error, Error::NothingToPull { .. }));
}

#[tokio::test]
async fn two_pulls_of_one_file_do_not_mix() {
    let Some(scene) = Scene::open(None).await else { return };
    let part =
        scene.repository(ENCODER).join("blobs").join(format!("{}.incomplete", sha256(&scene.state.files[CHECKPOINT])));
    std::fs::create_dir_all(part.parent().expect("it is in a folder")).expect("a folder");
    let held = std::fs::File::create(&part).expect("created");
    held.lock().expect("locked");
    assert!(matches!(scene.pull().await, Err(Error::Busy { .. })));
    drop(held);
    scene.pull().await.expect("pulled once it is free");
}

#[tokio::test]
async fn a_repository_that_the_hub_does_not_have_is_named() {
    let Some(scene) = Scene::open(None).await else { return };
    let path = scene.manifests.path().join("tribe-v2/model.toml");
    let text = std::fs::read_to_string(&path).expect("the manifest");
    std::fs::write(&path, text.replace(ENCODER, "facebook/tribev3")).expect("written");
    let error = scene.pull().await.expect_err("no such repository");
    assert!(
        matches!(&error, Error::NoSuchRepository { repository, .. } if repository.to_string() == "facebook/tribev3"),
        "{error}"
    );
}
