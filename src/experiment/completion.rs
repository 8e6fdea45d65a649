//! What a user leaves out of a spec, filled in: from the library, a listing of stimuli, an events table.

use super::condition::Condition;
use super::design::Design;
use super::events_table::EventsTable;
use super::fault::by_likeness;
use super::grid::Grid;
use super::listing::Listing;
use super::localizer::{Library, Localizer};
use super::stimulus::Stimulus;
use super::{Error, Fault, Findings, Spec};

/// What whoever can read files has read for a spec.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub library: &'a Library,
    /// Of `stimuli_folder` or `stimuli_upload`.
    pub listing: Option<&'a Listing>,
    /// Of `events`, its `stim_file`s looked up.
    pub events: Option<&'a EventsTable>,
}

impl Spec {
    /// The spec with all of its conditions and their stimuli, and the faults found on the way, those of its grid among
    /// them. Completing a spec again changes nothing.
    pub fn completed(self, given: &Given) -> (Self, Findings) {
        let (mut spec, mut findings) = self.outlined(given);
        match Grid::new(&spec) {
            Ok(_) => (),
            Err(Error::Faults(grid)) => findings.extend(grid.faults),
            Err(error) => findings.fault(Fault::new("grid", error.to_string())),
        }
        spec.take_texts(given.library, &mut findings);
        spec.take_silences();
        (spec, findings)
    }

    /// The spec with all of its fields written out, which is what a grid is made of: texts and silences are still told
    /// by where they come from, so that a cell may vary it, and a cell is completed for itself.
    ///
    /// What the spec says counts before what its localizer says. A condition of the spec keeps its place, and those of
    /// the localizer, of the events table and of the listing follow. A listing brings conditions of its own only where
    /// there are no others.
    pub fn outlined(mut self, given: &Given) -> (Self, Findings) {
        let mut findings = Findings::default();
        for (i, condition) in self.conditions.iter().enumerate() {
            if let [first, second, ..] = condition.sources()[..] {
                let problem = format!("stimuli come from {first} and from {second}; keep one of them");
                findings.fault(Fault::new(format!("conditions[{i}]"), problem));
            }
        }
        if let Some(name) = &self.localizer {
            match given.library.localizer(name) {
                Ok(localizer) => self.take_over(localizer),
                Err(_) => {
                    let fault = Fault::new("localizer", "the library has no such localizer");
                    findings.fault(fault.accepting(by_likeness(name, given.library.names())));
                }
            }
        }
        if let Some(events) = given.events {
            self.take_events(events);
        }
        if let Some(listing) = given.listing {
            self.take_listing(listing, &mut findings);
        }
        (self, findings)
    }

    fn take_over(&mut self, localizer: &Localizer) {
        for theirs in &localizer.conditions {
            match self.conditions.iter_mut().find(|own| own.name == theirs.name) {
                Some(own) => {
                    own.wants = own.wants.take().or(theirs.wants.clone());
                    own.media = own.media.over(theirs.media);
                    own.modalities = own.modalities.take().or(theirs.modalities.clone());
                    if own.sources().is_empty() {
                        own.items = theirs.items.clone();
                        own.derived = theirs.derived.clone();
                        own.silence_s = theirs.silence_s;
                    }
                }
                None => self.conditions.push(theirs.clone()),
            }
        }
        for theirs in &localizer.contrasts {
            if self.contrasts.iter().all(|own| own.name != theirs.name) {
                self.contrasts.push(theirs.clone());
            }
        }
        if self.design.is_none() {
            let mut design = localizer.design.clone();
            if let (Some(_), Some(own)) = (self.seed, design.seed_mut()) {
                *own = None;
            }
            self.design = Some(design);
        }
        if self.estimate.is_none() {
            self.estimate = Some(localizer.estimate.clone());
        }
        if self.modalities.is_none() {
            self.modalities = localizer.modalities.clone();
        }
        if self.regions.is_empty() {
            self.regions = localizer.regions();
        }
        if self.name.is_empty() {
            self.name = localizer.name.clone();
        }
    }

    /// Conditions are those of the table; stimuli too, unless they are stretches of one.
    fn take_events(&mut self, events: &EventsTable) {
        let is_continuous = matches!(self.design, Some(Design::Continuous(_)));
        for theirs in events.conditions(|file| Stimulus::File(file.to_owned())) {
            let stimuli = if is_continuous { Vec::new() } else { theirs.stimuli };
            match self.conditions.iter_mut().find(|own| own.name == theirs.name) {
                Some(own) if own.sources().is_empty() => own.stimuli = stimuli,
                Some(_) => (),
                None => self.conditions.push(Condition::new(theirs.name, stimuli)),
            }
        }
    }

    fn take_listing(&mut self, listing: &Listing, findings: &mut Findings) {
        if self.conditions.is_empty() {
            self.conditions = listing.conditions().map(|name| Condition::new(name, Vec::new())).collect();
        }
        for (i, condition) in self.conditions.iter_mut().enumerate().filter(|(_, own)| own.sources().is_empty()) {
            match listing.of(&condition.name) {
                Some(stimuli) => condition.stimuli = stimuli.to_vec(),
                None => {
                    let problem = format!("no sub-folder is called {:?}", condition.name);
                    let fault = Fault::new(format!("conditions[{i}]"), problem);
                    findings.fault(fault.accepting(by_likeness(&condition.name, listing.conditions())));
                }
            }
        }
        for unused in listing.conditions().filter(|name| self.conditions.iter().all(|own| own.name != *name)) {
            let field = if self.stimuli_upload.is_some() { "stimuli_upload" } else { "stimuli_folder" };
            findings.warn(field, format!("the sub-folder {unused:?} is no condition and is left out"));
        }
    }

    fn take_texts(&mut self, library: &Library, findings: &mut Findings) {
        for (i, condition) in self.conditions.iter_mut().enumerate().filter(|(_, own)| own.stimuli.is_empty()) {
            let (field, list, texts) = match (&condition.items, &condition.derived) {
                (Some(list), _) => ("items", list, library.items(list).map(<[String]>::to_vec)),
                (None, Some(derived)) => ("derived.from", &derived.from, library.derived(derived)),
                (None, None) => continue,
            };
            match texts {
                Some(texts) => {
                    condition.stimuli = texts.into_iter().map(Stimulus::Text).collect();
                    (condition.items, condition.derived) = (None, None);
                }
                None => {
                    let fault = Fault::new(format!("conditions[{i}].{field}"), "the library has no such list of texts");
                    findings.fault(fault.accepting(by_likeness(list, library.item_lists())));
                }
            }
        }
    }

    fn take_silences(&mut self) {
        let most = self.conditions.iter().map(|condition| condition.stimuli.len()).max().unwrap_or(0);
        for condition in &mut self.conditions {
            if let (Some(silence_s), true) = (condition.silence_s, condition.stimuli.is_empty()) {
                condition.stimuli = vec![Stimulus::Silence(silence_s); most.max(1)];
                condition.silence_s = None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
