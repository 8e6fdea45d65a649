//! The log mel spectrogram that SeamlessM4T and Wav2Vec2-BERT hear, after Kaldi's filter bank.
//!
//! Frames of 25 ms every 10 ms; Povey window; triangles on Kaldi's mel scale; each bin standardised over time;
//! two neighbouring frames side by side make one token. Computed in float64 on the CPU.

use std::f64::consts::TAU;

use serde::Deserialize;
use tch::{Device, Kind, Tensor};

use crate::features::hub::{self, Configuration};

/// Hz, of the waveforms that the frames below are cut from.
pub const SAMPLING_RATE: u32 = 16_000;
/// Samples of a frame (25 ms).
const FRAME: i64 = 400;
/// Samples from one frame to the next (10 ms).
const HOP: i64 = 160;
/// With fewer samples there are no two frames, and a bin has no variance.
pub const FEWEST_SAMPLES: i64 = FRAME + HOP;
const FFT: i64 = 512;
/// Kaldi counts in 16-bit integers.
const FULL_SCALE: f64 = 32_768.0;
const PREEMPHASIS: f64 = 0.97;
/// Exponent that turns Hann's window into Povey's.
const POVEY: f64 = 0.85;
const LOWEST_HZ: f64 = 20.0;
/// Floor of the energies.
const FLOOR: f64 = 1.192_092_955_078_125e-7;
/// Added to the variance of a bin.
const VARIANCE_FLOOR: f64 = 1e-7;

/// What `preprocessor_config.json` says.
#[derive(Clone, Debug, Deserialize)]
pub struct MelConfig {
    pub num_mel_bins: i64,
    /// Hz.
    pub sampling_rate: u32,
    /// Frames a token.
    pub stride: i64,
    /// What fills the last token where the frames do not.
    pub padding_value: f64,
}

impl Configuration for MelConfig {
    const FILE: &'static str = "preprocessor_config.json";

    fn check(&self) -> Result<(), String> {
        hub::check_sizes(&[("num_mel_bins", self.num_mel_bins), ("stride", self.stride)])?;
        if self.sampling_rate != SAMPLING_RATE {
            return Err(format!(
                "sampling_rate is {}, the filter bank is made for {SAMPLING_RATE}",
                self.sampling_rate
            ));
        }
        Ok(())
    }
}

/// Turns a waveform into tokens.
pub struct LogMel {
    config: MelConfig,
    /// `(sample of a frame)`.
    window: Tensor,
    /// `(frequency, bin)`.
    filters: Tensor,
}

impl LogMel {
    pub fn new(config: MelConfig) -> Self {
        let filters = mel_filters(config.num_mel_bins);
        Self { config, window: povey_window(), filters }
    }

    /// Values of a token.
    pub fn width(&self) -> i64 {
        self.config.num_mel_bins * self.config.stride
    }

    /// `(sample)` at [`SAMPLING_RATE`] → `(token, stride · bin)` float32.
    pub fn forward(&self, waveform: &Tensor) -> Tensor {
        let frames = (waveform.to_kind(Kind::Double) * FULL_SCALE).unfold(0, FRAME, HOP);
        let spectrum = (emphasise(&without_offset(&frames)) * &self.window).fft_rfft(FFT, -1, "backward");
        let energies = spectrum.abs().square().matmul(&self.filters).clamp_min(FLOOR);
        self.tokens(&standardise(&energies.log())).to_kind(Kind::Float)
    }

    /// Puts `stride` frames side by side; the last ones are padded.
    fn tokens(&self, frames: &Tensor) -> Tensor {
        let stride = self.config.stride;
        let missing = (stride - frames.size()[0] % stride) % stride;
        frames.pad([0, 0, 0, missing], "constant", self.config.padding_value).reshape([-1, self.width()])
    }
}

fn without_offset(frames: &Tensor) -> Tensor {
    frames - frames.mean_dim(-1, true, Kind::Double)
}

/// Takes from each sample a part of the one before it; the first of a frame counts as its own predecessor.
fn emphasise(frames: &Tensor) -> Tensor {
    let before = Tensor::cat(&[frames.narrow(-1, 0, 1), frames.narrow(-1, 0, FRAME - 1)], -1);
    frames - before * PREEMPHASIS
}

/// Each bin to zero mean and unit (unbiased) variance over the frames.
fn standardise(frames: &Tensor) -> Tensor {
    let deviation = (frames.var_dim(0, true, true) + VARIANCE_FLOOR).sqrt();
    (frames - frames.mean_dim(0, true, Kind::Double)) / deviation
}

fn povey_window() -> Tensor {
    let phase = Tensor::arange(FRAME, (Kind::Double, Device::Cpu)) * (TAU / (FRAME - 1) as f64);
    (phase.cos() * -0.5 + 0.5).pow_tensor_scalar(POVEY)
}

/// Triangles whose corners are evenly spaced in mel and whose sides are straight in mel: `(frequency, bin)`.
fn mel_filters(bins: i64) -> Tensor {
    let sampling_rate = f64::from(SAMPLING_RATE);
    let frequencies: Vec<f64> = (0..=FFT / 2).map(|bin| mel(bin as f64 * sampling_rate / FFT as f64)).collect();
    let (lowest, highest) = (mel(LOWEST_HZ), mel(sampling_rate / 2.0));
    let half_width = (highest - lowest) / (bins + 1) as f64;
    let centres = Tensor::arange_start(1, bins + 1, (Kind::Double, Device::Cpu)) * half_width + lowest;
    let distances = (Tensor::from_slice(&frequencies).unsqueeze(1) - centres).abs();
    (distances / -half_width + 1.0).clamp_min(0.0)
}

/// Kaldi's mel scale.
fn mel(hz: f64) -> f64 {
    1127.0 * (1.0 + hz / 700.0).ln()
}
