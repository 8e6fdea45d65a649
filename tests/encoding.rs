//! Fits and scores encoding models on known data and lets NumPy, scipy, scikit-learn and himalaya do the same:
//! `tests/python/test_encoding.py`.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

use encortex::analysis::encoding::{
    BandedRidge, Bands, CircularShifts, Criterion, Delays, GroupPrediction, LinearModel, Moments, PairedTest,
    Retrieval, Ridge, Runs, SavitzkyGolay, SplitHalf, Standardised, VariancePartition, draw_shares,
    intersubject_correlation, one_sample_a_minute, penalties, score,
};
use ndarray::{Array, Array1, Array2, Axis, Dimension, arr1, s, stack};
use ndarray_npy::{WritableElement, write_npy};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use tokio_util::sync::CancellationToken;

const RUNS: u64 = 4;
const ROWS: usize = 60;
const OUTPUTS: usize = 40;

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn other_software_fits_and_scores_the_same() -> Outcome {
    let python = match std::env::var_os("VIRTUAL_ENV") {
        Some(environment) => Path::new(&environment).join("bin/python"),
        None => PathBuf::from("python3"),
    };
    let imports = ["-c", "import himalaya, numpy, pytest, scipy, sklearn"];
    if !Command::new(&python).args(imports).output().is_ok_and(|output| output.status.success()) {
        eprintln!("SKIPPED: {} has no himalaya, scikit-learn, scipy and pytest", python.display());
        return Ok(());
    }
    let folder = tempfile::tempdir()?;
    let to = Folder(folder.path());
    ridge(&to, "tall", 20)?;
    ridge(&to, "wide", 300)?;
    banded(&to)?;
    preparation(&to)?;
    ceilings(&to)?;
    chance(&to)?;
    comparisons(&to)?;
    let status = Command::new(python)
        .args(["-m", "pytest", "-q", "-s", "-p", "no:cacheprovider"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/test_encoding.py"))
        .env("ENCORTEX_ENCODING", folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .status()?;
    assert!(status.success(), "the Python tests of encoding models failed");
    Ok(())
}

/// Where arrays are written.
struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn array<T: WritableElement, D: Dimension>(&self, name: &str, values: &Array<T, D>) -> Outcome {
        Ok(write_npy(self.0.join(format!("{name}.npy")), values)?)
    }

    fn model(&self, name: &str, model: &LinearModel) -> Outcome {
        self.array(&format!("{name}_weights"), &model.weights().to_owned())?;
        self.array(&format!("{name}_intercepts"), &model.intercepts().to_owned())
    }
}

fn normal(rows: usize, columns: usize, seed: u64) -> Array2<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Array2::from_shape_simple_fn((rows, columns), || StandardNormal.sample(&mut rng))
}

/// A stimulus of its own and a level of its own: features and responses, of which early ones follow the features better.
fn run(run: u64, features: usize) -> (Array2<f32>, Array2<f32>) {
    let shown = normal(ROWS, features, run) + 0.3 * run as f32;
    let planted = normal(OUTPUTS, features, 1000) / (features as f32).sqrt();
    let strength = Array1::from_shape_fn(OUTPUTS, |output| 2.0 - 1.9 * output as f32 / OUTPUTS as f32);
    let response = shown.dot(&planted.t()) * strength + normal(ROWS, OUTPUTS, 2000 + run) + 0.2 * run as f32;
    (shown, response)
}

/// Runs of which each is a group, with their data written.
fn runs(
    to: &Folder<'_>,
    name: &str,
    features: usize,
    prepare: impl Fn(Array2<f32>) -> Array2<f32>,
) -> Result<Runs, Box<dyn Error>> {
    let mut runs = Runs::new(features, OUTPUTS, RUNS as usize)?;
    for number in 0..RUNS {
        let (shown, response) = run(number, features);
        let (shown, response) = (prepare(shown), prepare(response));
        to.array(&format!("{name}_features_{number}"), &shown)?;
        to.array(&format!("{name}_responses_{number}"), &response)?;
        runs.add(shown.view(), response.view())?;
    }
    Ok(runs)
}

fn ridge(to: &Folder<'_>, name: &str, features: usize) -> Outcome {
    let runs = runs(to, name, features, |values| values)?;
    let grid = penalties(0.0, 4.0, 9);
    to.array(&format!("{name}_grid"), &arr1(&grid))?;
    let prior = normal(OUTPUTS, features, 3000) * 0.2;
    to.array(&format!("{name}_prior"), &prior)?;
    let token = CancellationToken::new();
    for (criterion, label) in [(Criterion::RSquared, "r_squared"), (Criterion::Correlation, "r")] {
        let fit = Ridge { penalties: grid.clone(), criterion, ..Ridge::default() }.fit(&runs, None, &token)?;
        to.model(&format!("{name}_{label}"), &fit.model)?;
        to.array(&format!("{name}_{label}_penalties"), &fit.penalties)?;
        to.array(&format!("{name}_{label}_held_out"), &fit.held_out)?;
    }
    let guided = Ridge { penalties: grid, ..Ridge::default() }.fit(&runs, Some(prior.view()), &token)?;
    to.model(&format!("{name}_guided"), &guided.model)?;
    to.array(&format!("{name}_guided_penalties"), &guided.penalties)?;
    to.array(&format!("{name}_guided_held_out"), &guided.held_out)?;
    let (shown, response) = run(9, features);
    let scores = guided.model.score(&Moments::of(shown.view(), response.view())?)?;
    to.array(&format!("{name}_new_features"), &shown)?;
    to.array(&format!("{name}_new_responses"), &response)?;
    to.array(&format!("{name}_new_scores"), &stack![Axis(0), scores.r, scores.r_squared])?;
    let scores = score(guided.model.predict(shown.view())?.view(), response.view())?;
    to.array(&format!("{name}_new_scores_of_rows"), &stack![Axis(0), scores.r, scores.r_squared])
}

/// A small band that matters, a large one that does a little, and one of noise.
fn banded(to: &Folder<'_>) -> Outcome {
    const SIZES: [usize; 3] = [5, 40, 25];
    let features = SIZES.iter().sum();
    let runs = runs(to, "banded", features, |values| Standardised::new(values.view()).values)?;
    let ridge = BandedRidge {
        bands: Bands::new(SIZES)?,
        penalties: penalties(-1.0, 4.0, 11),
        shares: draw_shares(SIZES.len(), 12, 5)?,
        criterion: Criterion::RSquared,
    };
    let token = CancellationToken::new();
    let fit = ridge.fit(&runs, &token)?;
    to.array("banded_shares", &ridge.shares)?;
    to.array("banded_grid", &arr1(&ridge.penalties))?;
    to.model("banded", &fit.model)?;
    to.array("banded_penalties", &fit.penalties)?;
    to.array("banded_held_out", &fit.held_out)?;
    let one = BandedRidge { bands: Bands::new([features])?, shares: Array2::ones((1, 1)), ..ridge.clone() };
    to.model("one_band", &one.fit(&runs, &token)?.model)?;
    let (shown, response) = run(9, features);
    let (shown, response) = (Standardised::new(shown.view()).values, Standardised::new(response.view()).values);
    to.array("banded_new_features", &shown)?;
    to.array("banded_new_responses", &response)?;
    let data = Moments::of(shown.view(), response.view())?;
    to.array("banded_parts", &VariancePartition::new(&fit.model, &ridge.bands, &data)?.parts)
}

fn preparation(to: &Folder<'_>) -> Outcome {
    let series = normal(300, 6, 20) + Array1::range(0.0, 300.0, 1.0).insert_axis(Axis(1)) * 0.05;
    to.array("series", &series)?;
    to.array("detrended", &SavitzkyGolay::new(81, 2)?.detrend(series.view())?)?;
    to.array("detrended_long", &SavitzkyGolay::of_seconds(240.0, 1.5, 3)?.detrend(series.view())?)?;
    to.array("standardised", &Standardised::new(series.view()).values)?;
    to.array("delayed", &Delays::new([-1, 0, 3])?.apply(series.view()))
}

/// Responses of seven people to the same stimulus, `(person, time, output)`.
fn people() -> Result<ndarray::Array3<f32>, Box<dyn Error>> {
    let shared = normal(200, OUTPUTS, 30);
    let own = (0..7).map(|person| &shared * 0.8 + normal(200, OUTPUTS, 31 + person)).collect::<Vec<_>>();
    Ok(stack(Axis(0), &own.iter().map(|own| own.view()).collect::<Vec<_>>())?)
}

fn ceilings(to: &Folder<'_>) -> Outcome {
    let people = people()?;
    to.array("people", &people)?;
    to.array("intersubject", &intersubject_correlation(people.view())?)?;
    to.array("reliability_of_two", &SplitHalf::new(people.slice(s![..2, .., ..]), 0)?.reliability)?;
    to.array("reliability", &SplitHalf::new(people.view(), 0)?.reliability)?;
    let predicted = normal(200, OUTPUTS, 30) + normal(200, OUTPUTS, 40);
    let group = GroupPrediction::new(predicted.view(), people.view())?;
    to.array("group_predicted", &predicted)?;
    to.array("group", &group.group)?;
    to.array("group_subjects", &group.subjects)
}

fn chance(to: &Folder<'_>) -> Outcome {
    let r = Array1::from_shape_fn(61, |index| -0.9 + 0.03 * index as f32);
    let minutes = one_sample_a_minute(&r, 1_830.0)?;
    to.array("minutes_r", &r)?;
    to.array("minutes", &stack![Axis(0), minutes.p, minutes.q])?;
    let measured = normal(150, OUTPUTS, 50);
    let strength = Array1::from_shape_fn(OUTPUTS, |output| output as f32 / OUTPUTS as f32 * 0.4);
    let predicted = &measured * &strength + normal(150, OUTPUTS, 51);
    let test = CircularShifts { least: 10, draws: 20_000, seed: 1 }.test(predicted.view(), measured.view())?;
    to.array("shift_predicted", &predicted)?;
    to.array("shift_measured", &measured)?;
    to.array("shift_r", &test.r)?;
    to.array("shift_p", &test.significance.p)
}

fn comparisons(to: &Folder<'_>) -> Outcome {
    let second = normal(12, OUTPUTS, 60);
    let first = &second + &(normal(12, OUTPUTS, 61) * 0.5) + Array1::range(0.0, 0.8, 0.02);
    let test = PairedTest::new(first.view(), second.view())?;
    to.array("paired_first", &first)?;
    to.array("paired_second", &second)?;
    to.array("paired", &stack![Axis(0), test.difference, test.t, test.p, test.q])?;
    let measured = normal(205, 4, 62);
    let predicted = &measured + &(normal(205, 4, 63) * 2.0);
    let retrieval = Retrieval::new(predicted.view(), measured.view(), 5)?;
    to.array("retrieval_predicted", &predicted)?;
    to.array("retrieval_measured", &measured)?;
    to.array("retrieval", &arr1(&[retrieval.segments as f64, retrieval.top_1, retrieval.mean_rank]))
}
