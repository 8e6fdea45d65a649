//! TRIBE v2: features of text, sound and film in, the response of a cortex out.

use ndarray::{Array2, Array4, ArrayView4};
use tch::{Device, Kind, Tensor};

use super::Error;
use super::artefact::Artefact;
use super::settings::{ModalitySettings, Settings};
use super::subject_head::{SubjectHead, SubjectRow};
use super::transformer::Transformer;
use crate::features::compute::Compute;
use crate::features::weights::{Init, Linear, Weights};

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

    /// What the transformer's output is read by at each vertex of a subject: `(vertex, hidden)`, the low-rank head and the
    /// subject's head folded into one matrix, without the bias.
    pub fn folded_head(&self, subject: SubjectRow) -> Array2<f32> {
        tch::no_grad(|| {
            let own = self.predictor.weights_of(subject).transpose(0, 1);
            let folded = match &self.low_rank_head {
                Some(shared) => own.matmul(&shared.weight),
                None => own,
            };
            let mut head = Array2::zeros([folded.size()[0] as usize, folded.size()[1] as usize]);
            copy(&folded, head.as_slice_mut());
            head
        })
    }

    /// The response `(subject, window, time, vertex)`, in units of z-scored BOLD, from one pass for all subjects.
    ///
    /// `features` holds for each modality, in the order of the settings, `(window, layer group, width, sample)`;
    /// `None` is a modality that the whole timeline is without.
    pub fn predict(
        &self,
        features: &[Option<ArrayView4<'_, f32>>],
        windows: usize,
        subjects: &[SubjectRow],
    ) -> Result<Array4<f32>, Error> {
        self.check_features(features, windows)?;
        tch::no_grad(|| {
            let shared = self.shared_response(features, windows as i64);
            Ok(self.responses(&shared, windows, subjects))
        })
    }

    fn check_features(&self, features: &[Option<ArrayView4<'_, f32>>], windows: usize) -> Result<(), Error> {
        let modalities = &self.settings.modalities;
        if features.len() != modalities.len() {
            return Err(Error::Modalities { given: features.len(), needed: modalities.len() });
        }
        for (settings, features) in modalities.iter().zip(features) {
            let needed =
                [windows, settings.groups as usize, settings.width as usize, self.settings.window_samples() as usize];
            if let Some(given) = features.as_ref().map(ArrayView4::shape).filter(|&shape| shape != needed) {
                return Err(Error::FeatureShape {
                    modality: settings.modality,
                    given: given.to_vec(),
                    needed: needed.to_vec(),
                });
            }
        }
        Ok(())
    }

    /// What the response of every subject is read from: `(scan, low rank)`, all windows' scans in a row.
    fn shared_response(&self, features: &[Option<ArrayView4<'_, f32>>], windows: i64) -> Tensor {
        let projected: Vec<Tensor> = self
            .projectors
            .iter()
            .zip(features)
            .map(|(projector, features)| self.project(projector, features.as_ref(), windows))
            .collect();
        let mut xs = Tensor::cat(&projected, -1);
        if let Some(positions) = &self.time_pos_embed {
            xs += positions.narrow(1, 0, self.settings.window_samples());
        }
        let xs = xs.apply(&self.encoder);
        // The mean over time and the heads commute, and the heads are the greater part of the work.
        let scans = xs.transpose(1, 2).adaptive_avg_pool1d(self.settings.architecture.output_timesteps).transpose(1, 2);
        scans.flatten(0, 1).apply_opt(&self.low_rank_head)
    }

    /// Features of one modality → `(window, sample, projected)`. An absent modality is zero behind its projector,
    /// without the bias that silence in a timeline with sound would get.
    fn project(&self, projector: &Linear, features: Option<&ArrayView4<'_, f32>>, windows: i64) -> Tensor {
        let Compute { device, kind } = self.compute;
        match features {
            Some(features) => tensor(features, device, kind).flatten(1, 2).transpose(1, 2).apply(projector),
            None => {
                let shape = [windows, self.settings.window_samples(), projector.weight.size()[0]];
                Tensor::zeros(shape, (kind, device))
            }
        }
    }

    fn responses(&self, shared: &Tensor, windows: usize, subjects: &[SubjectRow]) -> Array4<f32> {
        let model = &self.settings.architecture;
        let shape = (subjects.len(), windows, model.output_timesteps as usize, model.outputs as usize);
        let mut responses = Array4::zeros(shape);
        for (mut response, &subject) in responses.outer_iter_mut().zip(subjects) {
            copy(&self.predictor.forward(shared, subject), response.as_slice_mut());
        }
        responses
    }
}

/// Copies a tensor's values into the memory of an array that was just made.
fn copy(from: &Tensor, to: Option<&mut [f32]>) {
    let values = to.expect("an array that was just made is contiguous. This is a bug.");
    from.to_device(Device::Cpu).to_kind(Kind::Float).contiguous().copy_data(values, values.len());
}

fn tensor(features: &ArrayView4<'_, f32>, device: Device, kind: Kind) -> Tensor {
    let shape: Vec<i64> = features.shape().iter().map(|&size| size as i64).collect();
    let values = match features.to_slice() {
        Some(values) => Tensor::from_slice(values),
        None => Tensor::from_slice(&features.iter().copied().collect::<Vec<f32>>()),
    };
    values.view(&shape[..]).to_device(device).to_kind(kind)
}
