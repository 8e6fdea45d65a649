//! Which senses a vertex listens to: the responses under each set of modalities, compared.
//!
//! A modality is taken away by zeros after its projector, as dropout did in training. That is a masking proxy: TRIBE
//! v2's paper (arXiv 2605.04326, §2.8, Fig. 7) trained a model for each set and scored it against people. These maps
//! are not that figure. Responses are `(vertex)` or `(time, vertex)`, in units of z-scored BOLD.

use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};

use super::Error;
use crate::features::Modality;

/// A set of modalities that reach the encoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Subset {
    Null,
    T,
    A,
    V,
    TA,
    TV,
    AV,
    TAV,
}

impl Subset {
    /// All sets, the empty one first.
    pub const ALL: [Self; 8] = [Self::Null, Self::T, Self::A, Self::V, Self::TA, Self::TV, Self::AV, Self::TAV];

    /// The sets of one modality, in the order of [`Modality::ALL`].
    pub const SINGLE: [Self; 3] = [Self::T, Self::A, Self::V];

    pub fn modalities(self) -> &'static [Modality] {
        use Modality::{Audio, Text, Video};
        match self {
            Self::Null => &[],
            Self::T => &[Text],
            Self::A => &[Audio],
            Self::V => &[Video],
            Self::TA => &[Text, Audio],
            Self::TV => &[Text, Video],
            Self::AV => &[Audio, Video],
            Self::TAV => &[Text, Audio, Video],
        }
    }

    /// As in the paper's Fig. 7: `T`, `TA`, …; `null` for none.
    pub fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::T => "T",
            Self::A => "A",
            Self::V => "V",
            Self::TA => "TA",
            Self::TV => "TV",
            Self::AV => "AV",
            Self::TAV => "TAV",
        }
    }
}

/// Which modality alone explains a vertex's full response best.
#[derive(Clone, Debug, PartialEq)]
pub struct Dominance {
    /// One a vertex; `None` where no series varies. Of equals, the first of text, audio, video.
    pub modalities: Vec<Option<Modality>>,
    /// Pearson's correlation with the full response, `(modality, vertex)`; NaN where a series does not vary.
    pub correlations: Array2<f64>,
}

/// The max rule, `AV − max(A, V)`: above 0 where two senses do more than the better of them (Beauchamp 2005).
///
/// # Errors
///
/// Where the maps are not of the same vertices.
pub fn max_rule(audio: ArrayView1<f32>, video: ArrayView1<f32>, both: ArrayView1<f32>) -> Result<Array1<f32>, Error> {
    same_length(&[audio, video, both])?;
    Ok((0..both.len()).map(|vertex| both[vertex] - audio[vertex].max(video[vertex])).collect())
}

/// Super-additivity, `AV − A − V + null`: above 0 where two senses do more than their sum (Calvert 2000).
///
/// What the model predicts for nothing is part of every response. Each is taken relative to it,
/// `(AV − null) − (A − null) − (V − null)`, so that a model whose senses only add has 0 everywhere.
///
/// # Errors
///
/// Where the maps are not of the same vertices.
pub fn super_additivity(
    audio: ArrayView1<f32>,
    video: ArrayView1<f32>,
    both: ArrayView1<f32>,
    null: ArrayView1<f32>,
) -> Result<Array1<f32>, Error> {
    same_length(&[audio, video, both, null])?;
    let at = |vertex: usize| [both, audio, video, null].map(|map| f64::from(map[vertex]));
    let excess = |[both, audio, video, null]: [f64; 4]| (both - audio - video + null) as f32;
    Ok((0..both.len()).map(|vertex| excess(at(vertex))).collect())
}

/// The modality whose series alone, `(time, vertex)` in the order of [`Modality::ALL`], correlates best with the full
/// response.
///
/// # Errors
///
/// Where the series are not of the same times and vertices.
pub fn dominance(alone: [ArrayView2<f32>; 3], full: ArrayView2<f32>) -> Result<Dominance, Error> {
    if let Some(series) = alone.iter().find(|series| series.dim() != full.dim()) {
        return Err(Error::Shapes { first: full.shape().to_vec(), second: series.shape().to_vec() });
    }
    let mut correlations = Array2::from_elem((alone.len(), full.ncols()), f64::NAN);
    for (mut row, series) in correlations.outer_iter_mut().zip(&alone) {
        for (vertex, correlation) in row.iter_mut().enumerate() {
            *correlation = pearson(series.column(vertex), full.column(vertex));
        }
    }
    let strongest = |column: ArrayView1<f64>| {
        let mut best: Option<(f64, Modality)> = None;
        for (&correlation, modality) in column.iter().zip(Modality::ALL) {
            if !correlation.is_nan() && best.is_none_or(|(most, _)| correlation > most) {
                best = Some((correlation, modality));
            }
        }
        best.map(|(_, modality)| modality)
    };
    Ok(Dominance { modalities: correlations.axis_iter(Axis(1)).map(strongest).collect(), correlations })
}

/// Red for text, green for audio, blue for video: `(vertex, 3)` in [0, 1].
///
/// Each map is divided by its own largest value. What is below 0 or no number is black.
///
/// # Errors
///
/// Where the maps are not of the same vertices.
pub fn rgb(text: ArrayView1<f32>, audio: ArrayView1<f32>, video: ArrayView1<f32>) -> Result<Array2<f32>, Error> {
    let maps = [text, audio, video];
    same_length(&maps)?;
    let mut colours = Array2::zeros((text.len(), maps.len()));
    for (mut channel, map) in colours.axis_iter_mut(Axis(1)).zip(maps) {
        let largest = map.iter().copied().filter(|value| value.is_finite()).fold(0.0, f32::max);
        if largest > 0.0 {
            channel.zip_mut_with(&map, |colour, value| {
                *colour = if value.is_nan() { 0.0 } else { (value / largest).clamp(0.0, 1.0) };
            });
        }
    }
    Ok(colours)
}

fn same_length(maps: &[ArrayView1<f32>]) -> Result<(), Error> {
    match maps.iter().find(|map| map.len() != maps[0].len()) {
        Some(other) => Err(Error::Shapes { first: maps[0].shape().to_vec(), second: other.shape().to_vec() }),
        None => Ok(()),
    }
}

/// NaN where a series does not vary.
fn pearson(a: ArrayView1<f32>, b: ArrayView1<f32>) -> f64 {
    let mean =
        |series: ArrayView1<f32>| series.iter().map(|value| f64::from(*value)).sum::<f64>() / series.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let (mut product, mut square_a, mut square_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (f64::from(*a) - mean_a, f64::from(*b) - mean_b);
        product += a * b;
        square_a += a * a;
        square_b += b * b;
    }
    product / (square_a * square_b).sqrt()
}

#[cfg(test)]
mod tests {
    use ndarray::{array, stack};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn there_is_a_subset_for_every_choice_of_modalities() {
        let mut choices: Vec<&[Modality]> = Subset::ALL.iter().map(|subset| subset.modalities()).collect();
        choices.sort();
        choices.dedup();
        assert_eq!(choices.len(), 8);
        assert_eq!(Subset::SINGLE.map(|subset| subset.modalities()[0]), Modality::ALL);
    }

    #[test]
    fn the_max_rule_compares_with_the_better_sense() {
        let (audio, video, both) = (array![1.0, 3.0, -1.0], array![2.0, 1.0, -2.0], array![2.5, 2.0, -0.5]);
        assert_eq!(max_rule(audio.view(), video.view(), both.view()).unwrap(), array![0.5, -1.0, 0.5]);
        assert!(matches!(max_rule(audio.view(), video.view(), array![1.0].view()), Err(Error::Shapes { .. })));
    }

    #[test]
    fn without_the_null_response_an_additive_model_would_look_less_than_additive() {
        let (audio, video, null) = (array![1.5_f32], array![2.5], array![0.5]);
        let both = &audio + &video - &null;
        let excess = super_additivity(audio.view(), video.view(), both.view(), null.view()).unwrap();
        assert_eq!(excess, array![0.0]);
        let zero = array![0.0];
        assert_eq!(super_additivity(audio.view(), video.view(), both.view(), zero.view()).unwrap(), array![-0.5]);
    }

    #[test]
    fn the_modality_that_drives_a_vertex_dominates_it() {
        let wave = |frequency: f32| Array1::from_iter((0..50).map(|t| (t as f32 * frequency).sin()));
        let (text, audio, video) = (wave(0.3), wave(0.7), wave(1.1));
        let flat = Array1::from_elem(50, 2.0);
        let alone = |series: &Array1<f32>| stack![Axis(1), series.view(), series.view(), series.view(), series.view()];
        let full = stack![Axis(1), &text * 2.0 + &audio * 0.2, audio.clone(), &video - &text * 0.1, flat];
        let (text, audio, video) = (alone(&text), alone(&audio), alone(&video));
        let found = dominance([text.view(), audio.view(), video.view()], full.view()).unwrap();
        let expected = [Some(Modality::Text), Some(Modality::Audio), Some(Modality::Video), None];
        assert_eq!(found.modalities, expected);
        assert!((found.correlations[[1, 1]] - 1.0).abs() < 1e-6);
    }

    #[test]
    fn colours_are_scaled_by_their_own_largest_value() {
        let colours = rgb(array![2.0, -1.0].view(), array![1.0, 4.0].view(), array![f32::NAN, 0.0].view()).unwrap();
        assert_eq!(colours, array![[1.0, 0.25, 0.0], [0.0, 1.0, 0.0]]);
    }

    proptest! {
        #[test]
        fn additive_models_have_no_excess(values in vec((-9_i8..9, -9_i8..9, -9_i8..9), 1..20)) {
            let map = |of: fn(&(i8, i8, i8)) -> f32| Array1::from_iter(values.iter().map(of));
            let null = map(|(null, _, _)| f32::from(*null));
            let audio = &null + &map(|(_, audio, _)| f32::from(*audio));
            let video = &null + &map(|(_, _, video)| f32::from(*video));
            let both = &audio + &video - &null;
            let excess = super_additivity(audio.view(), video.view(), both.view(), null.view()).unwrap();
            prop_assert!(excess.iter().all(|value| *value == 0.0));
        }

        #[test]
        fn colours_stay_in_range(values in vec(any::<f32>(), 0..20)) {
            let map = Array1::from_vec(values);
            let colours = rgb(map.view(), map.view(), map.view()).unwrap();
            prop_assert!(colours.iter().all(|colour| (0.0..=1.0).contains(colour)));
        }
    }
}
