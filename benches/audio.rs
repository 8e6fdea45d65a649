//! A minute of sound: resampled, heard, and through one layer of Wav2Vec2-BERT at its released size.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use encortex::features::audio::conformer::{Activation, ConformerConfig, PositionEmbeddings, Wav2Vec2Bert};
use encortex::features::audio::mel::{LogMel, MelConfig};
use encortex::features::audio::resample::resample;
use encortex::features::weights::Weights;
use tch::{Device, Kind, Tensor};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);
const SECONDS: i64 = 60;

fn one_layer() -> Wav2Vec2Bert {
    let config = ConformerConfig {
        hidden_size: 1024,
        num_hidden_layers: 1,
        num_attention_heads: 16,
        intermediate_size: 4096,
        feature_projection_input_dim: 160,
        conv_depthwise_kernel_size: 31,
        left_max_position_embeddings: 64,
        right_max_position_embeddings: 8,
        layer_norm_eps: 1e-5,
        hidden_act: Activation::Swish,
        position_embeddings_type: PositionEmbeddings::RelativeKey,
    };
    Wav2Vec2Bert::new(&Weights::seeded(0, Device::Cpu, Kind::Float), &config)
}

fn audio(bench: &mut Criterion) {
    let _no_grad = tch::no_grad_guard();
    let mut group = bench.benchmark_group("audio");
    group.sample_size(10);
    let stereo = Tensor::rand([2, SECONDS * 44_100], FLOAT);
    group.bench_function("resample 60 s of stereo from 44.1 kHz", |bench| {
        bench.iter(|| resample(black_box(&stereo), 44_100, 16_000));
    });
    let mono = Tensor::rand([SECONDS * 16_000], FLOAT);
    let log_mel = LogMel::new(MelConfig { num_mel_bins: 80, sampling_rate: 16_000, stride: 2, padding_value: 0.0 });
    group.bench_function("mel bins of 60 s", |bench| bench.iter(|| log_mel.forward(black_box(&mono))));
    let tokens = log_mel.forward(&mono).unsqueeze(0);
    let model = one_layer();
    group.bench_function("one conformer layer over 60 s", |bench| {
        bench.iter(|| model.hidden_states(black_box(&tokens), |_, _| Ok(())));
    });
}

criterion_group!(benches, audio);
criterion_main!(benches);
