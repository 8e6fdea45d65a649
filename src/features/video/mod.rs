//! Film into features: V-JEPA 2 over the clip that ends at each sample of the 2 Hz grid.
//!
//! Frames are processed as they are decoded ([`processor`]) and held while a clip may show them ([`reel`]); clips
//! whose frames are the same are encoded once ([`distinct`], [`vjepa2`]).

pub mod distinct;
pub mod processor;
pub mod reel;
pub mod vjepa2;

#[cfg(test)]
mod tests;

use std::path::Path;

use ndarray::Array3;
use tch::{Device, Kind, Tensor};

use self::distinct::Distinct;
use self::processor::{Processor, Size};
use self::reel::{Clip, Frame, Reel};
use self::vjepa2::{VJepa2, VJepa2Config};
use super::weights::Weights;
use super::{
    Cancelled, Compute, DecodedFrames, Error, Extractor, Features, LayerGroups, LayerSelection, Modality, Sees, Tick,
    grid, hub, series,
};
use crate::stimulus::{self, Film};

/// Samples of a feature per second.
const FEATURE_HZ: f64 = 2.0;
/// Tokens of one forward: two clips of the released model, whose widest activations then take 0.4 GB in float32.
const TOKENS_AT_ONCE: i64 = 16_384;

/// Turns stretches of film into features.
pub struct VideoExtractor {
    revision: String,
    compute: Compute,
    groups: LayerGroups,
    clip_duration_s: f64,
    config: VJepa2Config,
    processor: Processor,
    model: VJepa2,
}

impl VideoExtractor {
    /// Reads the model of a folder in Hugging Face form; it is to see clips of `clip_duration_s` seconds.
    ///
    /// # Errors
    /// When a file is missing or does not describe this model, or the weights do not fit it.
    pub fn open(folder: &Path, layers: &LayerSelection, compute: Compute, clip_duration_s: f64) -> Result<Self, Error> {
        let config: VJepa2Config = hub::read(folder)?;
        let processor = Processor::new(hub::read(folder)?, compute.device);
        if processor.cut().crop != (Size { height: config.crop_size, width: config.crop_size }) {
            let reason = format!("crop_size is not the model's {}", config.crop_size);
            return Err(Error::Configuration { path: folder.join("video_preprocessor_config.json"), reason });
        }
        let weights = Weights::open(folder, compute.device, compute.kind)?;
        let model = VJepa2::new(&weights, &config);
        weights.finish()?;
        let groups = LayerGroups::new(config.num_hidden_layers as usize + 1, layers);
        Ok(Self { revision: hub::revision(folder)?, compute, groups, clip_duration_s, config, processor, model })
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
        let clips = self.frame_numbers(film);
        if clips.is_empty() {
            return Ok(Array3::zeros((self.groups(), self.width(), 0)));
        }
        let _no_grad = tch::no_grad_guard();
        let size = Size { height: film.height.into(), width: film.width.into() };
        let process = |rgb: &[u8]| self.processor.cut().pixels(rgb, size).map(Frame::new);
        let shown = clips.iter().flatten().copied().collect();
        let mut reel = Reel::new(frames, process, film.first_frame(), shown);
        let mut distinct = Distinct::default();
        let mut encoded = Vec::new();
        let mut done = 0;
        for (index, numbers) in clips.iter().enumerate() {
            let fraction = |part: f64| (done as f64 + part * (index + 1 - done) as f64) / clips.len() as f64;
            tick(fraction(0.0))?;
            distinct.add(reel.clip(numbers)?);
            let is_last = index + 1 == clips.len();
            if distinct.waiting() == self.clips_at_once() || is_last && distinct.waiting() > 0 {
                encoded.push(self.encode(&distinct.take(), &mut |part| tick(fraction(part)))?);
            }
            if distinct.waiting() == 0 {
                done = index + 1;
            }
        }
        tick(1.0)?;
        Ok(series::features(&distinct.spread(&Tensor::cat(&encoded, 1))))
    }

    /// The frames of every clip. Clips end at even steps up to the end of the film; before its start stands its
    /// first frame.
    fn frame_numbers(&self, film: &Film) -> Vec<Vec<usize>> {
        let clips = grid::to_index(film.duration, FEATURE_HZ);
        let frames = self.config.frames_per_clip;
        let before_end = |frame: i64| (frames - 1 - frame) as f64 / frames as f64 * self.clip_duration_s;
        let numbers =
            |end: f64| (0..frames).map(|frame| film.frame_number((end - before_end(frame)).max(0.0))).collect();
        (1..=clips).map(|clip| numbers(clip as f64 * film.duration / clips as f64)).collect()
    }

    fn clips_at_once(&self) -> usize {
        (TOKENS_AT_ONCE / self.config.tokens()).max(1) as usize
    }

    /// Means over the tokens and the layer groups: `(group, clip, width)`.
    fn encode(&self, clips: &[Clip], tick: Tick) -> Result<Tensor, Cancelled> {
        let pixels: Vec<Tensor> = clips.iter().map(Clip::pixels).collect();
        let pixels = self.processor.standardise(&Tensor::stack(&pixels, 0)).to_kind(self.compute.kind);
        let mut means = self.groups.mean();
        self.model.hidden_states(&pixels, |index, state| {
            if self.groups.contains(index) {
                means.add(index, &state.mean_dim(1, false, Kind::Float));
            }
            tick(index as f64 / self.config.num_hidden_layers as f64)
        })?;
        Ok(means.finish().to_device(Device::Cpu))
    }
}

impl Sees for VideoExtractor {
    fn film(&self, film: &Film, frames: &mut DecodedFrames, tick: Tick) -> Result<Features, Error> {
        Self::film(self, film, frames, tick)
    }
}

impl Extractor for VideoExtractor {
    fn modality(&self) -> Modality {
        Modality::Video
    }

    fn revision(&self) -> &str {
        &self.revision
    }

    fn settings(&self) -> String {
        let groups = self.groups.groups();
        format!("clips of {} s, hidden states {groups:?}, {:?}", self.clip_duration_s, self.compute.kind)
    }

    fn groups(&self) -> usize {
        self.groups.groups().len()
    }

    fn width(&self) -> usize {
        self.config.hidden_size as usize
    }
}
