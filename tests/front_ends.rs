//! Features that need no weights, made by the extractors and computed again plainly by NumPy and SciPy:
//! `tests/python/test_front_ends.py`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::features::lexical::Lexical;
use encortex::features::motion_energy::{Grain, MotionEnergy};
use encortex::features::spectro_temporal::SpectroTemporal;
use encortex::features::{Compute, DeviceChoice, Features};
use encortex::stimulus::{Film, FilmSource, Sound, Word, content_of};
use ndarray::{Array2, Array3, ArrayD};
use ndarray_npy::write_npy;

/// Seconds of film and of sound.
const LENGTH_S: f64 = 6.0;
const FPS: f64 = 12.0;
const SIDES: [usize; 2] = [120, 160];
const SOUND_HZ: u32 = 16_000;
const WORDS: [&str; 6] = ["The", "quick", "brown", "fox", "doesn't", "listen."];

#[test]
fn numpy_computes_the_same() -> Result<(), Box<dyn Error>> {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let imports = ["-c", "import numpy, pytest, scipy"];
    if !Command::new(&python).args(imports).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {} has no numpy, scipy and pytest", python.display());
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let compute = Compute::new(DeviceChoice::Cpu, None)?;
    film(folder.path(), &MotionEnergy::new(Grain::Coarse, compute))?;
    sound(folder.path(), &SpectroTemporal::new(compute))?;
    words(folder.path())?;
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/test_front_ends.py"))
        .env("ENCORTEX_FRONT_ENDS", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of the front ends failed");
    Ok(())
}

/// `(item, value)` of features that have one layer group.
fn write(folder: &Path, name: &str, features: &Features) -> Result<(), Box<dyn Error>> {
    let items = features.index_axis(ndarray::Axis(0), 0).t().to_owned();
    Ok(write_npy(folder.join(format!("{name}.npy")), &items)?)
}

/// Colours that drift: `(frame, height, width, channel)`.
fn film(folder: &Path, extractor: &MotionEnergy) -> Result<(), Box<dyn Error>> {
    let [height, width] = SIDES;
    let frames = (LENGTH_S * FPS) as usize;
    let pixels = ArrayD::from_shape_fn(vec![frames, height, width, 3], |at| {
        let [t, y, x, channel] = [0, 1, 2, 3].map(|axis| at[axis] as f64);
        let drift = (0.12 * x + 0.5 * t + channel).sin() + (0.2 * y - 0.3 * t).cos() + (0.002 * x * y + 0.7 * t).sin();
        (128.0 + 40.0 * drift).round() as u8
    });
    write_npy(folder.join("film.npy"), &pixels)?;
    let path = folder.join("film.npy");
    let film = Film {
        content: content_of(&path)?,
        path,
        start: 0.0,
        duration: LENGTH_S,
        offset: 0.0,
        source: FilmSource::Video { fps: FPS },
        width: width as u32,
        height: height as u32,
        retouch: None,
    };
    let shown = pixels.outer_iter().map(|frame| Ok(frame.iter().copied().collect()));
    write(folder, "motion_energy", &extractor.film(&film, shown, &mut |_| Ok(()))?)
}

/// A tone that glides through two octaves, ripples, and falls silent.
fn sound(folder: &Path, extractor: &SpectroTemporal) -> Result<(), Box<dyn Error>> {
    let samples = (LENGTH_S * f64::from(SOUND_HZ)) as usize;
    let waveform = Array2::from_shape_fn((1, samples), |(_, sample)| {
        let t = sample as f64 / f64::from(SOUND_HZ);
        let glide = (std::f64::consts::TAU * 400.0 * (2f64.powf(0.4 * t) - 1.0) / (0.4 * 2f64.ln())).sin();
        let ripple = 0.5 + 0.5 * (std::f64::consts::TAU * 4.0 * t).sin();
        if t < 5.0 { (0.4 * glide * ripple) as f32 } else { 0.0 }
    });
    write_npy(folder.join("waveform.npy"), &waveform)?;
    let path = folder.join("waveform.npy");
    let sound = Sound {
        content: content_of(&path)?,
        path,
        start: 0.0,
        duration: LENGTH_S,
        offset: 0.0,
        sample_rate: SOUND_HZ,
        channels: 1,
    };
    write(folder, "spectro_temporal", &extractor.sound(&sound, waveform, &mut |_| Ok(()))?)
}

fn words(folder: &Path) -> Result<(), Box<dyn Error>> {
    let word = |text: &&str| Word {
        text: (*text).to_owned(),
        start: 0.0,
        duration: 0.3,
        context: String::new(),
        surface: String::new(),
    };
    let words: Vec<Word> = WORDS.iter().map(word).collect();
    let features: Array3<f32> = Lexical.words(&words, &mut |_| Ok(()))?;
    write(folder, "lexical", &features)
}
