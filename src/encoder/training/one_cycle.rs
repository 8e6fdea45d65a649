//! The one-cycle schedule of the learning rate.
//!
//! Source: Smith and Topin 2018, "Super-convergence", as `torch.optim.lr_scheduler.OneCycleLR` has it with cosine annealing and its
//! usual divisors. Momentum stays as it is.

use std::f64::consts::PI;

/// What the peak is divided by for the first rate, and that for the last.
const DIVISOR: f64 = 25.0;
const LAST_DIVISOR: f64 = 1e4;

#[derive(Clone, Copy, Debug)]
pub(super) struct OneCycle {
    pub(super) peak: f64,
    /// The part of all steps in which the rate rises.
    pub(super) warm_up: f64,
    pub(super) steps: u64,
}

impl OneCycle {
    /// The learning rate of a step, counted from 0; behind the last step it stays.
    pub(super) fn rate(&self, step: u64) -> f64 {
        let last = self.steps as f64 - 1.0;
        let top = self.warm_up * self.steps as f64 - 1.0;
        let step = (step as f64).min(last);
        let first_rate = self.peak / DIVISOR;
        if step <= top {
            anneal(first_rate, self.peak, if top > 0.0 { step / top } else { 1.0 })
        } else {
            anneal(self.peak, first_rate / LAST_DIVISOR, ((step - top) / (last - top)).min(1.0))
        }
    }
}

/// Half a cosine from one rate to another.
fn anneal(from: f64, to: f64, part: f64) -> f64 {
    to + (from - to) / 2.0 * (1.0 + (PI * part).cos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_those_of_pytorch() {
        // OneCycleLR(max_lr=0.1, total_steps=10, pct_start=0.3), PyTorch 2.11.
        let expected = [
            0.004,
            0.052,
            0.1,
            0.095_048_463_201_347_38,
            0.081_174_565_394_976_3,
            0.061_126_202_193_629_23,
            0.038_874_197_806_371_07,
            0.018_825_834_605_023_7,
            0.004_951_936_798_652_629,
            4e-7,
        ];
        let schedule = OneCycle { peak: 0.1, warm_up: 0.3, steps: 10 };
        for (step, expected) in (0..).zip(expected) {
            let found = schedule.rate(step);
            assert!((found - expected).abs() < 1e-9, "step {step}: {found}");
        }
        assert_eq!(schedule.rate(99), schedule.rate(9));
    }

    #[test]
    fn a_schedule_without_warm_up_or_of_one_step_has_rates() {
        for (warm_up, steps) in [(0.0, 1), (0.0, 5), (0.5, 1), (0.1, 2), (0.9, 3)] {
            let schedule = OneCycle { peak: 1.0, warm_up, steps };
            assert!((0..steps).all(|step| (0.0..=1.0).contains(&schedule.rate(step))), "{warm_up} {steps}");
        }
    }
}
