//! Whole specs, with their faults and warnings.

use serde_json::{Value, json};

use super::*;

fn known() -> Known {
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    Known {
        models: Some(names(&["tribe-v2"])),
        subjects: Some(names(&["average"])),
        spheres: Some(names(&["FFA", "PPA"])),
        atlases: Some(BTreeMap::from([("glasser".to_owned(), names(&["FFC", "V1"]))])),
    }
}

/// A spec without a fault, with some fields changed.
fn check(changes: &Value) -> Findings {
    let mut spec = json!({
        "name": "faces",
        "conditions": [
            {"name": "faces", "stimuli": ["f/1.png", "f/2.png"]},
            {"name": "places", "stimuli": ["p/1.png", "p/2.png"]},
        ],
        "contrasts": [{"name": "faces", "expression": "faces - places"}],
    });
    for (field, value) in changes.as_object().unwrap() {
        spec[field] = value.clone();
    }
    Spec::from_value(&spec).unwrap().check(&known())
}

fn places(changes: &Value) -> Vec<String> {
    check(changes).faults.into_iter().map(|fault| fault.path).collect()
}

#[test]
fn a_sound_spec_has_neither_faults_nor_warnings() {
    assert_eq!(check(&json!({})), Findings::default());
    let four = |folder: &str| (0..4).map(|i| format!("{folder}/{i}.png")).collect::<Vec<_>>();
    let rich = json!({
        "conditions": [{"name": "faces", "stimuli": four("f")}, {"name": "places", "stimuli": four("p")}],
        "model": "tribe-v2", "subjects": ["average"], "regions": ["FFA", "atlas:glasser", "atlas:glasser/V1"],
        "statistics": {"fdr": {"over": "parcels", "atlas": "glasser"}, "permutations": {"n": 1000, "seed": 1}},
        "estimate": {"kind": "peak", "from_s": 4, "to_s": 6}, "design": {"kind": "block"},
    });
    assert_eq!(check(&rich), Findings::default());
}

#[test]
fn all_faults_are_told_at_once() {
    let changes = json!({
        "name": " ",
        "model": "tribe",
        "subjects": ["average", "average", "nobody"],
        "modalities": [],
        "conditions": [
            {"name": "faces", "stimuli": ["../1.png", {"text": ""}, {"silence": 0}]},
            {"name": "faces", "stimuli": ["/etc/passwd", "b"]},
            {"name": "", "wants": "houses"},
        ],
        "design": {"kind": "event", "stimulus_s": 0, "asynchrony_s": -1, "runs": 0},
        "estimate": {"kind": "peak", "at_s": 5, "from_s": 4},
        "contrasts": [
            {"name": "a", "expression": "face - houses"}, {"name": "a"}, {"name": "b", "expression": "faces +"},
        ],
        "regions": ["FFB", "atlas:", "atlas:glaser/V1", "atlas:glasser/V9"],
        "statistics": {"fdr": {"over": "parcels", "q": 1.5}, "permutations": {"n": 0}},
    });
    let expected = [
        "name",
        "model",
        "subjects[1]",
        "subjects[2]",
        "modalities",
        "conditions[1].name",
        "conditions[2].name",
        "conditions[2].stimuli",
        "conditions[0].stimuli[0]",
        "conditions[0].stimuli[1]",
        "conditions[0].stimuli[2]",
        "conditions[1].stimuli[0]",
        "design.stimulus_s",
        "design.asynchrony_s",
        "design.runs",
        "estimate",
        "contrasts[0].expression",
        "contrasts[0].expression",
        "contrasts[1].name",
        "contrasts[1]",
        "contrasts[2].expression",
        "regions[0]",
        "regions[1]",
        "regions[2]",
        "regions[3]",
        "statistics.fdr.q",
        "statistics.fdr.atlas",
        "statistics.permutations.n",
    ];
    assert_eq!(places(&changes), expected);
}

#[test]
fn an_unknown_condition_is_named_with_its_column_and_the_closest_known_ones() {
    let findings = check(&json!({"contrasts": [{"name": "a", "expression": "faces - place"}]}));
    let fault = &findings.faults[0];
    assert!(fault.problem.contains("column 9") && fault.problem.contains("\"place\""), "{fault}");
    assert_eq!(fault.accepted, ["places", "faces"]);
}

#[test]
fn a_dash_that_should_have_been_quoted_is_pointed_out() {
    let changes = json!({
        "conditions": [{"name": "word-list", "stimuli": ["a", "b"]}, {"name": "faces", "stimuli": ["a", "b"]}],
        "contrasts": [{"name": "a", "expression": "faces - word-list"}],
    });
    assert!(check(&changes).faults.iter().all(|fault| fault.problem.contains("\"word-list\"")));
    let quoted =
        json!({"conditions": changes["conditions"], "contrasts": [{"name": "a", "expression": "faces - 'word-list'"}]});
    assert_eq!(check(&quoted), Findings::default());
}

#[test]
fn weights_that_do_not_sum_to_zero_are_a_warning_that_names_contrast_and_sum() {
    let findings = check(&json!({"contrasts": [{"name": "f", "expression": "faces - places / 4"}]}));
    assert!(findings.are_harmless());
    let warning = &findings.warnings[0];
    assert_eq!(warning.path, "contrasts[0]");
    assert!(warning.message.contains("\"f\"") && warning.message.contains("sum to 0.75"), "{}", warning.message);
}

#[test]
fn one_stimulus_is_a_fault_only_where_a_variance_is_needed() {
    let one = json!([{"name": "faces", "stimuli": ["a"]}, {"name": "places", "stimuli": ["b", "c"]}]);
    let changes = |statistics: Value| json!({"conditions": one, "statistics": statistics});
    let findings = check(&changes(json!({})));
    assert!(findings.are_harmless() && findings.warnings[0].message.contains("\"faces\" has one stimulus"));
    assert_eq!(places(&changes(json!({"fdr": {"over": "vertices"}}))), ["conditions[0].stimuli"]);
    assert_eq!(places(&changes(json!({"permutations": {"n": 100}}))), ["conditions[0].stimuli"]);
    let glm = |variance: &str| {
        let estimate = json!({"kind": "glm", "variance": variance});
        check(&json!({"conditions": one, "statistics": {"fdr": {"over": "vertices"}}, "estimate": estimate}))
    };
    assert_eq!(glm("scans"), Findings::default());
    assert_eq!(glm("stimuli").faults[0].path, "conditions[0].stimuli");
}

#[test]
fn permutations_take_stimuli_enough_to_be_exchanged() {
    let permuted = |faces: usize, places: usize, expression: &str| {
        let stimuli = |folder: &str, count| (0..count).map(|i| format!("{folder}/{i}.png")).collect::<Vec<_>>();
        check(&json!({
            "conditions": [
                {"name": "faces", "stimuli": stimuli("f", faces)}, {"name": "places", "stimuli": stimuli("p", places)},
            ],
            "contrasts": [{"name": "a", "expression": expression}],
            "statistics": {"permutations": {"n": 100}},
        }))
        .faults
    };
    let fault = &permuted(3, 3, "faces - places")[0];
    assert_eq!(fault.path, "contrasts[0]");
    assert!(fault.problem.contains("in 10 ways") && fault.problem.contains("4 stimuli of each"), "{fault}");
    assert!(permuted(4, 4, "faces - places").is_empty() && permuted(2, 8, "faces - places").is_empty());
    assert!(permuted(5, 2, "faces")[0].problem.contains("in 16 ways"));
    assert!(permuted(6, 2, "faces").is_empty());
    assert!(permuted(9, 9, "faces + places")[0].problem.contains("sum to 0"));
}

#[test]
fn what_cannot_be_exchanged_is_refused_with_what_can() {
    let refused = |statistics: Value, estimate: Value| {
        let stimuli = |folder: &str| (0..8).map(|i| format!("{folder}/{i}.png")).collect::<Vec<_>>();
        let conditions =
            json!([{"name": "faces", "stimuli": stimuli("f")}, {"name": "places", "stimuli": stimuli("p")}]);
        let faults = check(&json!({"conditions": conditions, "statistics": statistics, "estimate": estimate})).faults;
        faults.into_iter().map(|fault| (fault.path, fault.accepted)).collect::<Vec<_>>()
    };
    let fault = |path: &str, accepted: &str| vec![(path.to_owned(), vec![accepted.to_owned()])];
    let (peak, scans) = (json!({"kind": "peak"}), json!({"kind": "glm", "variance": "scans"}));
    let signs = json!({"permutations": {"n": 100, "exchange": "signs"}});
    assert_eq!(refused(signs, peak), fault("statistics.permutations.exchange", "labels"));
    assert_eq!(refused(json!({"permutations": {"n": 100}}), scans.clone()), fault("estimate.variance", "stimuli"));
    let parcels = json!({"fdr": {"over": "parcels", "atlas": "glasser"}});
    assert_eq!(refused(parcels.clone(), scans), fault("estimate.variance", "stimuli"));
    assert_eq!(refused(parcels, json!({"kind": "glm"})), []);
}

#[test]
fn region_means_leave_no_vertex_to_ask_for() {
    let four = json!(["a", "b", "c", "d"]);
    let changes = json!({
        "conditions": [{"name": "faces", "stimuli": four}, {"name": "places", "stimuli": four}],
        "returns": ["region_means", "maps"],
        "regions": [],
        "estimate": {"kind": "glm"},
        "statistics": {"fdr": {"over": "vertices"}, "permutations": {"n": 100}},
    });
    let expected = ["returns", "regions", "estimate.noise", "statistics.fdr.over", "statistics.permutations"];
    assert_eq!(places(&changes), expected);
    let sound = json!({"returns": ["region_means"], "regions": ["FFA"], "estimate": {"kind": "glm", "noise": "ols"}});
    assert_eq!(check(&sound), Findings::default());
}

#[test]
fn media_out_of_range_are_told_all_at_once_for_the_experiment_and_for_each_condition() {
    let conditions = json!([
        {"name": "faces", "stimuli": ["a", "b"], "media": {"noise": -0.1, "speech_rate": 4}},
        {"name": "places", "stimuli": ["c", "d"], "media": {"contrast": 0.5}},
    ]);
    let media = json!({"contrast": 1.5, "blur": 0.3, "noise": 2, "snr_db": 100, "speech_rate": 0.1, "seed": 3});
    let found = check(&json!({"conditions": conditions, "media": media})).faults;
    let places: Vec<&str> = found.iter().map(|fault| fault.path.as_str()).collect();
    let expected = [
        "media.contrast",
        "media.blur",
        "media.noise",
        "media.snr_db",
        "media.speech_rate",
        "conditions[0].media.noise",
        "conditions[0].media.speech_rate",
    ];
    assert_eq!(places, expected);
    assert_eq!(found[1].problem, "0.3 is no share of the picture's shorter side; give 0 to 0.2");
    let most = json!({"contrast": 0, "blur": 0.2, "noise": 1, "snr_db": -40, "speech_rate": 3});
    assert_eq!(check(&json!({"media": most})), Findings::default());
}

#[test]
fn one_continuous_stimulus_is_changed_as_a_whole_and_keeps_its_rate() {
    let film = json!({"kind": "continuous", "stimulus": "film.mp4"});
    let conditions = json!([{"name": "faces", "media": {"contrast": 0.5}}, {"name": "places"}]);
    let changes = json!({"design": film, "conditions": conditions, "events": "e.tsv", "media": {"speech_rate": 1.5}});
    assert_eq!(places(&changes), ["media.speech_rate", "conditions[0].media"]);
    let conditions = json!([{"name": "faces"}, {"name": "places"}]);
    let whole = json!({"design": film, "conditions": conditions, "events": "e.tsv", "media": {"contrast": 0.5}});
    assert_eq!(check(&whole), Findings::default());
}

#[test]
fn sizes_are_limited() {
    let many: Vec<String> = (0..10_001).map(|i| format!("{i}.png")).collect();
    let changes =
        json!({"conditions": [{"name": "faces", "stimuli": many}, {"name": "places", "stimuli": ["a", "b"]}]});
    assert_eq!(places(&changes), ["conditions[0].stimuli"]);
    let many: Vec<Value> = (0..1_001).map(|i| json!({"name": format!("c{i}"), "stimuli": ["a"]})).collect();
    assert_eq!(places(&json!({"conditions": many, "contrasts": []})), ["conditions"]);
}

#[test]
fn a_continuous_design_takes_events_and_no_stimuli_of_its_conditions() {
    let film = json!({"kind": "continuous", "stimulus": {"upload": "id"}});
    let conditions = json!([{"name": "faces"}, {"name": "places"}]);
    assert_eq!(places(&json!({"design": film, "conditions": conditions})), ["events"]);
    assert_eq!(check(&json!({"design": film, "conditions": conditions, "events": "e.tsv"})), Findings::default());
}
