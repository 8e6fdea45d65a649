//! The localizers and text items that are part of the program.

use std::collections::BTreeMap;

use super::Localizer;
use crate::experiment::Error;
use crate::experiment::condition::DerivedTexts;
use crate::experiment::text_items::{derive, lines};

/// `localizers/NAME.toml`: name and text.
const LOCALIZERS: &[(&str, &str)] = &[
    ("faces", include_str!("../../../localizers/faces.toml")),
    ("places", include_str!("../../../localizers/places.toml")),
    ("bodies", include_str!("../../../localizers/bodies.toml")),
    ("objects", include_str!("../../../localizers/objects.toml")),
    ("characters", include_str!("../../../localizers/characters.toml")),
    ("scrambled", include_str!("../../../localizers/scrambled.toml")),
    ("motion", include_str!("../../../localizers/motion.toml")),
    ("speech_silence", include_str!("../../../localizers/speech_silence.toml")),
    ("speech_sounds", include_str!("../../../localizers/speech_sounds.toml")),
    ("sentences_word_lists", include_str!("../../../localizers/sentences_word_lists.toml")),
    ("sentences_pseudo_words", include_str!("../../../localizers/sentences_pseudo_words.toml")),
    ("complex_simple", include_str!("../../../localizers/complex_simple.toml")),
    ("emotional_pain", include_str!("../../../localizers/emotional_pain.toml")),
    ("theory_of_mind", include_str!("../../../localizers/theory_of_mind.toml")),
    ("multisensory", include_str!("../../../localizers/multisensory.toml")),
];

/// `localizers/items/NAME.txt`: name and text, an item a line.
const ITEMS: &[(&str, &str)] = &[
    ("sentences", include_str!("../../../localizers/items/sentences.txt")),
    ("complex_sentences", include_str!("../../../localizers/items/complex_sentences.txt")),
    ("simple_sentences", include_str!("../../../localizers/items/simple_sentences.txt")),
    ("emotional_pain", include_str!("../../../localizers/items/emotional_pain.txt")),
    ("physical_pain", include_str!("../../../localizers/items/physical_pain.txt")),
    ("belief", include_str!("../../../localizers/items/belief.txt")),
    ("photo", include_str!("../../../localizers/items/photo.txt")),
];

/// All localizers with the texts that they show.
#[derive(Clone, Debug, Default)]
pub struct Library {
    localizers: Vec<Localizer>,
    items: BTreeMap<String, Vec<String>>,
}

impl Library {
    /// The library that is part of the program.
    ///
    /// # Errors
    ///
    /// Where one of its files is none; a test keeps that from happening.
    pub fn embedded() -> Result<Self, Error> {
        Self::parse(LOCALIZERS, ITEMS)
    }

    fn parse(localizers: &[(&'static str, &str)], items: &[(&'static str, &str)]) -> Result<Self, Error> {
        let localizer = |(name, text): &(&'static str, &str)| {
            let parsed: Localizer =
                toml::from_str(text).map_err(|source| Error::LibraryFile { file: name, source: Box::new(source) })?;
            Ok(Localizer { name: (*name).to_owned(), ..parsed })
        };
        Ok(Self {
            localizers: localizers.iter().map(localizer).collect::<Result<_, Error>>()?,
            items: items.iter().map(|(name, text)| ((*name).to_owned(), lines(text))).collect(),
        })
    }

    /// All localizers, by name.
    pub fn localizers(&self) -> &[Localizer] {
        &self.localizers
    }

    /// The names of all localizers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.localizers.iter().map(|localizer| localizer.name.as_str())
    }

    /// The localizer of a name.
    ///
    /// # Errors
    ///
    /// Where there is none, with the names that there are.
    pub fn localizer(&self, name: &str) -> Result<&Localizer, Error> {
        let found = self.localizers.iter().find(|localizer| localizer.name == name);
        let known = || self.names().map(str::to_owned).collect();
        found.ok_or_else(|| Error::UnknownLocalizer { name: name.chars().take(80).collect(), known: known() })
    }

    /// The names of the lists of texts.
    pub fn item_lists(&self) -> impl Iterator<Item = &str> {
        self.items.keys().map(String::as_str)
    }

    /// The texts of a list.
    pub fn items(&self, name: &str) -> Option<&[String]> {
        self.items.get(name).map(Vec::as_slice)
    }

    /// Texts made from those of a list; `None` where there is no such list.
    pub fn derived(&self, derived: &DerivedTexts) -> Option<Vec<String>> {
        self.items(&derived.from).map(|sentences| derive(derived.rule, sentences, derived.seed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::experiment::stimulus::Stimulus;
    use crate::experiment::{Given, Known, Listing, Spec};

    /// Two files for each condition.
    fn two_files_each(localizer: &Localizer) -> Listing {
        let paths = localizer
            .conditions
            .iter()
            .flat_map(|condition| ["a", "b"].map(|file| format!("{}/{file}", condition.name)));
        Listing::new(paths.map(|path| (path.clone(), Stimulus::File(path))))
    }

    #[test]
    fn every_localizer_with_two_stimuli_a_condition_is_an_experiment_without_a_fault() {
        let library = Library::embedded().unwrap();
        assert!(!library.localizers().is_empty());
        for localizer in library.localizers() {
            let listing = two_files_each(localizer);
            let given = Given { library: &library, listing: Some(&listing), events: None };
            let spec = Spec { localizer: Some(localizer.name.clone()), ..Spec::default() };
            let (spec, findings) = spec.completed(&given);
            assert_eq!(findings.faults, [], "{}", localizer.name);
            let findings = spec.check(&Known::default());
            assert_eq!(findings.faults, [], "{}", localizer.name);
        }
    }

    #[test]
    fn expected_and_published_contrasts_are_contrasts_of_the_localizer() {
        for localizer in Library::embedded().unwrap().localizers() {
            let contrasts: BTreeSet<&str> = localizer.contrasts.iter().map(|contrast| contrast.name.as_str()).collect();
            let named = localizer.expected.iter().map(|expected| &expected.contrast);
            for contrast in named.chain(localizer.published.as_ref().map(|published| &published.contrast)) {
                assert!(contrasts.contains(contrast.as_str()), "{}: {contrast}", localizer.name);
            }
        }
    }

    #[test]
    fn a_localizer_knows_where_its_texts_come_from() {
        let library = Library::embedded().unwrap();
        for condition in library.localizers().iter().flat_map(|localizer| &localizer.conditions) {
            assert!(condition.sources().len() <= 1, "{}", condition.name);
            for list in condition.items.iter().chain(condition.derived.as_ref().map(|derived| &derived.from)) {
                assert!(library.items(list).is_some_and(|texts| !texts.is_empty()), "{list}");
            }
        }
    }

    #[test]
    fn an_unknown_localizer_is_answered_with_those_there_are() {
        let error = Library::embedded().unwrap().localizer("face").unwrap_err().to_string();
        assert!(error.contains("faces") && error.contains("speech_silence"), "{error}");
    }

    #[test]
    fn a_broken_file_is_named() {
        let error = Library::parse(&[("faces", "title = 3")], &[]).unwrap_err();
        assert!(matches!(error, Error::LibraryFile { file: "faces", .. }));
    }
}
