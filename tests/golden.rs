//! The published pipeline's own outputs against ours, from the media file to the response, by the real binary.
//!
//! Error is ‖ours − reference‖ / ‖reference‖. The models are random but for their depth: what is compared is the
//! arithmetic.

mod golden {
    pub(crate) mod reference;
    pub(crate) mod steps;
}

use std::path::Path;
use std::process::Command;

use encortex::encoder::{Artefact, BrainEncoder};
use encortex::features::{Compute, DeviceChoice};
use golden::reference::{Reference, Table, shared};
use golden::steps;
use ndarray::{Array4, s};

struct Case {
    name: &'static str,
    input: [&'static str; 2],
    transcript: &'static str,
    /// Bounds on text, audio, video features and on the response.
    bounds: [(&'static str, f64); 4],
}

const CASES: [Case; 2] = [
    Case {
        name: "clip",
        input: ["--video", "clip.mp4"],
        transcript: "clip.tsv",
        bounds: [("text", 1e-4), ("audio", 1e-3), ("video", 1e-3), ("response", 1e-3)],
    },
    Case {
        name: "hamlet",
        input: ["--audio", "hamlet.wav"],
        transcript: "hamlet.tsv",
        bounds: [("text", 1e-4), ("audio", 1e-4), ("video", 0.0), ("response", 1e-4)],
    },
];

#[test]
fn a_stimulus_gives_the_reference_response() {
    let Some(shared) = shared() else { return };
    let golden = shared.join("golden");
    let mut table = Table::default();
    for case in &CASES {
        let folder = tempfile::tempdir().unwrap();
        predict(&golden, case, folder.path());
        let reference = Reference::read(&golden.join(format!("expected/{}.golden.safetensors", case.name)));
        let file = hdf5::File::open(folder.path().join("prediction.h5")).unwrap();
        for (what, bound) in case.bounds {
            if what == "response" {
                let kept: Vec<bool> = file.dataset("kept").unwrap().read_raw().unwrap();
                let rows = file.dataset("response/average").unwrap().read_2d::<f32>().unwrap();
                let ours: Vec<f32> = rows
                    .rows()
                    .into_iter()
                    .zip(&kept)
                    .filter(|(_, kept)| **kept)
                    .flat_map(|(row, _)| row.to_vec())
                    .collect();
                table.compare(case.name, "response, kept rows", &ours, &reference.floats("prediction"), bound);
                let all: Vec<f32> = rows.t().iter().copied().collect();
                table.compare(
                    case.name,
                    "response, whole window",
                    &all,
                    &reference.floats("prediction_full_window"),
                    bound,
                );
            } else if reference.has(&format!("features.{what}")) {
                let ours: Vec<f32> = file.dataset(&format!("features/{what}")).unwrap().read_raw().unwrap();
                table.compare(
                    case.name,
                    &format!("{what} features"),
                    &ours,
                    &reference.floats(&format!("features.{what}")),
                    bound,
                );
            }
        }
    }
    steps::compare(&golden, &mut table);
    encoder_alone(&golden.join("tribe_tiny_subjects"), &mut table);
    table.finish();
}

/// The encoder from the reference's own features: three subjects, the average one, a sense that is absent, silence.
fn encoder_alone(folder: &Path, table: &mut Table) {
    const SUBJECT_OF_WINDOW: [usize; 3] = [0, 2, 1];
    let reference = Reference::read(&folder.join("encoder.golden.safetensors"));
    let compute = Compute::new(DeviceChoice::Cpu, None).unwrap();
    let encoder = BrainEncoder::load(&Artefact::open(folder).unwrap(), compute).unwrap();
    let names: Vec<String> = encoder.subjects().into_iter().map(str::to_owned).collect();
    let [text, audio, video] = ["in.text", "in.audio", "in.video"].map(|name| reference.array(name));
    let silence = Array4::zeros(text.raw_dim());
    let cases = [
        ("out.subjects", [Some(&text), Some(&audio), Some(&video)], SUBJECT_OF_WINDOW),
        ("out.average", [Some(&text), Some(&audio), Some(&video)], [names.len() - 1; 3]),
        ("out.audio_absent", [Some(&text), None, Some(&video)], SUBJECT_OF_WINDOW),
        ("out.text_zero_features", [Some(&silence), Some(&audio), Some(&video)], SUBJECT_OF_WINDOW),
    ];
    for (name, features, subjects) in cases {
        let features = features.map(|features| features.map(|features| features.view()));
        let responses = encoder.predict(&features, SUBJECT_OF_WINDOW.len(), &names).unwrap();
        let window = |(window, subject): (usize, usize)| responses.slice(s![subject, window, .., ..]).t().to_owned();
        let ours: Vec<f32> =
            subjects.into_iter().enumerate().map(window).flat_map(|window| window.into_iter()).collect();
        table.compare("encoder", name, &ours, &reference.floats(name), 1e-5);
    }
}

fn predict(golden: &Path, case: &Case, out: &Path) {
    let stimuli = golden.join("stimuli");
    let status = Command::new(env!("CARGO_BIN_EXE_encortex"))
        .args(["predict", "--model"])
        .arg(golden.join("tribe_tiny"))
        .arg(case.input[0])
        .arg(stimuli.join(case.input[1]))
        .arg("--transcript")
        .arg(stimuli.join(case.transcript))
        .args(["--save-features", "--format", "hdf5", "--out"])
        .arg(out)
        .arg("--data-dir")
        .arg(out.join("data"))
        .env("HF_HOME", golden.join("hf_home"))
        .status()
        .unwrap();
    assert!(status.success(), "encortex predict {} failed", case.name);
}
