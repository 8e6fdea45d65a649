//! A completed spec is looked through as a whole: every fault with its place, and what is doubtful.

mod conditions;
mod contrasts;
mod means;
mod media;
mod numbers;
mod statistics;

use std::collections::{BTreeMap, BTreeSet};

use super::design::Design;
use super::fault::by_likeness;
use super::limits::{MAX_LISTED, MAX_NAME_BYTES};
use super::region::RegionName;
use super::{Fault, Findings, Spec};

/// Names that a spec may use. What is `None` is not looked up.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub models: Option<Vec<String>>,
    /// Of the model that is asked for.
    pub subjects: Option<Vec<String>>,
    /// The built-in regions.
    pub spheres: Option<Vec<String>>,
    /// The atlases that are installed, with their parcels.
    pub atlases: Option<BTreeMap<String, Vec<String>>>,
}

impl Spec {
    /// All that is wrong or doubtful in a spec that was completed, but for its grid, which completing looks through.
    pub fn check(&self, known: &Known) -> Findings {
        let mut findings = Findings::default();
        self.check_names(known, &mut findings);
        conditions::check(self, &mut findings);
        findings.join(self.check_numbers());
        contrasts::check(self, &mut findings);
        self.check_regions(known, &mut findings);
        statistics::check(self, known, &mut findings);
        means::check(self, &mut findings);
        findings
    }

    /// What is wrong with the numbers alone, which a grid asks of the values of its axes.
    pub(super) fn check_numbers(&self) -> Findings {
        let mut findings = Findings::default();
        numbers::check(self, &mut findings);
        media::check(self, &mut findings);
        findings
    }

    fn check_names(&self, known: &Known, findings: &mut Findings) {
        check_name("name", &self.name, findings);
        if let Some(model) = &self.model {
            look_up("model", model, "there is no such model", known.models.as_deref(), findings);
        }
        check_count("subjects", self.subjects.len(), MAX_LISTED, findings);
        let mut seen = BTreeSet::new();
        for (i, subject) in self.subjects.iter().enumerate().take(MAX_LISTED) {
            let path = format!("subjects[{i}]");
            if !seen.insert(subject) {
                findings.fault(Fault::new(&path, format!("{subject:?} is listed twice")));
            }
            look_up(&path, subject, "the model has no such subject", known.subjects.as_deref(), findings);
        }
        if self.modalities.as_ref().is_some_and(Vec::is_empty) {
            findings.fault(Fault::new("modalities", "no modality is left; leave the field out for all of them"));
        }
        if self.stimuli_folder.is_some() && self.stimuli_upload.is_some() {
            findings.fault(Fault::new("stimuli_upload", "a folder is given too; keep one of them"));
        }
        if matches!(self.design, Some(Design::Continuous(_) | Design::Scheduled(_))) && self.events.is_none() {
            findings.fault(Fault::new("events", "the design takes an events table; give one"));
        }
    }

    fn check_regions(&self, known: &Known, findings: &mut Findings) {
        check_count("regions", self.regions.len(), MAX_LISTED, findings);
        for (i, region) in self.regions.iter().enumerate().take(MAX_LISTED) {
            let path = format!("regions[{i}]");
            match region.parse::<RegionName>() {
                Err(error) => findings.fault(Fault::new(path, error.to_string())),
                Ok(RegionName::Sphere(name)) => {
                    look_up(
                        &path,
                        &name,
                        "there is no built-in region of this name",
                        known.spheres.as_deref(),
                        findings,
                    );
                }
                Ok(RegionName::Atlas(atlas)) => check_atlas(&path, &atlas, None, known, findings),
                Ok(RegionName::Parcel { atlas, parcel }) => check_atlas(&path, &atlas, Some(&parcel), known, findings),
            }
        }
    }
}

fn check_atlas(path: &str, atlas: &str, parcel: Option<&str>, known: &Known, findings: &mut Findings) {
    let Some(atlases) = &known.atlases else { return };
    match (atlases.get(atlas), parcel) {
        (None, _) => {
            let fault = Fault::new(path, format!("the atlas {atlas:?} is not installed"));
            findings.fault(fault.accepting(by_likeness(atlas, atlases.keys().map(String::as_str))));
        }
        (Some(parcels), Some(parcel)) if !parcels.iter().any(|known| known == parcel) => {
            let fault = Fault::new(path, format!("the atlas {atlas:?} has no parcel {parcel:?}"));
            findings.fault(fault.accepting(by_likeness(parcel, parcels.iter().map(String::as_str))));
        }
        _ => (),
    }
}

/// A fault where a name is not among those known.
fn look_up(path: &str, name: &str, problem: &str, known: Option<&[String]>, findings: &mut Findings) {
    if let Some(known) = known
        && !known.iter().any(|known| known == name)
    {
        let names = by_likeness(name, known.iter().map(String::as_str));
        findings.fault(Fault::new(path, problem).accepting(names));
    }
}

/// A name is there, is not too long, and fits on a line.
fn check_name(path: &str, name: &str, findings: &mut Findings) {
    if name.trim().is_empty() {
        findings.fault(Fault::new(path, "the name is missing"));
    } else if name.len() > MAX_NAME_BYTES {
        findings.fault(Fault::new(path, format!("the name has {} bytes, the limit is {MAX_NAME_BYTES}", name.len())));
    } else if name.chars().any(char::is_control) {
        findings.fault(Fault::new(path, "the name holds a control character; remove it"));
    }
}

fn check_count(path: &str, count: usize, limit: usize, findings: &mut Findings) {
    if count > limit {
        findings.fault(Fault::new(path, format!("{count} are listed, the limit is {limit}")));
    }
}

#[cfg(test)]
mod tests;
