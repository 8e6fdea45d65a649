//! A training from its configuration to a model's folder. It runs on a thread of its own, `training`, which owns every tensor.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::course::{Course, Standing};
use super::log::{Log, Row};
use super::recordings::{self, Recordings};
use super::split::splits;
use super::{Configuration, Error, Outcome, Split, Study};
use crate::catalogue::{Catalogue, FolderCard};
use crate::encoder::training::{FeatureScales, Trainer, Window, epoch};
use crate::features::{Compute, Modality};
use crate::predict::{FeatureReader, NamedExtractor, PipelineConfig, Stage};
use crate::{encoder, predict};

/// How often the state is saved between the ends of epochs.
const SAVED_EVERY: Duration = Duration::from_secs(60);
/// What the folder holds beside the model.
const LOG: &str = "log.csv";
const MODEL: &str = "model.json";
const WEIGHTS: &str = "model.safetensors";
const OUTCOME: &str = "outcome.json";

/// What a training runs on.
pub struct Resources {
    pub pipeline: PipelineConfig,
    /// The fsaverage5 surfaces, which volumes are sampled along.
    pub surfaces: PathBuf,
    pub cancel: CancellationToken,
    pub progress: Box<dyn FnMut(Progress) + Send>,
}

/// A step forward.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    /// Features and responses are brought together: so much of a stage of this run.
    Reading { run: usize, runs: usize, stage: Stage, fraction: f64 },
    /// A step was taken.
    Learning { step: u64, steps: u64, epoch: u64, loss: f64, validation_r: Option<f64> },
}

/// Trains a model and writes it to a folder: `model.json` and `model.safetensors` of the epoch that predicted held-out responses
/// best, `card.json`, `log.csv`, `outcome.json`, and the state that a further call goes on from.
///
/// # Errors
/// [`Error::Stopped`] where it was cancelled, after the state was saved; [`Error::OtherTraining`] where the folder holds the state
/// of another configuration; others say what is wrong with the study, its files, or the numbers.
pub fn train(
    configuration: Configuration,
    catalogue: &Catalogue,
    folder: &Path,
    resources: Resources,
) -> Result<Outcome, Error> {
    let extractor = |modality, name: &String| {
        let source = catalogue.extractor(modality, name)?;
        Ok::<_, Error>(NamedExtractor { name: name.clone(), source })
    };
    let extractors = [
        extractor(Modality::Text, &configuration.model.text)?,
        extractor(Modality::Audio, &configuration.model.audio)?,
        extractor(Modality::Video, &configuration.model.video)?,
    ];
    let folder = folder.to_owned();
    let work = move || Training::begin(configuration, extractors, folder, resources)?.run();
    let worker = thread::Builder::new().name("training".into()).spawn(work).map_err(Error::Thread)?;
    worker.join().unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().cloned();
        Err(Error::Panicked { reason: reason.unwrap_or_else(|| "see what it printed".into()) })
    })
}

/// A training under way.
struct Training {
    configuration: Configuration,
    folder: PathBuf,
    resources: Resources,
    recordings: Recordings,
    trainer: Trainer,
    course: Course,
    log: Log,
    standing: Standing,
    begun: Instant,
    saved: Instant,
}

impl Training {
    fn begin(
        configuration: Configuration,
        [text, audio, video]: [NamedExtractor; 3],
        folder: PathBuf,
        mut resources: Resources,
    ) -> Result<Self, Error> {
        let study = Study::open(&configuration.study)?;
        let splits = splits(&study.runs, configuration.splits)?;
        let reader = FeatureReader::open(text, audio, video, &resources.pipeline)?;
        let settings = configuration.settings(reader.modalities(), &subjects(&study, &splits), study.simulated)?;
        std::fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
        let course = Course::open(&folder, &configuration, &study, &splits)?;
        let recordings = recordings::read(&study, &splits, &configuration, &settings, &reader, &mut resources)?;
        if recordings.train.is_empty() {
            return Err(encoder::Error::NothingToLearn.into());
        }

        let recipe = configuration.training.clone();
        let windows = epoch(&recordings.train, settings.window_trs as usize, recipe.seed, 0).len() as u64;
        let per_epoch = windows.div_ceil(recipe.batch.max(1) as u64).max(1);
        let compute = Compute::new(resources.pipeline.device, None).map_err(predict::Error::from)?;
        let scales = FeatureScales::of(&recordings.train, &settings.modalities);
        let mut trainer = Trainer::new(settings, recipe, per_epoch * configuration.training.epochs, scales, compute)?;
        let standing = match course.restore(&mut trainer)? {
            Some(standing) => standing,
            None => {
                trainer.place_heads(&recordings.train);
                Standing::default()
            }
        };
        let log = Log::go_on(&folder.join(LOG), trainer.steps())?;
        let now = Instant::now();
        Ok(Self {
            configuration,
            folder,
            resources,
            recordings,
            trainer,
            course: course.of(per_epoch),
            log,
            standing,
            begun: now,
            saved: now,
        })
    }

    fn run(mut self) -> Result<Outcome, Error> {
        let steps = self.course.per_epoch * self.configuration.training.epochs;
        let mut batches: Option<(u64, Vec<Vec<Window>>)> = None;
        while self.trainer.steps() < steps && !self.is_settled() {
            let step = self.trainer.steps();
            let number = step / self.course.per_epoch;
            let of_epoch = match batches.take() {
                Some((known, of_epoch)) if known == number => of_epoch,
                _ => self.batches(number),
            };
            self.learn(number, &of_epoch[(step % self.course.per_epoch) as usize], steps)?;
            batches = Some((number, of_epoch));
            if self.resources.cancel.is_cancelled() {
                self.save()?;
                return Err(Error::Stopped);
            }
            if self.saved.elapsed() > SAVED_EVERY {
                self.save()?;
            }
        }
        self.finish()
    }

    fn batches(&self, number: u64) -> Vec<Vec<Window>> {
        let recipe = &self.configuration.training;
        let scans = self.trainer.settings().window_trs as usize;
        let windows = epoch(&self.recordings.train, scans, recipe.seed, number);
        windows.chunks(recipe.batch).map(<[_]>::to_vec).collect()
    }

    /// One step, and what follows from it: where it ends an epoch, the held-out score, and the weights where they are better.
    fn learn(&mut self, number: u64, batch: &[Window], steps: u64) -> Result<(), Error> {
        let learning_rate = self.trainer.learning_rate();
        let loss = self.trainer.learn(&self.recordings.train, batch)?;
        let step = self.trainer.steps();
        let ends_epoch = step.is_multiple_of(self.course.per_epoch);
        let score = if ends_epoch { self.trainer.score(&self.recordings.validation)? } else { None };
        if ends_epoch && self.standing.is_better(number + 1, score) {
            self.export()?;
        }
        self.log.write(&Row {
            step,
            epoch: number + 1,
            loss,
            learning_rate,
            validation_r: score.map(|score| score.mean_r),
            validation_r_upper: score.map(|score| score.upper_r),
            seconds: (self.begun.elapsed().as_secs_f64() * 1e3).round() / 1e3,
        })?;
        if ends_epoch {
            self.save()?;
        }
        let validation_r = self.standing.score.map(|(mean_r, _)| mean_r);
        (self.resources.progress)(Progress::Learning { step, steps, epoch: number + 1, loss, validation_r });
        Ok(())
    }

    /// Whether more epochs than the recipe's patience went by without a better score.
    fn is_settled(&self) -> bool {
        let waited = self.standing.epochs - self.standing.best_epoch;
        self.standing.score.is_some() && self.configuration.training.patience.is_some_and(|patience| waited >= patience)
    }

    fn export(&self) -> Result<(), Error> {
        let path = self.folder.join(MODEL);
        write_json(&path, self.trainer.settings())?;
        Ok(self.trainer.export(&self.folder.join(WEIGHTS), self.configuration.half)?)
    }

    fn save(&mut self) -> Result<(), Error> {
        self.course.save(&self.trainer, &self.standing)?;
        self.saved = Instant::now();
        Ok(())
    }

    fn finish(self) -> Result<Outcome, Error> {
        let settings = self.trainer.settings();
        let scans: usize = self.recordings.train.iter().map(|recording| recording.scans).sum();
        let outcome = Outcome {
            steps: self.trainer.steps(),
            epochs: self.standing.epochs,
            best_epoch: self.standing.best_epoch,
            validation_r: self.standing.score.map(|(mean_r, _)| mean_r),
            validation_r_upper: self.standing.score.map(|(_, upper_r)| upper_r),
            subjects: settings.subjects.len() - 1,
            stimuli: self.recordings.train.len(),
            hours: scans as f64 * settings.tr_s / 3600.0,
        };
        self.card(&outcome).write(&self.folder)?;
        write_json(&self.folder.join(OUTCOME), &outcome)?;
        Ok(outcome)
    }

    /// What the model's folder says of it: the words of the configuration, then what it was trained on.
    fn card(&self, outcome: &Outcome) -> FolderCard {
        let Outcome { subjects, stimuli, hours, best_epoch, .. } = outcome;
        let study = self.configuration.study.file_name().unwrap_or_default().to_string_lossy();
        let scored = match outcome.validation_r {
            Some(r) => format!("mean r {r:.3} on stimuli that were held out, after epoch {best_epoch}"),
            None => "no stimulus was held out".to_owned(),
        };
        let trained =
            format!("trained on {stimuli} stimuli ({hours:.2} h) and {subjects} subjects of {study}; {scored}");
        let own = self.configuration.description.as_ref();
        FolderCard {
            description: own.map_or_else(|| trained.clone(), |own| format!("{own}; {trained}")),
            licence: self.configuration.licence.clone().unwrap_or_else(|| "not stated".into()),
        }
    }
}

/// Who is learned from, in the order of their names.
fn subjects(study: &Study, splits: &[Split]) -> Vec<String> {
    let trained = study.runs.iter().zip(splits).filter(|(_, split)| **split == Split::Train);
    let mut names: Vec<String> = trained.map(|(run, _)| run.subject.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn write_json(path: &Path, content: &impl serde::Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec_pretty(content).map_err(|error| Error::write(path)(error.into()))?;
    std::fs::write(path, text).map_err(Error::write(path))
}
