//! Whether a correlation of two slow series is more than chance.

use ndarray::{Array1, ArrayView2, s};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use super::cores::{blocks, on_all_cores};
use super::error::expect;
use super::series::unit;
use super::{Error, finite};
use crate::analysis::false_discovery_rate;
use crate::analysis::significance::upper_tail;

/// Seconds that one independent sample stands for.
const INDEPENDENT_S: f64 = 60.0;

/// P values of correlations, of the upper tail, and what remains of them over all outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Significance {
    /// NaN where there is no correlation.
    pub p: Array1<f64>,
    /// Benjamini–Hochberg over the outputs that have a correlation.
    pub q: Array1<f64>,
}

impl Significance {
    fn of(p: Array1<f64>) -> Result<Self, Error> {
        let tested: Vec<usize> = (0..p.len()).filter(|&output| !p[output].is_nan()).collect();
        let corrected = false_discovery_rate(&tested.iter().map(|&output| p[output]).collect::<Vec<_>>())?;
        let mut q = Array1::from_elem(p.len(), f64::NAN);
        for (output, corrected) in tested.into_iter().zip(corrected) {
            q[output] = corrected;
        }
        Ok(Self { p, q })
    }

    /// The share of tested outputs whose q is below `level`.
    pub fn fraction(&self, level: f64) -> f64 {
        let tested = self.q.iter().filter(|q| !q.is_nan());
        let (below, all) = tested.fold((0, 0), |(below, all), &q| (below + u32::from(q < level), all + 1));
        f64::from(below) / f64::from(all)
    }
}

/// Tests correlations over `seconds` of data as if one sample a minute were independent: the null distribution of the
/// correlation of two Gaussian vectors with a value every 60 s (Huth et al., Nature 532, 2016; TRIBE v2, section 5.6).
/// The distribution is exact: `r √((n − 2) / (1 − r²))` is Student's t with `n − 2` degrees of freedom.
///
/// # Errors
/// [`Error::TooShort`] for less than three minutes.
pub fn one_sample_a_minute(r: &Array1<f32>, seconds: f64) -> Result<Significance, Error> {
    let samples = (seconds / INDEPENDENT_S).floor().max(0.0) as usize;
    if samples < 3 {
        return Err(Error::TooShort { seconds, found: samples });
    }
    let freedom = (samples - 2) as f64;
    Significance::of(r.mapv(|r| {
        let r = f64::from(r);
        if r.is_nan() { r } else { upper_tail(r * (freedom / (1.0 - r * r).max(f64::MIN_POSITIVE)).sqrt(), freedom) }
    }))
}

/// A test against predictions that come at the wrong time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircularShifts {
    /// Rows by which a prediction is moved at least, either way around: longer than responses remember.
    pub least: usize,
    /// Shifts drawn.
    pub draws: usize,
    pub seed: u64,
}

/// Correlations, and what chance makes of them.
#[derive(Clone, Debug, PartialEq)]
pub struct ShiftTest {
    pub r: Array1<f32>,
    pub significance: Significance,
    /// The correlation that 5 % of the shifts exceed, an output each.
    pub r_at_5_percent: Array1<f32>,
}

impl CircularShifts {
    /// Compares predicted with measured responses, both `(time, output)`, and with the measured ones moved around in time as
    /// a ring, which keeps the autocorrelation of both. p is the share of shifts, the observed place among them, whose
    /// correlation is at least as large. Shifts are the same for all outputs, so that neighbours stay alike.
    ///
    /// # Errors
    /// [`Error::Rows`], [`Error::Shape`], [`Error::NotFinite`], [`Error::NoShift`] where the series is too short, and
    /// [`Error::Draws`] for no draw.
    pub fn test(&self, predicted: ArrayView2<'_, f32>, measured: ArrayView2<'_, f32>) -> Result<ShiftTest, Error> {
        let rows = measured.nrows();
        if predicted.nrows() != rows {
            return Err(Error::Rows { what: "predicted responses", found: predicted.nrows(), expected: rows });
        }
        expect("the prediction", "outputs", predicted.ncols(), measured.ncols())?;
        finite::check("predicted responses", predicted)?;
        finite::check("measured responses", measured)?;
        if self.draws == 0 {
            return Err(Error::Draws { found: 0, limit: usize::MAX });
        }
        let (least, most) = (self.least.max(1), rows.saturating_sub(self.least.max(1)));
        if least > most {
            return Err(Error::NoShift { rows, least });
        }
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let shifts: Vec<usize> = (0..self.draws).map(|_| rng.random_range(least..=most)).collect();
        let tested = on_all_cores(blocks(measured.ncols()), |outputs| {
            let (predicted, measured) = (predicted.slice(s![.., outputs.clone()]), measured.slice(s![.., outputs]));
            let (predicted, measured) = (unit(&predicted), unit(&measured));
            let series = predicted.columns().into_iter().zip(measured.columns());
            Ok(series
                .map(|(predicted, measured)| against_shifts(&predicted.to_vec(), &measured.to_vec(), &shifts))
                .collect::<Vec<_>>())
        })?;
        let tested: Vec<Shifted> = tested.into_iter().flatten().collect();
        Ok(ShiftTest {
            r: tested.iter().map(|shifted| shifted.r as f32).collect(),
            significance: Significance::of(tested.iter().map(|shifted| shifted.p).collect())?,
            r_at_5_percent: tested.iter().map(|shifted| shifted.r_at_5_percent as f32).collect(),
        })
    }
}

struct Shifted {
    r: f64,
    p: f64,
    r_at_5_percent: f64,
}

/// Of series that are centred and of length 1.
fn against_shifts(predicted: &[f64], measured: &[f64], shifts: &[usize]) -> Shifted {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let rows = measured.len();
    let moved = |shift: usize| {
        product(&predicted[shift..], &measured[..rows - shift])
            + product(&predicted[..shift], &measured[rows - shift..])
    };
    let r = product(predicted, measured);
    if r.is_nan() {
        return Shifted { r, p: f64::NAN, r_at_5_percent: f64::NAN };
    }
    let mut chance: Vec<f64> = shifts.iter().map(|&shift| moved(shift)).collect();
    let reached = chance.iter().filter(|&&chance| chance >= r).count();
    chance.sort_unstable_by(f64::total_cmp);
    let p = (reached + 1) as f64 / (chance.len() + 1) as f64;
    Shifted { r: r.clamp(-1.0, 1.0), p, r_at_5_percent: chance[((chance.len() - 1) as f64 * 0.95).ceil() as usize] }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::normal;
    use super::*;

    /// Noise that remembers, `(time, output)`.
    fn slow(rows: usize, outputs: usize, seed: u64) -> ndarray::Array2<f32> {
        let mut series = normal(rows, outputs, seed);
        for row in 1..rows {
            for output in 0..outputs {
                series[[row, output]] += 0.9 * series[[row - 1, output]];
            }
        }
        series
    }

    #[test]
    fn shifts_find_what_is_there_and_little_else() {
        let mut predicted = slow(600, 40, 11);
        let measured = slow(600, 40, 2);
        let signal = measured.column(7).to_owned() + slow(600, 1, 3).column(0);
        predicted.column_mut(7).assign(&signal);
        let shifts = CircularShifts { least: 20, draws: 5000, seed: 4 };
        let test = shifts.test(predicted.view(), measured.view()).unwrap();
        let found: Vec<usize> = (0..40).filter(|&output| test.significance.q[output] < 0.05).collect();
        assert_eq!(found, [7]);
        assert!(test.r[7] > test.r_at_5_percent[7]);
        assert!((test.significance.fraction(0.05) - 1.0 / 40.0).abs() < 1e-12);
        assert_eq!(test, shifts.test(predicted.view(), measured.view()).unwrap());
    }

    #[test]
    fn slow_noise_is_significant_no_more_often_than_it_should_be() {
        let test =
            CircularShifts { least: 20, draws: 200, seed: 0 }.test(slow(400, 400, 5).view(), slow(400, 400, 6).view());
        let significant = test.unwrap().significance.p.iter().filter(|p| **p <= 0.05).count();
        // 20 are expected; 38 or more have a probability of about 1e-4.
        assert!((4..38).contains(&significant), "{significant} of 400");
    }

    #[test]
    fn a_minute_counts_as_one_sample() {
        let found = one_sample_a_minute(&ndarray::arr1(&[0.0, 0.5, f32::NAN]), 1_259.0).unwrap();
        // 20 samples: t = 0.5 √(18 / 0.75) = 2.449.
        assert!((found.p[0] - 0.5).abs() < 1e-12 && (found.p[1] - 0.012_38).abs() < 1e-4 && found.p[2].is_nan());
        assert!((found.q[1] - 2.0 * found.p[1]).abs() < 1e-12 && found.q[2].is_nan());
        let refusal = one_sample_a_minute(&ndarray::arr1(&[0.3]), 150.0).unwrap_err();
        assert_eq!(refusal, Error::TooShort { seconds: 150.0, found: 2 });
    }

    #[test]
    fn what_cannot_be_shifted_is_refused() {
        let shifts = CircularShifts { least: 30, draws: 10, seed: 0 };
        let refusal = shifts.test(normal(50, 1, 0).view(), normal(50, 1, 1).view()).unwrap_err();
        assert_eq!(refusal, Error::NoShift { rows: 50, least: 30 });
    }
}
