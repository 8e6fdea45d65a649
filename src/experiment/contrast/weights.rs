//! Weights by condition, written as an expression that reads back to them.

use std::collections::BTreeMap;
use std::fmt;

use super::lexer::{begins_name, continues_name};

/// Beyond this and below its inverse, a weight is written with an exponent.
const PLAIN_UP_TO: f64 = 1e9;

/// The weight of each condition that has one, by name. No weight is 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights(BTreeMap<String, f64>);

impl Weights {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Names and weights in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.0.iter().map(|(name, weight)| (name.as_str(), *weight))
    }

    /// The weight of a condition, 0 where it has none.
    pub fn of(&self, condition: &str) -> f64 {
        self.0.get(condition).copied().unwrap_or(0.0)
    }

    /// One weight for each of these conditions, in their order.
    pub fn over(&self, conditions: &[impl AsRef<str>]) -> Vec<f64> {
        conditions.iter().map(|condition| self.of(condition.as_ref())).collect()
    }

    pub fn sum(&self) -> f64 {
        self.0.values().sum()
    }

    /// Whether positive and negative weights cancel, to rounding.
    pub fn sum_to_zero(&self) -> bool {
        let size: f64 = self.0.values().map(|weight| weight.abs()).sum();
        self.sum().abs() <= 1e-9 * size
    }
}

/// Of equal names, the last weight counts.
impl FromIterator<(String, f64)> for Weights {
    fn from_iter<I: IntoIterator<Item = (String, f64)>>(weights: I) -> Self {
        let mut weights: BTreeMap<_, _> = weights.into_iter().collect();
        weights.retain(|_, weight| *weight != 0.0);
        Self(weights)
    }
}

/// The expression of these weights: [`Expression::parse`](super::Expression::parse) reads it back.
impl fmt::Display for Weights {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        for (i, (name, weight)) in self.iter().enumerate() {
            formatter.write_str(match (i, weight < 0.0) {
                (0, false) => "",
                (0, true) => "-",
                (_, false) => " + ",
                (_, true) => " - ",
            })?;
            let size = weight.abs();
            match size {
                1.0 => (),
                size if (PLAIN_UP_TO.recip()..PLAIN_UP_TO).contains(&size) => write!(formatter, "{size} * ")?,
                size => write!(formatter, "{size:e} * ")?,
            }
            write_name(formatter, name)?;
        }
        Ok(())
    }
}

/// The name, in quotes where it needs them.
fn write_name(formatter: &mut fmt::Formatter, name: &str) -> fmt::Result {
    if name.chars().next().is_some_and(begins_name) && name.chars().all(continues_name) {
        return formatter.write_str(name);
    }
    formatter.write_str("\"")?;
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            formatter.write_str("\\")?;
        }
        write!(formatter, "{character}")?;
    }
    formatter.write_str("\"")
}

#[cfg(test)]
mod tests {
    use proptest::collection::btree_map;
    use proptest::prelude::*;

    use super::super::Expression;
    use super::*;

    #[test]
    fn weights_are_written_as_one_would() {
        let weights = Expression::parse("faces - (places + \"word-list\") / 2").unwrap().weights;
        assert_eq!(weights.to_string(), "faces - 0.5 * places - 0.5 * \"word-list\"".to_owned());
        assert_eq!(weights.over(&["places", "bodies", "faces"]), [-0.5, 0.0, 1.0]);
        assert_eq!(weights.of("bodies"), 0.0);
    }

    #[test]
    fn sums_are_zero_to_rounding_only() {
        let weights = |text: &str| Expression::parse(text).unwrap().weights;
        assert!(weights("a - (b + c + d) / 3").sum_to_zero());
        assert!(!weights("a - (b + c + d) / 4").sum_to_zero());
        assert!(!weights("a").sum_to_zero());
    }

    fn weight() -> impl Strategy<Value = f64> {
        prop_oneof![-10.0_f64..10.0, prop::num::f64::NORMAL, Just(1.0), Just(-1.0)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(weights in btree_map("\\PC{1,12}|[a-z_.-]{1,8}", weight(), 1..12)) {
            let weights: Weights = weights.into_iter().collect();
            prop_assume!(!weights.is_empty());
            let read = Expression::parse(&weights.to_string());
            prop_assert_eq!(read.map(|expression| expression.weights), Ok(weights));
        }
    }
}
