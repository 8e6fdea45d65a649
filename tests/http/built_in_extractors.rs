//! A model whose features come from extractors that need no weights.

use serde_json::json;

use crate::form::Form;
use crate::media::film;
use crate::server::Server;

const MANIFEST: &str = r#"
name = "front-ends"
description = "untrained: a small encoder behind extractors without weights"
licence = "Apache-2.0"
trained = false
mesh = "fsaverage3"
vertices = 1284
subjects = ["average"]

[origin.seed]
seed = 3
text = "built-in:lexical"
audio = "built-in:spectro-temporal"
video = "built-in:motion-energy"
encoder = { hidden = 96, depth = 1, heads = 3, low_rank = 16 }
"#;

const TRANSCRIPT: &[u8] = b"text\tstart\tduration\nHello\t0.1\t0.4\nworld\t0.6\t0.4\n";

#[test]
fn a_film_is_predicted_from_motion_energy_modulations_and_letters() {
    let models = tempfile::tempdir().unwrap();
    std::fs::create_dir(models.path().join("front-ends")).unwrap();
    std::fs::write(models.path().join("front-ends/model.toml"), MANIFEST).unwrap();
    let folder = models.path().to_str().unwrap();
    let server = Server::start_with(&["--models-dir", folder, "--model", "front-ends"]);
    let card = server.get("/v1/models/front-ends").expect(200).json();
    assert_eq!(card["missing"], json!([]));
    assert_eq!(card["parts"][3]["source"], "built-in:motion-energy");

    let form = || Form::new().file("video", "film.mp4", &film(3)).file("transcript", "film.tsv", TRANSCRIPT);
    let prediction = server.predict(form()).expect(200).json();
    assert_eq!(prediction["model"]["trained"], false);
    for (modality, width) in [("text", 131), ("audio", 300), ("video", 1428)] {
        let report = &prediction["result"]["features"][modality];
        assert_eq!(
            (&report["state"], &report["width"], &report["layer_groups"]),
            (&json!("computed"), &json!(width), &json!(1))
        );
    }
    server.delete(&format!("/v1/predictions/{}", prediction["id"].as_str().unwrap())).expect(204);
    let again = server.predict(form()).expect(200).json();
    for modality in ["text", "audio", "video"] {
        assert_eq!(again["result"]["features"][modality]["state"], "cached", "{modality}");
    }
}
