//! The average head, which a fit begins near: of all outputs, or folded into the regions that were measured.

use ndarray::{ArrayView1, ArrayView2, Axis};

use crate::analysis::encoding::{LinearModel, spread};
use crate::brain::Patch;
use crate::encoder::{AVERAGE, Artefact, BrainEncoder, OwnHead};
use crate::features::{Compute, DeviceChoice, Precision};
use crate::predict::{self, Predictor};
use crate::study::Error;

/// The head of a model's average subject.
pub(super) enum Average<'a> {
    /// Of all outputs, where the model has one.
    OfOutputs(Option<OwnHead>),
    /// Of all outputs, and of the means of regions.
    OfRegions { regions: &'a [Patch], of_outputs: OwnHead, of_regions: OwnHead },
}

impl<'a> Average<'a> {
    pub(super) fn open(predictor: &Predictor, regions: Option<&'a [Patch]>) -> Result<Self, Error> {
        let found = if predictor.settings().has_subject(AVERAGE) {
            let compute = Compute::new(DeviceChoice::Cpu, Some(Precision::Float32)).map_err(predict::Error::from)?;
            Some(BrainEncoder::load(&Artefact::open(&predictor.model().folder)?, compute)?.head(AVERAGE)?)
        } else {
            None
        };
        match regions {
            None => Ok(Self::OfOutputs(found)),
            Some(regions) => {
                let of_outputs = found.ok_or_else(|| Error::no_average(predictor, "a fit to regions"))?;
                let of_regions = of_outputs.means_of(regions.iter().map(Patch::places));
                Ok(Self::OfRegions { regions, of_outputs, of_regions })
            }
        }
    }

    /// Of what is measured.
    pub(super) fn head(&self) -> Option<&OwnHead> {
        match self {
            Self::OfOutputs(head) => head.as_ref(),
            Self::OfRegions { of_regions, .. } => Some(of_regions),
        }
    }

    /// The head of all outputs for one that was learned of what is measured: of those that have the means which it has in
    /// regions, the nearest to the average one.
    pub(super) fn of_all_outputs(&self, learned: &LinearModel) -> Result<OwnHead, Error> {
        let (weights, bias) = (learned.weights(), learned.intercepts());
        match self {
            Self::OfOutputs(_) => Ok(OwnHead { weight: weights.to_owned(), bias: bias.to_owned() }),
            Self::OfRegions { regions, of_outputs, .. } => {
                let sets: Vec<Vec<usize>> = regions.iter().map(|patch| patch.places().collect()).collect();
                let bias = spread(column(of_outputs.bias.view()), &sets, column(bias))?.remove_axis(Axis(1));
                Ok(OwnHead { weight: spread(of_outputs.weight.view(), &sets, weights)?, bias })
            }
        }
    }
}

fn column(bias: ArrayView1<'_, f32>) -> ArrayView2<'_, f32> {
    bias.insert_axis(Axis(1))
}
