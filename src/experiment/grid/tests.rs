//! Grids over whole specs.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn spec(grid: &serde_json::Value) -> Spec {
    let value = json!({
        "name": "sweep",
        "conditions": [{"name": "a", "stimuli": ["a.png"]}, {"name": "b", "stimuli": ["b.png"], "media": {"noise": 0.1}}],
        "design": {"kind": "event", "asynchrony_s": 8.0},
        "grid": grid,
    });
    Spec::from_value(&value).unwrap()
}

fn faults(grid: &serde_json::Value) -> Vec<Fault> {
    match Grid::new(&spec(grid)) {
        Err(Error::Faults(findings)) => findings.faults,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_spec_without_a_grid_is_one_cell() {
    let grid = Grid::new(&spec(&json!({}))).unwrap();
    assert_eq!(grid.cells(), 1);
    assert_eq!(grid.spec(0).unwrap().unwrap(), spec(&json!({})));
    assert!(grid.cell(1).is_none());
}

#[test]
fn cells_count_through_all_axes_the_last_one_fastest() {
    let axes = json!({
        "seed": [1, 2],
        "design.asynchrony_s": {"from": 4, "to": 8, "steps": 3},
        "modalities": [["video"], ["audio", "video"]],
    });
    let grid = Grid::new(&spec(&axes)).unwrap();
    assert_eq!(grid.cells(), 12);
    let cell = |number| grid.spec(number).unwrap().unwrap();
    let design = |spec: &Spec| match spec.design() {
        crate::experiment::design::Design::Event(design) => design.asynchrony_s,
        other => panic!("{other:?}"),
    };
    assert_eq!((design(&cell(0)), cell(0).seed, cell(1).seed), (4.0, Some(1), Some(2)));
    assert_eq!((design(&cell(11)), cell(11).modalities.map(|m| m.len()), cell(11).seed), (8.0, Some(2), Some(2)));
    assert!(cell(5).grid.is_empty());
}

/// The value of a field in every cell of a grid over it alone.
fn varied(path: &str, axis: &serde_json::Value) -> Vec<serde_json::Value> {
    let grid = Grid::new(&spec(&json!({ path: axis }))).unwrap_or_else(|error| panic!("{path}: {error}"));
    let field = format!("/{}", path.replace(['.', '['], "/").replace(']', ""));
    let of_cell = |number| serde_json::to_value(grid.spec(number).unwrap().unwrap()).unwrap();
    (0..grid.cells()).map(|number| of_cell(number).pointer(&field).cloned().unwrap_or_default()).collect()
}

#[test]
fn every_numeric_or_listed_field_is_varied_written_out_or_not() {
    for (path, axis) in [
        ("media.contrast", json!([0.0, 0.5, 1.0])),
        ("media.blur", json!([0.0, 0.01, 0.2])),
        ("media.noise", json!([0.0, 0.25])),
        ("media.snr_db", json!([-10.0, 0.0, 20.0])),
        ("media.speech_rate", json!([0.5, 1.5, 3.0])),
        ("media.seed", json!([1, 2, 3])),
        ("conditions[1].media.contrast", json!([0.1, 0.9])),
        ("design.asynchrony_s", json!([4.0, 8.0])),
        ("design.stimulus_s", json!([0.5, 1.0])),
        ("design.repetitions", json!([1, 2])),
        ("design.gap", json!(["silence", "grey"])),
        ("design.seed", json!([1, 2])),
        ("seed", json!([1, 2])),
        ("subjects", json!([["1"], ["2", "3"]])),
        ("modalities", json!([["audio"], ["audio", "video"]])),
        ("conditions[0].modalities", json!([["text"], ["video"]])),
    ] {
        assert_eq!(json!(varied(path, &axis)), axis, "{path}");
    }
    let even = json!({"from": 0, "to": 1, "steps": 5});
    assert_eq!(json!(varied("media.contrast", &even)), json!([0.0, 0.25, 0.5, 0.75, 1.0]));
}

#[test]
fn a_value_out_of_range_is_told_with_the_range() {
    let found = faults(&json!({"media.contrast": [0.5, 7]}));
    assert_eq!(found[0].problem, "7 does not go here: 7 is no share of the contrast; give 0 to 1");
}

#[test]
fn a_path_that_leads_nowhere_is_named_with_those_that_would_do() {
    let found = faults(&json!({"design.asynchrony": [1, 2], "conditions[2].name": ["x"], "conditions[0]": ["x"]}));
    let places: Vec<&str> = found.iter().map(|fault| fault.path.as_str()).collect();
    assert_eq!(places, ["grid.\"conditions[0]\"", "grid.\"conditions[2].name\"", "grid.\"design.asynchrony\""]);
    assert!(found[2].accepted.contains(&"asynchrony_s".to_owned()), "{}", found[2]);
    assert!(found[1].problem.contains("2 items"), "{}", found[1]);
}

#[test]
fn values_that_a_field_does_not_take_are_refused_before_anything_runs() {
    for grid in [
        json!({"design.runs": [1.5]}),
        json!({"design.runs": {"from": 1, "to": 2, "steps": 3}}),
        json!({"modalities": [["smell"]]}),
        json!({"seed": []}),
        json!({"media.contrast": [0.5, 1.5]}),
        json!({"media.speech_rate": {"from": 0.1, "to": 2, "steps": 3}}),
        json!({"media.sharpness": [1]}),
        json!({"conditions[1].media.noise": [2]}),
        json!({"design.asynchrony_s": [-1]}),
        json!({"grid": [1]}),
        json!({"design": ["event"]}),
    ] {
        assert_eq!(faults(&grid).len(), 1, "{grid}");
    }
}

#[test]
fn a_grid_over_a_million_cells_is_refused_by_its_number_even_past_overflow() {
    let axis = json!({"from": 0, "to": 1, "steps": 1001});
    let two = spec(&json!({"design.stimulus_s": axis, "design.asynchrony_s": axis}));
    let error = Grid::new(&two).unwrap_err().to_string();
    assert!(error.contains("1002001 cells") && error.contains("1000000"), "{error}");
    let most = json!({"from": 0, "to": 1, "steps": u32::MAX});
    let three = json!({"design.stimulus_s": most, "design.asynchrony_s": most, "design.pause_s": most});
    assert!(matches!(Grid::new(&spec(&three)), Err(Error::TooManyCells { .. })));
}

proptest! {
    #[test]
    fn every_combination_is_one_cell(lengths in proptest::collection::vec(1_u32..7, 3)) {
        let names = ["seed", "design.seed", "design.repetitions"];
        let axes: serde_json::Map<String, Value> = names.iter().zip(&lengths)
            .map(|(name, length)| ((*name).to_owned(), json!((1..=*length).collect::<Vec<_>>()))).collect();
        let grid = Grid::new(&spec(&Value::Object(axes))).unwrap();
        prop_assert_eq!(grid.cells(), lengths.iter().map(|length| u64::from(*length)).product::<u64>());
        let distinct: HashSet<String> = grid.iter().map(|cell| format!("{:?}", cell.overrides)).collect();
        prop_assert_eq!(distinct.len() as u64, grid.cells());
    }
}
