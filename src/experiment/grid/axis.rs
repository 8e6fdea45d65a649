//! One axis of a grid: the values that a field takes.

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use utoipa::ToSchema;

/// The values of a field, listed or evenly spaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "a list of values or {from, to, steps} is wanted")]
pub enum Axis {
    Values(Vec<AxisValue>),
    EvenSteps(EvenSteps),
}

/// Numbers from one to another, both included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EvenSteps {
    pub from: f64,
    pub to: f64,
    /// How many numbers, at least 2. Where both ends and the step are whole, so are the numbers.
    pub steps: u32,
}

/// A value of a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged, expecting = "a number, a text, true, false or a list of texts is wanted")]
pub enum AxisValue {
    Truth(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    Names(Vec<String>),
}

impl Axis {
    pub fn len(&self) -> u64 {
        match self {
            Self::Values(values) => values.len() as u64,
            Self::EvenSteps(range) => range.steps.into(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of this place, counted from 0, which must be below the length.
    pub(super) fn value(&self, place: u64) -> AxisValue {
        match self {
            Self::Values(values) => values[place as usize].clone(),
            Self::EvenSteps(range) => range.value(place),
        }
    }

    /// What keeps it from being counted through.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Values(values) if values.is_empty() => Some("the axis is empty; list at least one value".to_owned()),
            Self::EvenSteps(range) if range.steps < 2 => {
                Some(format!("{} steps make no range; give at least 2, or list one value", range.steps))
            }
            Self::EvenSteps(range) if !(range.from.is_finite() && range.to.is_finite()) => {
                Some("the ends of the range must be finite".to_owned())
            }
            _ => None,
        }
    }

    /// The first value and the last one, of which a field takes all or none; every value of a list.
    pub fn samples(&self) -> Vec<AxisValue> {
        match self {
            Self::Values(values) => values.clone(),
            Self::EvenSteps(range) => vec![range.value(0), range.value(range.steps.saturating_sub(1).into())],
        }
    }
}

impl EvenSteps {
    fn value(&self, place: u64) -> AxisValue {
        let share = place as f64 / f64::from(self.steps.saturating_sub(1).max(1));
        let number = if share == 1.0 { self.to } else { self.from + (self.to - self.from) * share };
        let step = (self.to - self.from) / f64::from(self.steps.saturating_sub(1).max(1));
        let is_whole = |number: f64| number.fract() == 0.0 && number.abs() < 9e15;
        if [self.from, self.to, step].into_iter().all(is_whole) {
            AxisValue::Whole(number.round() as i64)
        } else {
            AxisValue::Number(number)
        }
    }
}

impl AxisValue {
    /// As a spec has it.
    pub fn to_json(&self) -> Value {
        match self {
            Self::Truth(truth) => Value::from(*truth),
            Self::Whole(number) => Value::from(*number),
            Self::Number(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
            Self::Text(text) => Value::from(text.as_str()),
            Self::Names(names) => Value::from(names.as_slice()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(json: &str) -> Vec<AxisValue> {
        let axis: Axis = serde_json::from_str(json).unwrap();
        (0..axis.len()).map(|place| axis.value(place)).collect()
    }

    #[test]
    fn a_range_holds_both_ends_and_stays_whole_where_it_can() {
        assert_eq!(values("{\"from\": 1, \"to\": 5, \"steps\": 3}"), [1, 3, 5].map(AxisValue::Whole));
        let expected = [0.5, 0.75, 1.0].map(AxisValue::Number);
        assert_eq!(values("{\"from\": 0.5, \"to\": 1, \"steps\": 3}"), expected);
        assert_eq!(values("{\"from\": 3, \"to\": 1, \"steps\": 3}"), [3, 2, 1].map(AxisValue::Whole));
    }

    #[test]
    fn lists_take_numbers_texts_and_lists_of_texts() {
        use AxisValue::{Names, Number, Text, Truth, Whole};
        let expected = [Whole(1), Number(1.5), Text("a".into()), Truth(true), Names(vec!["a".into(), "b".into()])];
        assert_eq!(values("[1, 1.5, \"a\", true, [\"a\", \"b\"]]"), expected);
    }

    #[test]
    fn axes_without_values_are_refused() {
        let problem = |json| serde_json::from_str::<Axis>(json).unwrap().problem();
        assert!(problem("[]").is_some());
        assert!(problem("{\"from\": 1, \"to\": 2, \"steps\": 1}").is_some());
        assert!(problem("[1]").is_none());
    }
}
