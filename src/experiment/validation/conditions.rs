//! Conditions: their names, and stimuli that can be looked up.

use std::collections::BTreeMap;

use super::{check_count, check_name};
use crate::experiment::design::Design;
use crate::experiment::limits::{MAX_CONDITIONS, MAX_SECONDS, MAX_STIMULI, MAX_TEXT_BYTES};
use crate::experiment::stimulus::{Stimulus, stays_inside};
use crate::experiment::{Fault, Findings, Spec};

pub(super) fn check(spec: &Spec, findings: &mut Findings) {
    check_count("conditions", spec.conditions.len(), MAX_CONDITIONS, findings);
    if spec.conditions.is_empty() {
        let problem = "there is no condition; list some, or give a localizer, a folder of stimuli or an events table";
        findings.fault(Fault::new("conditions", problem));
    }
    let is_continuous = matches!(spec.design, Some(Design::Continuous(_)));
    let mut names = BTreeMap::new();
    for (i, condition) in spec.conditions.iter().enumerate().take(MAX_CONDITIONS) {
        let path = format!("conditions[{i}]");
        check_name(&format!("{path}.name"), &condition.name, findings);
        if let Some(first) = names.insert(&condition.name, i) {
            let problem = format!("conditions[{first}] has the name {:?} too; give each its own", condition.name);
            findings.fault(Fault::new(format!("{path}.name"), problem));
        }
        check_count(&format!("{path}.stimuli"), condition.stimuli.len(), MAX_STIMULI, findings);
        if condition.stimuli.is_empty() && condition.sources().is_empty() && !is_continuous {
            let wanted = condition.wants.as_ref().map_or(String::new(), |wants| format!("; it wants {wants}"));
            findings.fault(Fault::new(format!("{path}.stimuli"), format!("the condition has no stimulus{wanted}")));
        }
        if condition.modalities.as_ref().is_some_and(Vec::is_empty) {
            let problem = "no modality is left; leave the field out for those of the experiment";
            findings.fault(Fault::new(format!("{path}.modalities"), problem));
        }
    }
    for (path, stimulus) in spec.stimuli() {
        if let Some(problem) = problem_of(stimulus) {
            findings.fault(Fault::new(path, problem));
        }
    }
    if let Some(folder) = spec.stimuli_folder.as_ref().filter(|folder| folder.trim().is_empty()) {
        findings.fault(Fault::new("stimuli_folder", format!("{folder:?} names no folder")));
    }
}

fn problem_of(stimulus: &Stimulus) -> Option<String> {
    match stimulus {
        Stimulus::Upload(id) if id.trim().is_empty() => Some("the id of the upload is empty".to_owned()),
        Stimulus::File(path) if !stays_inside(path) => {
            let shown: String = path.chars().take(80).collect();
            Some(format!("{shown:?} is no path inside the folder of the spec; name a file in it, without . and .."))
        }
        Stimulus::Text(text) if text.trim().is_empty() => Some("the text is empty".to_owned()),
        Stimulus::Text(text) if text.len() > MAX_TEXT_BYTES => {
            Some(format!("the text has {} bytes, the limit is {MAX_TEXT_BYTES}; give it as a file", text.len()))
        }
        Stimulus::Silence(seconds) if !(*seconds > 0.0 && *seconds <= MAX_SECONDS) => {
            Some(format!("a silence of {seconds} s is none; give more than 0 s, up to {MAX_SECONDS} s"))
        }
        _ => None,
    }
}
