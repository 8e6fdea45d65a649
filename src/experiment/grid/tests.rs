//! Grids over whole specs.

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn spec(grid: &serde_json::Value) -> Spec {
    let value = json!({
        "name": "sweep",
        "conditions": [{"name": "a", "stimuli": ["a.png"]}, {"name": "b", "stimuli": ["b.png"]}],
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
