//! Small trainings: that they learn what there is to learn, repeat themselves, and go on where they were left.

use ndarray::{Array2, Array3};
use tch::{Device, Kind};

use super::*;
use crate::analysis::pearson;
use crate::encoder::{
    AVERAGE, Architecture, Artefact, BrainEncoder, ModalitySettings, Settings, Subject, SubjectRow, WindowFeatures,
};
use crate::features::weights::Metadata;
use crate::features::{Compute, LayerSelection, Modality};

const CPU: Compute = Compute { device: Device::Cpu, kind: Kind::Float };
const SCANS: usize = 20;
const OUTPUTS: usize = 30;

fn settings() -> Settings {
    let modality = |modality, width| ModalitySettings {
        modality,
        groups: 1,
        width,
        extractor: "none".into(),
        layers: LayerSelection { fractions: vec![1.0], cached_layers: None },
        clip_duration_s: None,
    };
    Settings {
        feature_hz: 2.0,
        window_trs: SCANS as i64,
        tr_s: 1.0,
        lag_s: 5.0,
        mesh: None,
        modalities: vec![modality(Modality::Audio, 4), modality(Modality::Video, 6)],
        architecture: Architecture {
            hidden: 64,
            depth: 1,
            heads: 2,
            feed_forward_multiplier: 2,
            max_samples: 64,
            time_position_embedding: true,
            low_rank: Some(8),
            subject_rows: 3,
            subject_bias: true,
            outputs: OUTPUTS as i64,
            output_timesteps: SCANS as i64,
        },
        subjects: [AVERAGE, "one", "two"]
            .into_iter()
            .zip(0..)
            .map(|(name, row)| Subject { name: name.into(), row })
            .collect(),
        trained: false,
        simulated: false,
    }
}

fn recipe() -> Recipe {
    Recipe { epochs: 40, batch: 3, learning_rate: 5e-3, subject_dropout: 0.3, ..Recipe::default() }
}

/// A value between -1 and 1 that follows from a number, without a pattern.
fn noise(number: usize) -> f32 {
    ((number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f32 / (1u64 << 23) as f32 - 1.0
}

/// A stimulus of so many scans, to which two subjects respond by a mixture of its features, each with another gain, and noise.
fn recording(number: usize, scans: usize) -> Recording {
    let features = |width: usize| {
        Array3::from_shape_fn((1, width, 2 * scans), |(_, channel, sample)| {
            let scale = 10f32.powi(channel as i32 - 2);
            scale * (3.0 + noise((number * 7_919 + channel * 31) * 4_096 + width * 512 + sample))
        })
    };
    let (audio, video) = (features(4), features(6));
    let response = |subject: i64, gain: f32| {
        let rows = Array2::from_shape_fn((scans - 2, OUTPUTS), |(row, output)| {
            let of = |features: &Array3<f32>, width: usize| {
                let scale = 10f32.powi((output % width) as i32 - 2);
                let channel = |part| features[[0, output % width, 2 * (row + 2) + part]] / scale - 3.0;
                channel(0) + channel(1)
            };
            let own = noise((subject as usize * 977 + number) * 65_536 + row * OUTPUTS + output);
            gain * (of(&audio, 4) + of(&video, 6)) + 0.3 * own
        });
        Response::of(SubjectRow(subject), 2, &rows)
    };
    let responses = vec![response(1, 1.0), response(2, -0.5)];
    Recording { features: vec![Some(audio), Some(video)], scans, responses }
}

fn recordings() -> Vec<Recording> {
    (0..6).map(|number| recording(number, 55 + 20 * (number % 2))).collect()
}

fn batches(recordings: &[Recording], number: u64) -> Vec<Vec<Window>> {
    epoch(recordings, SCANS, recipe().seed, number).chunks(recipe().batch).map(<[_]>::to_vec).collect()
}

/// The losses of these batches.
fn learn(trainer: &mut Trainer, recordings: &[Recording], batches: &[Vec<Window>]) -> Vec<f64> {
    batches.iter().map(|batch| trainer.learn(recordings, batch).unwrap()).collect()
}

fn scales() -> FeatureScales {
    FeatureScales::of(&recordings(), &settings().modalities)
}

fn trainer(steps: u64) -> Trainer {
    Trainer::new(settings(), recipe(), steps, scales(), CPU).unwrap()
}

/// A folder that [`Artefact::open`] takes.
fn exported(trainer: &Trainer, is_half: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    trainer.export(&folder.path().join("model.safetensors"), is_half).unwrap();
    std::fs::write(folder.path().join("model.json"), serde_json::to_vec(trainer.settings()).unwrap()).unwrap();
    folder
}

#[test]
fn what_can_be_learned_is_learned_and_the_average_with_it() {
    let (recordings, held_out) = (recordings(), [recording(100, 60)]);
    let per_epoch = batches(&recordings, 0).len() as u64;
    let mut trainer = trainer(recipe().epochs * per_epoch);
    let (mut first, mut last) = (0.0, 0.0);
    for number in 0..recipe().epochs {
        let losses = learn(&mut trainer, &recordings, &batches(&recordings, number));
        last = losses.iter().sum::<f64>() / losses.len() as f64;
        if number == 0 {
            first = last;
        }
    }
    assert!(last < 0.6 * first, "{first} → {last}");
    let score = trainer.score(&held_out).unwrap().unwrap();
    assert!(score.mean_r > 0.5 && score.upper_r > score.mean_r, "{score:?}");

    // The average is learned from what is dropped: of both subjects' gains, 1 and -0.5, it has the mean.
    let folder = exported(&trainer, false);
    let encoder = BrainEncoder::load(&Artefact::open(folder.path()).unwrap(), CPU).unwrap();
    let readouts = [AVERAGE, "one"].map(|name| encoder.readout(name).unwrap());
    let features = first_window(&held_out[0]);
    let window: WindowFeatures = features.iter().map(|features| Some(features.view())).collect();
    let response = encoder.latents(&[window]).unwrap().read(0, &readouts);
    let [average, own] = [0, 1].map(|subject| response.index_axis(ndarray::Axis(0), subject).to_owned());
    let gain = (&average * &own).sum() / (&own * &own).sum();
    assert!((0.05..0.6).contains(&gain), "{gain}");
}

/// The features of a recording's first window.
fn first_window(recording: &Recording) -> Vec<Array3<f32>> {
    let first = |features: &Array3<f32>| features.slice(ndarray::s![.., .., ..2 * SCANS]).to_owned();
    recording.features.iter().flatten().map(first).collect()
}

#[test]
fn a_training_that_is_cut_off_goes_on_to_the_same_numbers() {
    let recordings = recordings();
    let batches: Vec<_> = (0..2).flat_map(|number| batches(&recordings, number)).collect();
    let mut unbroken = trainer(20);
    let losses = learn(&mut unbroken, &recordings, &batches[..6]);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    let mut first = trainer(20);
    learn(&mut first, &recordings, &batches[..3]);
    first.save(&path, Metadata::from([("note".into(), "half-way".into())])).unwrap();
    drop(first);
    let mut second = trainer(20);
    assert_eq!(second.restore(&path).unwrap()["note"], "half-way");
    assert_eq!(second.steps(), 3);
    assert_eq!(learn(&mut second, &recordings, &batches[3..6]), losses[3..]);
    assert_eq!(second.score(&recordings).unwrap(), unbroken.score(&recordings).unwrap());
}

#[test]
fn a_state_of_another_model_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.safetensors");
    trainer(1).save(&path, Metadata::new()).unwrap();
    let mut other = settings();
    other.architecture.low_rank = Some(9);
    let refusal = Trainer::new(other, recipe(), 1, scales(), CPU).unwrap().restore(&path).unwrap_err().to_string();
    assert!(refusal.contains("it lacks value/low_rank_head.weight of shape [9, 64]"), "{refusal}");
    std::fs::write(&path, b"nothing").unwrap();
    assert!(trainer(1).restore(&path).is_err());
}

/// The mean r of a subject's response to a recording, as the exported model predicts it.
fn mean_r(folder: &tempfile::TempDir, recording: &Recording, subject: &str, measured: &Array2<f32>) -> f64 {
    let encoder = BrainEncoder::load(&Artefact::open(folder.path()).unwrap(), CPU).unwrap();
    let readouts = [encoder.readout(subject).unwrap()];
    let mut predicted = Vec::new();
    for start in (0..recording.scans).step_by(SCANS) {
        let window = recording.cut(Window { recording: 0, first_scan: start }, encoder.settings());
        let window: WindowFeatures = window.iter().map(|features| Some(features.as_ref()?.view())).collect();
        predicted.extend(encoder.latents(&[window]).unwrap().read(0, &readouts));
    }
    let predicted = Array2::from_shape_vec((predicted.len() / OUTPUTS, OUTPUTS), predicted).unwrap();
    let r = |output: usize| {
        let column = |of: &Array2<f32>, skipped| -> Vec<f64> {
            of.column(output).iter().skip(skipped).take(measured.nrows()).map(|value| f64::from(*value)).collect()
        };
        pearson(&column(&predicted, 2), &column(measured, 0), None).unwrap().r
    };
    (0..OUTPUTS).map(r).sum::<f64>() / OUTPUTS as f64
}

#[test]
fn the_exported_model_predicts_what_the_trainer_scored() {
    let recordings = recordings();
    let mut trainer = trainer(200);
    (0..8).for_each(|number| drop(learn(&mut trainer, &recordings, &batches(&recordings, number))));
    let mut held_out = recording(100, 70);
    held_out.responses.truncate(1);
    let rows = held_out.responses[0].rows.shallow_clone();
    let measured = Array2::from_shape_vec((68, OUTPUTS), Vec::<f32>::try_from(rows.flatten(0, 1)).unwrap()).unwrap();
    let scored = trainer.score(std::slice::from_ref(&held_out)).unwrap().unwrap().mean_r;
    let whole = mean_r(&exported(&trainer, false), &held_out, "one", &measured);
    let half = mean_r(&exported(&trainer, true), &held_out, "one", &measured);
    assert!(scored > 0.1, "{scored}");
    assert!((whole - scored).abs() < 1e-4, "{whole} {scored}");
    assert!((half - scored).abs() < 0.01, "{half} {scored}");
}

#[test]
fn a_recipe_that_cannot_be_followed_is_refused() {
    for (recipe, named) in [
        (Recipe { batch: 0, ..recipe() }, "batch is 0"),
        (Recipe { learning_rate: f64::NAN, ..recipe() }, "learning_rate is NaN"),
        (Recipe { modality_dropout: 1.0, ..recipe() }, "modality_dropout is 1"),
        (Recipe { weight_decay: -1.0, ..recipe() }, "weight_decay is -1"),
    ] {
        let refusal = Trainer::new(settings(), recipe, 1, scales(), CPU).unwrap_err().to_string();
        assert!(refusal.contains(named), "{refusal}");
    }
}

#[test]
fn a_loss_that_is_not_finite_stops_the_training() {
    let mut recordings = recordings();
    let rows = Array2::from_elem((20, OUTPUTS), f32::INFINITY);
    recordings[0].responses = vec![Response::of(SubjectRow(1), 0, &rows)];
    let window = Window { recording: 0, first_scan: 0 };
    let refusal = trainer(1).learn(&recordings, &[window]).unwrap_err().to_string();
    assert!(refusal.starts_with("the loss of step 1 is not finite"), "{refusal}");
}
