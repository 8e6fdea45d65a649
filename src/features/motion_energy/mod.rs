//! Film into motion energy: what moves where, which way, how fast and at which grain.
//!
//! After Nishimoto et al., Current Biology 21 (2011): the lightness of every frame ([`colour`]) is filtered by a pyramid of
//! drifting gratings ([`pyramid`], [`filter_bank`]) in quadrature, whose energies are compressed by a logarithm. Beside them
//! stand lightness and opponent colours on a coarse grid. All of it is computed at 16 frames a second and thinned to the
//! 2 Hz grid. Nothing here was learnt. The energies are those of pymoten 0.1.3, whose name for a direction is kept; their
//! logarithms are counted from that of darkness, so that a black screen is to a model what no film is.

pub mod colour;
pub mod filter_bank;
pub mod pyramid;

#[cfg(test)]
mod tests;

use ndarray::Array3;
use tch::{Device, Tensor};

use self::filter_bank::FilterBank;
use self::pyramid::Filter;
use super::decimate::Decimator;
use super::video::processor::{Cut, Size};
use super::video::reel::{Frame, Reel};
use super::{Compute, DecodedFrames, Error, Extractor, Features, Modality, Sees, Tick, grid, series};
use crate::stimulus::{self, Film};

/// Samples of a feature per second.
const FEATURE_HZ: f64 = 2.0;
/// Frames that are looked at for one sample.
const FRAMES_A_SAMPLE: i64 = 8;
/// Frames a second.
const HZ: f64 = FEATURE_HZ * FRAMES_A_SAMPLE as f64;
/// Pixels of a side: frames are cut to a square about their middle.
const SIDE: i64 = 96;
/// Colours are averaged over so many fields a side.
const FIELDS: i64 = 4;
/// Frames of one product.
const FRAMES_AT_ONCE: usize = 128;

/// How fine the pyramid's finest gratings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Up to 16 cycles in a picture: 1,380 filters.
    Coarse,
    /// Up to 32 cycles in a picture: the 6,555 filters of the paper.
    Fine,
}

impl Grain {
    fn spatial_frequencies(self) -> &'static [f64] {
        match self {
            Self::Coarse => &[2.0, 4.0, 8.0, 16.0],
            Self::Fine => &[2.0, 4.0, 8.0, 16.0, 32.0],
        }
    }
}

/// Values of a sample.
pub fn values(grain: Grain) -> usize {
    pyramid::filters(grain.spatial_frequencies()).len() + (3 * FIELDS * FIELDS) as usize
}

/// Turns stretches of film into motion energy.
pub struct MotionEnergy {
    filters: Vec<Filter>,
    bank: FilterBank,
    cut: Cut,
    device: Device,
}

impl MotionEnergy {
    pub fn new(grain: Grain, compute: Compute) -> Self {
        let filters = pyramid::filters(grain.spatial_frequencies());
        let bank = FilterBank::new(&filters, SIDE, HZ, compute.device);
        Self { filters, bank, cut: Cut::square(SIDE), device: compute.device }
    }

    /// The filters, a feature each; after them come lightness and the two opponent colours of every field.
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// Features of a stretch of film, `frames` being its RGB frames `(height, width, channel)` from
    /// [`Film::first_frame`] on.
    ///
    /// # Errors
    /// [`Error::NoFrames`] when there is none, [`Error::FrameSize`] or [`Error::FrameShape`] when one cannot be
    /// processed, [`Error::Cancelled`] when `tick` says so, and what decoding says.
    pub fn film(
        &self,
        film: &Film,
        frames: impl Iterator<Item = Result<Vec<u8>, stimulus::Error>>,
        tick: Tick,
    ) -> Result<Features, Error> {
        let samples = grid::to_index(film.duration, FEATURE_HZ);
        if samples < 1 {
            return Ok(Array3::zeros((self.groups(), self.width(), 0)));
        }
        let _no_grad = tch::no_grad_guard();
        let size = Size { height: film.height.into(), width: film.width.into() };
        let process = |rgb: &[u8]| self.cut.pixels(rgb, size).map(Frame::new);
        let numbers: Vec<usize> =
            (0..samples * FRAMES_A_SAMPLE).map(|frame| film.frame_number(frame as f64 / HZ)).collect();
        let mut reel = Reel::new(frames, process, film.first_frame(), numbers.iter().copied().collect());
        let mut responses = self.bank.responses();
        let (mut energies, mut colours) = (Decimator::new(FRAMES_A_SAMPLE), Decimator::new(FRAMES_A_SAMPLE));
        let (mut kept_energies, mut kept_colours) = (Vec::new(), Vec::new());
        for (chunk, numbers) in numbers.chunks(FRAMES_AT_ONCE).enumerate() {
            tick((chunk * FRAMES_AT_ONCE) as f64 / (samples * FRAMES_A_SAMPLE) as f64)?;
            let lab = colour::lab(&reel.clip(numbers)?.pixels().to_device(self.device));
            let told = responses.next(&lab.select(1, 0).flatten(1, 2)) - filter_bank::darkness();
            kept_energies.push(energies.next(&told));
            kept_colours.push(colours.next(&fields(&lab)));
        }
        kept_energies.push(energies.next(&(responses.end() - filter_bank::darkness())));
        kept_energies.extend(energies.end());
        kept_colours.extend(colours.end());
        tick(1.0)?;
        let rows = Tensor::cat(&[Tensor::cat(&kept_energies, 1), Tensor::cat(&kept_colours, 1)], 0);
        Ok(series::features(&rows.transpose(0, 1).unsqueeze(0)))
    }
}

/// Lightness and colours `(frame, channel, height, width)` averaged over fields: `(channel and field, frame)`.
fn fields(lab: &Tensor) -> Tensor {
    lab.adaptive_avg_pool2d([FIELDS, FIELDS]).flatten(1, 3).transpose(0, 1)
}

impl Sees for MotionEnergy {
    fn film(&self, film: &Film, frames: &mut DecodedFrames, tick: Tick) -> Result<Features, Error> {
        Self::film(self, film, frames, tick)
    }
}

impl Extractor for MotionEnergy {
    fn modality(&self) -> Modality {
        Modality::Video
    }

    fn revision(&self) -> &str {
        "motion-energy-2"
    }

    fn settings(&self) -> String {
        format!("{} filters, {SIDE} pixels, {HZ} Hz, {FIELDS} fields", self.filters.len())
    }

    fn groups(&self) -> usize {
        1
    }

    fn width(&self) -> usize {
        self.filters.len() + (3 * FIELDS * FIELDS) as usize
    }
}
