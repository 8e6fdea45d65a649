//! The stimuli of an experiment as files, and how long each of them lasts.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use tokio_util::sync::CancellationToken;

use super::{Error, Scanner};
use crate::experiment::design::{Length, Material, Presented, ScheduledEvent};
use crate::experiment::{Condition, Design, Spec, Stimulus};
use crate::stimulus::{Manipulation, length_s};

/// Endings of the transcripts that may lie beside a film or a sound.
const TRANSCRIPTS: [&str; 5] = ["tsv", "csv", "json", "srt", "vtt"];

/// Looks up what a spec names: uploads by their ids, files in the folder of the spec.
pub type Find<'a> = &'a dyn Fn(&Stimulus) -> Result<PathBuf, Error>;

/// A stimulus that can be shown.
#[derive(Clone, Debug)]
pub(super) struct Shown {
    /// `None` for silence.
    pub(super) file: Option<PathBuf>,
    pub(super) transcript: Option<PathBuf>,
    pub(super) length: Length,
    /// How it is changed.
    pub(super) manipulation: Manipulation,
}

/// All stimuli of an experiment.
pub(super) struct Stimuli {
    names: Vec<String>,
    /// By condition.
    conditions: Vec<Vec<Shown>>,
    events: Vec<ScheduledEvent>,
    /// The one film, sound or text of a continuous design.
    continuous: Option<Shown>,
}

/// Measures stimuli, each file once at each rate.
struct Measure<'a> {
    find: Find<'a>,
    scanner: &'a Scanner,
    /// Where texts are written and sounds decoded.
    folder: &'a Path,
    cancel: &'a CancellationToken,
    lengths: HashMap<(PathBuf, u64), Length>,
}

impl Stimuli {
    /// The stimuli of a spec that names each of them. Texts are written to `folder`, which must outlive what is returned.
    pub(super) fn of(
        spec: &Spec,
        events: Vec<ScheduledEvent>,
        find: Find,
        scanner: &Scanner,
        folder: &Path,
        cancel: &CancellationToken,
    ) -> Result<Self, Error> {
        let mut measure = Measure { find, scanner, folder, cancel, lengths: HashMap::new() };
        let mut shown = |condition: &Condition| {
            let manipulation = spec.media_of(condition).manipulation(spec.seed);
            condition.stimuli.iter().map(|stimulus| measure.shown(stimulus, manipulation)).collect()
        };
        let conditions = spec.conditions.iter().map(&mut shown).collect::<Result<_, _>>()?;
        let continuous = match spec.design() {
            Design::Continuous(design) => Some(measure.shown(&design.stimulus, spec.media.manipulation(spec.seed))?),
            _ => None,
        };
        let names = spec.conditions.iter().map(|condition| condition.name.clone()).collect();
        Ok(Self { names, conditions, events, continuous })
    }

    /// What a design needs to know of them.
    pub(super) fn material(&self) -> Material {
        let presented = |(name, shown): (&String, &Vec<Shown>)| Presented {
            name: name.clone(),
            lengths: shown.iter().map(|shown| shown.length).collect(),
        };
        Material {
            conditions: self.names.iter().zip(&self.conditions).map(presented).collect(),
            events: self.events.clone(),
            continuous_s: self.continuous.as_ref().and_then(|shown| match shown.length {
                Length::Own(seconds) => Some(seconds),
                Length::Held | Length::Silence(_) => None,
            }),
        }
    }

    /// Names of the conditions.
    pub(super) fn conditions(&self) -> &[String] {
        &self.names
    }

    pub(super) fn continuous(&self) -> Option<&Shown> {
        self.continuous.as_ref()
    }

    /// The stimulus of a trial; `None` where the trial only labels a stretch of the continuous one.
    pub(super) fn of_trial(&self, condition: usize, stimulus: usize) -> Option<&Shown> {
        self.conditions.get(condition)?.get(stimulus)
    }
}

#[cfg(test)]
impl Stimuli {
    /// Stimuli of conditions called by their numbers.
    pub(super) fn stand_in(conditions: Vec<Vec<Shown>>) -> Self {
        let names = (0..conditions.len()).map(|number| number.to_string()).collect();
        Self { names, conditions, events: Vec::new(), continuous: None }
    }
}

impl Measure<'_> {
    fn shown(&mut self, stimulus: &Stimulus, manipulation: Manipulation) -> Result<Shown, Error> {
        let file = match stimulus {
            Stimulus::Silence(seconds) => {
                return Ok(Shown { file: None, transcript: None, length: Length::Silence(*seconds), manipulation });
            }
            Stimulus::Text(text) => self.written(text)?,
            Stimulus::Upload(_) | Stimulus::File(_) => (self.find)(stimulus)?,
        };
        let rate = manipulation.speech_rate;
        let length = match self.lengths.get(&(file.clone(), rate.to_bits())) {
            Some(length) => *length,
            None => {
                let measure = || {
                    let own = length_s(&file, rate, &self.scanner.tools, self.folder, self.cancel)?;
                    Ok(own.map_or(Length::Held, Length::Own))
                };
                self.scanner.memory.length(&file, rate, measure)?
            }
        };
        self.lengths.insert((file.clone(), rate.to_bits()), length);
        Ok(Shown { transcript: transcript_beside(&file), file: Some(file), length, manipulation })
    }

    /// A text as a file, named by what it says.
    fn written(&self, text: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{}.txt", blake3::hash(text.as_bytes()).to_hex()));
        std::fs::write(&path, text).map_err(Error::file(&path))?;
        Ok(path)
    }
}

/// A transcript that lies beside a film or a sound and has its name.
fn transcript_beside(file: &Path) -> Option<PathBuf> {
    let is_text = file.extension().is_some_and(|extension| extension == "txt");
    TRANSCRIPTS.iter().map(|ending| file.with_extension(ending)).find(|path| !is_text && path.is_file())
}
