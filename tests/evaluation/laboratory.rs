//! The study that is evaluated: three sounds that two people heard once, and a fourth that they heard twice.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ndarray::Array2;
use ndarray_npy::write_npy;
use serde_json::Value;

pub(crate) type Outcome = Result<(), Box<dyn Error>>;

/// Length of a stimulus (s), and of the rest that is measured after it.
const LENGTH_S: usize = 100;
const REST_S: usize = 8;
/// Haemodynamic lag (s).
const LAG_S: usize = 5;
/// Stimuli that are learned from; one more is the test.
pub(crate) const TRAINING: usize = 3;
/// Of fsaverage3.
pub(crate) const OUTPUTS: usize = 1_284;
const SOUND_HZ: usize = 16_000;
/// An output that never changes, and one with a hole.
const CONSTANT: usize = 7;
const LACKING: usize = 9;

const CONFIGURATION: &str = "study = 'study.toml'\n[model]\nmesh = 'fsaverage3'\nhidden = 48\ndepth = 1\nheads = 1\n\
     low_rank = 8\nwindow_trs = 20\n[training]\nepochs = 12\nbatch = 4\nlearning_rate = 0.004\n";

/// A value in [0, 1) that follows from a number, without a pattern.
fn noise(number: usize) -> f64 {
    ((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1u64 << 24) as f64
}

/// How loud a second of a stimulus is.
fn loudness(stimulus: usize, second: usize) -> f64 {
    let draw = noise((stimulus * LENGTH_S + second / 3) * 2);
    if draw < 0.4 { 0.0 } else { draw }
}

/// Tones that begin and end.
fn write_wav(path: &Path, stimulus: usize) -> Outcome {
    let sample = |sample: usize| {
        let tone = (440.0 * std::f64::consts::TAU * sample as f64 / SOUND_HZ as f64).sin();
        (0.8 * loudness(stimulus, sample / SOUND_HZ) * tone * f64::from(i16::MAX)) as i16
    };
    Ok(std::fs::write(path, wav((0..LENGTH_S * SOUND_HZ).map(sample)))?)
}

/// Nothing to be heard. A byte behind the sound tells stimuli apart.
pub(crate) fn silence(stimulus: usize) -> Vec<u8> {
    wav((0..LENGTH_S * SOUND_HZ).map(|_| 0)).into_iter().chain([stimulus as u8, 0]).collect()
}

fn wav(samples: impl Iterator<Item = i16>) -> Vec<u8> {
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let bytes = data.len() as u32;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for field in [16u32, 0x0001_0001, SOUND_HZ as u32, 2 * SOUND_HZ as u32, 0x0010_0002] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(data);
    file
}

/// A study in a folder: three sounds that two people heard once, and a fourth that they heard twice.
pub(crate) struct Laboratory {
    pub(crate) folder: tempfile::TempDir,
}

impl Laboratory {
    pub(crate) fn new() -> Result<Self, Box<dyn Error>> {
        let laboratory = Self { folder: tempfile::tempdir()? };
        let mut study = "simulated = true\n".to_owned();
        for stimulus in 0..=TRAINING {
            write_wav(&laboratory.path(&format!("tones-{stimulus}.wav")), stimulus)?;
        }
        for (subject, stimulus, repeat, name) in Self::runs() {
            write_npy(laboratory.path(&name), &measured(usize::from(subject == "sub-02"), stimulus, repeat))?;
            let split = if stimulus < TRAINING { "train" } else { "test" };
            write!(
                study,
                "[[runs]]\nsubject = '{subject}'\nsplit = '{split}'\nbold = '{name}'\ntr_s = 1.0\n\
                 stimulus = {{ audio = 'tones-{stimulus}.wav' }}\n"
            )?;
        }
        std::fs::write(laboratory.path("study.toml"), study)?;
        std::fs::write(laboratory.path("train.toml"), CONFIGURATION)?;
        Ok(laboratory)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program with these arguments, at home in the study's folder.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_encortex"));
        command.args(arguments).current_dir(self.folder.path()).env("ENCORTEX_DATA_DIR", self.path("data"));
        command.env("ENCORTEX_SURFACES", Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5"));
        command.env("ENCORTEX_DEVICE", "cpu").stdin(Stdio::null());
        command
    }

    pub(crate) fn encortex(&self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        Ok(self.command(arguments).output()?)
    }

    pub(crate) fn evaluate(&self, more: &[&str]) -> Result<Output, Box<dyn Error>> {
        self.encortex(&[&["--model", "model", "evaluate", "study.toml"], more].concat())
    }

    /// Fits a subject to the runs of the first person, with more arguments.
    pub(crate) fn fit(&self, name: &str, more: &[&str]) -> Result<Output, Box<dyn Error>> {
        self.encortex(&[&["--model", "model", "subject", "fit", name, "study.toml", "--of", "sub-01"], more].concat())
    }

    /// Every run's file, with who was measured, which stimulus, and which time.
    pub(crate) fn runs() -> impl Iterator<Item = (&'static str, usize, usize, String)> {
        (0..=TRAINING).flat_map(|stimulus| {
            ["sub-01", "sub-02"].into_iter().flat_map(move |subject| {
                let repeats = if stimulus < TRAINING { 1 } else { 2 };
                (0..repeats)
                    .map(move |repeat| (subject, stimulus, repeat, format!("{subject}_{stimulus}_{repeat}.npy")))
            })
        })
    }

    /// What an evaluation wrote into a folder.
    pub(crate) fn report(&self, folder: &str) -> Result<Value, Box<dyn Error>> {
        Ok(serde_json::from_slice(&std::fs::read(self.path(folder).join("evaluation.json"))?)?)
    }
}

/// Loudness five seconds before, louder in some outputs than in others, with a drift and noise that differs from run to run.
fn measured(person: usize, stimulus: usize, repeat: usize) -> Array2<f32> {
    let run = (person * (TRAINING + 1) + stimulus) * 2 + repeat;
    Array2::from_shape_fn((LENGTH_S + REST_S, OUTPUTS), |(scan, output)| {
        let heard = scan.checked_sub(LAG_S).filter(|second| *second < LENGTH_S);
        let heard = heard.map_or(0.0, |second| loudness(stimulus, second));
        let gain = 3.0 * noise(output);
        let own = noise((run * (LENGTH_S + REST_S) + scan) * OUTPUTS + output) - 0.5;
        match output {
            CONSTANT => 640.0,
            LACKING if scan == 3 => f32::NAN,
            _ => (700.0 + 20.0 * (gain * heard + own) + 0.1 * scan as f64) as f32,
        }
    })
}

pub(crate) fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}
