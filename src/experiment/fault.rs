//! What is wrong with a spec and what is doubtful, each with its place.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::{MAX_ACCEPTED, MAX_FAULTS};

/// Something that keeps an experiment from running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fault {
    /// Where it is in the spec; empty for the spec as a whole.
    #[schema(example = "conditions[2].stimuli[0]")]
    pub path: String,
    pub problem: String,
    /// Values that would do, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<String>,
}

/// Something that may not be meant, and does not keep the experiment from running.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    #[schema(example = "contrasts[1]")]
    pub path: String,
    pub message: String,
}

/// All that was found in a spec.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Findings {
    pub faults: Vec<Fault>,
    pub warnings: Vec<Warning>,
}

impl Fault {
    pub(super) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into(), accepted: Vec::new() }
    }

    pub(super) fn accepting(self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { accepted: values.into_iter().take(MAX_ACCEPTED).map(Into::into).collect(), ..self }
    }
}

/// Its place, then what is wrong there.
impl std::fmt::Display for Fault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.path.is_empty() {
            true => formatter.write_str(&self.problem)?,
            false => write!(formatter, "{}: {}", self.path, self.problem)?,
        }
        match self.accepted.is_empty() {
            true => Ok(()),
            false => write!(formatter, " (accepted: {})", self.accepted.join(", ")),
        }
    }
}

/// Its place, then what is doubtful there.
impl std::fmt::Display for Warning {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        match self.path.is_empty() {
            true => formatter.write_str(&self.message),
            false => write!(formatter, "{}: {}", self.path, self.message),
        }
    }
}

impl Findings {
    /// Whether nothing keeps the experiment from running.
    pub fn are_harmless(&self) -> bool {
        self.faults.is_empty()
    }

    /// Adds a fault, up to the number that is worth reading.
    pub(super) fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    pub(super) fn warn(&mut self, path: impl Into<String>, message: impl Into<String>) {
        if self.warnings.len() < MAX_FAULTS {
            self.warnings.push(Warning { path: path.into(), message: message.into() });
        }
    }

    /// Adds what was found by another look.
    pub fn join(&mut self, other: Self) {
        self.extend(other.faults);
        other.warnings.into_iter().for_each(|warning| self.warn(warning.path, warning.message));
    }

    pub(super) fn extend(&mut self, faults: impl IntoIterator<Item = Fault>) {
        faults.into_iter().for_each(|fault| self.fault(fault));
    }
}

/// The names that are known, those closest to the one asked for first.
pub(super) fn by_likeness<'a>(asked: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let asked: String = asked.chars().take(LONGEST_COMPARED).flat_map(char::to_lowercase).collect();
    let mut known: Vec<_> = known
        .into_iter()
        .map(|name| {
            let lower: String = name.chars().take(LONGEST_COMPARED).flat_map(char::to_lowercase).collect();
            (strsim::damerau_levenshtein(&asked, &lower), name)
        })
        .collect();
    known.sort();
    known.into_iter().map(|(_, name)| name).collect()
}

/// Names are compared up to here (characters), since the work grows with the square of it.
const LONGEST_COMPARED: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_name_comes_first_whatever_its_case() {
        assert_eq!(by_likeness("Face", ["places", "faces", "bodies"]), ["faces", "places", "bodies"]);
    }

    #[test]
    fn a_fault_reads_as_place_problem_and_way_out() {
        let fault = Fault::new("design.kind", "\"blocks\" is no design").accepting(["block", "event"]);
        assert_eq!(fault.to_string(), "design.kind: \"blocks\" is no design (accepted: block, event)");
    }

    #[test]
    fn faults_are_counted_only_so_far() {
        let mut findings = Findings::default();
        findings.extend((0..MAX_FAULTS + 5).map(|i| Fault::new(format!("subjects[{i}]"), "unknown")));
        assert_eq!(findings.faults.len(), MAX_FAULTS);
        assert!(!findings.are_harmless());
    }
}
