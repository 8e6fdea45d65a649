//! Computes every statistic from known inputs and lets nilearn and scipy compute the same: `tests/python/test_statistics.py`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::analysis::{
    Contrast, Derivatives, DesignMatrix, DesignOptions, Event, Glm, GlmFit, Hrf, Moment, NoiseModel, OneSample,
    Presentation, StimulusEstimates, Trial, TrialContrast, evoked_response, false_discovery_rate, fixed_effects,
    flip_signs, frame_times, peak, permute_labels,
};
use ndarray::{Array1, Array2, Axis, concatenate, s, stack};
use ndarray_npy::{WritableElement, write_npy};
use nifti::{IntoNdArray, NiftiObject, ReaderOptions};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, Exp, StandardNormal};
use serde_json::json;
use tokio_util::sync::CancellationToken;

const VERTICES: usize = 300;
const ROWS: usize = 240;
const LAG_S: f64 = 5.0;
const CONTRAST: [(&str, f64); 3] = [("faces", 1.0), ("places", -0.5), ("tools", -0.5)];

#[test]
fn other_software_computes_the_same() -> Result<(), Box<dyn Error>> {
    let python = python();
    let imports = ["-c", "import nilearn, nibabel, numpy, pandas, pytest, scipy"];
    if !Command::new(&python).args(imports).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {} has no nilearn, scipy and pytest", python.display());
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let to = Folder(folder.path());
    haemodynamic_responses(&to)?;
    designs(&to)?;
    linear_models(&to)?;
    trials(&to)?;
    groups(&to)?;
    discoveries(&to)?;
    permutations(&to)?;
    time_courses(&to)?;
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/test_statistics.py"))
        .env("ENCORTEX_STATISTICS", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of the statistics failed");
    Ok(())
}

/// The interpreter of the virtual environment, or the system's.
fn python() -> PathBuf {
    match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    }
}

/// Where arrays and descriptions are written.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn array<T: WritableElement, D: ndarray::Dimension>(
        &self,
        name: &str,
        values: &ndarray::Array<T, D>,
    ) -> Result<(), Box<dyn Error>> {
        Ok(write_npy(self.0.join(format!("{name}.npy")), values)?)
    }

    /// Series of the same length, one below the other.
    fn rows(&self, name: &str, rows: &[&Array1<f64>]) -> Result<(), Box<dyn Error>> {
        let rows: Vec<_> = rows.iter().map(|row| row.view()).collect();
        self.array(name, &stack(Axis(0), &rows)?)
    }

    fn json(&self, name: &str, value: &serde_json::Value) -> Result<(), Box<dyn Error>> {
        Ok(fs::write(self.0.join(format!("{name}.json")), value.to_string())?)
    }
}

fn normal(shape: (usize, usize), seed: u64) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn(shape, || StandardNormal.sample(&mut rng))
}

fn haemodynamic_responses(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    for (name, hrf) in [("glover", Hrf::Glover), ("spm", Hrf::Spm)] {
        for tr_s in [0.5, 1.0, 1.49, 2.0] {
            let kernels = [hrf.response(tr_s), hrf.time_derivative(tr_s), hrf.dispersion_derivative(tr_s)];
            to.rows(&format!("hrf_{name}_{tr_s}"), &kernels.map(Array1::from).each_ref())?;
        }
    }
    Ok(())
}

fn event(condition: &str, onset_s: f64, duration_s: f64) -> Event {
    Event { condition: condition.to_owned(), onset_s, duration_s }
}

/// One second of a picture every eight, in an order without a pattern.
fn pictures(rows: usize) -> Vec<Event> {
    let order = ["places", "faces", "tools", "faces", "tools", "places", "tools", "faces", "places", "places", "tools"];
    let trials = (0..(rows - 8) / 8).zip(order.iter().cycle());
    trials.map(|(trial, condition)| event(condition, 4.0 + 8.0 * trial as f64, 1.0)).collect()
}

fn designs(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    // Before the first frame, on and between samples, without duration, at once, twice, past the end.
    let awkward = vec![
        event("b", -2.0, 4.5),
        event("b", 7.013, 0.0),
        event("a", 7.02, 0.0),
        event("b", 30.333, 12.1),
        event("a", 31.0, 2.0),
        event("a", 31.0, 2.0),
        event("a", 118.7, 30.0),
        event("b", 500.0, 1.0),
        event("Z", 64.0, 16.0),
    ];
    let (mut described, mut number) = (Vec::new(), 0);
    for (rows, start_s, tr_s, events) in [
        (240, 0.0, 1.0, pictures(240)),
        (120, 0.0, 1.0, awkward.clone()),
        (81, 12.5, 1.49, awkward.clone()),
        (260, 3.0, 0.5, awkward),
        (30, 0.0, 1.0, pictures(30)),
    ] {
        for (hrf, hrf_name) in [(Hrf::Glover, "glover"), (Hrf::Spm, "spm")] {
            for (derivatives, ending) in [
                (Derivatives::None, ""),
                (Derivatives::Time, " + derivative"),
                (Derivatives::TimeAndDispersion, " + derivative + dispersion"),
            ] {
                let times = frame_times(rows, start_s, tr_s, LAG_S);
                let options = DesignOptions { hrf, derivatives, high_pass_hz: 0.01 };
                let design = DesignMatrix::from_events(&events, &times, options)?;
                to.array(&format!("design_{number}"), &design.values().to_owned())?;
                number += 1;
                described.push(json!({
                    "hrf": format!("{hrf_name}{ending}"),
                    "frame_times": times,
                    "columns": design.columns(),
                    "onset": events.iter().map(|event| event.onset_s).collect::<Vec<_>>(),
                    "duration": events.iter().map(|event| event.duration_s).collect::<Vec<_>>(),
                    "trial_type": events.iter().map(|event| event.condition.as_str()).collect::<Vec<_>>(),
                }));
            }
        }
    }
    to.json("designs", &described.into())
}

/// Signal of growing strength and noise of growing autocorrelation, `(time, vertex)`; the last vertex is signal alone.
fn response(design: &DesignMatrix, seed: u64) -> Array2<f32> {
    let rows = design.values().nrows();
    let noise = normal((rows, VERTICES), seed);
    let effects = normal((design.columns().len(), VERTICES), 77);
    let mut response = design.values().dot(&effects);
    for (vertex, mut series) in response.columns_mut().into_iter().enumerate() {
        let share = vertex as f64 / VERTICES as f64;
        let (autocorrelation, loudness) = (1.6 * share - 0.7, if share < 0.95 { 0.5 } else { 1e-3 });
        let mut last = 0.0;
        for (value, fresh) in series.iter_mut().zip(noise.column(vertex)) {
            last = autocorrelation * last + fresh;
            *value += loudness * last;
        }
    }
    response.mapv(|value| value as f32)
}

fn linear_models(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    for (noise, name) in [(NoiseModel::Ols, "ols"), (NoiseModel::Ar1, "ar1")] {
        let mut contrasts = Vec::new();
        for (run, rows) in [ROWS, ROWS - 40].into_iter().enumerate() {
            let times = frame_times(rows, 0.0, 1.0, LAG_S);
            let options = DesignOptions { derivatives: Derivatives::Time, ..DesignOptions::default() };
            let design = DesignMatrix::from_events(&pictures(rows), &times, options)?;
            let response = response(&design, run as u64);
            to.array(&format!("glm_response_{run}"), &response)?;
            to.array(&format!("glm_design_{run}"), &design.values().to_owned())?;
            to.json(&format!("glm_columns_{run}"), &json!(design.columns()))?;
            let fit: GlmFit = Glm::new(design, noise)?.fit(response.view())?;
            to.array(&format!("glm_{name}_{run}_effects"), &fit.effects().to_owned())?;
            to.array(&format!("glm_{name}_{run}_autocorrelations"), &Array1::from_iter(fit.autocorrelations()))?;
            let contrast = fit.contrast(&CONTRAST)?;
            write_contrast(to, &format!("glm_{name}_{run}"), &contrast)?;
            contrasts.push(contrast);
        }
        write_contrast(to, &format!("glm_{name}_both"), &fixed_effects(&contrasts)?)?;
    }
    Ok(())
}

fn write_contrast(to: &Folder<'_>, name: &str, contrast: &Contrast) -> Result<(), Box<dyn Error>> {
    let statistics = [&contrast.effect, &contrast.variance, &contrast.t(), &contrast.p(), &contrast.z()];
    to.rows(&format!("{name}_contrast"), &statistics)
}

fn trials(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    let counts = [("faces", 9), ("places", 6), ("tools", 14), ("words", 4)];
    let stimuli = counts.into_iter().flat_map(|(name, count)| (0..count).map(move |number| (name, number)));
    let described: Vec<(&str, usize)> = stimuli.flat_map(|stimulus| vec![stimulus; 1 + stimulus.1 % 3]).collect();
    let shown: Vec<Trial> = described
        .iter()
        .map(|(condition, number)| Trial {
            condition: (*condition).into(),
            stimulus: format!("{condition}{number:02}"),
        })
        .collect();
    let estimates = normal((shown.len(), VERTICES), 5).mapv(|value| value as f32);
    to.array("trials", &estimates)?;
    to.json("trials", &json!(described))?;
    let estimates = StimulusEstimates::new(&shown, estimates.view())?;
    let two = [("faces", 1.0), ("tools", -1.0)];
    let all = [("faces", 3.0), ("places", -1.0), ("tools", -1.0), ("words", -1.0)];
    for (name, weights) in [("one", &two[..1]), ("two", &two[..]), ("all", &all[..])] {
        let found = estimates.contrast(weights)?;
        let TrialContrast { effect, standard_error, t, degrees_of_freedom, cohens_d, .. } = &found;
        let rows = [effect, standard_error, t, degrees_of_freedom, cohens_d, &found.p(), &found.z()];
        to.rows(&format!("trials_{name}"), &rows)?;
    }
    Ok(())
}

fn groups(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    let mut maps = normal((14, VERTICES), 6).mapv(|value| value as f32);
    // From no effect to one beyond the least p that a z is read from.
    for (vertex, mut map) in maps.columns_mut().into_iter().enumerate() {
        map.mapv_inplace(|value| value + 1e-4 * 1.06_f32.powi(vertex as i32));
    }
    let test = OneSample::new(maps.view())?;
    to.array("maps", &maps)?;
    to.rows("maps_test", &[&test.mean, &test.t, &test.p, &test.z])
}

/// Group maps that were made from measured maps of subjects, with the number of subjects.
const MEASURED: [(&str, &str, usize); 3] = [
    ("maps_faces_words_kellan2024/faces_gt_scrambled", "con", 16),
    ("maps_faces_words_kellan2024/auditory_words", "con", 14),
    ("maps_auditory_langloc_qlab/intact_gt_degraded_speech", "z", 22),
];

#[test]
fn the_t_maps_of_measured_groups_come_out_again() -> Result<(), Box<dyn Error>> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    for (name, kind, n) in MEASURED {
        let file = |ending: String| data.join(format!("{name}_{ending}.nii.gz"));
        if !file(format!("group_t_n{n}")).exists() {
            eprintln!("SKIPPED: {name} is not in {}", data.display());
            continue;
        }
        let group = volumes(&file(format!("group_t_n{n}")))?;
        let subjects = volumes(&file(format!("subjects_{kind}_n{n}")))?;
        let test = OneSample::new(subjects.view())?;
        assert_eq!(test.n, n);
        // Outside its mask the group map is 0. The maps of subjects were rounded to 16 bits after it was made.
        let compared = group.iter().zip(&test.t).filter(|(expected, _)| **expected != 0.0);
        let compared: Vec<(f64, f64)> = compared.map(|(&expected, &t)| (expected.into(), t)).collect();
        let greatest = compared.iter().map(|(expected, _)| expected.abs()).fold(0.0, f64::max);
        let error = |(expected, t): &(f64, f64)| (expected - t).abs();
        let absolute = compared.iter().map(error).fold(0.0, f64::max);
        let clear = compared.iter().filter(|(expected, _)| expected.abs() > 2.0);
        let relative = clear.map(|pair| error(pair) / pair.0.abs()).fold(0.0, f64::max);
        eprintln!(
            "{name}: {} voxels, greatest error {absolute:.1e} where |t| reaches {greatest:.1}, relative {relative:.1e} \
             where |t| > 2",
            compared.len()
        );
        assert!(compared.len() > 50_000 && absolute <= 1e-3 * greatest && relative <= 1e-3);
    }
    Ok(())
}

/// The volumes of a NIfTI file, `(volume, voxel)`.
fn volumes(path: &Path) -> Result<Array2<f32>, Box<dyn Error>> {
    let values = ReaderOptions::new().read_file(path)?.into_volume().into_ndarray::<f32>()?;
    let count = values.shape().get(3).copied().unwrap_or(1);
    let voxels = values.len() / count;
    let volumes: Vec<f32> = values.reversed_axes().iter().copied().collect();
    Ok(Array2::from_shape_vec((count, voxels), volumes)?)
}

fn discoveries(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let small = Exp::new(30.0)?;
    let mut p: Vec<f64> = (0..2000).map(|_| f64::min(small.sample(&mut rng), 1.0)).collect();
    p.extend([0.0, 1.0, 1.0, 0.03, 0.03]);
    to.array("q", &Array1::from(false_discovery_rate(&p)?))?;
    to.array("p", &Array1::from(p))
}

fn permutations(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    let maps = normal((8, 12), 8).mapv(|value| (value + 0.4) as f32);
    let whole = CancellationToken::new();
    let test = flip_signs(maps.view(), 256, 0, &whole)?;
    assert_eq!(test.permutations, 256, "8 maps have 256 ways to flip");
    to.array("flipped", &maps)?;
    to.rows("flipped_test", &[&test.t, &test.p, &test.p_fwer])?;
    let sampled = flip_signs(concatenate![Axis(0), maps, maps, maps].view(), 20_000, 1, &whole)?;
    to.rows("flipped_sample", &[&sampled.t, &sampled.p, &sampled.p_fwer])?;

    let estimates = normal((10, 12), 9).mapv(|value| value as f32);
    let trial = |row: usize| Trial { condition: if row < 4 { "a" } else { "b" }.to_owned(), stimulus: row.to_string() };
    let stimuli = StimulusEstimates::new(&(0..10).map(trial).collect::<Vec<_>>(), estimates.view())?;
    let test = permute_labels(&stimuli, &[("a", 1.0), ("b", -1.0)], 20_000, 2, &whole)?;
    to.array("labelled", &estimates)?;
    to.rows("labelled_test", &[&test.t, &test.p, &test.p_fwer])
}

fn time_courses(to: &Folder<'_>) -> Result<(), Box<dyn Error>> {
    let tr_s = 1.49;
    let response = normal((80, 20), 10).mapv(|value| value as f32);
    let onsets = [("a", 3.2), ("a", 40.0), ("b", 17.77), ("c", 60.1), ("d", 74.5)];
    let shown: Vec<Presentation> =
        onsets.iter().map(|&(name, onset_s)| Presentation { stimulus: name.to_owned(), onset_s }).collect();
    let after_s: Vec<f64> = (-2..14).map(|step| f64::from(step) * 0.7).collect();
    let evoked = evoked_response(response.view(), tr_s, &shown, &after_s)?;
    to.array("course", &response)?;
    to.array("course_evoked", &stack(Axis(0), &[evoked.mean.view(), evoked.sd.view()])?)?;
    to.json("course", &json!({ "tr_s": tr_s, "onsets": onsets, "after_s": after_s, "n": evoked.n }))?;
    let at = |moment| shown.iter().map(move |shown| (shown.onset_s, moment));
    let moments = at(Moment::At { after_s: 5.0 }).chain(at(Moment::Mean { from_s: 4.0, to_s: 7.0 }));
    let mut peaks = Array2::zeros((2 * shown.len(), response.ncols()));
    for (index, (onset_s, moment)) in moments.enumerate() {
        peaks.slice_mut(s![index, ..]).assign(&peak(response.view(), tr_s, onset_s, moment)?);
    }
    to.array("course_peaks", &peaks)
}
