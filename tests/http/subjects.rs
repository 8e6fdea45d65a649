//! Subjects of the lab's own, from uploads to deletion: fitted to runs in every format that a lab has, predicted by, removed
//! without a trace. What is measured here is what the model predicts for a subject of its own, in the files that it is had as.

use serde_json::{Value, json};

use crate::experiments::{finished, id};
use crate::form::Form;
use crate::server::Server;

/// What stands at the places of `*` in the name of a file of a prediction, by format.
const FORMATS: [&[&str]; 4] =
    [&["_hemi-L_", "_hemi-R_"], &["_bold.dtseries.nii"], &["res-2_desc-untrained_bold.nii.gz"], &["_bold.npy"]];

fn words(story: usize) -> String {
    (0..240)
        .map(|word| {
            format!("{}{} ", ["river", "stone", "light", "under", "seven"][(word * 7 + story) % 5], word % (story + 2))
        })
        .collect()
}

/// The response of one of the model's subjects to a story, as the files of a format: what each is called, and its bytes.
fn measured(server: &Server, story: usize, format: &[&str]) -> Vec<(String, Vec<u8>)> {
    let form = Form::new().text("text", &words(story)).text("timing", "estimated").text("subject", "untrained-01");
    let prediction = server.predict(form).json();
    let files = prediction["files"].as_array().unwrap().iter();
    let wanted = files.filter(|file| format.iter().any(|part| file["name"].as_str().unwrap().contains(part)));
    let fetched = wanted.filter(|file| !file["name"].as_str().unwrap().ends_with(".json")).map(|file| {
        (file["name"].as_str().unwrap().to_owned(), server.get(file["href"].as_str().unwrap()).expect(200).body)
    });
    fetched.collect()
}

/// A run whose first scan is 5 s after the stimulus begins, as exported responses have it.
fn run(server: &Server, story: usize) -> Value {
    let format = FORMATS[story % FORMATS.len()];
    let bold: Vec<String> =
        measured(server, story, format).iter().map(|(name, bytes)| server.upload(name, bytes)).collect();
    assert_eq!(bold.len(), format.len(), "{format:?}");
    let text = server.upload(&format!("story-{story}.txt"), words(story).as_bytes());
    json!({"stimulus": {"text": text, "timing": "estimated"}, "bold": bold, "tr_s": 1.0, "onset_s": -5.0})
}

fn order(name: &str, runs: &[Value], tolerance_s: f64) -> Value {
    json!({"name": name, "runs": runs, "tolerance_s": tolerance_s, "simulated": true})
}

#[test]
fn a_subject_is_fitted_predicted_by_and_deleted_without_a_trace() {
    let server = Server::start();
    let runs: Vec<Value> = (0..5).map(|story| run(&server, story)).collect();

    let short = finished(&server, &id(&server.post_json("/v1/subjects", &order("ann", &runs, 1.0)).expect(202)));
    let failure = &short["failed"][0]["failure"];
    assert_eq!((&failure["status"], &failure["code"]), (&json!(422), &json!("bad_run")), "{short}");
    let detail = failure["detail"].as_str().unwrap();
    assert!(detail.contains("lasts 100.0 s") && detail.contains("tolerance_s"), "{detail}");
    server.get("/v1/subjects/ann").refused(404, "no_subject");

    let answer = server.post_json("/v1/subjects", &order("ann", &runs, 200.0)).expect(202);
    let view = finished(&server, &id(&answer));
    assert_eq!(view["state"], "succeeded", "{view}");
    let card = &view["report"];
    assert_eq!((&card["name"], &card["runs"], &card["simulated"]), (&json!("ann"), &json!(5), &json!(true)), "{card}");
    let r = card["scores"]["held_out_r"].as_f64().unwrap();
    // What is measured has lost its line through each run, and what is predicted has not; and with minutes of data the penalty is
    // chosen near the average head.
    assert!(r > 0.65, "the response is a sum of what the head reads: {card}");
    assert!(r > card["scores"]["average_r"].as_f64().unwrap() + 0.1, "{card}");

    assert_eq!((&card["method"], &card["scores"]["outputs"]), (&json!("ridge"), &json!(20_484)), "{card}");

    let listed = server.get("/v1/subjects").json();
    assert_eq!((&listed[0]["name"], &listed[0]["usable"]), (&json!("ann"), &json!(true)));
    let files: Vec<&str> =
        listed[0]["files"].as_array().unwrap().iter().filter_map(|file| file["href"].as_str()).collect();
    let head = files.iter().find(|href| href.ends_with("head.safetensors")).unwrap();
    assert!(server.get(head).expect(200).body.len() > 4 * 20_484 * 288);

    let mut scored = runs.clone();
    scored[4]["held_out"] = json!(true);
    let people = json!([{"name": "ann", "runs": scored}]);
    let evaluation = json!({"people": people, "tolerance_s": 200.0, "simulated": true});
    let evaluated = finished(&server, &id(&server.post_json("/v1/evaluations", &evaluation).expect(202)));
    assert_eq!(evaluated["state"], "succeeded", "{evaluated}");
    let found = &evaluated["report"]["people"][0];
    assert_eq!((&found["predicted_by"], &found["runs"]), (&json!("ann"), &json!(1)), "{found}");
    assert!(found["mean_r"].as_f64().unwrap() > 0.8 && found["linear"]["runs"] == json!(4), "{found}");
    let mut of_regions = runs[4].clone();
    of_regions["bold"] =
        json!([server.upload("regions.npy", &npy(100, 24, |row, region| (row * (region + 3)) as f32))]);
    let people_of_regions = json!([{"name": "ann", "runs": [of_regions]}]);
    let by_regions =
        |set| json!({"people": people_of_regions, "regions": set, "tolerance_s": 200.0, "simulated": true});
    let scored = server.post_json("/v1/evaluations", &by_regions("builtin")).expect(202);
    let scored = finished(&server, &id(&scored));
    assert_eq!((&scored["report"]["outputs"], &scored["report"]["space"]), (&json!(24), &Value::Null), "{scored}");
    assert!(scored["report"]["people"][0]["regions"][0]["r"].is_f64(), "{scored}");
    server.post_json("/v1/evaluations", &by_regions("nobody's")).refused(404, "unknown_atlas");
    let by = |name| json!({"people": people, "predicted_by": name});
    server.post_json("/v1/evaluations", &by("nobody")).refused(422, "unknown_subject");
    server.post_json("/v1/evaluations", &json!({"people": []})).refused(422, "bad_value");

    let form = || Form::new().text("text", &words(9)).text("timing", "estimated").text("subject", "ann");
    let prediction = server.predict(form()).json();
    assert_eq!(prediction["result"]["subjects"][0]["name"], "ann");
    let spec = json!({"localizer": "sentences_word_lists", "subjects": ["ann"]});
    server.post_json("/v1/experiments:validate", &spec).expect(200);
    server.post_json("/v1/subjects", &order("ann", &runs[..3], 200.0)).refused(409, "subject_exists");

    let mut trained = order("bea", &runs, 200.0);
    trained["method"] = json!("low-rank");
    let card = &finished(&server, &id(&server.post_json("/v1/subjects", &trained).expect(202)))["report"];
    assert_eq!(card["method"], json!("low-rank"), "{card}");
    let [r, of_average] = ["held_out_r", "average_r"].map(|score| card["scores"][score].as_f64().unwrap());
    assert!(r > of_average, "{card}");
    server.delete("/v1/subjects/bea").expect(204);

    server.delete("/v1/subjects/ann").expect(204);
    server.get("/v1/subjects/ann").refused(404, "no_subject");
    server.delete("/v1/subjects/ann").refused(404, "no_subject");
    assert_eq!(server.get("/v1/subjects").json(), json!([]));
    server.ask(form()).refused(422, "unknown_subject");
    for upload in runs.iter().flat_map(|run| run["bold"].as_array().unwrap()) {
        server.get(&format!("/v1/stimuli/{}", upload.as_str().unwrap())).refused(404, "unknown_stimulus");
    }
    let left = walk(&server.data(), "ann");
    assert!(left.is_empty(), "{left:?}");
    server.get(&format!("/v1/experiments/{}", id(&answer))).refused(404, "unknown_experiment");
}

#[test]
fn what_cannot_be_fitted_is_refused() {
    let server = Server::start();
    let runs: Vec<Value> = (0..3).map(|story| run(&server, story)).collect();
    let refused = |order: Value, status, code| server.post_json("/v1/subjects", &order).refused(status, code);
    refused(order("../ann", &runs, 200.0), 422, "bad_subject_name");
    refused(order("average", &runs, 200.0), 409, "subject_exists");
    refused(json!({"name": "ann", "runs": runs, "model": "tribe-v2"}), 422, "unknown_model");
    let mut unknown = runs.clone();
    unknown[1]["bold"] = json!(["0".repeat(64)]);
    refused(order("ann", &unknown, 200.0), 404, "unknown_stimulus");
    refused(json!({"name": "ann", "run": runs}), 400, "malformed_body");

    let fails = |order: Value| {
        let view = finished(&server, &id(&server.post_json("/v1/subjects", &order).expect(202)));
        assert_eq!(view["state"], "failed", "{view}");
        view["failed"][0]["failure"]["detail"].as_str().unwrap().to_owned()
    };
    assert!(fails(order("ann", &runs[..1], 200.0)).contains("1 runs cannot be fitted to: 2 or more"));
    let twice = [runs[0].clone(), runs[0].clone()];
    assert!(fails(order("ann", &twice, 200.0)).contains("1 different stimuli cannot be split: 2 or more"));
    let mut slow = runs.clone();
    slow[0]["tr_s"] = json!(1000.0);
    assert!(fails(order("ann", &slow, 200.0)).contains("milliseconds"));
    let mut untimed = runs.clone();
    untimed[0]["bold"] = json!([server.upload("untimed.npy", &npy(100, 20_484, |_, _| 0.0))]);
    untimed[0].as_object_mut().unwrap().remove("tr_s");
    assert!(fails(order("ann", &untimed, 200.0)).contains("give tr_s (s)"));
    let mut other = runs.clone();
    other[0]["bold"] = json!([server.upload("run.npy", &npy(20, 100, |_, _| 0.0))]);
    assert!(fails(order("ann", &other, 200.0)).contains("[20, 100]"));
    let mut of_regions = order("ann", &other, 200.0);
    of_regions["regions"] = json!("builtin");
    let detail = fails(of_regions.clone());
    assert!(detail.contains("[20, 100]") && detail.contains(" outputs is needed"), "{detail}");
    of_regions["regions"] = json!("nobody's");
    server.post_json("/v1/subjects", &of_regions).refused(404, "unknown_atlas");
    assert_eq!(server.get("/v1/subjects").json(), json!([]), "half a subject is none");
}

#[test]
fn a_fit_that_is_cancelled_leaves_no_subject() {
    let server = Server::start();
    let runs: Vec<Value> = (0..3).map(|story| run(&server, story)).collect();
    let fit = id(&server.post_json("/v1/subjects", &order("ann", &runs, 200.0)).expect(202));
    let path = format!("/v1/experiments/{fit}");
    server.until(|| server.get(&path).expect(200).json()["states"]["running"] == 1);
    server.delete(&path).expect(202);
    assert_eq!(finished(&server, &fit)["state"], "cancelled");
    server.get("/v1/subjects/ann").refused(404, "no_subject");
    assert_eq!(walk(&server.data(), "ann"), [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn a_fit_whose_server_is_killed_is_whole_when_it_is_back() {
    let flags = ["--lease-s", "2"];
    let mut server = Server::start_with(&flags);
    let runs: Vec<Value> = (0..3).map(|story| run(&server, story)).collect();
    let fit = id(&server.post_json("/v1/subjects", &order("ann", &runs, 200.0)).expect(202));
    server.until(|| server.get(&format!("/v1/experiments/{fit}")).expect(200).json()["states"]["running"] == 1);
    server.kill();
    let server = server.restart(&flags);
    let view = finished(&server, &fit);
    assert_eq!(view["state"], "succeeded", "{view}");
    let listed = server.get("/v1/subjects").json();
    assert_eq!((listed.as_array().unwrap().len(), &listed[0]["usable"]), (1, &json!(true)), "{listed}");
    let prediction =
        server.predict(Form::new().text("text", &words(9)).text("timing", "estimated").text("subject", "ann"));
    assert_eq!(prediction.json()["result"]["subjects"][0]["name"], "ann");
}

/// A NumPy array of sines.
fn npy(rows: usize, columns: usize, phase: impl Fn(usize, usize) -> f32) -> Vec<u8> {
    let values = ndarray::Array2::from_shape_fn((rows, columns), |(row, column)| phase(row, column).sin());
    let mut bytes = Vec::new();
    ndarray_npy::WriteNpyExt::write_npy(&values, &mut bytes).unwrap();
    bytes
}

/// The files and folders of a folder, however deep, that are called so.
fn walk(folder: &std::path::Path, name: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name() == name {
            found.push(entry.path());
        }
        found.extend(walk(&entry.path(), name));
    }
    found
}
