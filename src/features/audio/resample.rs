//! Fractional resampling by a windowed sinc (J. O. Smith, "Digital audio resampling").
//!
//! Every output sample is a weighted sum of input samples around its instant. The weights repeat with the ratio
//! of the two rates in lowest terms: `n` output samples ("phases") for `o` input samples, so that the whole is a
//! convolution with `n` kernels and stride `o`.

use std::f64::consts::PI;

use tch::{Device, Kind, Tensor};

/// Zero crossings of the sinc on either side of its centre.
const ZERO_CROSSINGS: f64 = 24.0;
/// Cut-off as a fraction of the lower of the two Nyquist frequencies.
const ROLL_OFF: f64 = 0.945;
/// Most kernels in memory at a time. Common rates have a few hundred; 44,101 Hz has 16,000, each of them zero
/// but for a few samples around its centre.
const PHASES_AT_ONCE: i64 = 512;

/// `waveform`, `(channel, sample)` float32 at `from_hz`, at `to_hz`: `floor(to · samples / from)` samples a channel.
/// Past its ends the signal is taken to keep its first and last values.
pub fn resample(waveform: &Tensor, from_hz: u32, to_hz: u32) -> Tensor {
    if from_hz == to_hz {
        return waveform.shallow_clone();
    }
    let ratio = Ratio::new(from_hz, to_hz);
    let reach = ratio.reach();
    let padded = waveform.unsqueeze(1).replication_pad1d([reach, reach + ratio.old]);
    let phases = ratio.blocks().map(|block| ratio.convolve(&padded, block)).collect::<Vec<_>>();
    let interleaved = Tensor::cat(&phases, 1).transpose(1, 2).flatten(1, 2);
    interleaved.narrow(1, 0, ratio.new * waveform.size()[1] / ratio.old)
}

/// Two sampling rates in lowest terms.
struct Ratio {
    old: i64,
    new: i64,
}

/// Consecutive phases.
struct Block {
    first: i64,
    phases: i64,
}

impl Ratio {
    fn new(from_hz: u32, to_hz: u32) -> Self {
        let common = greatest_common_divisor(from_hz, to_hz);
        Self { old: i64::from(from_hz / common), new: i64::from(to_hz / common) }
    }

    /// The sinc's rate of zero crossings, in the units of `old` and `new`.
    fn cut_off(&self) -> f64 {
        ROLL_OFF * self.old.min(self.new) as f64
    }

    /// Input samples that a kernel reaches on either side of its centre.
    fn reach(&self) -> i64 {
        (ZERO_CROSSINGS * self.old as f64 / self.cut_off()).ceil() as i64
    }

    /// The first input sample at or before the centre of a phase.
    fn centre(&self, phase: i64) -> i64 {
        phase * self.old / self.new
    }

    /// First and end of the input samples, counted from that of phase 0, under any kernel of a block.
    fn span(&self, block: &Block) -> (i64, i64) {
        let end = (self.centre(block.first + block.phases) + 1).min(self.old);
        (self.centre(block.first) - self.reach(), end + self.reach())
    }

    /// All phases, a few at a time.
    fn blocks(&self) -> impl Iterator<Item = Block> + '_ {
        let starts = (0..self.new).step_by(PHASES_AT_ONCE as usize);
        starts.map(|first| Block { first, phases: PHASES_AT_ONCE.min(self.new - first) })
    }

    /// The output samples of some phases: `(channel, phase, period)`.
    fn convolve(&self, padded: &Tensor, block: Block) -> Tensor {
        let (start, end) = self.span(&block);
        let periods = (padded.size()[2] - 2 * self.reach()) / self.old;
        let reached = padded.narrow(2, start + self.reach(), (periods - 1) * self.old + end - start);
        reached.conv1d(&self.kernels(&block), None::<Tensor>, self.old, 0, 1, 1)
    }

    /// The weights of the input samples in each phase, their sum 1: `(phase, 1, sample)`, in float32, as those of
    /// the models' training were.
    fn kernels(&self, block: &Block) -> Tensor {
        let (start, end) = self.span(block);
        let samples = Tensor::arange_start(start, end, (Kind::Float, Device::Cpu)) / self.old as f64;
        let phases = Tensor::arange_start(block.first, block.first + block.phases, (Kind::Double, Device::Cpu));
        let centres = (phases / self.new as f64).to_kind(Kind::Float).unsqueeze(-1);
        let angles = ((samples - centres) * self.cut_off()).clamp(-ZERO_CROSSINGS, ZERO_CROSSINGS) * PI;
        let window = (&angles / ZERO_CROSSINGS / 2.0).cos().square();
        let weights = sinc(&angles) * window;
        let sums = weights.sum_dim_intlist(-1, true, Kind::Float);
        (weights / sums).unsqueeze(1)
    }
}

/// `sin x / x`, 1 at 0.
fn sinc(angles: &Tensor) -> Tensor {
    (angles.sin() / angles).where_self(&angles.ne(0.0), &angles.ones_like())
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tone(hz: f64, rate: u32, samples: i64) -> Tensor {
        let instants = Tensor::arange(samples, (Kind::Double, Device::Cpu)) / f64::from(rate);
        (instants * (2.0 * PI * hz)).sin().to_kind(Kind::Float).unsqueeze(0)
    }

    fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
        (a - b).abs().max().double_value(&[])
    }

    #[test]
    fn a_tone_stays_the_same_tone() {
        for from in [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000, 16_001] {
            let resampled = resample(&tone(440.0, from, i64::from(from)), from, 16_000);
            assert_eq!(resampled.size(), [1, 16_000]);
            let expected = tone(440.0, 16_000, 16_000);
            let inside = |xs: &Tensor| xs.narrow(1, 100, 15_800);
            let difference = largest_difference(&inside(&resampled), &inside(&expected));
            assert!(difference < 2e-3, "{from} Hz: {difference}");
        }
    }

    #[test]
    fn blocks_of_phases_give_what_one_block_gives() {
        let ratio = Ratio::new(22_050, 16_000);
        let padded = tone(300.0, 22_050, 5_000).unsqueeze(1);
        let whole = ratio.convolve(&padded, Block { first: 0, phases: ratio.new });
        let blocks = (0..ratio.new).step_by(64).map(|first| ratio.convolve(&padded, Block { first, phases: 64 }));
        assert!(largest_difference(&Tensor::cat(&blocks.collect::<Vec<_>>(), 1), &whole) < 1e-6);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_rate_gives_its_share_of_samples(from in (32u32..=768).prop_map(|rate| 250 * rate), samples in 1i64..4_000, channels in 1i64..=8) {
            let resampled = resample(&Tensor::ones([channels, samples], (Kind::Float, Device::Cpu)), from, 16_000);
            let ratio = Ratio::new(from, 16_000);
            prop_assert_eq!(resampled.size(), [channels, ratio.new * samples / ratio.old]);
            prop_assert!(resampled.numel() == 0 || largest_difference(&resampled, &resampled.ones_like()) < 1e-5);
        }
    }
}
