//! A training step of a small model on the features that need no weights: 192 wide, two layers, five subjects, 20,484 vertices,
//! four windows of 100 s with the responses of four people each. `scripts/plain_training.py` is the same in plain PyTorch.

use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use encortex::encoder::training::{FeatureScales, Recipe, Recording, Response, Trainer, Window};
use encortex::encoder::{AVERAGE, Architecture, ModalitySettings, Settings, Subject};
use encortex::features::{BuiltIn, Compute, DeviceChoice, LayerSelection, Modality};
use ndarray::{Array2, Array3};

const SCANS: usize = 100;
const OUTPUTS: usize = 20_484;
const WINDOWS: usize = 4;
const PEOPLE: i64 = 4;

fn settings() -> Settings {
    let modality = |modality, extractor: &str| {
        let built_in = BuiltIn::named(extractor, modality).expect("it is built in").expect("it is there");
        ModalitySettings {
            modality,
            groups: 1,
            width: built_in.width() as i64,
            extractor: extractor.into(),
            layers: LayerSelection { fractions: vec![1.0], cached_layers: None },
            clip_duration_s: None,
        }
    };
    let names = [AVERAGE, "sub-01", "sub-02", "sub-03", "sub-04"];
    Settings {
        feature_hz: 2.0,
        window_trs: SCANS as i64,
        tr_s: 1.0,
        lag_s: 5.0,
        mesh: Some("fsaverage5".into()),
        modalities: vec![
            modality(Modality::Text, "built-in:lexical"),
            modality(Modality::Audio, "built-in:spectro-temporal"),
            modality(Modality::Video, "built-in:motion-energy"),
        ],
        architecture: Architecture {
            hidden: 192,
            depth: 2,
            heads: 4,
            feed_forward_multiplier: 4,
            max_samples: 2 * SCANS as i64,
            time_position_embedding: true,
            low_rank: Some(24),
            subject_rows: names.len() as i64,
            subject_bias: true,
            outputs: OUTPUTS as i64,
            output_timesteps: SCANS as i64,
        },
        subjects: names.into_iter().zip(0..).map(|(name, row)| Subject { name: name.into(), row }).collect(),
        trained: true,
        simulated: true,
    }
}

/// A stimulus as long as a window, without a pattern that a processor could profit from.
fn recording(settings: &Settings, number: usize) -> Recording {
    let value = |number: usize| (number as f32 * 1.7).sin();
    let features = |input: &ModalitySettings| {
        let shape = (1, input.width as usize, 2 * SCANS);
        Some(Array3::from_shape_fn(shape, |(_, channel, sample)| value(number * 7 + channel * 211 + sample)))
    };
    let response = |row: i64| {
        let rows = Array2::from_shape_fn((SCANS, OUTPUTS), |(scan, output)| value(row as usize + scan * 31 + output));
        let subject = &settings.subjects[row as usize];
        Response::of(subject.subject_row(), 0, &rows)
    };
    Recording {
        features: settings.modalities.iter().map(features).collect(),
        scans: SCANS,
        responses: (1..=PEOPLE).map(response).collect(),
    }
}

fn step(criterion: &mut Criterion) {
    let settings = settings();
    let recordings: Vec<Recording> = (0..WINDOWS).map(|number| recording(&settings, number)).collect();
    let batch: Vec<Window> = (0..WINDOWS).map(|recording| Window { recording, first_scan: 0 }).collect();
    let scales = FeatureScales::of(&recordings, &settings.modalities);
    let compute = Compute::new(DeviceChoice::Cpu, None).expect("there is a processor");
    let mut trainer = Trainer::new(settings, Recipe::default(), 1_000_000, scales, compute).expect("settings that fit");
    let mut group = criterion.benchmark_group("training");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    group.throughput(Throughput::Elements(WINDOWS as u64 * PEOPLE as u64));
    group.bench_function("a step", |bencher| {
        bencher.iter(|| trainer.learn(&recordings, &batch).expect("a loss that is finite"));
    });
    group.finish();
}

criterion_group!(benches, step);
criterion_main!(benches);
