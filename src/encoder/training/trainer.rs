//! A model in training: a step forward, a score, and a state that can be left and come back to.

use std::collections::BTreeMap;
use std::path::Path;

use ndarray::Array3;
use rand::RngExt;
use tch::{Device, Kind, Tensor};

use super::adamw::AdamW;
use super::draws::{kept_modalities, stream};
use super::loss::Head;
use super::one_cycle::OneCycle;
use super::principal::components;
use super::score::Products;
use super::{FeatureScales, Recipe, Recording, Score, Window, held_out};
use crate::encoder::{AVERAGE, BrainEncoder, Error, Settings, SubjectRow, WindowFeatures};
use crate::features::Compute;
use crate::features::weights::{self, Metadata, Weights};

/// What a state calls the number of its step.
const STEP: &str = "step";

/// A brain encoder that learns, owned by one thread.
#[derive(Debug)]
pub struct Trainer {
    encoder: BrainEncoder,
    optimiser: AdamW,
    schedule: OneCycle,
    recipe: Recipe,
    scales: FeatureScales,
    average: Option<SubjectRow>,
    /// Steps that were taken.
    step: u64,
}

impl Trainer {
    /// A model with random weights of the recipe's seed, to be trained for so many steps in all on features of these scales.
    ///
    /// # Errors
    /// Settings that no model can have, or a recipe that cannot be followed.
    pub fn new(
        settings: Settings,
        recipe: Recipe,
        steps: u64,
        scales: FeatureScales,
        compute: Compute,
    ) -> Result<Self, Error> {
        recipe.check()?;
        let weights = Weights::seeded(recipe.seed, compute.device, Kind::Float);
        weights.require_gradients();
        let encoder = BrainEncoder::new(&weights, settings)?;
        let average = encoder.subject_rows(&[AVERAGE.to_owned()]).ok().and_then(|rows| rows.first().copied());
        Ok(Self {
            optimiser: AdamW::new(weights.learned(), &recipe),
            schedule: OneCycle { peak: recipe.learning_rate, warm_up: recipe.warm_up, steps: steps.max(1) },
            encoder,
            recipe,
            scales,
            average,
            step: 0,
        })
    }

    /// Puts all heads at the principal components of what is to be learned, where the recipe asks for it.
    pub fn place_heads(&self, recordings: &[Recording]) {
        let components = || components(recordings, self.encoder.head_inputs(), self.recipe.seed);
        if let Some(components) = self.recipe.principal_heads.then(components).flatten() {
            self.encoder.set_heads(&components);
        }
    }

    pub fn settings(&self) -> &Settings {
        self.encoder.settings()
    }

    /// Steps that were taken so far.
    pub fn steps(&self) -> u64 {
        self.step
    }

    /// The learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.schedule.rate(self.step)
    }

    /// The features of a window as the model learns from them.
    fn features(&self, recording: &Recording, window: Window) -> Vec<Option<Array3<f32>>> {
        let mut features = recording.cut(window, self.settings());
        self.scales.apply(&mut features);
        features
    }

    /// Learns from a batch of windows, and returns the mean squared error of the responses to them, before the step. A batch
    /// in which nothing was measured teaches nothing, and its error is 0.
    ///
    /// # Errors
    /// [`Error::FeatureShape`], or [`Error::Diverged`] when the loss is not finite.
    pub fn learn(&mut self, recordings: &[Recording], batch: &[Window]) -> Result<f64, Error> {
        let mut rng = stream(self.recipe.seed, "dropout", self.step);
        let mut windows = Vec::new();
        for window in batch {
            let mut cut = self.features(&recordings[window.recording], *window);
            let is_there: Vec<bool> = cut.iter().map(Option::is_some).collect();
            let kept = kept_modalities(&is_there, self.recipe.modality_dropout, &mut rng);
            cut.iter_mut().zip(kept).filter(|(_, kept)| !kept).for_each(|(cut, _)| *cut = None);
            windows.push(cut);
        }
        let views: Vec<WindowFeatures> = windows.iter().map(|window| views(window)).collect();
        views.iter().try_for_each(|features| self.encoder.check_features(features))?;
        let latents = self.encoder.shared_response(&views).into_before_head();

        let heads: Vec<Head> = self.encoder.augmented_heads().into_iter().map(Head::new).collect();
        let scans = self.settings().window_trs as usize;
        let (mut error, mut values) = (Tensor::from(0f32).to_device(latents.device()), 0);
        for (place, window) in (0..).zip(batch) {
            for response in &recordings[window.recording].responses {
                let Some((first, rows)) = response.within(window.first_scan, scans) else { continue };
                let is_dropped = rng.random_bool(self.recipe.subject_dropout);
                let subject = self.average.filter(|_| is_dropped).unwrap_or(response.subject);
                let states = latents.select(0, place).narrow(0, first, rows.size()[0]);
                error += heads[subject.index()].squared_error(&states, &rows.to_device(latents.device()));
                values += rows.numel();
            }
        }
        if values > 0 {
            error /= values as f64;
            error.backward();
            self.optimiser.step(self.step + 1, self.learning_rate());
        }
        self.step += 1;
        let error = error.double_value(&[]);
        if error.is_finite() { Ok(error) } else { Err(Error::Diverged { step: self.step }) }
    }

    /// How well responses that were held out are predicted, each by its subject's head; `None` where there are none.
    ///
    /// # Errors
    /// [`Error::FeatureShape`].
    pub fn score(&self, recordings: &[Recording]) -> Result<Option<Score>, Error> {
        tch::no_grad(|| {
            let scans = self.settings().window_trs as usize;
            let heads = self.encoder.augmented_heads();
            let mut products: BTreeMap<usize, Products> = BTreeMap::new();
            for window in held_out(recordings, scans) {
                let recording = &recordings[window.recording];
                let cut = self.features(recording, window);
                let latents = self.encoder.latents(&[views(&cut)])?.into_before_head().select(0, 0);
                for response in &recording.responses {
                    let Some((first, rows)) = response.within(window.first_scan, scans) else { continue };
                    let states = latents.narrow(0, first, rows.size()[0]).to_device(Device::Cpu);
                    let of_subject = products.entry(response.subject.index());
                    let of_subject = of_subject.or_insert_with(|| Products::new(states.size()[1], rows.size()[1]));
                    of_subject.add(&states, &rows);
                }
            }
            let score =
                |(subject, products): (&usize, &Products)| products.score(&heads[*subject].to_device(Device::Cpu));
            Ok(Score::mean(&products.iter().filter_map(score).collect::<Vec<_>>()))
        })
    }

    /// Writes all that it takes to go on from here, with what the caller notes of it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path, notes: Metadata) -> Result<(), Error> {
        let metadata = notes.into_iter().chain([(STEP.to_owned(), self.step.to_string())]).collect();
        Ok(weights::write_tensors(&self.optimiser.state(), metadata, path)?)
    }

    /// What was noted of a state.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn notes(path: &Path) -> Result<Metadata, Error> {
        Ok(weights::read_with_metadata(path)?.1)
    }

    /// Goes back to what [`Self::save`] wrote, and returns what was noted there.
    ///
    /// # Errors
    /// The file cannot be read, or is of another model.
    pub fn restore(&mut self, path: &Path) -> Result<Metadata, Error> {
        let refuse = |reason: String| Error::State { path: path.display().to_string(), reason };
        let (views, notes) = weights::read_with_metadata(path)?;
        let step = notes.get(STEP).and_then(|step| step.parse().ok());
        self.step = step.ok_or_else(|| refuse("it has no number of a step".into()))?;
        self.optimiser.restore(|name| views.get(name).map(weights::View::tensor)).map_err(refuse)?;
        Ok(notes)
    }

    /// Writes the weights as a model's `model.safetensors`, in float32 or half precision. The scales of the features are folded
    /// into the projectors, so that the model takes features as extractors give them.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn export(&self, path: &Path, is_half: bool) -> Result<(), Error> {
        let kind = if is_half { Kind::Half } else { Kind::Float };
        let mut values = self.optimiser.values();
        tch::no_grad(|| self.scales.fold(&self.settings().modalities, &mut values));
        let values = values.into_iter().map(|(name, value)| (name, value.detach().to_kind(kind)));
        Ok(weights::write_tensors(&values.collect(), Metadata::new(), path)?)
    }
}

fn views(window: &[Option<Array3<f32>>]) -> WindowFeatures<'_> {
    window.iter().map(|features| Some(features.as_ref()?.view())).collect()
}
