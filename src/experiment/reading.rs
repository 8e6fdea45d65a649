//! From bytes to a spec. Where its shape is wrong, all faults of it are found, each with its place.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::contrast::Contrast;
use super::design::{BlockDesign, ContinuousDesign, Design, EventDesign, IsolatedDesign, ScheduledDesign};
use super::estimate::{Estimate, GlmEstimate, PeakEstimate, TimecourseEstimate};
use super::fault::by_likeness;
use super::grid::Axis;
use super::limits::MAX_SPEC_BYTES;
use super::statistics::{Return, Statistics};
use super::stimulus::Stimulus;
use super::{Error, Fault, Findings, Spec};
use crate::features::Modality;

/// Finds what is wrong with a value at a place.
type Probe = fn(&Value, &str, &mut Findings);

impl Spec {
    /// Reads a spec in JSON.
    ///
    /// # Errors
    ///
    /// Over 1 MiB, no JSON, or not of the shape of a spec: then with every fault.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        check_size(bytes)?;
        Self::from_value(&serde_json::from_slice(bytes).map_err(Error::Json)?)
    }

    /// Reads a spec in TOML; errors as of [`Self::from_json`].
    pub fn from_toml(bytes: &[u8]) -> Result<Self, Error> {
        check_size(bytes)?;
        let text = std::str::from_utf8(bytes).map_err(Error::NotText)?;
        Self::from_value(&toml::from_str(text).map_err(|error| Error::Toml(Box::new(error)))?)
    }

    /// Reads a spec that is JSON already, as a cell of a grid is.
    pub fn from_value(value: &Value) -> Result<Self, Error> {
        <Self as serde::Deserialize>::deserialize(value).map_err(|error| {
            let mut findings = Findings::default();
            probe_spec(value, &mut findings);
            if findings.are_harmless() {
                findings.fault(fault_of("", &error.to_string()));
            }
            Error::Faults(findings)
        })
    }
}

fn check_size(bytes: &[u8]) -> Result<(), Error> {
    if bytes.len() > MAX_SPEC_BYTES { Err(Error::SpecTooLarge { bytes: bytes.len() }) } else { Ok(()) }
}

fn probe_spec(value: &Value, findings: &mut Findings) {
    let Some(fields) = object(value, "", findings) else { return };
    for (field, value) in fields {
        let probe: Probe = match field.as_str() {
            "conditions" => |value, path, findings| list(value, path, findings, probe_condition),
            "contrasts" => |value, path, findings| list(value, path, findings, probe::<Contrast>),
            "subjects" | "regions" => |value, path, findings| list(value, path, findings, probe::<String>),
            "modalities" => |value, path, findings| list(value, path, findings, probe::<Modality>),
            "returns" => |value, path, findings| list(value, path, findings, probe::<Return>),
            "design" => probe_design,
            "estimate" => probe_estimate,
            "statistics" => probe::<Statistics>,
            "events" => probe::<Option<Stimulus>>,
            "grid" => probe_grid,
            "seed" => probe::<Option<u64>>,
            "name" => probe::<String>,
            known if Spec::FIELDS.contains(&known) => probe::<Option<String>>,
            unknown => {
                let fault = Fault::new(unknown, "a spec has no such field");
                findings.fault(fault.accepting(by_likeness(unknown, Spec::FIELDS)));
                continue;
            }
        };
        probe(value, field, findings);
    }
}

/// Takes a value for a `T` and says what is wrong where it is none.
fn probe<T: DeserializeOwned>(value: &Value, path: &str, findings: &mut Findings) {
    if let Err(error) = serde_path_to_error::deserialize::<_, T>(value) {
        let inner = error.path().to_string();
        let place = match inner.as_str() {
            "." => path.to_owned(),
            index if index.starts_with('[') => format!("{path}{index}"),
            field => format!("{path}.{field}"),
        };
        findings.fault(fault_of(&place, &error.into_inner().to_string()));
    }
}

fn list(value: &Value, path: &str, findings: &mut Findings, probe: Probe) {
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| probe(item, &format!("{path}[{i}]"), findings));
        }
        other => findings.fault(Fault::new(path, format!("{} is given where a list is wanted", kind_of(other)))),
    }
}

/// A condition, each of its stimuli apart.
fn probe_condition(value: &Value, path: &str, findings: &mut Findings) {
    let Some(fields) = object(value, path, findings) else { return };
    let mut rest = fields.clone();
    if let Some(stimuli) = rest.remove("stimuli") {
        list(&stimuli, &format!("{path}.stimuli"), findings, probe::<Stimulus>);
    }
    probe::<Condition>(&Value::Object(rest), path, findings);
}

fn probe_design(value: &Value, path: &str, findings: &mut Findings) {
    probe_kind(value, path, findings, &Design::KINDS, |kind| match kind {
        "event" => Some(probe::<EventDesign>),
        "block" => Some(probe::<BlockDesign>),
        "continuous" => Some(probe::<ContinuousDesign>),
        "isolated" => Some(probe::<IsolatedDesign>),
        "scheduled" => Some(probe::<ScheduledDesign>),
        _ => None,
    });
}

fn probe_estimate(value: &Value, path: &str, findings: &mut Findings) {
    probe_kind(value, path, findings, &Estimate::KINDS, |kind| match kind {
        "peak" => Some(probe::<PeakEstimate>),
        "glm" => Some(probe::<GlmEstimate>),
        "timecourse" => Some(probe::<TimecourseEstimate>),
        _ => None,
    });
}

/// A table whose `kind` decides what else it holds.
fn probe_kind(
    value: &Value,
    path: &str,
    findings: &mut Findings,
    kinds: &[&'static str],
    of: fn(&str) -> Option<Probe>,
) {
    if value.is_null() {
        return;
    }
    let Some(fields) = object(value, path, findings) else { return };
    let mut rest = fields.clone();
    let kind = rest.remove("kind");
    match kind.as_ref().and_then(Value::as_str).map(|kind| (kind, of(kind))) {
        Some((_, Some(probe))) => probe(&Value::Object(rest), path, findings),
        Some((kind, None)) => {
            let fault = Fault::new(format!("{path}.kind"), format!("{:?} is no {path}", shortened(kind)));
            findings.fault(fault.accepting(by_likeness(kind, kinds.iter().copied())));
        }
        None => {
            findings.fault(Fault::new(format!("{path}.kind"), "the kind is missing").accepting(kinds.iter().copied()))
        }
    }
}

fn probe_grid(value: &Value, path: &str, findings: &mut Findings) {
    let Some(axes) = object(value, path, findings) else { return };
    for (field, axis) in axes {
        probe::<Axis>(axis, &format!("{path}.{field:?}"), findings);
    }
}

fn object<'a>(value: &'a Value, path: &str, findings: &mut Findings) -> Option<&'a Map<String, Value>> {
    if value.as_object().is_none() {
        findings.fault(Fault::new(path, format!("{} is given where a table is wanted", kind_of(value))));
    }
    value.as_object()
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}

/// A fault from what serde says; the values it expects, which stand between backticks, are taken out of the sentence.
fn fault_of(path: &str, message: &str) -> Fault {
    let message = shortened(message);
    match message.split_once(", expected ") {
        Some((problem, expected)) if expected.contains('`') => {
            Fault::new(path, problem).accepting(expected.split('`').skip(1).step_by(2))
        }
        _ => Fault::new(path, message),
    }
}

/// At most 400 characters.
fn shortened(text: &str) -> String {
    text.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
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
}
