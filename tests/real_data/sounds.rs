//! 165 sounds through the spectro-temporal extractor and a ridge: how well the responses to sounds that were left out are
//! predicted, and where on the cortex the predicted components lie.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::analysis::encoding::{Ridge, Runs, Standardised, score};
use encortex::brain::{Hemisphere, Region, Surfaces};
use encortex::features::spectro_temporal::{SpectroTemporal, cochleagram};
use encortex::features::{Compute, DeviceChoice};
use encortex::stimulus::{Ffmpeg, Limits, Shelf, Sound, Source, Speech, Tools};
use ndarray::{Array1, Array2, ArrayView2, Axis, concatenate, s};
use ndarray_npy::read_npy;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio_util::sync::CancellationToken;

use super::arrays::{half_precision, mean, median, standardised_by};
use super::table::Table;

const SOUNDS: usize = 165;
const VOXELS: usize = 11_065;
const COMPONENTS: [&str; 6] = ["low frequency", "high frequency", "environmental", "pitch", "speech", "music"];
/// Those whose place is named, and by whom: the auditory parcels of the data set's README, and of its paper.
const PLACED: [usize; 3] = [3, 4, 5];
const FOLDS: usize = 5;
/// Seconds of a sound.
const SOUND_S: usize = 2;
/// Added to a modulation before its logarithm is taken.
const FAINTEST: f32 = 1e-3;

pub(crate) fn compare(folder: &Path, table: &mut Table) -> Result<(), Box<dyn Error>> {
    let features = heard(folder)?;
    let components: Array2<f32> = read_npy(folder.join("components_R_165x6.npy"))?;
    let weights = half_precision(&folder.join("weights_W_6x11065.npy"), &[COMPONENTS.len(), VOXELS])?;
    let weights: Array2<f32> = weights.into_dimensionality()?;
    let voxels = components.dot(&weights);
    let measured = concatenate![Axis(1), components, voxels];
    let predicted = predict_left_out(&features, &measured)?;
    let scores = score(predicted.view(), measured.view())?;
    let of_components = scores.r.slice(s![..COMPONENTS.len()]);
    table.at_least("mean r of the six components", mean(of_components), 0.72);
    for (name, &r) in COMPONENTS.iter().zip(&of_components) {
        table.at_least(&format!("  {name}"), r.into(), 0.50);
    }
    table.at_least(
        "median r of the voxels, of rank 6",
        median(&scores.r.slice(s![COMPONENTS.len()..]).to_owned()),
        0.76,
    );
    let of_components = s![.., ..COMPONENTS.len()];
    places(folder, predicted.slice(of_components), components.view(), table)
}

/// Features of each sound `(sound, feature)`: the level of each channel and the logarithm of each modulation, their means
/// over the two seconds; then the standard deviation of both over the two seconds, as they are. All sounds are heard in one
/// go, each with as much silence after it.
fn heard(folder: &Path) -> Result<Array2<f32>, Box<dyn Error>> {
    let tools = Tools {
        ffmpeg: Ffmpeg::locate(None)?,
        speech: Speech::locate(None, "en-us"),
        transcriber: None,
        limits: Limits { duration_s: 60.0 },
    };
    let (shelved, token) = (tempfile::tempdir()?, CancellationToken::new());
    let shelf = Shelf::new(shelved.path());
    let mut played = Array2::zeros((1, SOUNDS * played_samples()));
    let mut last = None;
    let mut table = csv::Reader::from_path(folder.join("sounds.csv"))?;
    for (record, mut turn) in table.records().zip(played.axis_chunks_iter_mut(Axis(1), played_samples())) {
        let path = folder.join(&record?[3]);
        let (timeline, _) = Source::Audio { path, transcript: None }.lay_out(&tools, &shelf, &token)?;
        let sound = timeline.sounds.into_iter().next().ok_or("a file has a sound")?;
        let waveform = sound.waveform()?;
        turn.slice_mut(s![.., ..waveform.ncols()]).assign(&waveform);
        last = Some(sound);
    }
    let all = Sound { duration: (2 * SOUNDS * SOUND_S) as f64, ..last.ok_or("there are sounds")? };
    let extractor = SpectroTemporal::new(Compute::new(DeviceChoice::Cpu, None)?);
    let features = extractor.sound(&all, played, &mut |_| Ok(()))?;
    let (levels, samples) = (cochleagram::CHANNELS as usize, SOUND_S * 2);
    let mut rows = Vec::new();
    for turn in features.index_axis(Axis(0), 0).axis_chunks_iter(Axis(1), 2 * samples) {
        let heard = turn.slice(s![.., ..samples]);
        let mut means = heard.mean_axis(Axis(1)).ok_or("a sound has samples")?;
        means.slice_mut(s![levels..]).mapv_inplace(|magnitude| (magnitude.max(0.0) + FAINTEST).ln());
        rows.extend(concatenate![Axis(0), means, heard.std_axis(Axis(1), 0.0)]);
    }
    Ok(Array2::from_shape_vec((SOUNDS, rows.len() / SOUNDS), rows)?)
}

/// Samples of a sound and the silence after it.
fn played_samples() -> usize {
    2 * SOUND_S * cochleagram::SAMPLING_RATE as usize
}

/// Predictions for each sound by a ridge that was fitted on other sounds. Its penalties are chosen among those.
fn predict_left_out(features: &Array2<f32>, measured: &Array2<f32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let mut order: Vec<usize> = (0..SOUNDS).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(0));
    let folds: Vec<&[usize]> = order.chunks(SOUNDS / FOLDS).collect();
    let mut predicted = Array2::zeros(measured.dim());
    for left_out in &folds {
        let known: Vec<usize> = order.iter().copied().filter(|sound| !left_out.contains(sound)).collect();
        let features = standardised_by(features, &known);
        let mut runs = Runs::new(features.ncols(), measured.ncols(), FOLDS)?;
        for part in known.chunks(known.len().div_ceil(FOLDS)) {
            runs.add(features.select(Axis(0), part).view(), measured.select(Axis(0), part).view())?;
        }
        let fit = Ridge::default().fit(&runs, None, &CancellationToken::new())?;
        let found = fit.model.predict(features.select(Axis(0), left_out).view())?;
        for (&sound, row) in left_out.iter().zip(found.outer_iter()) {
            predicted.row_mut(sound).assign(&row);
        }
    }
    Ok(predicted)
}

/// A predicted component lies where the measured components lie that it is made of, by regression on all of them. Its peaks
/// are to be nearest to one of the built-in auditory regions.
fn places(
    folder: &Path,
    predicted: ArrayView2<'_, f32>,
    measured: ArrayView2<'_, f32>,
    table: &mut Table,
) -> Result<(), Box<dyn Error>> {
    let Some(surfaces) = surfaces()? else {
        eprintln!("SKIPPED: nilearn's surfaces are not installed, so no place was looked up");
        return Ok(());
    };
    let maps = half_precision(&folder.join("component_significance_fsaverage5_f2.npy"), &[11, 2, 6, 10_242])?;
    let made_of = made_of(predicted, measured)?;
    for component in PLACED {
        for (side, hemisphere) in Hemisphere::BOTH.into_iter().enumerate() {
            let mut map = Array1::<f32>::zeros(10_242);
            for other in 0..COMPONENTS.len() {
                let group = maps.slice(s![0, side, other, ..]);
                let strongest = group.iter().copied().filter(|value| !value.is_nan()).fold(0.0, f32::max);
                map.scaled_add(made_of[[component, other]] / strongest, &group);
            }
            let known = map.iter().enumerate().filter(|(_, value)| !value.is_nan());
            let (peak, _) = known.max_by(|a, b| a.1.total_cmp(b.1)).ok_or("a map has values")?;
            let place = surfaces.mni152(hemisphere)[peak];
            let (region, distance) = nearest(place, hemisphere);
            let (name, place) = (COMPONENTS[component], place.map(|mm| format!("{mm:.0}")).join(", "));
            let what = format!("{name} peaks at ({place}), {distance:.0} mm from the centre of {region}");
            table.holds(&what, ["A1", "STG", "STS"].contains(&region));
        }
    }
    Ok(())
}

/// Weights `(predicted component, measured component)`, all standardised, by all but unpenalised regression.
fn made_of(predicted: ArrayView2<'_, f32>, measured: ArrayView2<'_, f32>) -> Result<Array2<f32>, Box<dyn Error>> {
    let (predicted, measured) = (Standardised::new(predicted).values, Standardised::new(measured).values);
    let mut runs = Runs::new(COMPONENTS.len(), COMPONENTS.len(), 2)?;
    for half in [s![..SOUNDS / 2, ..], s![SOUNDS / 2.., ..]] {
        runs.add(measured.slice(half), predicted.slice(half))?;
    }
    let ridge = Ridge { penalties: vec![1e-6], ..Ridge::default() };
    Ok(ridge.fit(&runs, None, &CancellationToken::new())?.model.weights().to_owned())
}

/// The built-in region that has a sphere whose centre is nearest, and how far that is (mm).
fn nearest(place: [f64; 3], hemisphere: Hemisphere) -> (&'static str, f64) {
    let spheres = Region::builtin().iter().flat_map(|region| region.spheres.iter().map(move |sphere| (region, sphere)));
    let distance = |centre: [f64; 3]| centre.iter().zip(place).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
    let distances = spheres.filter(|(_, sphere)| sphere.hemisphere == hemisphere);
    let distances = distances.map(|(region, sphere)| (region.name.as_str(), distance(sphere.centre_mm)));
    distances.min_by(|a, b| a.1.total_cmp(&b.1)).expect("there are built-in regions")
}

/// The fsaverage5 surfaces that come with nilearn.
fn surfaces() -> Result<Option<Surfaces>, Box<dyn Error>> {
    let environment = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let python = environment.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv")).join("bin/python");
    let script = "import nilearn, pathlib; print(pathlib.Path(nilearn.__file__).parent / 'datasets/data/fsaverage5')";
    match Command::new(python).args(["-c", script]).output() {
        Ok(output) if output.status.success() => {
            let folder = PathBuf::from(String::from_utf8(output.stdout)?.trim());
            Ok(Some(Surfaces::load(|name| fs::read(folder.join(name)))?))
        }
        _ => Ok(None),
    }
}
