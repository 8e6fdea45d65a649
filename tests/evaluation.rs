//! Scores from outside: two people who listen to tones, a model trained for two epochs, and what `encortex evaluate` says of it,
//! computed again by NumPy in `tests/python/test_evaluation.py`.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use ndarray::Array2;
use ndarray_npy::{read_npy, write_npy};
use serde_json::Value;

type Outcome = Result<(), Box<dyn Error>>;

/// Length of a stimulus (s), and of the rest that is measured after it.
const LENGTH_S: usize = 100;
const REST_S: usize = 8;
/// Haemodynamic lag (s).
const LAG_S: usize = 5;
/// Stimuli that are learned from; one more is the test.
const TRAINING: usize = 3;
/// Of fsaverage3.
const OUTPUTS: usize = 1_284;
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
    let bytes = u32::try_from(2 * LENGTH_S * SOUND_HZ)?;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for field in [16u32, 0x0001_0001, SOUND_HZ as u32, 2 * SOUND_HZ as u32, 0x0010_0002] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    for sample in 0..LENGTH_S * SOUND_HZ {
        let tone = (440.0 * std::f64::consts::TAU * sample as f64 / SOUND_HZ as f64).sin();
        let value = 0.8 * loudness(stimulus, sample / SOUND_HZ) * tone;
        file.extend(((value * f64::from(i16::MAX)) as i16).to_le_bytes());
    }
    Ok(std::fs::write(path, file)?)
}

/// A study in a folder: three sounds that two people heard once, and a fourth that they heard twice.
struct Laboratory {
    folder: tempfile::TempDir,
}

impl Laboratory {
    fn new() -> Result<Self, Box<dyn Error>> {
        let laboratory = Self { folder: tempfile::tempdir()? };
        let mut study = "simulated = true\n".to_owned();
        for stimulus in 0..=TRAINING {
            write_wav(&laboratory.path(&format!("tones-{stimulus}.wav")), stimulus)?;
            let (split, repeats) = if stimulus < TRAINING { ("train", 1) } else { ("test", 2) };
            for (person, subject) in ["sub-01", "sub-02"].into_iter().enumerate() {
                for repeat in 0..repeats {
                    let name = format!("{subject}_{stimulus}_{repeat}.npy");
                    write_npy(laboratory.path(&name), &measured(person, stimulus, repeat))?;
                    write!(
                        study,
                        "[[runs]]\nsubject = '{subject}'\nsplit = '{split}'\nbold = '{name}'\ntr_s = 1.0\n\
                         stimulus = {{ audio = 'tones-{stimulus}.wav' }}\n"
                    )?;
                }
            }
        }
        std::fs::write(laboratory.path("study.toml"), study)?;
        std::fs::write(laboratory.path("train.toml"), CONFIGURATION)?;
        Ok(laboratory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn encortex(&self, arguments: &[&str]) -> Result<Output, Box<dyn Error>> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_encortex"));
        command.args(arguments).current_dir(self.folder.path()).env("ENCORTEX_DATA_DIR", self.path("data"));
        command.env("ENCORTEX_SURFACES", Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5"));
        Ok(command.env("ENCORTEX_DEVICE", "cpu").stdin(Stdio::null()).output()?)
    }

    fn evaluate(&self, more: &[&str]) -> Result<Output, Box<dyn Error>> {
        self.encortex(&[&["--model", "model", "evaluate", "study.toml"], more].concat())
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

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn refusal(output: &Output) -> String {
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn scores_are_those_of_numpy_and_bad_input_is_refused() -> Outcome {
    if !Path::new(env!("CARGO_MANIFEST_DIR")).join("share/fsaverage5").is_dir() {
        eprintln!("SKIPPED: share/fsaverage5 is absent; run scripts/setup");
        return Ok(());
    }
    let laboratory = Laboratory::new()?;
    succeeded(&laboratory.encortex(&["train", "train.toml", "--out", "model"])?);

    let said = succeeded(&laboratory.evaluate(&["--out", "scores"])?);
    assert!(said.contains("simulated responses, nobody was scanned") && said.contains("R_group"), "{said}");
    let report: Value = serde_json::from_slice(&std::fs::read(laboratory.path("scores/evaluation.json"))?)?;
    everything_is_reported(&report);
    the_same_by_numpy(&laboratory)?;
    an_own_subject_predicts_everybody(&laboratory)?;
    bad_input_is_refused(&laboratory)
}

fn everything_is_reported(report: &Value) {
    let number = |value: &Value| value.as_f64().unwrap_or_else(|| panic!("{value} is no number"));
    assert_eq!((&report["scored"], &report["simulated"]), (&"test".into(), &true.into()));
    assert_eq!((&report["outputs"], &report["space"]), (&OUTPUTS.into(), &"fsaverage3".into()));
    for person in report["people"].as_array().unwrap() {
        assert_eq!((&person["predicted_by"], &person["runs"]), (&person["subject"], &2.into()));
        assert_eq!(person["masked"], 2, "one output is constant and one has a hole");
        let linear = &person["linear"];
        assert!(number(&linear["mean_r"]) > 0.3 && number(&person["mean_r"]) > 0.2, "{person}");
        let ratio = number(&person["mean_r"]) / number(&linear["mean_r"]);
        assert!((number(&linear["ratio"]) - ratio).abs() < 1e-6);
        assert_eq!(linear["runs"], TRAINING);
        assert_eq!(linear["modalities"][0]["modality"], "audio", "a sound has no other features");
        assert!(number(&person["retrieval"]["top_1"]) > 2.0 * number(&person["retrieval"]["chance"]), "{person}");
        assert!(number(&person["shifts"]["significant"]) > 0.3, "{person}");
        let ceiling = &person["ceiling"];
        assert!(ceiling["repeats"] == 2 && number(&ceiling["r"]) > number(&person["mean_r"]), "{person}");
        assert!(person["regions"].as_array().unwrap().len() > 10);
    }
    let group = &report["group"];
    assert_eq!((&group["predicted_by"], &group["stimuli"]), (&"average".into(), &1.into()));
    assert_eq!(group["people"].as_array().unwrap().len(), 2);
    assert_eq!((&report["comparison"]["over"], &report["comparison"]["pairs"]), (&"people".into(), &2.into()));
}

/// The predictions and the maps, beside the runs as they were written.
fn the_same_by_numpy(laboratory: &Laboratory) -> Outcome {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let imports = ["-c", "import nibabel, numpy, pytest, scipy"];
    if !Command::new(&python).args(imports).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {} has no nibabel, numpy, scipy and pytest", python.display());
        return Ok(());
    }
    let sound = format!("tones-{TRAINING}.wav");
    let predict = ["--model", "model", "predict", "--audio", &sound, "--out", "predicted", "--format", "npy"];
    let subjects = ["--subject", "sub-01", "--subject", "sub-02", "--subject", "average"];
    succeeded(&laboratory.encortex(&[&predict[..], &subjects[..]].concat())?);
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/test_evaluation.py"))
        .env("ENCORTEX_EVALUATION", laboratory.folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of the scores failed");
    Ok(())
}

fn an_own_subject_predicts_everybody(laboratory: &Laboratory) -> Outcome {
    let fit = ["--model", "model", "subject", "fit", "ann", "study.toml", "--of", "sub-01"];
    succeeded(&laboratory.encortex(&fit)?);
    let said = succeeded(&laboratory.evaluate(&["--as", "ann", "--out", "by-ann"])?);
    let report: Value = serde_json::from_slice(&std::fs::read(laboratory.path("by-ann/evaluation.json"))?)?;
    let by: Vec<&Value> = report["people"].as_array().unwrap().iter().map(|person| &person["predicted_by"]).collect();
    assert!(by.iter().all(|by| *by == "ann") && report["group"]["predicted_by"] == "ann", "{said}");
    Ok(())
}

fn bad_input_is_refused(laboratory: &Laboratory) -> Outcome {
    let study = std::fs::read_to_string(laboratory.path("study.toml"))?;
    let whole: Array2<f32> = read_npy(laboratory.path("sub-01_3_0.npy"))?;
    write_npy(laboratory.path("narrow.npy"), &whole.slice(ndarray::s![.., 1..]).to_owned())?;
    for (from, to, named) in [
        (
            "sub-01_3_0.npy'\ntr_s = 1.0",
            "sub-01_3_0.npy'\ntr_s = 2.0",
            "lasts 216.0 s where its stimulus ends after 100.0 s",
        ),
        ("sub-01_3_0.npy'\ntr_s = 1.0", "sub-01_3_0.npy'\ntr_s = 1000.0", "it looks like milliseconds"),
        ("sub-01_3_0.npy", "narrow.npy", "has the shape [108, 1283]"),
        ("subject = 'sub-01'", "subject = '../sub-01'", "../sub-01"),
    ] {
        std::fs::write(laboratory.path("study.toml"), study.replace(from, to))?;
        let refused = refusal(&laboratory.evaluate(&[])?);
        assert!(refused.contains(named), "{refused}");
    }
    std::fs::write(laboratory.path("study.toml"), &study)?;
    let refused = refusal(&laboratory.evaluate(&["--as", "nobody"])?);
    assert!(refused.contains("nobody") && refused.contains("sub-02"), "{refused}");

    let unmarked = study
        .replace("split = 'train'\n", "")
        .replace("split = 'test'\n", "")
        .replace("subject = 'sub-02'", "subject = 'sub-03'");
    std::fs::write(laboratory.path("study.toml"), unmarked)?;
    let said = succeeded(&laboratory.evaluate(&[])?);
    for note in ["no run is marked as test", "no linear model of sub-01, sub-03", "average predicts them"] {
        assert!(said.contains(note), "{said}");
    }
    Ok(())
}
