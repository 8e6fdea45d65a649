//! Training from outside: a small study whose responses are a known function of its sounds, a model trained on it, and a
//! prediction with that model.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use encortex::catalogue::SubjectShelf;
use encortex::features::{BuiltIn, DeviceChoice, ExtractorSource, Modality};
use encortex::predict::{FeatureReader, NamedExtractor, PipelineConfig};
use encortex::stimulus::{Ffmpeg, Limits, Source, Speech, Tools};
use ndarray::{Array2, Array3, Axis, Slice};
use ndarray_npy::write_npy;
use tokio_util::sync::CancellationToken;

type Outcome = Result<(), Box<dyn Error>>;

/// Length of a stimulus (s), and of the rest that is measured after it.
const LENGTH_S: usize = 64;
const REST_S: usize = 8;
/// Haemodynamic lag (s).
const LAG_S: usize = 5;
const STIMULI: usize = 9;
/// The last stimuli: films, one of which is held out.
const FILMS: usize = 2;
/// Of fsaverage3.
const OUTPUTS: usize = 1_284;
const SOUND_HZ: usize = 16_000;
/// Parts of the spectrum, each of which drives responses of its own.
const DRIVES: usize = 4;

const CONFIGURATION: &str = "study = 'study.toml'\nhalf = true\ndescription = 'a model of tones'\nlicence = 'CC0'\n\
     [model]\nmesh = 'fsaverage3'\nhidden = 96\ndepth = 1\nheads = 2\nlow_rank = 12\nwindow_trs = 16\n\
     [training]\nepochs = 40\nbatch = 4\nlearning_rate = 0.004\npatience = 40\n";

/// A value in [0, 1) that follows from a number, without a pattern.
fn noise(number: usize) -> f64 {
    ((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1u64 << 24) as f64
}

/// A sequence of tones and pauses, one a second.
fn tones(number: usize) -> Vec<i16> {
    let mut phase = 0.0;
    let mut samples = Vec::new();
    for second in 0..LENGTH_S {
        let draw = |part: usize| noise((number * LENGTH_S + second) * 3 + part);
        let frequency = 150.0 * 2f64.powf(5.0 * draw(0));
        let loudness = if draw(1) < 0.3 { 0.0 } else { 0.1 + 0.6 * draw(2) };
        for _ in 0..SOUND_HZ {
            phase += frequency / SOUND_HZ as f64;
            samples.push((loudness * (std::f64::consts::TAU * phase).sin() * f64::from(i16::MAX)) as i16);
        }
    }
    samples
}

fn write_wav(path: &Path, samples: &[i16]) -> Outcome {
    let bytes = u32::try_from(2 * samples.len())?;
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    for field in [16u32, 0x0001_0001, SOUND_HZ as u32, 2 * SOUND_HZ as u32, 0x0010_0002] {
        file.extend(field.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    Ok(std::fs::write(path, file)?)
}

fn ffmpeg() -> String {
    std::env::var("ENCORTEX_FFMPEG").unwrap_or_else(|_| "ffmpeg".to_owned())
}

/// A film of a test pattern with this sound.
fn write_film(path: &Path, sound: &Path) -> Outcome {
    let made = Command::new(ffmpeg())
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y", "-f", "lavfi"])
        .args(["-i", &format!("testsrc=duration={LENGTH_S}:size=64x48:rate=8"), "-i"])
        .arg(sound)
        .args(["-pix_fmt", "yuv420p", "-c:a", "flac", "-strict", "-2"])
        .arg(path)
        .output()?;
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Ok(())
}

/// A study in a folder: its stimuli, and the runs of two people.
struct Laboratory {
    folder: tempfile::TempDir,
}

impl Laboratory {
    fn new() -> Result<Self, Box<dyn Error>> {
        let laboratory = Self { folder: tempfile::tempdir()? };
        let mut sources = Vec::new();
        for number in 0..STIMULI {
            let sound = laboratory.path(&format!("tones-{number}.wav"));
            write_wav(&sound, &tones(number))?;
            if number < STIMULI - FILMS {
                sources.push(Source::Audio { path: sound, transcript: None });
            } else {
                let film = laboratory.path(&format!("film-{number}.mkv"));
                write_film(&film, &sound)?;
                sources.push(Source::Video { path: film, transcript: None });
            }
        }
        laboratory.measure(&sources)?;
        std::fs::write(laboratory.path("train.toml"), CONFIGURATION)?;
        Ok(laboratory)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes runs: a mixture of what drives responses, five seconds later, with noise. The second person responds less.
    fn measure(&self, sources: &[Source]) -> Outcome {
        let drives = self.drives(sources)?;
        let mut study = String::new();
        for (number, (source, drive)) in sources.iter().zip(&drives).enumerate() {
            let split = if number % 3 == 2 { "validation" } else { "train" };
            let mut source = source.clone();
            let shown = source.files_mut()[0].clone();
            for (subject, gain) in [("sub-01", 1.0), ("sub-02", 0.6)] {
                let bold = Array2::from_shape_fn((LENGTH_S + REST_S, OUTPUTS), |(scan, output)| {
                    let mixed = scan.checked_sub(LAG_S).filter(|second| *second < LENGTH_S).map_or(0.0, |second| {
                        (0..DRIVES).map(|part| (noise(output * DRIVES + part) - 0.5) * drive[[part, second]]).sum()
                    });
                    let own = noise(((number * 2 + subject.len()) * 100 + scan) * OUTPUTS + output) - 0.5;
                    (700.0 + 20.0 * (gain * mixed + own) + 0.1 * scan as f64) as f32
                });
                let name = format!("{subject}_task-{number}_bold.npy");
                write_npy(self.path(&name), &bold)?;
                write!(
                    study,
                    "[[runs]]\nsubject = '{subject}'\nsplit = '{split}'\nbold = '{name}'\ntr_s = 1.0\n\
                     stimulus = {{ {} = '{}' }}\n",
                    source.kind(),
                    shown.file_name().unwrap_or_default().to_string_lossy()
                )?;
            }
        }
        Ok(std::fs::write(self.path("study.toml"), study)?)
    }

    /// For each stimulus how loud each part of its spectrum is, `(part, second)`, of mean 0 and unit variance over all stimuli.
    fn drives(&self, sources: &[Source]) -> Result<Vec<Array2<f64>>, Box<dyn Error>> {
        let named = |name: &str, modality| -> Result<_, Box<dyn Error>> {
            let source = ExtractorSource::BuiltIn(BuiltIn::named(name, modality).ok_or("a built-in extractor")??);
            Ok(NamedExtractor { name: name.to_owned(), source })
        };
        let reader = FeatureReader::open(
            named("built-in:lexical", Modality::Text)?,
            named("built-in:spectro-temporal", Modality::Audio)?,
            named("built-in:motion-energy", Modality::Video)?,
            &self.pipeline()?,
        )?;
        let mut drives = Vec::new();
        for source in sources {
            let read = reader.read(source, 2.0, self.folder.path(), &mut |_, _| {}, &CancellationToken::new())?;
            assert!(read.start_s == 0.0 && (read.end_s - LENGTH_S as f64).abs() < 0.5, "{}", read.end_s);
            drives.push(loudness(read.features[1].as_ref().ok_or("the stimulus has sound")?));
        }
        for part in 0..DRIVES {
            let all: Vec<f64> = drives.iter().flat_map(|drive| drive.row(part).to_vec()).collect();
            let mean = all.iter().sum::<f64>() / all.len() as f64;
            let spread = (all.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / all.len() as f64).sqrt();
            drives.iter_mut().for_each(|drive| drive.row_mut(part).mapv_inplace(|value| (value - mean) / spread));
        }
        Ok(drives)
    }

    fn pipeline(&self) -> Result<PipelineConfig, Box<dyn Error>> {
        let program = std::env::var_os("ENCORTEX_FFMPEG").map(PathBuf::from);
        let tools = Tools {
            ffmpeg: Ffmpeg::locate(program.as_deref())?,
            speech: Speech::locate(None, "en-us"),
            transcriber: None,
            limits: Limits { duration_s: 600.0 },
        };
        let own_subjects = SubjectShelf::new(self.path("data/subjects"));
        Ok(PipelineConfig {
            device: DeviceChoice::Cpu,
            precision: None,
            cache: self.path("data/cache"),
            tools,
            own_subjects,
        })
    }

    fn encortex(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_encortex"));
        command.args(arguments).current_dir(self.folder.path()).env("ENCORTEX_DATA_DIR", self.path("data"));
        // Threads share sums in an order of their own, which differs in the last digit from run to run.
        command.env("OMP_NUM_THREADS", "1");
        command.env("ENCORTEX_DEVICE", "cpu").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn train(&self, out: &str) -> Result<Output, Box<dyn Error>> {
        Ok(self.encortex(&["train", "train.toml", "--out", out]).output()?)
    }

    /// Trains until the log has so many rows, then sends this signal and waits for the end.
    fn train_until(&self, rows: usize, signal: &str, out: &str) -> Outcome {
        let mut training = self.encortex(&["train", "train.toml", "--out", out]).spawn()?;
        while self.log(out).map_or(0, |log| log.len()) < rows {
            if let Some(status) = training.try_wait()? {
                return Err(format!("it ended by itself: {status}").into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        send(&training, signal)?;
        assert!(!training.wait()?.success());
        Ok(())
    }

    /// The columns of the log, but for the last one, of seconds.
    fn log(&self, out: &str) -> Result<Vec<Vec<String>>, Box<dyn Error>> {
        let mut reader = csv::Reader::from_path(self.path(out).join("log.csv"))?;
        let records = reader.records().collect::<Result<Vec<_>, _>>()?;
        let columns = |record: &csv::StringRecord| record.iter().take(record.len() - 1).map(str::to_owned).collect();
        Ok(records.iter().map(columns).collect())
    }
}

fn send(process: &Child, signal: &str) -> Outcome {
    assert!(Command::new("kill").args([signal, &process.id().to_string()]).status()?.success());
    Ok(())
}

/// The mean of each part of the channels, a second.
fn loudness(features: &Array3<f32>) -> Array2<f64> {
    let width = features.dim().1 / DRIVES;
    Array2::from_shape_fn((DRIVES, LENGTH_S), |(part, second)| {
        let channels = features.slice_axis(Axis(1), Slice::from(part * width..(part + 1) * width));
        let second = channels.slice_axis(Axis(2), Slice::from(2 * second..2 * second + 2)).to_owned();
        f64::from(second.mean().unwrap_or(0.0))
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
fn a_model_learns_goes_on_after_a_kill_and_predicts() -> Outcome {
    let laboratory = Laboratory::new()?;
    let said = succeeded(&laboratory.train("unbroken")?);
    assert!(said.contains("6 stimuli (0.11 h), 2 subjects"), "{said}");

    let log = laboratory.log("unbroken")?;
    let losses: Vec<f64> = log.iter().map(|row| row[2].parse()).collect::<Result<_, _>>()?;
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    let (first, last) = (mean(&losses[..3]), mean(&losses[losses.len() - 3..]));
    assert!(last < 0.8 * first, "{first} → {last}");
    let outcome: serde_json::Value = serde_json::from_slice(&std::fs::read(laboratory.path("unbroken/outcome.json"))?)?;
    let r = outcome["validation_r"].as_f64().ok_or("a score")?;
    assert!(r > 0.5, "held-out r {r}");

    laboratory.train_until(5, "-INT", "broken")?;
    laboratory.train_until(20, "-KILL", "broken")?;
    succeeded(&laboratory.train("broken")?);
    assert_eq!(laboratory.log("broken")?, log);
    let weights = |out: &str| std::fs::read(laboratory.path(out).join("model.safetensors"));
    assert!(weights("broken")? == weights("unbroken")?, "the weights differ");

    let card = succeeded(&laboratory.encortex(&["model", "show", "unbroken"]).output()?);
    assert!(card.contains("a model of tones; trained on 6 stimuli") && card.contains("CC0"), "{card}");
    let predict = ["predict", "--model", "unbroken", "--audio", "tones-2.wav", "--subject", "sub-02"];
    let predict = [&predict[..], &["--out", "predicted", "--format", "npy"]].concat();
    succeeded(&laboratory.encortex(&predict).output()?);
    let prediction: serde_json::Value =
        serde_json::from_slice(&std::fs::read(laboratory.path("predicted/prediction.json"))?)?;
    assert_eq!(prediction["model"]["trained"], true);
    assert_eq!((&prediction["seconds"], &prediction["vertices"]), (&64.into(), &OUTPUTS.into()));

    let changed = CONFIGURATION.replace("epochs = 40", "epochs = 41");
    std::fs::write(laboratory.path("train.toml"), changed)?;
    let refused = refusal(&laboratory.train("unbroken")?);
    assert!(refused.contains("holds the state of another training (its configuration differs)"), "{refused}");

    let study = std::fs::read_to_string(laboratory.path("study.toml"))?;
    for (from, to, named) in [
        ("tr_s = 1.0", "tr_s = 2.0", "lasts 144.0 s where its stimulus ends after 64.0 s"),
        ("tr_s = 1.0", "tr_s = 1000.0", "it looks like milliseconds"),
        ("tr_s = 1.0", "", "give tr_s (s)"),
        ("tones-2.wav", "tones-0.wav", "a stimulus is of one split only"),
    ] {
        std::fs::write(laboratory.path("study.toml"), study.replace(from, to))?;
        let refused = refusal(&laboratory.train("other")?);
        assert!(refused.contains(named), "{refused}");
    }
    Ok(())
}
