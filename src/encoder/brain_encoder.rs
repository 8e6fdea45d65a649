//! TRIBE v2: features of text, sound and film in, the response of a cortex out.

use ndarray::{Array1, Array2, Array4, ArrayView3, ArrayView4, Axis};
use tch::{Device, Kind, Tensor};

use super::Error;
use super::artefact::Artefact;
use super::latents::{Latents, copy};
use super::own_head::OwnHead;
use super::readout::Readout;
use super::settings::{Architecture, ModalitySettings, Settings};
use super::subject_head::{SubjectHead, SubjectRow};
use super::transformer::Transformer;
use crate::features::compute::Compute;
use crate::features::weights::{Init, Linear, Weights};

/// The features of one window: `(layer group, width, sample)` of each modality, in the order of the settings; `None` is a
/// modality that the whole timeline is without.
pub type WindowFeatures<'a> = Vec<Option<ArrayView3<'a, f32>>>;

/// A brain encoder in memory, owned by one thread.
#[derive(Debug)]
pub struct BrainEncoder {
    projectors: Vec<Linear>,
    time_pos_embed: Option<Tensor>,
    encoder: Transformer,
    low_rank_head: Option<Linear>,
    predictor: SubjectHead,
    settings: Settings,
    compute: Compute,
}

impl BrainEncoder {
    /// The model of an artefact, its weights viewed in their file where device and precision allow.
    pub fn load(artefact: &Artefact, compute: Compute) -> Result<Self, Error> {
        Self::new(&artefact.weights(compute), artefact.settings().clone())
    }

    /// Builds the model from named weights, and fails if any is missing, extra or of another shape.
    pub fn new(weights: &Weights, settings: Settings) -> Result<Self, Error> {
        let settings = settings.check()?;
        let model = &settings.architecture;
        let projectors = weights / "projectors";
        let projected = model.hidden / settings.modalities.len() as i64;
        let projector = |features: &ModalitySettings| {
            Linear::new(&(&projectors / features.modality.name()), features.groups * features.width, projected)
        };
        let positions = || weights.tensor("time_pos_embed", &[1, model.max_samples, model.hidden], Init::Normal(0.02));
        let low_rank_head = |width| Linear::without_bias(&(weights / "low_rank_head"), model.hidden, width);
        let encoder = Self {
            projectors: settings.modalities.iter().map(projector).collect(),
            time_pos_embed: model.time_position_embedding.then(positions),
            encoder: Transformer::new(&(weights / "encoder"), &settings),
            low_rank_head: model.low_rank.map(low_rank_head),
            predictor: SubjectHead::new(&(weights / "predictor"), model.low_rank.unwrap_or(model.hidden), model),
            compute: Compute { device: weights.device(), kind: weights.kind() },
            settings,
        };
        weights.finish()?;
        Ok(encoder)
    }

    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The subjects whose responses can be predicted.
    pub fn subjects(&self) -> Vec<&str> {
        self.settings.subjects.iter().map(|subject| subject.name.as_str()).collect()
    }

    /// The rows of subjects, by name; a name that the model lacks is refused with those it has.
    pub fn subject_rows(&self, names: &[String]) -> Result<Vec<SubjectRow>, Error> {
        names.iter().map(|name| self.subject_row(name)).collect()
    }

    fn subject_row(&self, name: &str) -> Result<SubjectRow, Error> {
        let subject = self.settings.subjects.iter().find(|subject| subject.name == name);
        let unknown = || Error::UnknownSubject { name: name.into(), known: self.subjects().join(", ") };
        subject.map(|subject| SubjectRow(subject.row)).ok_or_else(unknown)
    }

    /// What the transformer's output is read by at each output of a subject: the low-rank head and the subject's head folded
    /// into one matrix.
    pub fn head(&self, name: &str) -> Result<OwnHead, Error> {
        let subject = self.subject_row(name)?;
        Ok(tch::no_grad(|| {
            let own = self.predictor.weights_of(subject).transpose(0, 1);
            let folded = match &self.low_rank_head {
                Some(shared) => own.matmul(&shared.weight),
                None => own,
            };
            let mut weight = Array2::zeros([folded.size()[0] as usize, folded.size()[1] as usize]);
            copy(&folded, weight.as_slice_mut());
            let mut bias = Array1::zeros(weight.nrows());
            if let Some(own) = self.predictor.bias_of(subject) {
                copy(&own, bias.as_slice_mut());
            }
            OwnHead { weight, bias }
        }))
    }

    /// How the response of a subject is read off; a name that the model lacks is refused with those it has.
    pub fn readout(&self, name: &str) -> Result<Readout, Error> {
        Ok(self.predictor.readout(self.subject_row(name)?))
    }

    /// How the response of a subject who is not the model's is read off; a head of another model's sizes is refused.
    pub fn own_readout(&self, head: &OwnHead) -> Result<Readout, Error> {
        let Architecture { outputs, hidden, .. } = self.settings.architecture;
        match head.weight.dim() {
            found if found == (outputs as usize, hidden as usize) => Ok(head.readout(self.compute)),
            found => Err(Error::HeadShape { found, needed: (outputs as usize, hidden as usize) }),
        }
    }

    /// What the responses of all subjects to these windows are read from, by one pass.
    pub fn latents(&self, windows: &[WindowFeatures<'_>]) -> Result<Latents, Error> {
        windows.iter().try_for_each(|features| self.check_features(features))?;
        Ok(tch::no_grad(|| self.shared_response(windows)))
    }

    /// The response `(subject, window, time, vertex)`, in units of z-scored BOLD, from one pass for all subjects.
    ///
    /// `features` holds for each modality, in the order of the settings, `(window, layer group, width, sample)`;
    /// `None` is a modality that the whole timeline is without.
    pub fn predict(
        &self,
        features: &[Option<ArrayView4<'_, f32>>],
        windows: usize,
        subjects: &[String],
    ) -> Result<Array4<f32>, Error> {
        let readouts = subjects.iter().map(|name| self.readout(name)).collect::<Result<Vec<_>, _>>()?;
        let batch: Vec<_> = (0..windows).map(|window| window_of(features, window)).collect();
        let latents = self.latents(&batch)?;
        let model = &self.settings.architecture;
        let shape = (subjects.len(), windows, model.output_timesteps as usize, model.outputs as usize);
        let mut responses = Array4::zeros(shape);
        for (window, mut response) in responses.axis_iter_mut(Axis(1)).enumerate() {
            response.assign(&latents.read(window, &readouts));
        }
        Ok(responses)
    }

    /// Each subject's head with its bias as a further row, `(low rank + 1, output)`.
    pub(super) fn augmented_heads(&self) -> Vec<Tensor> {
        self.predictor.augmented()
    }

    /// Values that a head reads.
    pub(super) fn head_inputs(&self) -> i64 {
        self.predictor.inputs()
    }

    /// Writes the first weights of every subject's head, `(input, output)`.
    pub(super) fn set_heads(&self, weights: &Tensor) {
        self.predictor.set_weights(weights);
    }

    pub(super) fn check_features(&self, features: &WindowFeatures<'_>) -> Result<(), Error> {
        let modalities = &self.settings.modalities;
        if features.len() != modalities.len() {
            return Err(Error::Modalities { given: features.len(), needed: modalities.len() });
        }
        for (settings, features) in modalities.iter().zip(features) {
            let needed = [settings.groups as usize, settings.width as usize, self.settings.window_samples() as usize];
            if let Some(given) = features.as_ref().map(ArrayView3::shape).filter(|&shape| shape != needed) {
                return Err(Error::FeatureShape {
                    modality: settings.modality,
                    given: given.to_vec(),
                    needed: needed.to_vec(),
                });
            }
        }
        Ok(())
    }

    /// [`Self::latents`] of features that were checked, with gradients where the weights require them.
    pub(super) fn shared_response(&self, windows: &[WindowFeatures<'_>]) -> Latents {
        let of_modality = |(place, projector): (usize, &Linear)| {
            let features: Vec<_> = windows.iter().map(|features| features[place].as_ref()).collect();
            self.project(projector, &features)
        };
        let projected: Vec<Tensor> = self.projectors.iter().enumerate().map(of_modality).collect();
        let mut xs = Tensor::cat(&projected, -1);
        if let Some(positions) = &self.time_pos_embed {
            xs += positions.narrow(1, 0, self.settings.window_samples());
        }
        let xs = xs.apply(&self.encoder);
        // The mean over time and the heads commute, and the heads are the greater part of the work.
        let scans = xs.transpose(1, 2).adaptive_avg_pool1d(self.settings.architecture.output_timesteps).transpose(1, 2);
        Latents::new(scans, self.low_rank_head.as_ref())
    }

    /// Features of one modality, window by window → `(window, sample, projected)`. An absent modality is zero behind its
    /// projector, without the bias that silence in a timeline with sound would get.
    fn project(&self, projector: &Linear, windows: &[Option<&ArrayView3<'_, f32>>]) -> Tensor {
        let Compute { device, kind } = self.compute;
        let present: Vec<_> = windows.iter().copied().flatten().collect();
        let projected = (!present.is_empty())
            .then(|| tensor(&present, device, kind).flatten(1, 2).transpose(1, 2).apply(projector));
        match projected {
            Some(projected) if present.len() == windows.len() => projected,
            projected => {
                let shape = [windows.len() as i64, self.settings.window_samples(), projector.weight.size()[0]];
                let mut all = Tensor::zeros(shape, (kind, device));
                if let Some(projected) = projected {
                    let places = windows.iter().enumerate().filter(|(_, features)| features.is_some());
                    let places: Vec<i64> = places.map(|(place, _)| place as i64).collect();
                    let _ = all.index_copy_(0, &Tensor::from_slice(&places).to_device(device), &projected);
                }
                all
            }
        }
    }
}

fn window_of<'a>(features: &'a [Option<ArrayView4<'_, f32>>], window: usize) -> WindowFeatures<'a> {
    features.iter().map(|features| Some(features.as_ref()?.index_axis(Axis(0), window))).collect()
}

/// Arrays of one shape, one after the other in a new first axis.
fn tensor(features: &[&ArrayView3<'_, f32>], device: Device, kind: Kind) -> Tensor {
    let shape: Vec<i64> =
        features.iter().take(1).flat_map(|features| features.shape()).map(|&size| size as i64).collect();
    let values = match features {
        [one] if one.is_standard_layout() => one.to_slice().map(Tensor::from_slice),
        _ => None,
    };
    let values = values.unwrap_or_else(|| {
        Tensor::from_slice(&features.iter().flat_map(|features| features.iter().copied()).collect::<Vec<f32>>())
    });
    let shape: Vec<i64> = [features.len() as i64].into_iter().chain(shape).collect();
    values.view(&shape[..]).to_device(device).to_kind(kind)
}

#[cfg(test)]
mod tests {
    use ndarray::Array3;

    use super::*;
    use crate::encoder::{AVERAGE, Subject};
    use crate::features::{LayerSelection, Modality};

    const SAMPLES: usize = 20;
    const OUTPUTS: usize = 30;

    /// Random weights, two modalities, two subjects.
    fn small() -> BrainEncoder {
        let modality = |modality, width| ModalitySettings {
            modality,
            groups: 2,
            width,
            extractor: "none".into(),
            layers: LayerSelection { fractions: vec![0.5, 1.0], cached_layers: None },
            clip_duration_s: None,
        };
        let architecture = Architecture {
            hidden: 64,
            depth: 2,
            heads: 2,
            feed_forward_multiplier: 2,
            max_samples: 64,
            time_position_embedding: true,
            low_rank: Some(8),
            subject_rows: 2,
            subject_bias: true,
            outputs: OUTPUTS as i64,
            output_timesteps: 10,
        };
        let settings = Settings {
            feature_hz: 2.0,
            window_trs: 10,
            tr_s: 1.0,
            lag_s: 5.0,
            mesh: None,
            modalities: vec![modality(Modality::Text, 3), modality(Modality::Audio, 5)],
            architecture,
            subjects: vec![Subject { name: "one".into(), row: 0 }, Subject { name: AVERAGE.into(), row: 1 }],
            trained: false,
            simulated: false,
        };
        BrainEncoder::new(&Weights::seeded(3, Device::Cpu, Kind::Float), settings).unwrap()
    }

    fn features(width: usize, seed: f32) -> Array3<f32> {
        Array3::from_shape_fn((2, width, SAMPLES), |(group, channel, sample)| {
            (seed + (group * 17 + channel * 7 + sample) as f32).sin()
        })
    }

    fn names() -> [String; 2] {
        ["one".to_owned(), AVERAGE.to_owned()]
    }

    fn assert_close(one: &Array3<f32>, other: &Array3<f32>, tolerance: f32) {
        assert_eq!(one.shape(), other.shape());
        let largest = (one - other).iter().fold(0.0, |largest: f32, difference| largest.max(difference.abs()));
        assert!(largest <= tolerance, "they differ by {largest}");
        assert!(one.iter().any(|value| value.abs() > 100.0 * tolerance), "nothing is there to compare");
    }

    #[test]
    fn a_window_is_answered_alike_alone_and_among_others_that_lack_what_it_has() {
        let encoder = small();
        let readouts = names().map(|name| encoder.readout(&name).unwrap());
        let (text, audio) = (features(3, 0.0), features(5, 1.0));
        let windows = vec![
            vec![Some(text.view()), None],
            vec![Some(text.view()), Some(audio.view())],
            vec![None, None],
            vec![None, Some(audio.view())],
        ];
        let together = encoder.latents(&windows).unwrap();
        for (place, window) in windows.iter().enumerate() {
            let alone = encoder.latents(std::slice::from_ref(window)).unwrap();
            assert_close(&together.read(place, &readouts), &alone.read(0, &readouts), 1e-6);
        }
    }

    #[test]
    fn the_folded_mean_of_vertices_is_the_mean_of_their_responses() {
        let encoder = small();
        let readouts = names().map(|name| encoder.readout(&name).unwrap());
        let (text, audio) = (features(3, 0.0), features(5, 1.0));
        let latents = encoder.latents(&[vec![Some(text.view()), Some(audio.view())]]).unwrap();
        let sets = [vec![0, 4, 29], vec![7]];
        let folded: Vec<_> = readouts.iter().map(|readout| readout.means_of(&sets)).collect();
        let vertices = latents.read(0, &readouts);
        let mut expected = Array3::zeros((2, 10, 2));
        for (place, set) in sets.iter().enumerate() {
            let of_set: Vec<usize> = set.iter().map(|&vertex| vertex as usize).collect();
            let mean = vertices.select(Axis(2), &of_set).mean_axis(Axis(2)).unwrap();
            expected.index_axis_mut(Axis(2), place).assign(&mean);
        }
        assert_close(&latents.read(0, &folded), &expected, 1e-6);
    }

    #[test]
    fn a_window_of_another_length_is_refused() {
        let short = Array3::zeros((2, 3, SAMPLES - 1));
        assert!(matches!(small().latents(&[vec![Some(short.view()), None]]), Err(Error::FeatureShape { .. })));
    }
}
