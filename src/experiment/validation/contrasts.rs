//! Contrasts: conditions that there are, weights that cancel, and stimuli enough for a variance.

use std::collections::BTreeSet;

use super::{check_count, check_name};
use crate::experiment::contrast::{Contrast, Expression, Weights};
use crate::experiment::design::Design;
use crate::experiment::estimate::{Estimate, Variance};
use crate::experiment::fault::by_likeness;
use crate::experiment::limits::MAX_LISTED;
use crate::experiment::{Fault, Findings, Spec};

pub(super) fn check(spec: &Spec, findings: &mut Findings) {
    check_count("contrasts", spec.contrasts.len(), MAX_LISTED, findings);
    let mut names = BTreeSet::new();
    for (i, contrast) in spec.contrasts.iter().enumerate().take(MAX_LISTED) {
        let path = format!("contrasts[{i}]");
        check_name(&format!("{path}.name"), &contrast.name, findings);
        if !names.insert(&contrast.name) {
            let problem = format!("another contrast is called {:?} too; give each its own name", contrast.name);
            findings.fault(Fault::new(format!("{path}.name"), problem));
        }
        if let Some(weights) = weights_of(spec, contrast, &path, findings) {
            check_sum(contrast, &weights, &path, findings);
            check_variance(spec, &weights, &path, findings);
        }
    }
}

/// The weights of a contrast, where all its conditions are there.
fn weights_of(spec: &Spec, contrast: &Contrast, path: &str, findings: &mut Findings) -> Option<Weights> {
    let before = findings.faults.len();
    let weights = match (&contrast.expression, &contrast.weights) {
        (Some(_), Some(_)) => {
            findings.fault(Fault::new(path, "an expression and weights are given; keep one of them"));
            return None;
        }
        (None, None) => {
            findings.fault(Fault::new(path, "the contrast is empty; give an expression or weights"));
            return None;
        }
        (Some(text), None) => {
            let place = format!("{path}.expression");
            let expression = match Expression::parse(text) {
                Ok(expression) => expression,
                Err(error) => {
                    findings.fault(Fault::new(place, error.to_string()));
                    return None;
                }
            };
            for (condition, column) in &expression.columns {
                check_condition(spec, condition, &place, &format!("column {column}: "), findings);
            }
            expression.weights
        }
        (None, Some(given)) => {
            for (condition, weight) in given {
                let place = format!("{path}.weights.{condition:?}");
                check_condition(spec, condition, &place, "", findings);
                if !weight.is_finite() {
                    findings.fault(Fault::new(place, format!("{weight} is no weight; give a finite number")));
                }
            }
            given.iter().map(|(name, weight)| (name.clone(), *weight)).collect()
        }
    };
    if weights.is_empty() {
        findings.fault(Fault::new(path, "no condition has a weight; weigh at least one"));
    }
    (findings.faults.len() == before).then_some(weights)
}

fn check_condition(spec: &Spec, name: &str, place: &str, column: &str, findings: &mut Findings) {
    let known = || spec.conditions.iter().map(|condition| condition.name.as_str());
    if known().any(|known| known == name) {
        return;
    }
    let hyphenated = known().find(|known| known.split('-').any(|part| part.trim() == name));
    let hint = hyphenated.map_or(String::new(), |known| format!("; a name with a dash is quoted: \"{known}\""));
    let fault = Fault::new(place, format!("{column}there is no condition {name:?}{hint}"));
    findings.fault(fault.accepting(by_likeness(name, known())));
}

fn check_sum(contrast: &Contrast, weights: &Weights, path: &str, findings: &mut Findings) {
    if !weights.sum_to_zero() {
        let message = format!(
            "the weights of {:?} ({weights}) sum to {}, not to 0: it compares with the baseline, not conditions alone",
            contrast.name,
            (weights.sum() * 1e6).round() / 1e6
        );
        findings.warn(path, message);
    }
}

/// A t-test takes two stimuli of each condition that it weighs. A general linear model may be tested over scans instead,
/// and the trials of a continuous design are its events.
fn check_variance(spec: &Spec, weights: &Weights, path: &str, findings: &mut Findings) {
    let is_over_scans = matches!(&spec.estimate, Some(Estimate::Glm(glm)) if glm.variance == Variance::Scans);
    if is_over_scans || matches!(spec.design, Some(Design::Continuous(_))) {
        return;
    }
    for (i, condition) in spec.conditions.iter().enumerate() {
        if condition.stimuli.len() != 1 || weights.of(&condition.name) == 0.0 {
            continue;
        }
        let name = &condition.name;
        if spec.statistics.need_variance() {
            let problem = format!(
                "{name:?} has one stimulus; a p-value of {path} takes at least two, since the unit is the stimulus"
            );
            findings.fault(Fault::new(format!("conditions[{i}].stimuli"), problem));
        } else {
            findings.warn(path, format!("{name:?} has one stimulus, so there is an effect but no t, z or p"));
        }
    }
}
