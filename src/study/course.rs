//! The course of a training: how far it has come, and the state that it goes on from.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{Configuration, Error, Split, Study};
use crate::encoder::training::{Score, Trainer};
use crate::features::weights::Metadata;
use crate::stimulus::content_of;

/// The state, in the folder of the model.
const STATE: &str = "state.safetensors";
/// What the state notes beside its tensors.
const STANDING: &str = "standing";
const CONFIGURATION: &str = "configuration";
const RUNS: &str = "runs";

/// How far the scores have come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Standing {
    /// Epochs that were run, and the one whose weights were kept.
    pub(super) epochs: u64,
    pub(super) best_epoch: u64,
    /// Mean r and its 90th percentile of that epoch, where something was held out.
    pub(super) score: Option<(f64, f64)>,
}

impl Standing {
    /// Takes in the score of an epoch, and tells whether its weights are to be kept: a better one's are, and where nothing is held
    /// out, the last one's.
    pub(super) fn is_better(&mut self, epoch: u64, score: Option<Score>) -> bool {
        self.epochs = epoch;
        let is_better = match (score, self.score) {
            (Some(score), Some((best, _))) => score.mean_r > best,
            _ => true,
        };
        if is_better {
            self.best_epoch = epoch;
            self.score = score.map(|score| (score.mean_r, score.upper_r));
        }
        is_better
    }
}

/// Where the state is kept, and what it is the state of.
pub(super) struct Course {
    folder: PathBuf,
    /// All that the numbers follow from: the configuration, and the runs with the content of what was shown and measured.
    identity: [(&'static str, String); 2],
    /// Steps of an epoch.
    pub(super) per_epoch: u64,
}

impl Course {
    /// The course of this training in a folder.
    ///
    /// # Errors
    /// [`Error::OtherTraining`] where the folder holds the state of another configuration or of other runs.
    pub(super) fn open(
        folder: &Path,
        configuration: &Configuration,
        study: &Study,
        splits: &[Split],
    ) -> Result<Self, Error> {
        let mut runs = Vec::new();
        for (run, split) in study.runs.iter().zip(splits) {
            let mut content = vec![run.source.content()?];
            for path in run.bold.paths() {
                content.push(content_of(path)?);
            }
            let content: Vec<String> = content.iter().map(ToString::to_string).collect();
            runs.push((&run.subject, content, run.tr_s, run.onset_s, *split));
        }
        let identity = [(CONFIGURATION, json(folder, configuration)?), (RUNS, json(folder, &runs)?)];
        let course = Self { folder: folder.to_owned(), identity, per_epoch: 1 };
        course.check()?;
        Ok(course)
    }

    /// Refuses a state of another training.
    fn check(&self) -> Result<(), Error> {
        let state = self.folder.join(STATE);
        if !state.is_file() {
            return Ok(());
        }
        let notes = Trainer::notes(&state)?;
        match self.identity.iter().find(|(what, own)| notes.get(*what) != Some(own)) {
            None => Ok(()),
            Some((what, _)) => {
                Err(Error::OtherTraining { folder: self.folder.clone(), state, what: format!("its {what}") })
            }
        }
    }

    /// The same with so many steps in an epoch.
    pub(super) fn of(self, per_epoch: u64) -> Self {
        Self { per_epoch, ..self }
    }

    /// Goes back to the saved state; `None` where there is none.
    pub(super) fn restore(&self, trainer: &mut Trainer) -> Result<Option<Standing>, Error> {
        let state = self.folder.join(STATE);
        if !state.is_file() {
            return Ok(None);
        }
        let notes = trainer.restore(&state)?;
        let standing = notes.get(STANDING).and_then(|text| serde_json::from_str(text).ok());
        let lost = || Error::OtherTraining { folder: self.folder.clone(), state, what: "its standing".into() };
        standing.map(Some).ok_or_else(lost)
    }

    pub(super) fn save(&self, trainer: &Trainer, standing: &Standing) -> Result<(), Error> {
        let own = self.identity.iter().map(|(what, own)| ((*what).to_owned(), own.clone()));
        let notes: Metadata = own.chain([(STANDING.to_owned(), json(&self.folder, standing)?)]).collect();
        Ok(trainer.save(&self.folder.join(STATE), notes)?)
    }
}

fn json(folder: &Path, value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::write(folder)(error.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_of_the_best_epoch_are_kept() {
        let score = |mean_r| Some(Score { mean_r, upper_r: 2.0 * mean_r });
        let mut standing = Standing::default();
        assert!(standing.is_better(1, score(0.1)));
        assert!(standing.is_better(2, score(0.3)));
        assert!(!standing.is_better(3, score(0.2)));
        assert_eq!(standing, Standing { epochs: 3, best_epoch: 2, score: Some((0.3, 0.6)) });
        let mut nothing_held_out = Standing::default();
        assert!((1..4).all(|epoch| nothing_held_out.is_better(epoch, None)));
        assert_eq!(nothing_held_out.best_epoch, 3);
    }
}
