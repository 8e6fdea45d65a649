//! Specs in JSON and TOML, and what is wrong with them.

use proptest::prelude::*;
use serde_json::json;

use super::*;

fn faults(value: &Value) -> Vec<(String, String)> {
    let Err(Error::Faults(findings)) = Spec::from_value(value) else { panic!("the spec has no fault") };
    findings.faults.into_iter().map(|fault| (fault.path, fault.problem)).collect()
}

#[test]
fn json_and_toml_say_the_same() {
    let toml = b"name = \"a\"\n[[conditions]]\nname = \"faces\"\nstimuli = [\"a.png\", { upload = \"id\" }]\n\
        [design]\nkind = \"block\"\nblocks = 3\n[grid]\n\"design.rest_s\" = { from = 4.0, to = 8.0, steps = 3 }";
    let json = json!({
        "name": "a",
        "conditions": [{"name": "faces", "stimuli": ["a.png", {"upload": "id"}]}],
        "design": {"kind": "block", "blocks": 3},
        "grid": {"design.rest_s": {"from": 4.0, "to": 8.0, "steps": 3}},
    });
    let spec = Spec::from_toml(toml).unwrap();
    assert_eq!(spec, Spec::from_json(json.to_string().as_bytes()).unwrap());
    assert_eq!(Spec::from_json(&serde_json::to_vec(&spec).unwrap()).unwrap(), spec);
}

#[test]
fn every_fault_is_found_at_its_place() {
    let value = json!({
        "name": 3,
        "modalties": ["video"],
        "modalities": ["video", "smell"],
        "conditions": [
            {"name": "a", "stimuli": ["a.png", {"url": "x"}, 7]},
            {"stimuli": []},
            {"name": "c", "derived": {"from": "sentences", "rule": "reversed"}},
        ],
        "design": {"kind": "event", "asynchrony": 8},
        "estimate": {"kind": "maximum"},
        "contrasts": {"a": 1},
        "statistics": {"fdr": {"over": "voxels"}},
        "grid": {"seed": "many"},
    });
    let places: Vec<String> = faults(&value).into_iter().map(|(path, _)| path).collect();
    let expected = [
        "name",
        "modalties",
        "modalities[1]",
        "conditions[0].stimuli[1]",
        "conditions[0].stimuli[2]",
        "conditions[1]",
        "conditions[2].derived.rule",
        "design.asynchrony",
        "estimate.kind",
        "contrasts",
        "statistics.fdr.over",
        "grid.\"seed\"",
    ];
    assert_eq!(places, expected);
}

#[test]
fn what_is_no_table_is_no_spec() {
    for value in [json!([]), json!(null), json!(["name"]), json!("name")] {
        assert_eq!(faults(&value)[0].0, "", "{value}");
    }
}

#[test]
fn faults_name_the_values_that_would_do() {
    let Err(Error::Faults(findings)) = Spec::from_value(&json!({"modalities": ["smell"], "desgin": {}})) else {
        panic!("the spec has no fault")
    };
    assert_eq!(findings.faults[0].accepted, ["text", "audio", "video"]);
    assert_eq!(findings.faults[0].problem, "unknown variant `smell`");
    assert_eq!(findings.faults[1].accepted[0], "design");
}

#[test]
fn a_spec_of_fifty_megabytes_is_not_read() {
    let bytes = vec![b' '; 50_000_000];
    assert!(matches!(Spec::from_json(&bytes), Err(Error::SpecTooLarge { bytes: 50_000_000 })));
    assert!(matches!(Spec::from_toml(&bytes), Err(Error::SpecTooLarge { .. })));
}

#[test]
fn the_list_of_fields_is_that_of_the_type() {
    let error = <Spec as serde::Deserialize>::deserialize(&json!({"?": 0})).unwrap_err().to_string();
    let fields: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
    assert_eq!(fields, Spec::FIELDS);
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    let key = prop_oneof![
        "[a-z]{1,6}",
        proptest::sample::select(&Spec::FIELDS[..]).prop_map(str::to_owned),
        Just("kind".to_owned())
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::hash_map(key.clone(), inner, 0..6).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256), text in "\\PC{0,200}") {
        for bytes in [&bytes[..], text.as_bytes()] {
            let _ = (Spec::from_json(bytes), Spec::from_toml(bytes));
        }
    }

    #[test]
    fn arbitrary_json_is_a_spec_or_has_faults(value in json_value()) {
        match Spec::from_value(&value) {
            Ok(_) => (),
            Err(Error::Faults(findings)) => prop_assert!(!findings.are_harmless()),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }
}
