//! Maps over HTTP: compared, tested, taken apart, and refused.

use encortex::brain::Volumes;
use serde_json::{Value, json};

use crate::experiments::{asked, faces, finished, id};
use crate::maps::{ascii_gifti, cifti_of, gifti_of, volume_of, wave};
use crate::server::Server;

/// A map of the cortex in one file, uploaded.
fn uploaded(server: &Server, phase: f32) -> Value {
    json!({"upload": server.upload("map.dscalar.nii", &cifti_of(&wave(phase)))})
}

fn file_that(view: &Value, fits: impl Fn(&str) -> bool) -> &str {
    let files = view["files"].as_array().expect("files");
    let found = files.iter().find(|file| fits(file["name"].as_str().unwrap_or_default()));
    found.unwrap_or_else(|| panic!("no such file: {view}"))["href"].as_str().expect("a place")
}

#[test]
fn uploaded_maps_are_compared_whatever_files_they_come_in() {
    let server = Server::start();
    let [left, right] = gifti_of(&wave(0.5));
    let pair = json!({"left": server.upload("lh.func.gii", &left), "right": server.upload("rh.func.gii", &right)});
    let order = json!({
        "predicted": uploaded(&server, 0.0), "measured": {"pair": pair}, "options": {"spins": 99, "seed": 3},
    });
    let found = server.post_json("/v1/comparisons", &order).expect(200).json();
    assert_eq!((&found["mesh"], &found["vertices"]["n"]), (&json!("fsaverage5"), &json!(20_484)), "{found}");
    let of = |name: &str| found["vertices"][name].as_f64().unwrap();
    assert!((of("pearson") - 0.5_f64.cos()).abs() < 0.02, "a wave half a radian off: {found}");
    assert!(of("spearman") > 0.8 && (0.01..=1.0).contains(&of("p_spin")) && found["dice"].as_f64().unwrap() > 0.1);
    assert_eq!(server.post_json("/v1/comparisons", &order).expect(200).json(), found, "by its seed");

    let same = json!({"predicted": order["predicted"], "measured": order["predicted"], "options": {"spins": 0}});
    let found = server.post_json("/v1/comparisons", &same).expect(200).json();
    assert_eq!((&found["dice"], &found["vertices"]["p_spin"]), (&json!(1.0), &Value::Null));
}

#[test]
fn a_contrast_that_was_predicted_is_compared_by_its_experiment() {
    let server = Server::start();
    let view = finished(&server, &id(&asked(&server, &faces(&server)).expect(202)));
    let maps = server.get(file_that(&view, |name| name.ends_with(".dscalar.nii"))).expect(200).body;
    let measured = json!({"upload": server.upload("maps.dscalar.nii", &maps)});
    let cell = |cell: u64| json!({"cell": {"experiment": view["id"], "cell": cell}});
    let compared = |predicted: Value, map: &str| {
        let options = json!({"spins": 0, "map": map, "measured_map": "faces (t)"});
        server.post_json("/v1/comparisons", &json!({"predicted": predicted, "measured": measured, "options": options}))
    };
    let found = compared(cell(0), "faces (t)").expect(200).json();
    assert!((found["vertices"]["pearson"].as_f64().unwrap() - 1.0).abs() < 1e-9, "{found}");
    let found = compared(cell(0), "faces (effect)").expect(200).json();
    assert!(found["vertices"]["pearson"].as_f64().unwrap() < 1.0 - 1e-6, "another statistic: {found}");
    assert!(compared(cell(0), "houses").refused(422, "bad_map").contains("faces (effect), faces (t)"));
    compared(cell(1), "faces (t)").refused(404, "no_result");
    let nobody = json!({"cell": {"experiment": view["id"], "subject": "nobody"}});
    assert!(compared(nobody, "faces (t)").refused(422, "unknown_subject").contains("average"));
    compared(json!({"cell": {"experiment": "faces"}}), "faces (t)").refused(404, "unknown_experiment");

    let mut spec = faces(&server);
    spec["returns"] = json!(["regions"]);
    let view = finished(&server, &id(&asked(&server, &spec).expect(202)));
    compared(json!({"cell": {"experiment": view["id"]}}), "faces (t)").refused(422, "no_maps");
}

#[test]
fn the_maps_of_a_group_are_tested_once_and_fetched() {
    let server = Server::start();
    let subject = |number: f32| server.upload("con.nii", &volume_of(0.0, |voxel| number + (voxel % 7) as f32));
    let maps: Vec<Value> = [1.0, 2.0, 3.0].map(|number| json!({"upload": subject(number)})).into();
    let answer = server.post_json("/v1/group-statistics", &json!({"maps": maps, "space": "mni152"})).expect(200);
    let view = answer.json();
    assert_eq!((&view["kind"], &view["report"]["n"]), (&json!("group-statistics"), &json!(3)), "{view}");
    assert_eq!(view["report"]["is_prediction"], false);
    let t = server.get(file_that(&view, |name| name.contains("stat-t") && name.ends_with(".nii.gz"))).expect(200).body;
    let t = Volumes::from_nifti(&t).unwrap();
    // 1, 2 and 3 have mean 2 and a standard error of 1/√3.
    assert!((t.maps()[0][0] - 12_f32.sqrt()).abs() < 1e-4, "{}", t.maps()[0][0]);
    assert!(server.get(file_that(&view, |name| name.ends_with(".png"))).expect(200).body.starts_with(b"\x89PNG"));

    assert_eq!(answer.header("location"), view["href"]);
    let href = answer.header("location");
    assert_eq!(server.get(href).expect(200).json(), view);
    let listed = server.get("/v1/analyses").expect(200).json();
    assert_eq!(listed, json!([{"id": view["id"], "kind": "group-statistics", "href": view["href"]}]));
    let server = server.restart(&[]);
    let again = server.post_json("/v1/group-statistics", &json!({"maps": maps})).expect(200).json();
    assert_eq!(again, view, "the same question is the same analysis");
    assert!(server.get(&format!("{href}/files/..%2Fanalysis.json")).refused(404, "unknown_file").contains("stat-t"));
    server.delete(href).expect(204);
    server.get(href).refused(404, "unknown_analysis");
    server.delete("/v1/analyses/..%2Fstimuli").refused(404, "unknown_analysis");
}

#[test]
fn the_head_is_taken_apart_and_held_against_a_reference() {
    let server = Server::start();
    let view = server.post_json("/v1/components", &json!({"components": 3})).expect(200).json();
    assert_eq!((&view["kind"], &view["report"]["trained"]), (&json!("components"), &json!(false)));
    assert_eq!(view["report"]["components"].as_array().unwrap().len(), 3);
    let upload = |side: &str| {
        let href = file_that(&view, |name| name.contains(side) && name.contains("component2_"));
        server.upload(&format!("{side}.func.gii"), &server.get(href).expect(200).body)
    };
    let reference = json!({"pair": {"left": upload("hemi-L"), "right": upload("hemi-R")}});
    let again =
        server.post_json("/v1/components", &json!({"components": 3, "reference": reference})).expect(200).json();
    let r = |row: usize| again["report"]["components"][row]["correlation"].as_f64().unwrap();
    assert!((r(1) - 1.0).abs() < 1e-6 && r(0) < 0.1 && r(2) < 0.1, "{again}");

    let refused = |order: Value, status, code| server.post_json("/v1/components", &order).refused(status, code);
    assert!(refused(json!({"subject": "nobody"}), 422, "unknown_subject").contains("average"));
    refused(json!({"components": 101}), 422, "bad_value");
    refused(json!({"components": 0}), 422, "analysis_impossible");
    refused(json!({"component": 3}), 400, "malformed_body");
    refused(json!({"reference": {"upload": server.upload("a.nii", b"no volume")}}), 422, "bad_map");
}

#[test]
fn what_is_no_map_or_cannot_be_compared_is_refused_by_its_fault() {
    let server = Server::start();
    let good = uploaded(&server, 0.0);
    let refused = |measured: &Value, status, code| {
        let order = json!({"predicted": good, "measured": measured, "options": {"spins": 0}});
        server.post_json("/v1/comparisons", &order).refused(status, code)
    };
    let upload = |name: &str, bytes: &[u8]| json!({"upload": server.upload(name, bytes)});
    let pair = |left: &[u8], right: &[u8]| json!({"pair": {"left": server.upload("lh.gii", left), "right": server.upload("rh.gii", right)}});

    let mut broken = cifti_of(&wave(0.0));
    let last = broken.len() - 4;
    broken[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    assert!(refused(&upload("nan.dscalar.nii", &broken), 422, "bad_map").contains("1 values that are not finite"));
    let fs_lr = ascii_gifti(32_492);
    assert!(refused(&pair(&fs_lr, &fs_lr), 422, "bad_map").contains("as fs_LR 32k has"));
    let [left, _] = gifti_of(&wave(0.0));
    assert!(refused(&pair(&left, &left), 422, "bad_map").contains("it is of the left"));
    let elsewhere = upload("far.nii", &volume_of(400.0, |voxel| voxel as f32));
    assert!(refused(&elsewhere, 422, "bad_map").contains("another space"));
    assert!(refused(&upload("lh.func.gii", &left), 422, "bad_map").contains("one hemisphere"));
    assert!(refused(&upload("face.png", b"\x89PNG"), 422, "bad_map").contains("face.png is no map"));
    refused(&upload("text.nii", b"a text"), 422, "bad_map");
    refused(&upload("text.nii.gz", b"\x1f\x8b and no more"), 422, "bad_map");
    refused(&upload("text.dscalar.nii", b"a text"), 422, "bad_map");
    refused(&pair(b"<GIFTI>", b"<GIFTI>"), 422, "bad_map");
    refused(&json!({"upload": "0".repeat(64)}), 404, "unknown_stimulus");
    refused(&json!({"upload": "../../etc/passwd"}), 404, "unknown_stimulus");
    refused(&json!({"file": "/etc/passwd"}), 400, "malformed_body");

    let order = |options: Value| json!({"predicted": good, "measured": good, "options": options});
    let asked = |order: &Value| server.post_json("/v1/comparisons", order);
    asked(&order(json!({"atlas": "glasser"}))).refused(404, "unknown_atlas");
    asked(&order(json!({"spins": 10_001}))).refused(422, "bad_value");
    asked(&order(json!({"spin": 10}))).refused(400, "malformed_body");
    asked(&json!({"predicted": good, "measured": good, "colour": "red"})).refused(400, "malformed_body");
    let body = order(json!({})).to_string().into_bytes();
    server.send(reqwest::Method::POST, "/v1/comparisons", &[], body).refused(415, "unsupported_media_type");

    let group = |maps: Value| server.post_json("/v1/group-statistics", &json!({"maps": maps}));
    group(json!([good])).refused(422, "analysis_impossible");
    let cell = json!({"cell": {"experiment": "0".repeat(32)}});
    assert!(group(json!([good, cell])).refused(422, "bad_value").contains("measured"));
    group(json!([])).refused(422, "analysis_impossible");
    let volume = upload("a.nii", &volume_of(0.0, |voxel| voxel as f32));
    group(json!([good, volume])).refused(422, "bad_map");
    let shifted = upload("b.nii", &volume_of(8.0, |voxel| voxel as f32));
    assert!(group(json!([volume, shifted])).refused(422, "bad_map").contains("different grids"));
}
