//! Where an extractor comes from: weights in a folder, or the program itself.

use std::fmt;
use std::path::{Path, PathBuf};

use super::motion_energy::Grain;

use super::{Error, Modality, hub, lexical, motion_energy, spectro_temporal};

/// What the name of an extractor that needs no weights begins with in the settings of a model.
const PREFIX: &str = "built-in:";

/// An extractor as a model names it, found on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtractorSource {
    /// A folder in Hugging Face form.
    Folder(PathBuf),
    BuiltIn(BuiltIn),
}

impl ExtractorSource {
    /// Where its weights lie, where it has any.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) => Some(folder),
            Self::BuiltIn(_) => None,
        }
    }

    /// Names everything that its features depend on but settings and stimulus.
    ///
    /// # Errors
    /// What reading the folder says.
    pub fn revision(&self) -> Result<String, Error> {
        match self {
            Self::Folder(folder) => hub::revision(folder),
            Self::BuiltIn(built_in) => Ok(built_in.to_string()),
        }
    }
}

/// The extractors that nothing had to learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BuiltIn {
    Lexical,
    SpectroTemporal,
    MotionEnergy(Grain),
}

impl BuiltIn {
    const ALL: [Self; 4] =
        [Self::Lexical, Self::SpectroTemporal, Self::MotionEnergy(Grain::Coarse), Self::MotionEnergy(Grain::Fine)];

    /// The one that a model's settings name for a modality; `None` where they name none of these.
    ///
    /// # Errors
    /// [`Error::UnknownBuiltIn`] with those there are.
    pub fn named(source: &str, modality: Modality) -> Option<Result<Self, Error>> {
        let name = source.strip_prefix(PREFIX)?;
        let of_modality = || Self::ALL.into_iter().filter(|built_in| built_in.modality() == modality);
        let unknown = || Error::UnknownBuiltIn {
            asked: name.to_owned(),
            modality: modality.name(),
            known: of_modality().map(|built_in| built_in.to_string()).collect::<Vec<_>>().join(", "),
        };
        Some(of_modality().find(|built_in| built_in.to_string() == name).ok_or_else(unknown))
    }

    /// Values of a sample or word.
    pub fn width(self) -> usize {
        match self {
            Self::Lexical => lexical::VALUES,
            Self::SpectroTemporal => spectro_temporal::VALUES,
            Self::MotionEnergy(grain) => motion_energy::values(grain),
        }
    }

    fn modality(self) -> Modality {
        match self {
            Self::Lexical => Modality::Text,
            Self::SpectroTemporal => Modality::Audio,
            Self::MotionEnergy(_) => Modality::Video,
        }
    }
}

impl fmt::Display for BuiltIn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Lexical => "lexical",
            Self::SpectroTemporal => "spectro-temporal",
            Self::MotionEnergy(Grain::Coarse) => "motion-energy",
            Self::MotionEnergy(Grain::Fine) => "motion-energy-fine",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_that_of_an_extractor_of_its_modality() {
        let named = |source, modality| BuiltIn::named(source, modality).map(Result::ok);
        assert_eq!(named("built-in:lexical", Modality::Text), Some(Some(BuiltIn::Lexical)));
        assert_eq!(
            named("built-in:motion-energy-fine", Modality::Video),
            Some(Some(BuiltIn::MotionEnergy(Grain::Fine)))
        );
        assert_eq!(named("meta-llama/Llama-3.2-3B", Modality::Text), None);
        let refusal = BuiltIn::named("built-in:lexical", Modality::Video).unwrap().unwrap_err().to_string();
        assert!(refusal.contains("motion-energy, motion-energy-fine"), "{refusal}");
    }
}
