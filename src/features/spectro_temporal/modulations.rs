//! How a cochleagram changes: filters that each answer to one rate over time, one scale over frequency, and one direction.
//!
//! The cortical stage of Chi, Ru and Shamma, Journal of the Acoustical Society of America 118 (2005). A filter is the
//! product of a gamma-tone over time, t² e^(−3.5 t) sin 2πt, stretched to its rate, and of Ω² e^(1 − Ω²) over the spectrum's
//! own frequencies, stretched to its scale. Only one quadrant of modulations passes, upward or downward, so that the answer
//! is complex and its magnitude does not flicker.

use std::f64::consts::TAU;

use tch::{Device, Kind, Tensor};

use super::cochleagram::{CHANNELS, CHANNELS_PER_OCTAVE, FRAME_HZ};

/// Modulations over time (Hz).
pub const RATES: [f64; 5] = [2.0, 4.0, 8.0, 16.0, 32.0];
/// Modulations over frequency (cycles an octave).
pub const SCALES: [f64; 4] = [0.25, 0.5, 1.0, 2.0];
/// Downward and upward.
pub const DIRECTIONS: usize = 2;

/// Frames that are filtered at once, and what they are surrounded by: the slowest filter's memory.
const BLOCK: i64 = 60 * FRAME_HZ;
const MARGIN: i64 = 2 * FRAME_HZ;
/// Above the channels and below them is silence, so that no modulation wraps around.
const PADDED_CHANNELS: i64 = 2 * CHANNELS;
/// Of the gamma-tone.
const DECAY: f64 = 3.5;

/// The filters of all rates, scales and directions, in the frequencies of a block.
pub struct Modulations {
    /// `(rate, 1, frequency over time)`, complex; nothing at negative frequencies.
    rates: Tensor,
    /// `(scale and direction, frequency over channels, 1)`.
    scales: Tensor,
}

impl Modulations {
    pub fn new(device: Device) -> Self {
        let frames = BLOCK + 2 * MARGIN;
        let over_time = frequencies(frames, FRAME_HZ as f64);
        let over_channels = frequencies(PADDED_CHANNELS, CHANNELS_PER_OCTAVE as f64);
        let rates: Vec<Tensor> = RATES.iter().map(|rate| gamma_tone(&(&over_time / *rate))).collect();
        let scales: Vec<Tensor> = SCALES
            .iter()
            .flat_map(|scale| [1.0, -1.0].map(|direction| ridge(&(&over_channels * (direction / *scale)))))
            .collect();
        Self {
            rates: Tensor::stack(&rates, 0).unsqueeze(1).to_kind(Kind::ComplexFloat).to_device(device),
            scales: Tensor::stack(&scales, 0).unsqueeze(-1).to_kind(Kind::Float).to_device(device),
        }
    }

    /// `(channel, frame)` → magnitudes `(rate, scale and direction; channel, frame)`, a block of frames at a time: each is
    /// given to `take` with all of its filters.
    pub fn of<E>(&self, cochleagram: &Tensor, mut take: impl FnMut(&Tensor) -> Result<(), E>) -> Result<(), E> {
        let frames = cochleagram.size()[1];
        for from in (0..frames).step_by(BLOCK as usize) {
            let (start, end) = ((from - MARGIN).max(0), (from + BLOCK + MARGIN).min(frames));
            let before = from - MARGIN;
            let after = from + BLOCK + MARGIN;
            let block = cochleagram.narrow(1, start, end - start);
            let block = block.constant_pad_nd([start - before, after - end, 0, PADDED_CHANNELS - CHANNELS]);
            take(&self.filtered(&block).narrow(3, MARGIN, BLOCK.min(frames - from)))?;
        }
        Ok(())
    }

    fn filtered(&self, block: &Tensor) -> Tensor {
        let spectrum = block.fft_fft2(None::<&[i64]>, [-2, -1].as_slice(), "backward");
        let of_rate = |rate: i64| {
            let passed = (&spectrum * self.rates.get(rate)).unsqueeze(0) * &self.scales;
            passed.fft_ifft2(None::<&[i64]>, [-2, -1].as_slice(), "backward").abs().narrow(1, 0, CHANNELS)
        };
        Tensor::stack(&(0..RATES.len() as i64).map(of_rate).collect::<Vec<_>>(), 0)
    }
}

/// The frequencies of a transform of so many samples at a rate.
fn frequencies(samples: i64, hz: f64) -> Tensor {
    Tensor::fft_fftfreq(samples, 1.0 / hz, (Kind::Double, Device::Cpu))
}

/// The gamma-tone's transform at frequencies in units of its rate, its largest magnitude 1; nothing below 0.
fn gamma_tone(frequencies: &Tensor) -> Tensor {
    let part = |shift: f64| {
        let pole = Tensor::complex(&frequencies.full_like(DECAY), &((frequencies + shift) * TAU));
        (&pole * &pole * &pole).reciprocal()
    };
    let both = part(-1.0) - part(1.0);
    let magnitude = both.abs();
    let passed = frequencies.gt(0.0);
    both * (passed.to_kind(Kind::Double) / magnitude.max())
}

/// Ω² e^(1 − Ω²) above 0, and nothing below.
fn ridge(frequencies: &Tensor) -> Tensor {
    let squared = frequencies.square();
    &squared * (1f64 - &squared).exp() * frequencies.gt(0.0).to_kind(Kind::Double)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cochleagram that ripples at a rate (Hz, negative downwards) and a scale (cycles an octave).
    fn ripple(rate: f64, scale: f64) -> Tensor {
        let channels = Tensor::arange(CHANNELS, (Kind::Double, Device::Cpu)) / CHANNELS_PER_OCTAVE as f64;
        let instants = Tensor::arange(1000, (Kind::Double, Device::Cpu)) / FRAME_HZ as f64;
        let phase = channels.unsqueeze(1) * scale - instants.unsqueeze(0) * rate;
        ((phase * TAU).sin() * 0.5 + 0.5).to_kind(Kind::Float)
    }

    /// Mean magnitudes `(rate, scale and direction)` in the middle.
    fn answers(cochleagram: &Tensor) -> Tensor {
        let mut means = Vec::new();
        let filters = Modulations::new(Device::Cpu);
        let take = |block: &Tensor| {
            means.push(block.narrow(3, 300, 400).narrow(2, 15, 30).mean_dim([2, 3].as_slice(), false, Kind::Float));
            Ok::<_, ()>(())
        };
        filters.of(cochleagram, take).unwrap();
        means.remove(0)
    }

    #[test]
    fn a_ripple_excites_the_filter_of_its_rate_scale_and_direction() {
        for (rate, rate_hz) in RATES.iter().enumerate() {
            // Of the broadest scale six octaves hold a ripple and a half: their ends outweigh it.
            for (scale, cycles) in SCALES.iter().enumerate().skip(1) {
                for (direction, sign) in [-1.0, 1.0].into_iter().enumerate() {
                    let answers = answers(&ripple(sign * rate_hz, *cycles));
                    let best = answers.flatten(0, 1).argmax(0, false).int64_value(&[]);
                    let expected = rate * SCALES.len() * DIRECTIONS + scale * DIRECTIONS + direction;
                    assert_eq!(best, expected as i64, "{} Hz, {cycles} cycles an octave", sign * rate_hz);
                }
            }
        }
    }

    #[test]
    fn what_does_not_change_excites_nothing() {
        let steady = Tensor::ones([CHANNELS, 1000], (Kind::Float, Device::Cpu));
        assert!(answers(&steady).max().double_value(&[]) < 1e-2);
    }

    #[test]
    fn a_block_is_filtered_as_if_there_were_no_blocks() {
        let long = ripple(4.0, 0.5).repeat([1, 8]);
        let filters = Modulations::new(Device::Cpu);
        let mut blocks = Vec::new();
        filters
            .of(&long, |block| {
                blocks.push(block.shallow_clone());
                Ok::<_, ()>(())
            })
            .unwrap();
        assert_eq!(blocks.iter().map(|block| block.size()[3]).collect::<Vec<_>>(), [6000, 2000]);
        // The sound repeats every ten seconds, so that second 60 is like second 30.
        let difference = (blocks[0].narrow(3, 3000, 200) - blocks[1].narrow(3, 0, 200)).abs().max();
        assert!(difference.double_value(&[]) < 1e-3, "{difference:?}");
    }
}
