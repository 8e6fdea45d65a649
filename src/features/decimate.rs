//! From a front end's own rate to the grid's: low-pass filtered and thinned, as `scipy.signal.decimate(ftype="fir")` does
//! but for the ends, where the series keeps its first and last values.

use std::f64::consts::PI;

use tch::{Kind, Tensor};

/// Taps of the filter on either side of its centre, in samples that are kept.
const REACH: i64 = 10;

/// A series that arrives a few samples at a time.
pub struct Decimator {
    /// Every so many samples one is kept.
    factor: i64,
    /// `(1, 1, tap)`: a windowed sinc (Hamming) whose weights sum to 1.
    filter: Tensor,
    /// `(row, sample)`: what filters to come reach back to.
    held: Option<Tensor>,
}

impl Decimator {
    pub fn new(factor: i64) -> Self {
        let taps: Vec<f64> = (-REACH * factor..=REACH * factor)
            .map(|tap| {
                let window = 0.54 + 0.46 * (PI * tap as f64 / (REACH * factor) as f64).cos();
                let angle = PI * tap as f64 / factor as f64;
                window * if tap == 0 { 1.0 } else { angle.sin() / angle }
            })
            .collect();
        let sum: f64 = taps.iter().sum();
        let taps: Vec<f32> = taps.iter().map(|tap| (tap / sum) as f32).collect();
        Self { factor, filter: Tensor::from_slice(&taps).reshape([1, 1, -1]), held: None }
    }

    /// Takes the next samples, `(row, sample)`, and returns those of the thinned series that are known by now.
    pub fn next(&mut self, samples: &Tensor) -> Tensor {
        if samples.size()[1] == 0 {
            return samples.shallow_clone();
        }
        let held = match self.held.take() {
            Some(held) => held,
            None => samples.narrow(1, 0, 1).repeat([1, REACH * self.factor]),
        };
        self.thin(Tensor::cat(&[&held, samples], 1))
    }

    /// The rest of the thinned series.
    pub fn end(mut self) -> Option<Tensor> {
        let held = self.held.take()?;
        let last = held.narrow(1, held.size()[1] - 1, 1).repeat([1, REACH * self.factor]);
        Some(self.thin(Tensor::cat(&[held, last], 1)))
    }

    fn thin(&mut self, samples: Tensor) -> Tensor {
        let (rows, length) = samples.size2().expect("a series has two axes. This is a bug.");
        let taps = self.filter.size()[2];
        let known = if length < taps { 0 } else { (length - taps) / self.factor + 1 };
        let from = known * self.factor;
        self.held = Some(samples.narrow(1, from, length - from));
        if known == 0 {
            return Tensor::zeros([rows, 0], (Kind::Float, samples.device()));
        }
        let filter = self.filter.to_device(samples.device());
        samples.unsqueeze(1).conv1d(&filter, None::<Tensor>, self.factor, 0, 1, 1).squeeze_dim(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use tch::Device;

    use super::*;

    fn thinned(samples: &Tensor, pieces: i64) -> Tensor {
        let mut decimator = Decimator::new(8);
        let length = samples.size()[1];
        let mut kept: Vec<Tensor> = (0..length)
            .step_by(pieces as usize)
            .map(|from| decimator.next(&samples.narrow(1, from, pieces.min(length - from))))
            .collect();
        kept.extend(decimator.end());
        Tensor::cat(&kept, 1)
    }

    fn tone(hz: f64) -> Tensor {
        ((Tensor::arange(1600, (Kind::Double, Device::Cpu)) / 16.0) * (2.0 * PI * hz))
            .sin()
            .to_kind(Kind::Float)
            .unsqueeze(0)
    }

    #[test]
    fn what_the_grid_can_hold_stays_and_what_it_cannot_is_gone() {
        let amplitude = |hz| thinned(&tone(hz), 1600).narrow(1, 20, 160).abs().max().double_value(&[]);
        assert!((amplitude(0.25) - 1.0).abs() < 0.01);
        assert!(amplitude(1.5) < 0.01 && amplitude(4.1) < 0.01);
    }

    proptest! {
        #[test]
        fn pieces_of_any_size_give_the_same_series(length in 1i64..600, pieces in 1i64..700) {
            let samples = tone(0.3).narrow(1, 0, length);
            let (whole, parts) = (thinned(&samples, length), thinned(&samples, pieces));
            prop_assert_eq!(whole.size(), [1, (length + 7) / 8]);
            prop_assert!((whole - parts).abs().max().double_value(&[]) < 1e-6);
        }
    }
}
