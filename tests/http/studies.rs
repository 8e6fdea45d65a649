//! Long runs that no spec describes, queued as experiments: a film from every set of modalities, and the paper's contrasts.

use serde_json::{Value, json};

use crate::experiments::{finished, id, zip};
use crate::maps::{cifti_of, wave};
use crate::media::{ffmpeg, film};
use crate::server::Server;

#[test]
fn a_film_is_predicted_from_every_set_of_modalities() {
    let server = Server::start();
    let words = b"text\tstart\tduration\nhello\t0.5\t0.4\nbright\t1.2\t0.4\nworld\t2.0\t0.5\n";
    let order = json!({"video": server.upload("film.mp4", &film(4)), "transcript": server.upload("film.tsv", words)});
    let answer = server.post_json("/v1/multisensory", &order).expect(202);
    assert_eq!(answer.header("location"), format!("/v1/experiments/{}", id(&answer)));
    let view = finished(&server, &id(&answer));
    assert_eq!((&view["state"], &view["name"]), (&json!("succeeded"), &json!("multisensory film")), "{view}");
    let report = &view["report"];
    assert!(report["proxy"].as_str().unwrap().contains("masking proxy"), "{report}");
    assert_eq!(report["subjects"][0]["means"].as_object().unwrap().len(), 8, "{report}");
    let dominant = report["subjects"][0]["dominant"].as_object().unwrap().values();
    assert_eq!(dominant.map(|vertices| vertices.as_u64().unwrap()).sum::<u64>(), 20_484, "every vertex once");
    let maps = view["files"].as_array().unwrap().iter();
    let maps: Vec<&str> = maps.filter_map(|file| file["href"].as_str()).filter(|href| href.ends_with(".nii")).collect();
    assert!(server.get(maps[0]).expect(200).body.len() > 13 * 4 * 20_484);

    let server = server.restart(&[]);
    let again = server.post_json("/v1/multisensory", &order).expect(202).json();
    assert_eq!((&again["id"], &again["state"]), (&view["id"], &json!("succeeded")), "it is made once");

    let refused = |order: Value, status, code| server.post_json("/v1/multisensory", &order).refused(status, code);
    refused(json!({"video": "0".repeat(64)}), 404, "unknown_stimulus");
    refused(json!({"video": order["video"], "subjects": ["nobody"]}), 422, "unknown_subject");
    refused(json!({"film": order["video"]}), 400, "malformed_body");
}

#[test]
fn a_film_that_is_none_fails_and_says_why() {
    let server = Server::start();
    let order = json!({"video": server.upload("film.mp4", b"no film")});
    let view = finished(&server, &id(&server.post_json("/v1/multisensory", &order).expect(202)));
    assert_eq!((&view["state"], &view["failed"][0]["failure"]["status"]), (&json!("failed"), &json!(422)), "{view}");
}

#[test]
fn a_running_study_is_cancelled() {
    let server = Server::start();
    let order = json!({"video": server.upload("film.mp4", &film(120))});
    let answer = server.post_json("/v1/multisensory", &order).expect(202);
    let path = format!("/v1/experiments/{}", id(&answer));
    server.until(|| server.get(&path).json()["states"]["running"] == 1);
    server.delete(&path).expect(202);
    assert_eq!(finished(&server, &id(&answer))["state"], "cancelled");
}

#[test]
fn the_papers_contrasts_are_compared_with_measured_maps() {
    let server = Server::start();
    let picture = |colour: &str| {
        let source = format!("color={colour}:size=64x48");
        ffmpeg(&["-f", "lavfi", "-i", &source, "-frames:v", "1"], "a.png")
    };
    let conditions = ["faces", "places", "bodies", "objects", "characters"];
    let colours = [["red", "pink"], ["green", "lime"], ["blue", "navy"], ["white", "gray"], ["gold", "brown"]];
    let mut pictures = Vec::new();
    for (condition, colours) in conditions.into_iter().zip(colours) {
        pictures.extend(colours.map(|colour| (format!("faces/{condition}/{colour}.png"), picture(colour))));
    }
    let pictures: Vec<(&str, Vec<u8>)> = pictures.iter().map(|(name, file)| (name.as_str(), file.clone())).collect();
    let maps = [("faces.dscalar.nii", cifti_of(&wave(0.0))), ("places.nii.gz", b"no volume".to_vec())];
    let (stimuli, maps) = (server.upload("stimuli.zip", &zip(&pictures)), server.upload("maps.zip", &zip(&maps)));
    let answer = server.post_json("/v1/validations", &json!({"stimuli": stimuli, "maps": maps})).expect(202);
    let view = finished(&server, &id(&answer));
    assert_eq!(view["state"], "succeeded", "{view}");
    let report = &view["report"];
    assert_eq!((&report["trained"], &report["over"]), (&json!(false), &json!("vertices")));
    let row = |name: &str| report["rows"].as_array().unwrap().iter().find(|row| row["localizer"] == name).unwrap();
    assert_eq!((&row("faces")["published_r"], &row("faces")["n"]), (&json!(0.64), &json!(20_484)), "{report}");
    assert!(row("faces")["r"].as_f64().unwrap().abs() < 0.9, "a wave is no response to faces: {report}");
    assert!(row("places")["missing"].as_str().unwrap().contains("NIfTI"), "{report}");
    assert_eq!(row("bodies")["missing"], "there is no map for bodies in maps", "{report}");

    let refused = |order: Value, status, code| server.post_json("/v1/validations", &order).refused(status, code);
    refused(json!({"stimuli": stimuli, "maps": "0".repeat(64)}), 404, "unknown_stimulus");
    refused(json!({"stimuli": stimuli, "maps": maps, "atlas": "hcp"}), 404, "unknown_atlas");
    refused(json!({"stimuli": stimuli, "maps": maps, "subject": "nobody"}), 422, "unknown_subject");
    let no_zip = json!({"stimuli": server.upload("a.zip", b"no zip"), "maps": maps});
    let view = finished(&server, &id(&server.post_json("/v1/validations", &no_zip).expect(202)));
    assert_eq!(view["failed"][0]["failure"]["code"], "bad_zip", "{view}");
}
