//! Colours of the folding and of the response.

/// Red, green, blue, each from 0 to 1 (sRGB).
pub(super) type Colour = [f32; 3];

pub(super) const WHITE: Colour = [1.0; 3];
pub(super) const BLACK: Colour = [0.12; 3];
pub(super) const GREY: Colour = [0.45; 3];
pub(super) const RED: Colour = [0.78, 0.10, 0.12];

pub(super) const GYRUS: Colour = [0.83; 3];
const SULCUS: Colour = [0.55; 3];

/// Colours of values from 0 to the limit: dark red to yellow.
const POSITIVE: [Colour; 5] =
    [[0.50, 0.05, 0.10], [0.78, 0.12, 0.12], [0.93, 0.36, 0.14], [0.99, 0.66, 0.24], [1.0, 0.93, 0.55]];

/// Colours of values from 0 to minus the limit: dark blue to pale cyan.
const NEGATIVE: [Colour; 5] =
    [[0.08, 0.14, 0.45], [0.10, 0.30, 0.68], [0.16, 0.52, 0.82], [0.38, 0.74, 0.90], [0.76, 0.94, 0.95]];

/// Below this part of the limit the folding shows through.
const OPAQUE_FROM: f32 = 0.45;

/// What part of the values lies within the limit.
const WITHIN: f64 = 0.99;

/// How values become colours.
#[derive(Debug, PartialEq)]
pub(super) struct Scale {
    /// The value of the last colour; more than 0.
    pub(super) limit: f32,
    /// Whether the scale reaches down to minus the limit.
    signed: bool,
}

impl Scale {
    /// Reaches to the 99th percentile of the absolute values.
    pub(super) fn of(values: &[f32]) -> Self {
        let mut sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
        sizes.sort_by(f32::total_cmp);
        let limit = sizes.get((sizes.len().saturating_sub(1) as f64 * WITHIN) as usize).copied().unwrap_or(0.0);
        let all_are_zero = limit == 0.0;
        Self { limit: if all_are_zero { 1.0 } else { limit }, signed: values.iter().any(|value| *value < 0.0) }
    }

    /// The value of the first colour.
    pub(super) fn low(&self) -> f32 {
        if self.signed { -self.limit } else { 0.0 }
    }

    /// The colour of a value over the grey of the folding.
    pub(super) fn over(&self, value: f32, folding: Colour) -> Colour {
        let size = (value.abs() / self.limit).min(1.0);
        let ramp = if value < 0.0 { &NEGATIVE } else { &POSITIVE };
        mix(folding, along(ramp, size), smooth(size / OPAQUE_FROM))
    }
}

/// The grey of a place by its sulcal depth, positive in sulci.
pub(super) fn folding(sulcal_depth: f32) -> Colour {
    mix(GYRUS, SULCUS, smooth(sulcal_depth * 1.4 + 0.5))
}

pub(super) fn mix(from: Colour, to: Colour, part: f32) -> Colour {
    [0, 1, 2].map(|channel| from[channel] + (to[channel] - from[channel]) * part)
}

fn along(ramp: &[Colour; 5], part: f32) -> Colour {
    let place = part * 4.0;
    let step = (place as usize).min(3);
    mix(ramp[step], ramp[step + 1], place - step as f32)
}

/// 0 to 1 without a corner at either end.
fn smooth(part: f32) -> f32 {
    let part = part.clamp(0.0, 1.0);
    part * part * (3.0 - 2.0 * part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_symmetric_when_a_value_is_negative() {
        let values: Vec<f32> = (0..=100).map(|value| value as f32).collect();
        assert_eq!(Scale::of(&values), Scale { limit: 99.0, signed: false });
        let shifted: Vec<f32> = values.iter().map(|value| value - 100.0).collect();
        assert_eq!(Scale::of(&shifted), Scale { limit: 99.0, signed: true });
        assert_eq!(Scale::of(&[0.0; 10]).limit, 1.0);
    }

    #[test]
    fn zero_shows_the_folding_and_the_limits_the_last_colours() {
        let scale = Scale { limit: 2.0, signed: true };
        assert_eq!(scale.over(0.0, GYRUS), GYRUS);
        assert_eq!(scale.over(5.0, GYRUS), POSITIVE[4]);
        assert_eq!(scale.over(-2.0, GYRUS), NEGATIVE[4]);
    }
}
