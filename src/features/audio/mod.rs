//! Sound into features: Wav2Vec2-BERT 2.0 over a whole stretch of sound at once.
//!
//! The waveform is resampled and standardised ([`resample`]), heard in mel bins ([`mel`]), and encoded
//! ([`conformer`]); each layer group's mean is read off on the 2 Hz grid.

pub mod conformer;
pub mod mel;
pub mod resample;

#[cfg(test)]
mod tests;

use std::path::Path;

use ndarray::{Array2, Array3};
use tch::{Kind, Tensor};

use self::conformer::{ConformerConfig, Wav2Vec2Bert};
use self::mel::{LogMel, MelConfig};
use super::weights::Weights;
use super::{
    Cancelled, Compute, Error, Extractor, Features, Hears, LayerGroups, LayerSelection, Modality, Tick, grid, hub,
    series,
};
use crate::stimulus::Sound;

/// Samples of a feature per second.
const FEATURE_HZ: f64 = 2.0;
/// Keeps silence finite when it is standardised.
const DEVIATION_FLOOR: f64 = 1e-8;

/// Turns stretches of sound into features.
pub struct AudioExtractor {
    revision: String,
    compute: Compute,
    groups: LayerGroups,
    layers: usize,
    width: usize,
    log_mel: LogMel,
    model: Wav2Vec2Bert,
}

impl AudioExtractor {
    /// Reads the model of a folder in Hugging Face form.
    ///
    /// All hidden states take part in the groups: the published pipeline has `cached_layers` for audio too, but never
    /// applies it.
    ///
    /// # Errors
    /// When a file is missing or does not describe this model, or the weights do not fit it.
    pub fn open(folder: &Path, layers: &LayerSelection, compute: Compute) -> Result<Self, Error> {
        let config: ConformerConfig = hub::read(folder)?;
        let log_mel = LogMel::new(hub::read::<MelConfig>(folder)?);
        if log_mel.width() != config.feature_projection_input_dim {
            let reason = format!("feature_projection_input_dim is not the {} values of a token", log_mel.width());
            return Err(Error::Configuration { path: folder.join("config.json"), reason });
        }
        let weights = Weights::open(folder, compute.device, compute.kind)?;
        let model = Wav2Vec2Bert::new(&weights, &config);
        weights.finish()?;
        let all_states = LayerSelection { cached_layers: None, ..layers.clone() };
        let layers = config.num_hidden_layers as usize;
        Ok(Self {
            revision: hub::revision(folder)?,
            compute,
            groups: LayerGroups::new(layers + 1, &all_states),
            layers,
            width: config.hidden_size as usize,
            log_mel,
            model,
        })
    }

    /// Features of a stretch of sound, `waveform` being its `(channel, sample)` in [-1, 1] at its own rate.
    ///
    /// # Errors
    /// [`Error::TooLittleSound`] when there are too few samples to hear, [`Error::Cancelled`] when `tick` says so.
    pub fn sound(&self, sound: &Sound, waveform: Array2<f32>, tick: Tick) -> Result<Features, Error> {
        let samples = grid::to_index(sound.duration, FEATURE_HZ);
        if samples < 1 {
            return Ok(Array3::zeros((self.groups(), self.width, 0)));
        }
        check_length(sound, &waveform)?;
        let _no_grad = tch::no_grad_guard();
        let hidden = self.encode(&self.log_mel.forward(&heard(&waveform, sound.sample_rate)), tick)?;
        Ok(series::features(&nearest(&hidden, samples)))
    }

    /// Means over the layer groups, `(group, token, width)`, of the `(token, mel)` heard.
    fn encode(&self, tokens: &Tensor, tick: Tick) -> Result<Tensor, Cancelled> {
        let mut means = self.groups.mean();
        let tokens = tokens.to_device(self.compute.device).unsqueeze(0);
        self.model.hidden_states(&tokens, |index, state| {
            means.add(index, &state.squeeze_dim(0));
            tick(index as f64 / self.layers as f64)
        })?;
        Ok(means.finish())
    }
}

impl Hears for AudioExtractor {
    fn sound(&self, sound: &Sound, waveform: Array2<f32>, tick: Tick) -> Result<Features, Error> {
        Self::sound(self, sound, waveform, tick)
    }
}

impl Extractor for AudioExtractor {
    fn modality(&self) -> Modality {
        Modality::Audio
    }

    fn revision(&self) -> &str {
        &self.revision
    }

    fn settings(&self) -> String {
        format!("hidden states {:?}, {:?}", self.groups.groups(), self.compute.kind)
    }

    fn groups(&self) -> usize {
        self.groups.groups().len()
    }

    fn width(&self) -> usize {
        self.width
    }
}

fn check_length(sound: &Sound, waveform: &Array2<f32>) -> Result<(), Error> {
    let (channels, samples) = waveform.dim();
    let needed_s = mel::FEWEST_SAMPLES as f64 / f64::from(mel::SAMPLING_RATE);
    let enough = channels > 0 && sound.sample_rate > 0 && samples as f64 > needed_s * f64::from(sound.sample_rate);
    let too_little =
        || Error::TooLittleSound { path: sound.path.clone(), samples, sample_rate: sound.sample_rate, needed_s };
    enough.then_some(()).ok_or_else(too_little)
}

/// `(channel, sample)` as the model hears it: `(sample)` at its own rate, of zero mean and unit deviation.
pub fn heard(waveform: &Array2<f32>, sample_rate: u32) -> Tensor {
    standardise(&mono(waveform, sample_rate))
}

/// The mean of the channels, `(sample)`, at the model's rate.
pub(super) fn mono(waveform: &Array2<f32>, sample_rate: u32) -> Tensor {
    let (channels, samples) = waveform.dim();
    let values: Vec<f32> = waveform.iter().copied().collect();
    let waveform = Tensor::from_slice(&values).reshape([channels as i64, samples as i64]);
    resample::resample(&waveform, sample_rate, mel::SAMPLING_RATE).mean_dim(0, false, Kind::Float)
}

/// Zero mean and unit (unbiased) standard deviation.
fn standardise(waveform: &Tensor) -> Tensor {
    (waveform - waveform.mean(Kind::Float)) / (waveform.std(true) + DEVIATION_FLOOR)
}

/// `(group, token, width)` read at `samples` instants, each from the token it falls in.
fn nearest(hidden: &Tensor, samples: i64) -> Tensor {
    hidden.transpose(1, 2).upsample_nearest1d(samples, None).transpose(1, 2)
}
