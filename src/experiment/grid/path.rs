//! The path of a field in a spec: `design.asynchrony_s`, `conditions[0].stimuli[2].silence`.

use std::fmt;

use serde_json::Value;

use super::Axis;
use crate::experiment::fault::by_likeness;
use crate::experiment::{Error, Fault, Spec};

/// Steps a path may have.
const MAX_STEPS: usize = 8;

/// Fields that are read before there are cells.
const FIXED: [&str; 5] = ["grid", "localizer", "events", "stimuli_folder", "stimuli_upload"];

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Item(usize),
}

impl FieldPath {
    /// Fields between dots, each with places in brackets after it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let malformed =
            || "this is no path of a field; write one as design.stimulus_s or conditions[0].name".to_owned();
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (field, mut places) = part.split_at(part.find('[').unwrap_or(part.len()));
            if field.is_empty() || field.contains(']') {
                return Err(malformed());
            }
            steps.push(Step::Field(field.to_owned()));
            while let Some(rest) = places.strip_prefix('[') {
                let (place, rest) = rest.split_once(']').ok_or_else(malformed)?;
                steps.push(Step::Item(place.parse().map_err(|_| malformed())?));
                places = rest;
            }
            if !places.is_empty() {
                return Err(malformed());
            }
        }
        if steps.len() > MAX_STEPS { Err(malformed()) } else { Ok(Self(steps)) }
    }

    /// Puts a value at the path. A field that the table before it lacks is added; without that table, nothing is done.
    pub(super) fn set(&self, spec: &mut Value, value: Value) {
        let Some((last, before)) = self.0.split_last() else { return };
        let parent = before.iter().try_fold(spec, |value, step| step.of_mut(value));
        match (parent, last) {
            (Some(Value::Object(fields)), Step::Field(name)) => {
                fields.insert(name.clone(), value);
            }
            (Some(Value::Array(items)), Step::Item(place)) if *place < items.len() => items[*place] = value,
            _ => (),
        }
    }

    /// What is wrong with this path and with the values of this axis at it; the places of the faults are left empty.
    pub(super) fn faults(&self, spec: &Value, axis: &Axis) -> Vec<Fault> {
        if let Some(Step::Field(first)) = self.0.first()
            && FIXED.contains(&first.as_str())
        {
            return vec![Fault::new(
                "",
                format!("a grid does not vary {first}, from which the fields of all cells come"),
            )];
        }
        let mut at = spec;
        for (i, step) in self.0.iter().enumerate() {
            let is_last = i + 1 == self.0.len();
            match (step.of(at), at) {
                (Some(inner), _) => at = inner,
                (None, Value::Object(_)) if is_last && matches!(step, Step::Field(_)) => break,
                _ => return vec![step.missing_in(at)],
            }
        }
        if let (Value::Object(fields), true) = (at, self.reaches(spec)) {
            return vec![Fault::new("", "this is a table; name a field of it").accepting(fields.keys())];
        }
        let (mut beside, path) = self.beside(spec);
        axis.samples().iter().find_map(|value| path.refusal(&mut beside, value.to_json())).into_iter().collect()
    }

    fn reaches(&self, spec: &Value) -> bool {
        self.0.iter().try_fold(spec, |value, step| step.of(value)).is_some()
    }

    /// The part of a spec that decides which values the path takes, and the path within it: of lists only the item on
    /// the path, and beside the path no lists.
    fn beside(&self, spec: &Value) -> (Value, Self) {
        let mut steps = self.0.clone();
        for step in &mut steps {
            if let Step::Item(place) = step {
                *place = 0;
            }
        }
        let Some(Step::Field(first)) = self.0.first() else { return (Value::Null, Self(steps)) };
        let inner = spec.get(first).map(|inner| (first.clone(), beside(inner, &self.0[1..])));
        (Value::Object(inner.into_iter().collect()), Self(steps))
    }

    /// Why a spec does not take a value here: by its kind, or by its range.
    fn refusal(&self, spec: &mut Value, value: Value) -> Option<Fault> {
        let shown = value.to_string();
        self.set(spec, value);
        let fault = match Spec::from_value(spec) {
            Err(Error::Faults(findings)) => findings.faults.into_iter().next(),
            Ok(spec) => spec.check_numbers().faults.into_iter().find(|fault| fault.path == self.to_string()),
            Err(_) => None,
        };
        fault.map(|fault| Fault { problem: format!("{shown} does not go here: {}", fault.problem), ..fault })
    }
}

/// As it is written.
impl fmt::Display for FieldPath {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if i == 0 => formatter.write_str(name)?,
                Step::Field(name) => write!(formatter, ".{name}")?,
                Step::Item(place) => write!(formatter, "[{place}]")?,
            }
        }
        Ok(())
    }
}

/// A value as far as it decides what the last of these steps takes.
fn beside(value: &Value, steps: &[Step]) -> Value {
    match (value, steps) {
        (Value::Object(fields), [Step::Field(name), rest @ ..]) => fields
            .iter()
            .filter(|(field, value)| *field == name || !value.is_array())
            .map(|(field, value)| (field.clone(), if field == name { beside(value, rest) } else { value.clone() }))
            .collect(),
        (Value::Array(items), [Step::Item(place), rest @ ..]) => {
            items.get(*place).map(|item| beside(item, rest)).into_iter().collect()
        }
        _ => value.clone(),
    }
}

impl Step {
    fn of<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        match self {
            Self::Field(name) => value.as_object()?.get(name),
            Self::Item(place) => value.as_array()?.get(*place),
        }
    }

    fn of_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        match self {
            Self::Field(name) => value.as_object_mut()?.get_mut(name),
            Self::Item(place) => value.as_array_mut()?.get_mut(*place),
        }
    }

    fn missing_in(&self, value: &Value) -> Fault {
        match (self, value) {
            (Self::Field(name), Value::Object(fields)) => {
                let fault = Fault::new("", format!("the spec has no field {name:?} here; write it out to vary it"));
                fault.accepting(by_likeness(name, fields.keys().map(String::as_str)))
            }
            (Self::Item(place), Value::Array(items)) => {
                Fault::new("", format!("the list has {} items, so none is at {place}", items.len()))
            }
            (Self::Field(name), _) => Fault::new("", format!("there is no table to look up {name:?} in")),
            (Self::Item(place), _) => Fault::new("", format!("there is no list to look up [{place}] in")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_lead_through_tables_and_lists() {
        let mut value = json!({"a": [{"b": 1}, {"b": 2}], "c": {"d": 3}});
        for (path, new) in [("a[1].b", 5), ("c.d", 6), ("c.e", 7), ("x.y", 8), ("a[2]", 9)] {
            FieldPath::parse(path).unwrap().set(&mut value, new.into());
        }
        assert_eq!(value, json!({"a": [{"b": 1}, {"b": 5}], "c": {"d": 6, "e": 7}}));
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", ".", "a.", ".a", "a[", "a[x]", "a[-1]", "a]", "a[0]b", "[0]", "a.b.c.d.e.f.g.h.i"] {
            assert!(FieldPath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_is_shown_as_it_is_written() {
        for text in ["seed", "design.asynchrony_s", "conditions[1].stimuli[2].silence"] {
            assert_eq!(FieldPath::parse(text).unwrap().to_string(), text);
        }
    }

    proptest! {
        #[test]
        fn arbitrary_paths_never_panic(text in "[a-c.\\[\\]0-9]{0,24}|\\PC{0,24}") {
            if let Ok(path) = FieldPath::parse(&text) {
                path.set(&mut json!({"a": [{"b": [1, 2]}], "b": {"c": null}}), json!(1));
            }
        }
    }
}
