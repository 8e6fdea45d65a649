//! What is wrong with the shape of a spec: every fault, each with its place, where serde names the first.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::condition::Condition;
use super::contrast::Contrast;
use super::design::{BlockDesign, ContinuousDesign, Design, EventDesign, IsolatedDesign, ScheduledDesign};
use super::estimate::{Estimate, GlmEstimate, PeakEstimate, TimecourseEstimate};
use super::fault::by_likeness;
use super::grid::Axis;
use super::media::Media;
use super::statistics::{Returned, Statistics};
use super::stimulus::Stimulus;
use super::{Fault, Findings, Spec};
use crate::features::Modality;

/// Finds what is wrong with a value at a place.
type Probe = fn(&Value, &str, &mut Findings);

/// All that keeps a value from being a spec; serde's `first` word on it where nothing is found.
pub(super) fn faults_of_shape(value: &Value, first: &serde_json::Error) -> Findings {
    let mut findings = Findings::default();
    probe_spec(value, &mut findings);
    if findings.are_harmless() {
        findings.fault(fault_of("", &first.to_string()));
    }
    findings
}

fn probe_spec(value: &Value, findings: &mut Findings) {
    let Some(fields) = object(value, "", findings) else { return };
    for (field, value) in fields {
        let probe: Probe = match field.as_str() {
            "conditions" => |value, path, findings| list(value, path, findings, probe_condition),
            "contrasts" => |value, path, findings| list(value, path, findings, probe::<Contrast>),
            "subjects" | "regions" => |value, path, findings| list(value, path, findings, probe::<String>),
            "modalities" => |value, path, findings| list(value, path, findings, probe::<Modality>),
            "returns" => |value, path, findings| list(value, path, findings, probe::<Returned>),
            "design" => probe_design,
            "estimate" => probe_estimate,
            "statistics" => probe::<Statistics>,
            "media" => probe::<Media>,
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
