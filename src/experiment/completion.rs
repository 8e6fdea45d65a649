//! What a user leaves out of a spec, filled in: from the library, a listing of stimuli, an events table.

use super::condition::Condition;
use super::design::Design;
use super::events_table::EventsTable;
use super::fault::by_likeness;
use super::listing::Listing;
use super::localizer::{Library, Localizer};
use super::stimulus::Stimulus;
use super::{Fault, Findings, Spec};

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
    /// The spec with all of its conditions and their stimuli, and the faults found on the way.
    ///
    /// What the spec says counts before what its localizer says. A condition of the spec keeps its place, and those of
    /// the localizer, of the events table and of the listing follow. A listing brings conditions of its own only where
    /// there are no others. Completing a spec again changes nothing.
    pub fn completed(mut self, given: &Given) -> (Self, Findings) {
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
        self.take_texts(given.library, &mut findings);
        self.take_silences();
        (self, findings)
    }

    fn take_over(&mut self, localizer: &Localizer) {
        for theirs in &localizer.conditions {
            match self.conditions.iter_mut().find(|own| own.name == theirs.name) {
                Some(own) => {
                    own.wants = own.wants.take().or(theirs.wants.clone());
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::experiment::design::EventDesign;

    fn complete(value: &serde_json::Value, paths: &[&str]) -> (Spec, Findings) {
        let library = Library::embedded().unwrap();
        let files = paths.iter().map(|path| ((*path).to_owned(), Stimulus::File((*path).to_owned())));
        let listing = Listing::new(files);
        let listing = Some(&listing).filter(|_| !paths.is_empty());
        Spec::from_value(value).unwrap().completed(&Given { library: &library, listing, events: None })
    }

    #[test]
    fn a_localizer_and_a_folder_make_an_experiment() {
        let folders = ["faces", "places", "bodies", "objects", "characters", "notes"];
        let paths: Vec<String> = folders.iter().flat_map(|name| [1, 2].map(|i| format!("{name}/{i}.png"))).collect();
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let (spec, findings) = complete(&json!({"localizer": "faces", "stimuli_folder": "s", "seed": 9}), &paths);
        assert_eq!(findings.faults, []);
        assert!(findings.warnings[0].message.contains("notes"));
        assert_eq!((spec.name.as_str(), spec.conditions.len()), ("faces", 5));
        assert_eq!(spec.conditions[0].stimuli[1], Stimulus::File("faces/2.png".into()));
        assert!(spec.regions.contains(&"FFA".to_owned()));
        let Some(Design::Event(EventDesign { seed, asynchrony_s, .. })) = spec.design else { panic!("{spec:?}") };
        assert_eq!((seed, asynchrony_s), (None, 8.0), "the seed of the experiment counts");
    }

    #[test]
    fn a_missing_folder_is_answered_with_those_there_are() {
        let (_, findings) = complete(&json!({"localizer": "faces"}), &["Faces/1.png", "places/1.png"]);
        let fault = &findings.faults[0];
        assert_eq!((fault.path.as_str(), fault.accepted[0].as_str()), ("conditions[0]", "Faces"));
        assert_eq!(findings.faults.len(), 4);
    }

    #[test]
    fn what_the_spec_says_counts_before_the_localizer() {
        let value = json!({
            "localizer": "sentences_word_lists",
            "conditions": [{"name": "sentences", "stimuli": [{"text": "One."}, {"text": "Two."}]}],
            "contrasts": [{"name": "all", "expression": "sentences + word_lists"}],
            "estimate": {"kind": "peak"},
        });
        let (spec, findings) = complete(&value, &[]);
        assert!(findings.are_harmless());
        assert_eq!(spec.conditions[0].stimuli.len(), 2);
        assert!(spec.conditions[1].stimuli.len() >= 4, "word lists are made from the library's sentences");
        let contrasts: Vec<&str> = spec.contrasts.iter().map(|contrast| contrast.name.as_str()).collect();
        assert_eq!(contrasts, ["all", "sentences"]);
        assert_eq!(spec.estimate().latest_s(), 5.0);
        let library = Library::embedded().unwrap();
        let again = spec.clone().completed(&Given { library: &library, listing: None, events: None });
        assert_eq!(again.0, spec);
    }

    #[test]
    fn silence_comes_as_often_as_the_largest_condition() {
        let value = json!({"conditions": [{"name": "a", "stimuli": ["1", "2", "3"]}, {"name": "s", "silence_s": 4}]});
        assert_eq!(complete(&value, &[]).0.conditions[1].stimuli, vec![Stimulus::Silence(4.0); 3]);
    }

    #[test]
    fn two_sources_unknown_lists_and_unknown_localizers_are_faults() {
        let value = json!({"localizer": "face", "conditions": [
            {"name": "a", "stimuli": ["1"], "silence_s": 4}, {"name": "b", "items": "sentence"},
        ]});
        let (_, findings) = complete(&value, &[]);
        let places: Vec<&str> = findings.faults.iter().map(|fault| fault.path.as_str()).collect();
        assert_eq!(places, ["conditions[0]", "localizer", "conditions[1].items"]);
        assert_eq!(findings.faults[1].accepted[0], "faces");
        assert_eq!(findings.faults[2].accepted[0], "sentences");
    }

    #[test]
    fn an_events_table_brings_conditions_and_stimuli() {
        let table = b"onset\tduration\ttrial_type\tstim_file\n0\t1\tface\ta.png\n8\t1\thouse\tb.png\n";
        let events = EventsTable::parse(table).unwrap();
        let library = Library::default();
        let given = Given { library: &library, listing: None, events: Some(&events) };
        let value = json!({"events": "events.tsv", "conditions": [{"name": "house", "modalities": ["video"]}]});
        let (spec, findings) = Spec::from_value(&value).unwrap().completed(&given);
        assert!(findings.are_harmless());
        assert!(matches!(spec.design(), Design::Scheduled(_)));
        assert_eq!((spec.conditions[0].name.as_str(), spec.conditions[0].stimuli.len()), ("house", 1));
        assert_eq!((spec.conditions[1].name.as_str(), spec.conditions[1].stimuli.len()), ("face", 1));
        assert_eq!(spec.distinct_masks(), 2);
    }
}
