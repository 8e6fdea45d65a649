//! Specs filled in from the library, from listings and from events.

use serde_json::json;

use super::*;
use crate::experiment::Known;
use crate::experiment::design::EventDesign;

fn complete(value: &serde_json::Value, paths: &[&str]) -> (Spec, Findings) {
    let library = Library::embedded().unwrap();
    let files = paths.iter().map(|path| ((*path).to_owned(), Stimulus::File((*path).to_owned())));
    let listing = Listing::new(files);
    let listing = Some(&listing).filter(|_| !paths.is_empty());
    Spec::from_value(value).unwrap().completed(&Given { library: &library, listing, events: None })
}

#[test]
fn a_localizer_and_a_folder_make_an_experiment() {
    let folders = ["faces", "places", "bodies", "objects", "characters", "notes"];
    let paths: Vec<String> = folders.iter().flat_map(|name| [1, 2].map(|i| format!("{name}/{i}.png"))).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let (spec, findings) = complete(&json!({"localizer": "faces", "stimuli_folder": "s", "seed": 9}), &paths);
    assert_eq!(findings.faults, []);
    assert!(findings.warnings[0].message.contains("notes"));
    assert_eq!((spec.name.as_str(), spec.conditions.len()), ("faces", 5));
    assert_eq!(spec.conditions[0].stimuli[1], Stimulus::File("faces/2.png".into()));
    assert!(spec.regions.contains(&"FFA".to_owned()));
    let Some(Design::Event(EventDesign { seed, asynchrony_s, .. })) = spec.design else { panic!("{spec:?}") };
    assert_eq!((seed, asynchrony_s), (None, 8.0), "the seed of the experiment counts");
}

#[test]
fn a_missing_folder_is_answered_with_those_there_are() {
    let (_, findings) = complete(&json!({"localizer": "faces"}), &["Faces/1.png", "places/1.png"]);
    let fault = &findings.faults[0];
    assert_eq!((fault.path.as_str(), fault.accepted[0].as_str()), ("conditions[0]", "Faces"));
    assert_eq!(findings.faults.len(), 4);
}

#[test]
fn what_the_spec_says_counts_before_the_localizer() {
    let value = json!({
        "localizer": "sentences_word_lists",
        "conditions": [{"name": "sentences", "stimuli": [{"text": "One."}, {"text": "Two."}]}],
        "contrasts": [{"name": "all", "expression": "sentences + word_lists"}],
        "estimate": {"kind": "peak"},
    });
    let (spec, findings) = complete(&value, &[]);
    assert!(findings.are_harmless());
    assert_eq!(spec.conditions[0].stimuli.len(), 2);
    assert!(spec.conditions[1].stimuli.len() >= 4, "word lists are made from the library's sentences");
    let contrasts: Vec<&str> = spec.contrasts.iter().map(|contrast| contrast.name.as_str()).collect();
    assert_eq!(contrasts, ["all", "sentences"]);
    assert_eq!(spec.estimate().latest_s(), 5.0);
    let library = Library::embedded().unwrap();
    let again = spec.clone().completed(&Given { library: &library, listing: None, events: None });
    assert_eq!(again.0, spec);
}

#[test]
fn a_grid_varies_fields_of_the_localizer_and_how_its_texts_are_made() {
    let library = Library::embedded().unwrap();
    let given = Given { library: &library, listing: None, events: None };
    let grid = json!({"conditions[1].derived.seed": [1, 2], "design.asynchrony_s": [10, 14], "seed": [1]});
    let value = json!({"localizer": "sentences_word_lists", "grid": grid});
    let (completed, findings) = Spec::from_value(&value).unwrap().completed(&given);
    assert_eq!((findings.faults, completed.check(&Known::default()).faults), (vec![], vec![]));
    let (outlined, _) = Spec::from_value(&value).unwrap().outlined(&given);
    let grid = Grid::new(&outlined).unwrap();
    let cell = |number| grid.spec(number).unwrap().unwrap().completed(&given).0;
    assert_eq!(grid.cells(), 4);
    assert_eq!(cell(0).conditions[0], cell(3).conditions[0]);
    assert_ne!(cell(0).conditions[1].stimuli, cell(3).conditions[1].stimuli, "each seed makes its own word lists");
}

#[test]
fn the_faults_of_a_grid_are_found() {
    let value = json!({"design": {"kind": "event"}, "grid": {"design.runz": [1], "localizer": ["faces"]}});
    let (_, findings) = complete(&value, &[]);
    let places: Vec<&str> = findings.faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(places, ["grid.\"design.runz\"", "grid.\"localizer\""]);
    let axis = json!({"from": 0, "to": 1, "steps": 2000});
    let grid = json!({"design.pause_s": axis, "design.stimulus_s": axis});
    let (_, findings) = complete(&json!({"design": {"kind": "event"}, "grid": grid}), &[]);
    assert!(findings.faults[0].problem.contains("4000000 cells"), "{}", findings.faults[0]);
}

#[test]
fn silence_comes_as_often_as_the_largest_condition() {
    let value = json!({"conditions": [{"name": "a", "stimuli": ["1", "2", "3"]}, {"name": "s", "silence_s": 4}]});
    assert_eq!(complete(&value, &[]).0.conditions[1].stimuli, vec![Stimulus::Silence(4.0); 3]);
}

#[test]
fn two_sources_unknown_lists_and_unknown_localizers_are_faults() {
    let value = json!({"localizer": "face", "conditions": [
        {"name": "a", "stimuli": ["1"], "silence_s": 4}, {"name": "b", "items": "sentence"},
    ]});
    let (_, findings) = complete(&value, &[]);
    let places: Vec<&str> = findings.faults.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(places, ["conditions[0]", "localizer", "conditions[1].items"]);
    assert_eq!(findings.faults[1].accepted[0], "faces");
    assert_eq!(findings.faults[2].accepted[0], "sentences");
}

#[test]
fn an_events_table_brings_conditions_and_stimuli() {
    let table = b"onset\tduration\ttrial_type\tstim_file\n0\t1\tface\ta.png\n8\t1\thouse\tb.png\n";
    let events = EventsTable::parse(table).unwrap();
    let library = Library::default();
    let given = Given { library: &library, listing: None, events: Some(&events) };
    let value = json!({"events": "events.tsv", "conditions": [{"name": "house", "modalities": ["video"]}]});
    let (spec, findings) = Spec::from_value(&value).unwrap().completed(&given);
    assert!(findings.are_harmless());
    assert!(matches!(spec.design(), Design::Scheduled(_)));
    assert_eq!((spec.conditions[0].name.as_str(), spec.conditions[0].stimuli.len()), ("house", 1));
    assert_eq!((spec.conditions[1].name.as_str(), spec.conditions[1].stimuli.len()), ("face", 1));
    assert_eq!(spec.distinct_masks(), 2);
}
