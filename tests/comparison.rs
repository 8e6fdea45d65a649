//! Compares maps, spins spheres, summarises regions and finds components, and lets scipy and scikit-learn do the same:
//! `tests/python/test_comparison.py`.

use std::error::Error;
use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::analysis::{
    Agreement, Components, ContrastMaps, Correlation, FastIca, MapPair, RandomPatches, RegionVertices, Rotation,
    Spheres, Trial, TrialEstimates, compare, pearson, spearman, summarise,
};
use encortex::brain::Surface;
use ndarray::{Array1, Array2, Array3, ArrayBase, ArrayView1, Axis, Data, Dimension};
use ndarray_npy::{WritableElement, WriteNpyExt};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use serde_json::{Value, json};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const ROTATIONS: usize = 60;
const SPIN_SEED: u64 = 21;
const PATCHES: usize = 200;

#[test]
fn scipy_and_scikit_learn_find_the_same() -> Outcome {
    let python = python();
    let Some(sphere) = spheres(&python)? else {
        eprintln!("SKIPPED: {} has no scipy, scikit-learn, nilearn and pytest", python.display());
        return Ok(());
    };
    let folder = tempfile::tempdir()?;
    let folder = Folder(folder.path());
    correlations(folder)?;
    comparison(folder, &sphere)?;
    regions(folder, &sphere)?;
    components(folder)?;
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/test_comparison.py");
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"])
        .arg(tests)
        .env("ENCORTEX_COMPARISON", folder.0)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of the comparisons failed");
    Ok(())
}

/// The interpreter of the virtual environment, or the system's.
fn python() -> PathBuf {
    match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    }
}

/// The spheres of fsaverage5 that come with nilearn; `None` if something the Python tests import is missing.
fn spheres(python: &Path) -> Outcome<Option<[Vec<[f32; 3]>; 2]>> {
    let script = "import nilearn, pathlib, pytest, scipy, sklearn; print(pathlib.Path(nilearn.__file__).parent)";
    let Ok(output) = Command::new(python).args(["-c", script]).output() else { return Ok(None) };
    if !output.status.success() {
        return Ok(None);
    }
    let nilearn = String::from_utf8(output.stdout)?;
    let folder = Path::new(nilearn.trim()).join("datasets/data/fsaverage5");
    let read = |side: &str| -> Outcome<_> {
        Ok(Surface::from_gifti(&fs::read(folder.join(format!("sphere_{side}.gii.gz")))?)?.coordinates)
    };
    Ok(Some([read("left")?, read("right")?]))
}

/// Where inputs and results are left for Python.
#[derive(Clone, Copy)]
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn array<T: WritableElement, D: Dimension>(
        self,
        name: &str,
        values: &ArrayBase<impl Data<Elem = T>, D, T>,
    ) -> Outcome {
        Ok(values.write_npy(BufWriter::new(File::create(self.0.join(name).with_extension("npy"))?))?)
    }

    fn json(self, name: &str, value: &Value) -> Outcome {
        Ok(fs::write(self.0.join(name).with_extension("json"), value.to_string())?)
    }
}

fn normals(seed: u64) -> impl FnMut() -> f64 {
    let mut generator = ChaCha20Rng::seed_from_u64(seed);
    move || StandardNormal.sample(&mut generator)
}

fn json_of(correlation: Correlation) -> Value {
    json!({ "r": correlation.r, "n": correlation.n, "p": correlation.p() })
}

fn agreement_json(agreement: &Agreement) -> Value {
    json!({
        "pearson": json_of(agreement.pearson),
        "spearman": json_of(agreement.spearman),
        "spin": agreement.spin.map(|spin| json!({ "p": spin.p, "n": spin.n, "undefined": spin.undefined })),
    })
}

/// Pairs of few and many values, with ties, with gaps, far from zero, and all but unrelated.
fn correlations(folder: Folder) -> Outcome {
    let mut normal = normals(1);
    let mut pairs: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
    for (n, slope, offset) in [(3, 0.5, 0.0), (12, 0.9, 0.0), (360, 0.6, 1e6), (20_484, 0.3, -4.0), (20_484, 0.0, 0.0)]
    {
        let x: Vec<f64> = (0..n).map(|_| normal()).collect();
        let y = x.iter().map(|x| slope * x + normal() + offset).collect();
        pairs.push((x, y));
    }
    let tied = |values: &[f64]| values.iter().map(|value| (3.0 * value).round()).collect::<Vec<f64>>();
    pairs.push((tied(&pairs[3].0), tied(&pairs[3].1)));
    let mut gaps = pairs[2].clone();
    (gaps.0[5], gaps.0[9], gaps.1[9], gaps.1[300]) = (f64::NAN, f64::INFINITY, f64::NAN, f64::NEG_INFINITY);
    pairs.push(gaps);
    for (index, (x, y)) in pairs.iter().enumerate() {
        let mask: Vec<bool> = (0..x.len()).map(|place| x.len() < 20 || place % 5 != 0).collect();
        folder
            .array(&format!("pair_{index}"), &Array2::from_shape_vec((2, x.len()), [x.clone(), y.clone()].concat())?)?;
        folder.array(&format!("pair_mask_{index}"), &Array1::from(mask.clone()))?;
        let found = json!({
            "pearson": json_of(pearson(x, y, Some(&mask))?),
            "spearman": json_of(spearman(x, y, Some(&mask))?),
        });
        folder.json(&format!("pair_{index}"), &found)?;
    }
    Ok(())
}

/// A value for each vertex that varies smoothly over the sphere, with some grain.
fn smooth_map(sphere: &[Vec<[f32; 3]>; 2], seed: u64, grain: f64) -> Vec<f64> {
    let mut normal = normals(seed);
    let waves: Vec<[f64; 4]> = (0..10).map(|_| [normal(), normal(), normal(), 3.0 * normal()]).collect();
    let points = sphere.iter().flatten().map(|point| point.map(|value| f64::from(value) / 30.0));
    points
        .map(|[x, y, z]| {
            waves.iter().map(|[a, b, c, phase]| (a * x + b * y + c * z + phase).sin()).sum::<f64>() + grain * normal()
        })
        .collect()
}

/// The whole of `compare`, and the rotations and reassignments behind its p.
fn comparison(folder: Folder, sphere: &[Vec<[f32; 3]>; 2]) -> Outcome {
    let mut predicted = smooth_map(sphere, 2, 0.3);
    let other = smooth_map(sphere, 3, 0.3);
    let measured: Vec<f64> = predicted.iter().zip(&other).map(|(x, y)| 0.2 * x + y).collect();
    let points = || sphere.iter().flatten();
    let mask: Vec<bool> = points().map(|[x, _, z]| x * x + (z - 40.0).powi(2) > 700.0).collect();
    predicted[17] = f64::NAN;
    let cell = |value: f32| ((value + 100.0) / 23.0) as u16;
    let labels: Vec<u16> = points()
        .enumerate()
        .map(|(place, [x, y, z])| match cell(*x) + 9 * cell(*y) + 81 * cell(*z) {
            label if label % 11 == 0 => 0,
            label => label + 729 * u16::from(place >= sphere[0].len()),
        })
        .collect();
    let spheres = Spheres::new(&sphere[0], &sphere[1])?;
    let spins = spheres.spins(ROTATIONS, SPIN_SEED);
    let maps = MapPair { predicted: &predicted, measured: &measured, mask: Some(&mask) };
    let found = compare(maps, Some(&labels), 0.1, Some(spins))?;
    let parcels = found.parcels.ok_or("labels were given")?;

    let mut generator = ChaCha20Rng::seed_from_u64(SPIN_SEED);
    let rotations: Vec<Rotation> = (0..ROTATIONS).map(|_| Rotation::random(&mut generator)).collect();
    let matrices: Vec<f64> = rotations.iter().flat_map(|rotation| rotation.matrix().concat()).collect();
    folder.array("rotations", &Array3::from_shape_vec((ROTATIONS, 3, 3), matrices)?)?;
    let sources: Vec<u32> = rotations.iter().flat_map(|rotation| spheres.reassigned(*rotation)).collect();
    folder.array("sources", &Array2::from_shape_vec((ROTATIONS, predicted.len()), sources)?)?;
    let points: Vec<f32> = sphere.iter().flatten().flatten().copied().collect();
    folder.array("sphere", &Array2::from_shape_vec((predicted.len(), 3), points)?)?;
    folder.array("predicted", &Array1::from(predicted))?;
    folder.array("measured", &Array1::from(measured))?;
    folder.array("mask", &Array1::from(mask))?;
    folder.array("labels", &Array1::from(labels))?;
    let found = json!({
        "vertices": agreement_json(&found.vertices),
        "parcels": agreement_json(&parcels.agreement),
        "empty": parcels.empty,
        "dice": found.dice,
    });
    folder.json("comparison", &found)
}

/// A region of both hemispheres, with estimates of ten stimuli behind its contrast.
fn regions(folder: Folder, sphere: &[Vec<[f32; 3]>; 2]) -> Outcome {
    let vertices = sphere[0].len() + sphere[1].len();
    let patch = |side: usize, reach: f32| {
        let near = |point: &[f32; 3]| (point[0] - 60.0).powi(2) + (point[1] + 50.0).powi(2) + point[2].powi(2) < reach;
        (0..sphere[side].len() as u32).filter(|vertex| near(&sphere[side][*vertex as usize])).collect::<Vec<u32>>()
    };
    let region = RegionVertices { left: patch(0, 1_200.0), right: patch(1, 1_900.0) };
    let mut normal = normals(5);
    let mut is_region = vec![false; vertices];
    region.left.iter().for_each(|vertex| is_region[*vertex as usize] = true);
    region.right.iter().for_each(|vertex| is_region[sphere[0].len() + *vertex as usize] = true);
    let estimates = Array2::from_shape_fn((10, vertices), |(trial, vertex)| {
        let response = if trial < 6 && is_region[vertex] { 0.6 } else { 0.0 };
        (response + normal()) as f32
    });
    let mean = |rows: std::ops::Range<i32>| estimates.slice(ndarray::s![rows, ..]).mapv(f64::from).mean_axis(Axis(0));
    let mut effect = (mean(0..6).ok_or("rows")? - mean(6..10).ok_or("rows")?).to_vec();
    let mask: Vec<bool> = (0..vertices).map(|vertex| vertex % 13 != 0).collect();
    effect.iter_mut().zip(&mask).filter(|(_, is_in)| !**is_in).for_each(|(value, _)| *value = f64::NAN);
    let t: Vec<f64> = effect.iter().map(|effect| 2.0 * effect + normal()).collect();
    let trial = |trial: usize| Trial {
        condition: if trial < 6 { "faces" } else { "places" }.to_owned(),
        stimulus: format!("stimulus {trial}"),
    };
    let trials: Vec<Trial> = (0..10).map(trial).collect();
    let weights = [("faces".to_owned(), 1.0), ("places".to_owned(), -1.0)];
    let positions = [sphere[0].as_slice(), sphere[1].as_slice()];
    let maps = ContrastMaps {
        effect: &effect,
        t: Some(&t),
        trials: Some(TrialEstimates { trials: &trials, estimates: estimates.view(), weights: &weights }),
        mni_mm: positions,
    };
    let patches = RandomPatches::draw(&region, positions, &mask, PATCHES, 9)?;
    let found = summarise(&region, &maps, true, Some(&patches))?;
    let (test, rank) = (found.test.ok_or("trials were given")?, found.rank.ok_or("patches were given")?);
    let members = patches.patches();
    folder.array("patches", &Array2::from_shape_vec((PATCHES, members[0].len()), members.concat())?)?;
    folder.array("region", &Array1::from(is_region))?;
    folder.array("region_mask", &Array1::from(mask))?;
    folder.array("effect", &Array1::from(effect))?;
    folder.array("t", &Array1::from(t))?;
    folder.array("estimates", &estimates)?;
    let found = json!({
        "vertices": found.vertices,
        "mean": found.mean,
        "t": test.t,
        "degrees_of_freedom": test.degrees_of_freedom,
        "p": test.p,
        "cohens_d": test.cohens_d,
        "lateralization": found.lateralization,
        "peak": { "hemisphere": found.peak.hemisphere.to_string(), "vertex": found.peak.vertex, "t": found.peak.t, "mni_mm": found.peak.mni_mm },
        "auc": found.auc,
        "fraction_larger": rank.fraction_larger(),
    });
    folder.json("region", &found)
}

/// Random sources, and a matrix like a subject's head: many features, a spectrum that falls off, sparse smooth maps.
fn components(folder: Folder) -> Outcome {
    let mut normal = normals(7);
    let sources = Array2::from_shape_fn((3_000, 5), |(_, source)| match (source, normal()) {
        (0, value) => value.powi(3),
        (1, value) => value.abs().sqrt().copysign(value),
        (2, value) => value.exp(),
        (3, value) => value.signum() + 0.1 * normal(),
        (_, value) => value * normal(),
    });
    let mixing = Array2::from_shape_simple_fn((5, 12), &mut normal);
    write_components(folder, "random", &(sources.dot(&mixing) + 3.0))?;

    let centres: Vec<f64> = (0..40).map(|_| 1_000.0 + 400.0 * normal()).collect();
    let blobs = Array2::from_shape_fn((2_000, 40), |(vertex, source)| {
        let distance = (vertex as f64 - centres[source]) / (20.0 + 2.0 * source as f64);
        (-0.5 * distance * distance).exp() * 0.9f64.powi(source as i32)
    });
    let mixing = Array2::from_shape_simple_fn((40, 100), &mut normal);
    let matrix = blobs.dot(&mixing).mapv(|value| value + 0.05 * normal());
    write_components(folder, "realistic", &matrix)
}

fn write_components(folder: Folder, name: &str, matrix: &Array2<f64>) -> Outcome {
    let found = FastIca::default().fit(matrix.view())?;
    let top = found.top(0.1)?;
    let reference: ArrayView1<f64> = matrix.column(0);
    let correlations = found.correlations(&reference.to_vec(), None)?;
    let Components { maps, explained, converged, iterations, .. } = found;
    folder.array(&format!("matrix_{name}"), matrix)?;
    folder.array(&format!("maps_{name}"), &maps)?;
    folder.array(&format!("top_{name}"), &top)?;
    let r: Vec<f64> = correlations.iter().map(|correlation| correlation.r).collect();
    let found = json!({ "explained": explained, "converged": converged, "iterations": iterations, "reference": r });
    folder.json(&format!("components_{name}"), &found)
}
