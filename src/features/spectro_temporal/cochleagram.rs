//! What the ear passes on: the level of a sound in channels that are spaced by the logarithm of their frequency.
//!
//! Frames of 25 ms every 10 ms; the power under a fourth-order gammatone a channel, as wide as an equivalent rectangular
//! bandwidth (Glasberg and Moore, Hearing Research 47, 1990); levels in decibels above a floor.

use std::f64::consts::TAU;

use tch::{Device, Kind, Tensor};

/// Hz, of the waveforms that are heard.
pub const SAMPLING_RATE: u32 = 16_000;
/// Frames a second.
pub const FRAME_HZ: i64 = 100;
pub const CHANNELS_PER_OCTAVE: i64 = 10;
/// From 125 Hz to 8 kHz.
pub const OCTAVES: i64 = 6;
pub const CHANNELS: i64 = OCTAVES * CHANNELS_PER_OCTAVE;
const LOWEST_HZ: f64 = 125.0;
/// Samples of a frame, from one frame to the next, and of its spectrum.
const FRAME: i64 = 400;
const HOP: i64 = SAMPLING_RATE as i64 / FRAME_HZ;
const FFT: i64 = 512;
/// Below this level, in decibels against a full-scale sine, nothing is heard.
const FLOOR_DB: f64 = -80.0;
/// Width of a gammatone, in equivalent rectangular bandwidths.
const GAMMATONE_WIDTH: f64 = 1.019;

/// Centre of a channel (Hz).
pub fn centre_hz(channel: i64) -> f64 {
    LOWEST_HZ * 2f64.powf((channel as f64 + 0.5) / CHANNELS_PER_OCTAVE as f64)
}

/// `(sample)` at [`SAMPLING_RATE`] → `(channel, frame)`: 0 at the floor, 1 at full scale. Frame *i* is centred on
/// 10·*i* ms; beyond its ends the sound is silent.
pub fn cochleagram(waveform: &Tensor) -> Tensor {
    let frames = waveform.size()[0] / HOP;
    let padded = waveform.to_kind(Kind::Double).constant_pad_nd([FRAME / 2, FRAME / 2]);
    let frames = padded.unfold(0, FRAME, HOP).narrow(0, 0, frames) * hann();
    let power = frames.fft_rfft(FFT, -1, "backward").abs().square();
    let levels = power.mm(&gammatones()).clamp_min(10f64.powf(FLOOR_DB / 10.0)).log10() * 10.0;
    (1f64 - levels / FLOOR_DB).to_kind(Kind::Float).transpose(0, 1)
}

fn hann() -> Tensor {
    (1f64 - (Tensor::arange(FRAME, (Kind::Double, Device::Cpu)) * (TAU / FRAME as f64)).cos()) * 0.5
}

/// `(frequency, channel)`: each channel sums to the power of a full-scale sine in it.
fn gammatones() -> Tensor {
    let hz = Tensor::arange(FFT / 2 + 1, (Kind::Double, Device::Cpu)) * (f64::from(SAMPLING_RATE) / FFT as f64);
    let channel = |channel: i64| {
        let centre = centre_hz(channel);
        let bandwidth = GAMMATONE_WIDTH * 24.7 * (4.37 * centre / 1000.0 + 1.0);
        let weights = (((&hz - centre) / bandwidth).square() + 1.0).pow_tensor_scalar(-4.0);
        &weights / weights.sum(Kind::Double)
    };
    let filters: Vec<Tensor> = (0..CHANNELS).map(channel).collect();
    // A full-scale sine has this power at its frequency.
    let full_scale = (FRAME as f64 / 4.0).powi(2);
    Tensor::stack(&filters, 1) / full_scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f64, amplitude: f64) -> Tensor {
        (Tensor::arange(16_000, (Kind::Double, Device::Cpu)) * (TAU * hz / 16_000.0)).sin() * amplitude
    }

    #[test]
    fn a_tone_is_loudest_in_its_own_channel_and_ten_times_softer_is_twenty_decibels_less() {
        for hz in [300.0, 1000.0, 4000.0] {
            let levels = cochleagram(&tone(hz, 0.5)).select(1, 50);
            let loudest = levels.argmax(0, false).int64_value(&[]);
            let distance = (centre_hz(loudest) / hz).log2().abs();
            assert!(distance < 0.15, "{hz} Hz is heard {distance} octaves off");
            let softer = cochleagram(&tone(hz, 0.05)).select(1, 50).double_value(&[loudest]);
            assert!((levels.double_value(&[loudest]) - softer - 20.0 / 80.0).abs() < 1e-3);
        }
    }

    #[test]
    fn silence_is_nothing_and_a_second_has_a_hundred_frames() {
        let silence = cochleagram(&Tensor::zeros([16_000], (Kind::Float, Device::Cpu)));
        assert_eq!(silence.size(), [CHANNELS, 100]);
        assert_eq!(silence.abs().max().double_value(&[]), 0.0);
    }
}
