//! The extractors of a model are opened: what its settings name, by the sense that they stand for.

use super::audio::AudioExtractor;
use super::lexical::Lexical;
use super::motion_energy::MotionEnergy;
use super::spectro_temporal::SpectroTemporal;
use super::text::TextExtractor;
use super::video::VideoExtractor;
use super::{BuiltIn, Compute, Error, ExtractorSource, Hears, LayerSelection, Modality, Reads, Sees};

/// What reads the words of a model.
///
/// # Errors
/// What opening the folder says; [`Error::WrongSense`] for an extractor of another modality.
pub fn reader(source: &ExtractorSource, layers: &LayerSelection, compute: Compute) -> Result<Box<dyn Reads>, Error> {
    match source {
        ExtractorSource::Folder(folder) => Ok(Box::new(TextExtractor::open(folder, layers, compute)?)),
        ExtractorSource::BuiltIn(BuiltIn::Lexical) => Ok(Box::new(Lexical)),
        ExtractorSource::BuiltIn(other) => Err(wrong(*other, Modality::Text)),
    }
}

/// What hears the sounds of a model.
///
/// # Errors
/// As [`reader`].
pub fn hearer(source: &ExtractorSource, layers: &LayerSelection, compute: Compute) -> Result<Box<dyn Hears>, Error> {
    match source {
        ExtractorSource::Folder(folder) => Ok(Box::new(AudioExtractor::open(folder, layers, compute)?)),
        ExtractorSource::BuiltIn(BuiltIn::SpectroTemporal) => Ok(Box::new(SpectroTemporal::new(compute))),
        ExtractorSource::BuiltIn(other) => Err(wrong(*other, Modality::Audio)),
    }
}

/// What sees the films of a model, a clip of `clip_duration_s` seconds at a time where it sees clips.
///
/// # Errors
/// As [`reader`], and [`Error::NoClipDuration`] where one is needed and not given.
pub fn viewer(
    source: &ExtractorSource,
    layers: &LayerSelection,
    clip_duration_s: Option<f64>,
    compute: Compute,
) -> Result<Box<dyn Sees>, Error> {
    match source {
        ExtractorSource::Folder(folder) => {
            let clip_duration_s = clip_duration_s.ok_or(Error::NoClipDuration)?;
            Ok(Box::new(VideoExtractor::open(folder, layers, compute, clip_duration_s)?))
        }
        ExtractorSource::BuiltIn(BuiltIn::MotionEnergy(grain)) => Ok(Box::new(MotionEnergy::new(*grain, compute))),
        ExtractorSource::BuiltIn(other) => Err(wrong(*other, Modality::Video)),
    }
}

fn wrong(found: BuiltIn, wanted: Modality) -> Error {
    Error::WrongSense { found: found.to_string(), wanted: wanted.name() }
}
