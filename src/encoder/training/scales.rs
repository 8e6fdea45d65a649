//! The scales of features. A model learns from channels of mean 0 and unit variance, and is written for channels as they are.
//!
//! Hidden states of pretrained models are of one size; motion energies, loudness and counts of letters are not, and a projector
//! that is given them as they are learns the largest only. A projector is linear, so that the scales go into it when the model is
//! written: `W(x − m)/s + b = (W/s)x + (b − (W/s)m)`.

use std::collections::BTreeMap;

use ndarray::Array3;
use tch::Tensor;

use super::Recording;
use crate::encoder::ModalitySettings;

/// The least spread that a channel is taken to have, as a part of the root mean square spread of its modality: a channel that
/// is nearly always the same would else outweigh all others when it is not.
const LEAST_SPREAD: f64 = 0.1;

/// Mean and inverse spread of every channel, of each modality in the order of the settings.
#[derive(Clone, Debug)]
pub struct FeatureScales(Vec<Vec<Channel>>);

/// `(x − mean) · inverse`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Channel {
    mean: f32,
    inverse: f32,
}

impl FeatureScales {
    /// Those of all samples of the recordings that have a modality. A modality that none has is left as it is.
    pub fn of(recordings: &[Recording], modalities: &[ModalitySettings]) -> Self {
        let channels = |(place, settings): (usize, &ModalitySettings)| {
            let features: Vec<&Array3<f32>> =
                recordings.iter().filter_map(|recording| recording.features.get(place)?.as_ref()).collect();
            channels(&features, (settings.groups * settings.width) as usize)
        };
        Self(modalities.iter().enumerate().map(channels).collect())
    }

    /// Brings the features of a window to scale, `(layer group, width, sample)` of each modality.
    pub(super) fn apply(&self, features: &mut [Option<Array3<f32>>]) {
        for (features, channels) in features.iter_mut().zip(&self.0) {
            let rows = features.iter_mut().flat_map(|features| features.rows_mut());
            for (mut row, Channel { mean, inverse }) in rows.zip(channels) {
                row.mapv_inplace(|value| (value - mean) * inverse);
            }
        }
    }

    /// Puts the scales into the projectors among the weights of a model.
    pub(super) fn fold(&self, modalities: &[ModalitySettings], weights: &mut BTreeMap<String, Tensor>) {
        for (settings, channels) in modalities.iter().zip(&self.0) {
            let [weight_name, bias_name] =
                ["weight", "bias"].map(|part| format!("projectors.{}.{part}", settings.modality.name()));
            let (Some(weight), Some(bias)) = (weights.get(&weight_name), weights.get(&bias_name)) else { continue };
            let of = |value: fn(&Channel) -> f32| {
                Tensor::from_slice(&channels.iter().map(value).collect::<Vec<_>>()).to_device(weight.device())
            };
            let folded = weight * of(|channel| channel.inverse);
            let moved = bias - folded.mv(&of(|channel| channel.mean));
            weights.insert(weight_name, folded);
            weights.insert(bias_name, moved);
        }
    }
}

fn channels(features: &[&Array3<f32>], width: usize) -> Vec<Channel> {
    let (mut sums, mut squares, mut samples) = (vec![0.0; width], vec![0.0; width], 0);
    for features in features {
        samples += features.dim().2;
        for (channel, row) in features.rows().into_iter().enumerate() {
            sums[channel] += row.iter().map(|value| f64::from(*value)).sum::<f64>();
            squares[channel] += row.iter().map(|value| f64::from(*value) * f64::from(*value)).sum::<f64>();
        }
    }
    let count = samples.max(1) as f64;
    let variance = |channel: usize| (squares[channel] / count - (sums[channel] / count).powi(2)).max(0.0);
    let spread = ((0..width).map(variance).sum::<f64>() / width.max(1) as f64).sqrt();
    let channel = |channel: usize| {
        let own = variance(channel).sqrt().max(LEAST_SPREAD * spread);
        let inverse = if own > 0.0 { own.recip() as f32 } else { 1.0 };
        Channel { mean: (sums[channel] / count) as f32, inverse }
    };
    (0..width).map(channel).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::{LayerSelection, Modality};

    fn audio(width: i64) -> ModalitySettings {
        ModalitySettings {
            modality: Modality::Audio,
            groups: 1,
            width,
            extractor: "none".into(),
            layers: LayerSelection { fractions: vec![1.0], cached_layers: None },
            clip_duration_s: None,
        }
    }

    #[test]
    fn channels_come_to_unit_variance_and_steady_ones_stay_small() {
        let features = Array3::from_shape_fn((1, 3, 50), |(_, channel, sample)| match channel {
            0 => 1e4 + 500.0 * (sample as f32).sin(),
            1 => 7.0,
            _ => {
                if sample == 3 {
                    8.0
                } else {
                    0.0
                }
            }
        });
        let recording = Recording { features: vec![Some(features.clone())], scans: 25, responses: Vec::new() };
        let scales = FeatureScales::of(&[recording], &[audio(3)]);
        let mut scaled = [Some(features), None];
        scales.apply(&mut scaled);
        let scaled = scaled[0].as_ref().unwrap();
        let variance = scaled.rows().into_iter().next().unwrap().iter().map(|value| value * value).sum::<f32>() / 50.0;
        assert!((variance - 1.0).abs() < 1e-3, "{variance}");
        assert!(scaled.iter().skip(50).all(|value| value.abs() < 1.0), "a rare event does not outweigh the others");
    }

    #[test]
    fn a_folded_projector_takes_features_as_they_are() {
        let scales =
            FeatureScales(vec![vec![Channel { mean: 3.0, inverse: 0.5 }, Channel { mean: -1.0, inverse: 4.0 }]]);
        let named = |part: &str, values: &[f32]| (format!("projectors.audio.{part}"), Tensor::from_slice(values));
        let mut weights = BTreeMap::from([named("bias", &[1.0]), named("weight", &[2.0, 1.0])]);
        let weight = weights["projectors.audio.weight"].view([1, 2]);
        weights.insert("projectors.audio.weight".into(), weight);
        scales.fold(&[audio(2)], &mut weights);
        let folded = Vec::<f32>::try_from(weights["projectors.audio.weight"].flatten(0, 1)).unwrap();
        let bias = Vec::<f32>::try_from(&weights["projectors.audio.bias"]).unwrap();
        // 2 · (x − 3)/2 + 4 · (y + 1) + 1 = x + 4y + 2.
        assert_eq!((folded, bias), (vec![1.0, 4.0], vec![2.0]));
    }
}
