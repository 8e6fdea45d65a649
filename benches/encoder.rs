//! The brain encoder at the size of the public release, with random weights: 177.2 M parameters, 100 s windows.
//!
//! Beside it stands the machine's rate of matrix products, the bound that the encoder is measured against.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use encortex::encoder::{AVERAGE, Architecture, BrainEncoder, ModalitySettings, Settings, Subject};
use encortex::features::weights::Weights;
use encortex::features::{LayerSelection, Modality};
use ndarray::Array4;
use tch::{Device, Kind, Tensor};

/// Side of the square matrices whose product gives the machine's rate.
const SIDE: i64 = 2048;

fn released() -> Settings {
    let modality = |modality, extractor: &str, width, cached_layers| ModalitySettings {
        modality,
        groups: 2,
        width,
        extractor: extractor.into(),
        layers: LayerSelection { fractions: vec![0.5, 0.75, 1.0], cached_layers },
        clip_duration_s: (modality == Modality::Video).then_some(4.0),
    };
    Settings {
        feature_hz: 2.0,
        window_trs: 100,
        tr_s: 1.0,
        lag_s: 5.0,
        mesh: Some("fsaverage5".into()),
        modalities: vec![
            modality(Modality::Text, "meta-llama/Llama-3.2-3B", 3072, Some(20)),
            modality(Modality::Audio, "facebook/w2v-bert-2.0", 1024, None),
            modality(Modality::Video, "facebook/vjepa2-vitg-fpc64-256", 1408, Some(20)),
        ],
        architecture: Architecture {
            hidden: 1152,
            depth: 8,
            heads: 8,
            feed_forward_multiplier: 4,
            max_samples: 1024,
            time_position_embedding: true,
            low_rank: Some(2048),
            subject_rows: 1,
            subject_bias: true,
            outputs: 20_484,
            output_timesteps: 100,
        },
        subjects: vec![Subject { name: AVERAGE.into(), row: 0 }],
        trained: false,
        simulated: false,
    }
}

/// Features `(window, layer group, width, sample)` without a pattern that a processor could profit from.
fn features(settings: &ModalitySettings, windows: usize, samples: usize) -> Array4<f32> {
    let shape = (windows, settings.groups as usize, settings.width as usize, samples);
    Array4::from_shape_fn(shape, |(window, group, channel, sample)| {
        ((window * 31 + group * 17 + channel * 7 + sample) as f32).sin()
    })
}

fn windows(criterion: &mut Criterion) {
    let encoder =
        BrainEncoder::new(&Weights::seeded(0, Device::Cpu, Kind::Float), released()).expect("settings that fit");
    let average = [AVERAGE.to_owned()];
    let mut group = criterion.benchmark_group("encoder");
    group.sample_size(10).measurement_time(Duration::from_secs(20));
    for windows in [1, 8] {
        let samples = encoder.settings().window_samples() as usize;
        let features: Vec<Array4<f32>> =
            encoder.settings().modalities.iter().map(|settings| features(settings, windows, samples)).collect();
        let views: Vec<_> = features.iter().map(|features| Some(features.view())).collect();
        group.throughput(Throughput::Elements(windows as u64));
        group.bench_function(BenchmarkId::new("windows", windows), |bencher| {
            bencher.iter(|| encoder.predict(black_box(&views), windows, &average).expect("features that fit"));
        });
    }
    group.finish();
}

fn matrix_product(criterion: &mut Criterion) {
    let matrix = || Tensor::randn([SIDE, SIDE], (Kind::Float, Device::Cpu));
    let (left, right) = (matrix(), matrix());
    let mut group = criterion.benchmark_group("matrix product");
    group.sample_size(20).throughput(Throughput::Elements(2 * SIDE.pow(3) as u64));
    group.bench_function("float32", |bencher| bencher.iter(|| black_box(&left).mm(&right)));
    group.finish();
}

criterion_group!(benches, matrix_product, windows);
criterion_main!(benches);
