//! Sound into spectro-temporal modulations: how loud which frequencies are, and how fast and how broadly that changes.
//!
//! After Chi, Ru and Shamma, Journal of the Acoustical Society of America 118 (2005): the waveform becomes a
//! [`cochleagram`], whose changes are told apart by rate, scale and direction ([`modulations`]). Both are averaged over
//! octaves or channels and thinned to the 2 Hz grid. Nothing here was learnt.

pub mod cochleagram;
pub mod modulations;

use ndarray::{Array2, Array3};
use tch::{Device, Kind, Tensor};

use self::cochleagram::{CHANNELS, CHANNELS_PER_OCTAVE, FRAME_HZ, OCTAVES, SAMPLING_RATE, cochleagram};
use self::modulations::{DIRECTIONS, Modulations, RATES, SCALES};
use super::audio::mono;
use super::decimate::Decimator;
use super::{Compute, Error, Extractor, Features, Hears, Modality, Tick, grid, series};
use crate::stimulus::Sound;

/// Samples of a feature per second.
const FEATURE_HZ: f64 = 2.0;
/// Frames that one sample is made of.
const FRAMES_A_SAMPLE: i64 = FRAME_HZ / FEATURE_HZ as i64;
/// Values of each octave.
const FILTERS: i64 = (RATES.len() * SCALES.len() * DIRECTIONS) as i64;
/// Values of a sample.
pub const VALUES: usize = (CHANNELS + FILTERS * OCTAVES) as usize;

/// Turns stretches of sound into spectro-temporal modulations.
pub struct SpectroTemporal {
    modulations: Modulations,
    device: Device,
}

impl SpectroTemporal {
    pub fn new(compute: Compute) -> Self {
        Self { modulations: Modulations::new(compute.device), device: compute.device }
    }

    /// Features of a stretch of sound, `waveform` being its `(channel, sample)` in [-1, 1] at its own rate: the level of
    /// each channel, then the magnitude of each rate, scale and direction in each octave.
    ///
    /// # Errors
    /// [`Error::Cancelled`] when `tick` says so.
    pub fn sound(&self, sound: &Sound, waveform: Array2<f32>, tick: Tick) -> Result<Features, Error> {
        let samples = grid::to_index(sound.duration, FEATURE_HZ);
        if samples < 1 {
            return Ok(Array3::zeros((1, self.width(), 0)));
        }
        let _no_grad = tch::no_grad_guard();
        let frames = samples * FRAMES_A_SAMPLE;
        let heard = fitted(&mono(&waveform, sound.sample_rate), frames * i64::from(SAMPLING_RATE) / FRAME_HZ);
        let levels = cochleagram(&heard).to_device(self.device);
        let (mut thinner, mut kept, mut done) = (Decimator::new(FRAMES_A_SAMPLE), Vec::new(), 0);
        self.modulations.of(&levels, |block| {
            tick(done as f64 / frames as f64)?;
            let length = block.size()[3];
            let octaves = block.reshape([FILTERS, OCTAVES, CHANNELS_PER_OCTAVE, length]);
            let octaves = octaves.mean_dim([2].as_slice(), false, Kind::Float).flatten(0, 1);
            kept.push(thinner.next(&Tensor::cat(&[levels.narrow(1, done, length), octaves], 0)));
            done += length;
            Ok::<_, Error>(())
        })?;
        kept.extend(thinner.end());
        tick(1.0)?;
        Ok(series::features(&Tensor::cat(&kept, 1).transpose(0, 1).unsqueeze(0)))
    }
}

/// A waveform of just so many samples: cut, or followed by silence.
fn fitted(waveform: &Tensor, samples: i64) -> Tensor {
    let found = waveform.size()[0].min(samples);
    waveform.narrow(0, 0, found).constant_pad_nd([0, samples - found])
}

impl Hears for SpectroTemporal {
    fn sound(&self, sound: &Sound, waveform: Array2<f32>, tick: Tick) -> Result<Features, Error> {
        Self::sound(self, sound, waveform, tick)
    }
}

impl Extractor for SpectroTemporal {
    fn modality(&self) -> Modality {
        Modality::Audio
    }

    fn revision(&self) -> &str {
        "spectro-temporal-1"
    }

    fn settings(&self) -> String {
        format!("{CHANNELS} channels, rates {RATES:?} Hz, scales {SCALES:?} cycles an octave, {OCTAVES} octaves")
    }

    fn groups(&self) -> usize {
        1
    }

    fn width(&self) -> usize {
        VALUES
    }
}
