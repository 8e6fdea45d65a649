//! Atlases: installed over HTTP and by the command, fetched from a publisher on this machine, and refused.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::maps::{MESH, cifti_of, wave};
use crate::server::Server;

/// A `.label.gii` that divides a hemisphere of so many vertices into a front and a back.
fn label_gifti(side: &str, vertices: usize) -> Vec<u8> {
    let keys: Vec<&str> = (0..vertices).map(|vertex| if vertex % 3 == 0 { "2" } else { "1" }).collect();
    format!(
        "<GIFTI><LabelTable><Label Key=\"1\">{side}_front</Label><Label Key=\"2\">{side}_back</Label></LabelTable>\
         <DataArray Intent=\"NIFTI_INTENT_LABEL\" DataType=\"NIFTI_TYPE_INT32\" Dimensionality=\"1\" Dim0=\"{vertices}\" \
         Encoding=\"ASCII\" Endian=\"LittleEndian\"><Data>{}</Data></DataArray></GIFTI>",
        keys.join(" ")
    )
    .into_bytes()
}

/// Uploads both hemispheres of a made-up atlas.
fn uploads(server: &Server, vertices: usize) -> Value {
    let upload = |name: &str, side: &str| server.upload(name, &label_gifti(side, vertices));
    json!([upload("half.L.label.gii", "L"), upload("half.R.label.gii", "R")])
}

fn put(server: &Server, name: &str, order: &Value) -> crate::server::Answer {
    let headers = [("content-type", "application/json")];
    server.send(reqwest::Method::PUT, &format!("/v1/atlases/{name}"), &headers, order.to_string().into_bytes())
}

#[test]
fn an_uploaded_atlas_is_installed_shown_and_compared_over() {
    let server = Server::start();
    assert_eq!(server.get("/v1/atlases").expect(200).json(), json!([]));
    let order = json!({"files": uploads(&server, MESH.vertices_per_hemisphere()), "licence": "made up, CC0"});
    let view = put(&server, "halves", &order).expect(201).json();
    assert_eq!((&view["mesh"], &view["licence"]), (&json!("fsaverage5"), &json!("made up, CC0")));
    assert_eq!(view["parcels"][1], json!({"name": "L_back", "vertices": [3414, 0]}), "{view}");
    assert_eq!(view["parcels"].as_array().unwrap().len(), 4);
    put(&server, "halves", &order).expect(200);
    assert_eq!(server.get("/v1/atlases/halves").expect(200).json(), view);
    let listed = server.get("/v1/atlases").expect(200).json();
    assert_eq!(listed, json!([{"name": "halves", "licence": "made up, CC0", "href": "/v1/atlases/halves"}]));

    let labels = server.get("/v1/atlases/halves/labels").expect(200).body;
    let labels: Vec<i32> = labels.chunks_exact(4).map(|label| i32::from_le_bytes(label.try_into().unwrap())).collect();
    let place =
        |side: &str| view["parcels"].as_array().unwrap().iter().position(|parcel| parcel["name"] == side).unwrap();
    assert_eq!(labels.len(), MESH.vertices());
    assert_eq!(labels[1], i32::try_from(place("L_front")).unwrap());
    assert_eq!(labels[MESH.vertices_per_hemisphere()], i32::try_from(place("R_back")).unwrap());

    let map = |phase: f32| json!({"upload": server.upload("a.dscalar.nii", &cifti_of(&wave(phase)))});
    let order = json!({"predicted": map(0.0), "measured": map(0.4), "options": {"spins": 0, "atlas": "halves"}});
    let found = server.post_json("/v1/comparisons", &order).expect(200).json();
    assert_eq!((&found["parcels"]["atlas"], &found["parcels"]["n"]), (&json!("halves"), &json!(4)), "{found}");
}

#[test]
fn files_that_are_no_atlas_of_this_mesh_are_refused() {
    let server = Server::start();
    let refused = |name: &str, files: Value, status, code| {
        put(&server, name, &json!({"files": files, "licence": "made up"})).refused(status, code)
    };
    assert!(refused("a", uploads(&server, 32_492), 422, "bad_atlas").contains("as fs_LR 32k has"));
    let good = uploads(&server, MESH.vertices_per_hemisphere());
    assert!(refused("a", json!([good[0]]), 422, "bad_atlas").contains(".annot or a .label.gii of either hemisphere"));
    assert!(refused("a%20b", good.clone(), 422, "bad_atlas").contains("cannot name an atlas"));
    refused("..%2Fa", good.clone(), 422, "bad_atlas");
    let upload = |name: &str, bytes: &[u8]| server.upload(name, bytes);
    refused("a", json!([upload("lh.a.annot", b"no"), upload("rh.a.annot", b"atlas")]), 422, "bad_atlas");
    refused("a", json!([upload("a.dlabel.nii", &cifti_of(&wave(0.0)))]), 422, "bad_atlas");
    refused("a", json!([upload("..%2Flh.annot", b"x"), upload("rh.annot", b"y")]), 422, "bad_value");
    refused("a", json!(["0".repeat(64)]), 404, "unknown_stimulus");
    put(&server, "a", &json!({"files": good, "licence": " "})).refused(422, "bad_value");
    put(&server, "a", &json!({"files": good})).refused(400, "malformed_body");
    server.get("/v1/atlases/a").refused(404, "unknown_atlas");
    server.get("/v1/atlases/..%2Fatlases").refused(404, "unknown_atlas");
    assert_eq!(server.get("/v1/atlases").expect(200).json(), json!([]));
}

/// A publisher that serves two files to whoever asks; tells its address.
fn publisher() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("it is bound"));
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let mut connection = connection.expect("a connection");
            let mut head = [0; 4096];
            let length = connection.read(&mut head).expect("a request");
            let side = if head[..length].starts_with(b"GET /L") { "L" } else { "R" };
            let body = label_gifti(side, MESH.vertices_per_hemisphere());
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            // The request for the size hangs up in the middle.
            let _ = connection.write_all(answer.as_bytes()).and_then(|()| connection.write_all(&body));
        }
    });
    address
}

fn encortex(data: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_encortex"));
    command.arg("atlas").args(arguments).arg("--data-dir").arg(data).output().expect("the program runs")
}

#[test]
fn the_command_installs_and_fetches_atlases_whose_licence_is_accepted_once() {
    let folder = tempfile::tempdir().unwrap();
    let (data, table) = (folder.path().join("data"), folder.path().join("table.toml"));
    let address = publisher();
    let text = format!(
        "[[atlas]]\nname = 'halves'\ndescription = 'Two halves'\nlicence = 'CC0'\nterms = 'Do as you like.'\n\
         citation = 'Nobody 2026'\nfiles = [{{ name = 'half.L.label.gii', url = '{address}/L' }}, \
         {{ name = 'half.R.label.gii', url = '{address}/R' }}]"
    );
    std::fs::write(&table, text).unwrap();
    let table = table.to_str().unwrap();
    let run = |arguments: &[&str]| {
        let output = encortex(&data, arguments);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    };

    let (is_done, shown, problem) = run(&["pull", "halves", "--table", table]);
    assert!(!is_done && shown.contains("Do as you like.") && problem.contains("--accept-licence"), "{shown}{problem}");
    let (is_done, shown, problem) = run(&["pull", "halves", "--table", table, "--accept-licence"]);
    assert!(is_done && shown.contains("installed halves: 4 parcels on fsaverage5"), "{shown}{problem}");
    let (is_done, shown, _) = run(&["pull", "halves", "--table", table]);
    assert!(is_done && !shown.contains("Do as you like."), "it is remembered: {shown}");

    let files = ["L", "R"].map(|side| folder.path().join(format!("mine.{side}.label.gii")));
    for (file, side) in files.iter().zip(["L", "R"]) {
        std::fs::write(file, label_gifti(side, MESH.vertices_per_hemisphere())).unwrap();
    }
    let [left, right] = files.each_ref().map(|file| file.to_str().unwrap());
    let (is_done, shown, problem) = run(&["add", left, right, "--name", "mine", "--licence", "my own"]);
    assert!(is_done && shown.contains("installed mine: 4 parcels"), "{shown}{problem}");
    let (is_done, _, problem) = run(&["add", left, "--name", "mine", "--licence", "my own"]);
    assert!(!is_done && problem.contains("none that are read"), "{problem}");
    let (_, listed, _) = run(&["list"]);
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with("halves ") && lines[0].contains("installed  CC0"), "{listed}");
    assert!(lines[1].starts_with("mine ") && lines[1].contains("my own"), "{listed}");
    assert!(lines.iter().any(|line| line.starts_with("hcp-mmp") && line.contains("to pull")), "{listed}");
    let (is_done, _, problem) = run(&["pull", "glasser"]);
    assert!(!is_done && problem.contains("hcp-mmp"), "{problem}");
}
