//! Who of a model's subjects predicts a person who was measured.

use crate::analysis::encoding::LinearModel;
use crate::brain::Patch;
use crate::encoder::{Artefact, BrainEncoder};
use crate::features::{Compute, DeviceChoice, Precision};
use crate::predict::{self, Predictor};
use crate::study::Error;

/// All heads of a model: its own subjects' and those that were fitted on it here.
pub(super) struct Heads<'a> {
    predictor: &'a Predictor,
    encoder: BrainEncoder,
    /// Where the means of regions are predicted in place of the outputs.
    series: Option<&'a [Patch]>,
}

/// A head, as a linear model of the encoder's states.
pub(super) struct Head {
    /// The subject whose it is.
    pub(super) name: String,
    pub(super) model: LinearModel,
}

impl<'a> Heads<'a> {
    pub(super) fn open(predictor: &'a Predictor, series: Option<&'a [Patch]>) -> Result<Self, Error> {
        let compute = Compute::new(DeviceChoice::Cpu, Some(Precision::Float32)).map_err(predict::Error::from)?;
        let encoder = BrainEncoder::load(&Artefact::open(&predictor.model().folder)?, compute)?;
        Ok(Self { predictor, encoder, series })
    }

    /// The head that predicts a person: the one that is asked for by name, or theirs, or that of the default subject.
    pub(super) fn of(&self, person: &str, asked: Option<&str>) -> Result<Head, Error> {
        if self.predictor.subjects()?.iter().any(|known| known == person) {
            self.named(asked.unwrap_or(person))
        } else {
            self.of_all(asked)
        }
    }

    /// The head that predicts everybody: the one that is asked for by name, or that of the default subject.
    pub(super) fn of_all(&self, asked: Option<&str>) -> Result<Head, Error> {
        let default = self.predictor.settings().default_subject().unwrap_or_default();
        self.named(asked.unwrap_or(&default))
    }

    fn named(&self, name: &str) -> Result<Head, Error> {
        let own = self.predictor.own_subjects()?;
        let head = if self.predictor.settings().has_subject(name) {
            self.encoder.head(name)?
        } else if let Some(card) = own.iter().find(|card| card.name == name) {
            self.predictor.shelf().head(card)?
        } else {
            let known = self.predictor.subjects()?;
            return Err(predict::Error::UnknownSubject { name: name.to_owned(), known }.into());
        };
        let head = match self.series {
            Some(patches) => head.means_of(patches.iter().map(Patch::places)),
            None => head,
        };
        Ok(Head { name: name.to_owned(), model: LinearModel::new(head.weight, head.bias)? })
    }
}
