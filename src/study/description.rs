//! A study as it is written down: `study.toml`, or a BIDS folder.
//!
//! ```toml
//! tolerance_s = 20.0                    # how much a run and its stimulus may differ in length (s)
//! simulated = false                     # whether the responses were simulated
//!
//! [[runs]]
//! subject = "sub-01"
//! split = "train"                       # or validation, or test; without it, a rule decides
//! bold = "sub-01/func/sub-01_task-film_bold.npy"   # of a GIFTI pair, either hemisphere's file
//! dataset = "bold"                      # of an HDF5 file
//! tr_s = 1.0                            # where file and sidecar do not say it
//! onset_s = 0.0                         # where in the run the stimulus begins (s)
//! [runs.stimulus]                       # one of video, audio, text, events
//! video = "stimuli/film.mp4"
//! transcript = "stimuli/film.tsv"
//! ```
//!
//! Paths are relative to the file.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{Error, Split, StudyRun, bids};
use crate::bold::{BoldFile, Sidecar};
use crate::stimulus::{Source, TextTiming};

/// How much a run and its stimulus may differ in length where it is not said (s): fixation before or after, and the scanner's
/// end, are usual.
pub const TOLERANCE_S: f64 = 20.0;

/// Runs of people who were measured while stimuli were shown.
#[derive(Clone, Debug)]
pub struct Study {
    pub runs: Vec<StudyRun>,
    pub tolerance_s: f64,
    /// Whether its responses were simulated and nobody was scanned.
    pub simulated: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    tolerance_s: Option<f64>,
    #[serde(default)]
    simulated: bool,
    runs: Vec<WrittenRun>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRun {
    subject: String,
    split: Option<Split>,
    bold: PathBuf,
    dataset: Option<String>,
    tr_s: Option<f64>,
    #[serde(default)]
    onset_s: f64,
    stimulus: WrittenStimulus,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenStimulus {
    video: Option<PathBuf>,
    audio: Option<PathBuf>,
    text: Option<PathBuf>,
    events: Option<PathBuf>,
    transcript: Option<PathBuf>,
    timing: Option<TextTiming>,
}

impl Study {
    /// Reads a `study.toml`, or finds the runs of a BIDS folder. It is a simulated one too where the description of the dataset or
    /// the sidecar of a run says so.
    ///
    /// # Errors
    /// What is wrong with the file or the folder, with the number of the run.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let mut study = if path.is_dir() {
            Self { runs: bids::runs(path)?, tolerance_s: TOLERANCE_S, simulated: bids::is_simulated(path)? }
        } else {
            Self::read(path)?
        };
        for run in &study.runs {
            study.simulated |= Sidecar::of(run.bold.path())?.simulated == Some(true);
        }
        Ok(study)
    }

    fn read(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::read(path))?;
        let written: Written =
            toml::from_str(&text).map_err(|source| Error::Toml { path: path.to_owned(), source: Box::new(source) })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let run = |(index, run): (usize, WrittenRun)| {
            let fault = |fault: &str| Error::Run { study: path.to_owned(), run: index + 1, fault: fault.to_owned() };
            run.read(folder, fault)
        };
        let runs = written.runs.into_iter().enumerate().map(run).collect::<Result<Vec<_>, _>>()?;
        if runs.is_empty() {
            return Err(Error::NoRuns { folder: path.to_owned() });
        }
        let tolerance_s = written.tolerance_s.unwrap_or(TOLERANCE_S);
        Ok(Self { runs, tolerance_s, simulated: written.simulated })
    }
}

impl WrittenRun {
    fn read(self, folder: &Path, fault: impl Fn(&str) -> Error) -> Result<StudyRun, Error> {
        if self.subject.trim().is_empty() || self.subject == crate::encoder::AVERAGE {
            return Err(fault(&format!("is of the subject {:?}: name a person", self.subject)));
        }
        if !self.onset_s.is_finite() {
            return Err(fault(&format!("has the onset {} s", self.onset_s)));
        }
        Ok(StudyRun {
            bold: BoldFile::named(&folder.join(&self.bold), self.dataset.as_deref())?,
            source: self.stimulus.source(folder).map_err(fault)?,
            subject: self.subject,
            tr_s: self.tr_s,
            onset_s: self.onset_s,
            split: self.split,
        })
    }
}

impl WrittenStimulus {
    fn source(self, folder: &Path) -> Result<Source, &'static str> {
        let transcript = self.transcript.map(|path| folder.join(path));
        if transcript.is_some() && (self.text.is_some() || self.events.is_some()) {
            return Err("has a transcript, which only video and audio take");
        }
        if self.timing.is_some() && self.text.is_none() {
            return Err("has a timing, which only a text takes");
        }
        match (self.video, self.audio, self.text, self.events) {
            (Some(path), None, None, None) => Ok(Source::Video { path: folder.join(path), transcript }),
            (None, Some(path), None, None) => Ok(Source::Audio { path: folder.join(path), transcript }),
            (None, None, Some(path), None) => {
                Ok(Source::Text { path: folder.join(path), timing: self.timing.unwrap_or_default() })
            }
            (None, None, None, Some(path)) => Ok(Source::Events { path: folder.join(path), files: None }),
            _ => Err("has a stimulus that is not one of video, audio, text, events"),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opened(text: &str) -> Result<Study, Error> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        std::fs::write(&path, text).unwrap();
        Study::open(&path)
    }

    const RUN: &str = "[[runs]]\nsubject = 'sub-01'\nsplit = 'test'\nbold = 'a_bold.npy'\ntr_s = 1.5\n\
         stimulus = { video = 'a.mp4', transcript = 'a.tsv' }\n";

    #[test]
    fn a_run_is_read_with_its_paths_beside_the_file() {
        let study = opened(RUN).unwrap();
        let run = &study.runs[0];
        assert_eq!(
            (run.subject.as_str(), run.split, run.tr_s, run.onset_s),
            ("sub-01", Some(Split::Test), Some(1.5), 0.0)
        );
        assert!(run.path().is_absolute() && run.path().ends_with("a_bold.npy"));
        assert!(matches!(&run.source, Source::Video { path, transcript: Some(_) } if path.ends_with("a.mp4")));
        assert_eq!(study.tolerance_s, TOLERANCE_S);
    }

    #[test]
    fn a_run_whose_sidecar_says_so_makes_the_study_a_simulated_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.toml");
        std::fs::write(&path, RUN).unwrap();
        assert!(!Study::open(&path).unwrap().simulated);
        std::fs::write(folder.path().join("a_bold.json"), "{\"Simulated\": true}").unwrap();
        assert!(Study::open(&path).unwrap().simulated);
    }

    #[test]
    fn faults_name_the_run() {
        for (from, to, fault) in [
            ("video = 'a.mp4'", "video = 'a.mp4', audio = 'a.wav'", "run 2 of"),
            ("'sub-01'", "'average'", "name a person"),
            ("transcript", "timing = 'spoken', transcript", "which only a text takes"),
            ("tr_s = 1.5", "onset_s = inf", "has the onset inf s"),
        ] {
            let refusal = opened(&format!("{RUN}{}", RUN.replace(from, to))).unwrap_err().to_string();
            assert!(refusal.contains(fault), "{refusal}");
        }
        assert!(matches!(opened("runs = []"), Err(Error::NoRuns { .. })));
        assert!(matches!(opened(&RUN.replace("subject", "person")), Err(Error::Toml { .. })));
    }

    proptest! {
        #[test]
        fn a_damaged_study_is_read_or_refused(at in 0..RUN.len(), patch in "\\PC{0,8}") {
            let mut text = RUN.to_owned();
            text.insert_str(text.floor_char_boundary(at), &patch);
            let _ = opened(&text);
        }
    }
}
