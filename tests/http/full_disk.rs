//! A disk that fills up while a sweep runs: what cannot be kept is refused and says so, and nothing that was is lost.

use std::fs::{File, read_dir, remove_file};
use std::io::Write;
use std::path::Path;

use serde_json::json;

use crate::experiments::{asked, faces, finished, id};
use crate::server::Server;

/// Room for the model, its features, and a few cells.
const DISK_MB: u32 = 96;

/// Takes all the room that is left on a disk.
fn fill(ballast: &Path) {
    let mut ballast = File::create(ballast).expect("a file");
    for piece in [1 << 20, 4096] {
        while ballast.write_all(&vec![0; piece]).is_ok() {}
    }
}

#[test]
fn a_full_disk_stops_a_sweep_which_goes_on_when_there_is_room() {
    let Some(server) = Server::start_on_a_disk_of(DISK_MB, &["--lease-s", "2"]) else { return };
    let ballast = server.disk().join("ballast");
    let mut spec = faces(&server);
    spec["estimate"] = json!({"kind": "peak", "at_s": 5.0});
    spec["grid"] = json!({"estimate.at_s": {"from": 3.0, "to": 7.0, "steps": 40}});
    let sweep = id(&asked(&server, &spec).expect(202));
    let path = format!("/v1/experiments/{sweep}");
    let cells = |state: &str| server.get(&path).expect(200).json()["states"][state].as_u64().expect("a number");
    server.until(|| cells("succeeded") > 0);

    fill(&ballast);
    let refused = server.send(reqwest::Method::POST, "/v1/stimuli?filename=a.wav", &[], vec![7; 1 << 20]);
    let detail = refused.refused(507, "storage_full");
    assert!(detail.contains("disk is full"), "{detail}");
    let view = finished(&server, &sweep);
    assert_eq!(view["state"], "failed", "{view}");
    assert_eq!(view["failed"][0]["failure"]["code"], "storage_full", "{view}");
    assert_eq!(view["failed"][0]["failure"]["status"], 507);
    assert_eq!(cells("succeeded") + cells("failed"), 40);
    assert_eq!(server.get("/health/live").status.as_u16(), 200);

    remove_file(&ballast).expect("it is removed");
    let before = cells("succeeded");
    assert_eq!(id(&asked(&server, &spec).expect(202)), sweep);
    let view = finished(&server, &sweep);
    assert_eq!((&view["state"], cells("succeeded")), (&json!("succeeded"), 40), "{before} were done before: {view}");
    let incoming = read_dir(server.disk().join("incoming")).expect("a folder").count();
    assert_eq!(incoming, 0, "an upload was left behind");
}
