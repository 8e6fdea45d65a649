//! How large a cohort is, and how its films are split.

use serde::{Deserialize, Serialize};

use super::Error;

/// What a cohort is made of; the TOML file of `encortex simulate --config` has these keys.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plan {
    /// Length of all films of the cohort together (h), those for held-out subjects not counted.
    pub hours: f64,
    /// Length of a film (min).
    pub film_minutes: f64,
    pub subjects: usize,
    /// Subjects who differ more, and who see films of their own besides the test film.
    pub held_out_subjects: usize,
    /// Length of the films of held-out subjects together (min).
    pub held_out_minutes: f64,
    /// Share of the films to learn from that have sound alone or sight alone, by turns, as stories and silent films have: what a
    /// model is to make of a modality that is not there.
    pub one_sense_share: f64,
    /// How often the test film is shown to everybody.
    pub test_repeats: usize,
    /// Share of the variance that is signal where a population is at its strongest.
    pub signal_share: f64,
    /// Time from one scan to the next (s).
    pub tr_s: f64,
    /// Whether voxels of the subcortex follow the vertices in every scan.
    pub subcortex: bool,
    pub seed: u64,
}

/// What a film is for. No stimulus is in films of two splits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Split {
    Train,
    Validation,
    Test,
    /// Shown to held-out subjects, whose heads are fitted with it.
    #[serde(rename = "heldout")]
    HeldOut,
}

/// What a film is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Senses {
    Both,
    SightAlone,
    SoundAlone,
}

/// A film of the cohort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilmName {
    pub split: Split,
    pub senses: Senses,
    /// As in `train03`.
    pub name: String,
}

/// Share of the films that is for validation.
const VALIDATION_SHARE: f64 = 0.1;

impl Default for Plan {
    fn default() -> Self {
        Self {
            hours: 3.0,
            film_minutes: 10.0,
            subjects: 4,
            held_out_subjects: 1,
            held_out_minutes: 60.0,
            one_sense_share: 0.25,
            test_repeats: 4,
            signal_share: 0.4,
            tr_s: 1.0,
            subcortex: false,
            seed: 1,
        }
    }
}

impl Plan {
    /// # Errors
    /// [`Error::OutOfRange`] for a number that no cohort can be made with.
    pub fn check(&self) -> Result<(), Error> {
        let least_hours = 3.0 * self.film_minutes / 60.0;
        let bounds = [
            ("film_minutes", self.film_minutes, 1.0, 60.0),
            ("hours", self.hours, least_hours, 100.0),
            ("subjects", self.subjects as f64, 1.0, 100.0),
            ("held_out_subjects", self.held_out_subjects as f64, 0.0, 100.0),
            ("held_out_minutes", self.held_out_minutes, 0.0, 6000.0),
            ("one_sense_share", self.one_sense_share, 0.0, 1.0),
            ("test_repeats", self.test_repeats as f64, 2.0, 100.0),
            ("signal_share", self.signal_share, 0.01, 0.99),
            ("tr_s", self.tr_s, 0.1, 10.0),
        ];
        for (name, value, least, most) in bounds {
            if !(least..=most).contains(&value) {
                return Err(Error::OutOfRange { name, value, least, most });
            }
        }
        Ok(())
    }

    /// Length of a film (s).
    pub fn film_s(&self) -> f64 {
        60.0 * self.film_minutes
    }

    /// All films: one for the test, a tenth for validation and at least one, and the others for training. The last of those to
    /// learn from are for one sense.
    pub fn films(&self) -> Vec<FilmName> {
        let all = ((60.0 * self.hours / self.film_minutes).round() as usize).max(3);
        let validation = ((VALIDATION_SHARE * all as f64).round() as usize).max(1);
        let held_out =
            if self.held_out_subjects == 0 { 0 } else { (self.held_out_minutes / self.film_minutes).round() as usize };
        let counts = [
            (Split::Train, all - validation - 1),
            (Split::Validation, validation),
            (Split::Test, 1),
            (Split::HeldOut, held_out),
        ];
        let named = |split: Split, count: usize, number: usize| FilmName {
            split,
            senses: if split.is_learned_from() { self.senses(count - number, count) } else { Senses::Both },
            name: format!("{}{number:02}", split.name()),
        };
        counts
            .into_iter()
            .flat_map(|(split, count)| (1..=count).map(move |number| named(split, count, number)))
            .collect()
    }

    /// Of the film that so many of all of its split come after.
    fn senses(&self, after: usize, all: usize) -> Senses {
        let of_one_sense = (self.one_sense_share * all as f64).round() as usize;
        match after {
            _ if after >= of_one_sense => Senses::Both,
            _ if after.is_multiple_of(2) => Senses::SoundAlone,
            _ => Senses::SightAlone,
        }
    }

    /// Names of the subjects of the cohort, and of those who are held out.
    pub fn subject_names(&self) -> (Vec<String>, Vec<String>) {
        let names = |from: usize, count: usize| (from..from + count).map(|number| format!("sub-{number:02}")).collect();
        (names(1, self.subjects), names(1 + self.subjects, self.held_out_subjects))
    }
}

impl FilmName {
    /// The name of its file.
    pub fn file(&self) -> String {
        let extension = if self.senses == Senses::SoundAlone { "wav" } else { "mp4" };
        format!("{}.{extension}", self.name)
    }
}

impl Split {
    pub const ALL: [Self; 4] = [Self::Train, Self::Validation, Self::Test, Self::HeldOut];

    /// Whether a model or a head learns from its films.
    fn is_learned_from(self) -> bool {
        matches!(self, Self::Train | Self::HeldOut)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
            Self::HeldOut => "heldout",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn films_are_split_and_add_up() {
        let films = Plan::default().films();
        let count = |split| films.iter().filter(|film| film.split == split).count();
        assert_eq!(Split::ALL.map(count), [15, 2, 1, 6]);
        let of = |senses| films.iter().filter(|film| film.senses == senses).map(FilmName::file).collect::<Vec<_>>();
        assert_eq!(of(Senses::SoundAlone), ["train13.wav", "train15.wav", "heldout06.wav"]);
        assert_eq!(of(Senses::SightAlone), ["train12.mp4", "train14.mp4", "heldout05.mp4"]);
        let small = Plan { hours: 0.1, film_minutes: 2.0, held_out_subjects: 0, ..Plan::default() };
        assert_eq!(
            small.films().iter().map(|film| film.name.as_str()).collect::<Vec<_>>(),
            ["train01", "validation01", "test01"]
        );
        assert_eq!(Plan::default().subject_names().1, ["sub-05"]);
    }

    #[test]
    fn a_number_that_no_cohort_can_be_made_with_is_named() {
        assert!(Plan::default().check().is_ok());
        let error = Plan { signal_share: 1.5, ..Plan::default() }.check().unwrap_err();
        assert!(error.to_string().contains("signal_share is 1.5"), "{error}");
        assert!(Plan { hours: 0.1, ..Plan::default() }.check().is_err());
        assert!(Plan { tr_s: f64::NAN, ..Plan::default() }.check().is_err());
    }
}
