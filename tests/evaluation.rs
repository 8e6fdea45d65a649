//! Scores from outside: two people who listen to tones, a model trained for a few epochs, and what `encortex evaluate` says of it,
//! computed again by NumPy in `tests/python/test_evaluation.py`.

mod evaluation {
    pub(crate) mod laboratory;
    pub(crate) mod own_subjects;
    pub(crate) mod regions;
}

use std::path::{Path, PathBuf};
use std::process::Command;

use evaluation::laboratory::{Laboratory, OUTPUTS, Outcome, TRAINING, refusal, silence, succeeded};
use evaluation::{own_subjects, regions};
use ndarray::Array2;
use ndarray_npy::{read_npy, write_npy};
use serde_json::Value;

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
    everything_is_reported(&laboratory.report("scores")?);
    regions::of_an_atlas_are_scored(&laboratory)?;
    regions::that_were_measured_are_scored_and_fitted_to(&laboratory)?;
    the_same_by_numpy(&laboratory)?;
    own_subjects::predict_everybody(&laboratory)?;
    own_subjects::are_made_whole_or_not_at_all(&laboratory)?;
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
        ("sub-01_3_0.npy'\ntr_s = 1.0", "sub-01_3_0.npy'", "give tr_s (s)"),
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

    for stimulus in 0..=TRAINING {
        std::fs::write(laboratory.path(&format!("silence-{stimulus}.wav")), silence(stimulus))?;
    }
    std::fs::write(laboratory.path("study.toml"), study.replace("'tones-", "'silence-"))?;
    let said = succeeded(&laboratory.evaluate(&[])?);
    assert!(said.contains("the features of the training runs never change: there is no linear model"), "{said}");

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
