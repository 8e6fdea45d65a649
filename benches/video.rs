//! A frame processed, and a clip through one layer of V-JEPA 2 at its released size.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use encortex::features::video::processor::{Processor, ProcessorConfig, ShortestEdge, Size};
use encortex::features::video::vjepa2::{Activation, VJepa2, VJepa2Config};
use encortex::features::weights::Weights;
use tch::{Device, Kind, Tensor};

const FULL_HD: Size = Size { height: 1080, width: 1920 };

fn processor() -> Processor {
    let config = ProcessorConfig {
        size: ShortestEdge { shortest_edge: 292 },
        crop_size: Size { height: 256, width: 256 },
        image_mean: [0.485, 0.456, 0.406],
        image_std: [0.229, 0.224, 0.225],
        rescale_factor: 1.0 / 255.0,
        resample: 2,
        do_resize: true,
        do_center_crop: true,
        do_rescale: true,
        do_normalize: true,
    };
    Processor::new(config, Device::Cpu)
}

fn one_layer() -> VJepa2 {
    let config = VJepa2Config {
        hidden_size: 1408,
        num_hidden_layers: 1,
        num_attention_heads: 22,
        mlp_ratio: 4.363_636_363_636_363,
        layer_norm_eps: 1e-6,
        hidden_act: Activation::Gelu,
        qkv_bias: true,
        in_chans: 3,
        crop_size: 256,
        patch_size: 16,
        frames_per_clip: 64,
        tubelet_size: 2,
    };
    VJepa2::new(&Weights::seeded(0, Device::Cpu, Kind::Float), &config)
}

fn video(bench: &mut Criterion) {
    let _no_grad = tch::no_grad_guard();
    let mut group = bench.benchmark_group("video");
    group.sample_size(10);
    let frame = vec![127; (3 * FULL_HD.height * FULL_HD.width) as usize];
    let processor = processor();
    group.bench_function("process a frame of 1920 x 1080", |bench| {
        bench.iter(|| processor.cut().pixels(black_box(&frame), FULL_HD).map_err(|error| error.to_string()));
    });
    let pixels = Tensor::rand([1, 64, 3, 256, 256], (Kind::Float, Device::Cpu));
    let model = one_layer();
    group.bench_function("one V-JEPA 2 layer over a clip", |bench| {
        bench.iter(|| model.hidden_states(black_box(&pixels), |_, _| Ok(())));
    });
}

criterion_group!(benches, video);
criterion_main!(benches);
