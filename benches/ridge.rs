//! A ridge of an hour: six runs of ten minutes at 1 Hz, latents of width 1,152, the 20,484 vertices of fsaverage5, ten penalties
//! chosen by leaving out each run. The aim is 60 s and 3 GB on two cores.
//!
//! Work in floating-point operations, products alone, with `n` rows, `p` features, `v` vertices: `2 n p v` for the sums of
//! products (0.17 T), and for each run left out `4 p² v` for the axes and `2 p (n / 6) v` a penalty (1.8 T in all).

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use encortex::analysis::encoding::{Ridge, Runs};
use ndarray::{Array2, Axis};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use tokio_util::sync::CancellationToken;

const RUNS: usize = 6;
const ROWS: usize = 600;
const FEATURES: usize = 1_152;
const VERTICES: usize = 20_484;
/// Features that a vertex hears of.
const HEARD: usize = 8;

/// Latents and the response to them, both in units of standard deviations: each vertex follows a few latents, in noise.
fn run(rng: &mut ChaCha8Rng) -> (Array2<f32>, Array2<f32>) {
    let latents = Array2::from_shape_simple_fn((ROWS, FEATURES), || StandardNormal.sample(rng));
    let mut response: Array2<f32> = Array2::from_shape_simple_fn((ROWS, VERTICES), || StandardNormal.sample(rng));
    for (vertex, mut series) in response.axis_iter_mut(Axis(1)).enumerate() {
        for heard in 0..HEARD {
            series.scaled_add(0.2, &latents.column((vertex * 31 + heard * 97) % FEATURES));
        }
    }
    (latents, response)
}

fn added() -> Runs {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut runs = Runs::new(FEATURES, VERTICES, RUNS).expect("a model of allowed size");
    for _ in 0..RUNS {
        let (latents, response) = run(&mut rng);
        runs.add(latents.view(), response.view()).expect("finite values");
    }
    runs
}

fn ridge(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ridge");
    group.sample_size(10).measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(1));
    let (latents, response) = run(&mut ChaCha8Rng::seed_from_u64(1));
    group.bench_function("add a run of 10 min", |bench| {
        let mut runs = Runs::new(FEATURES, VERTICES, RUNS).expect("a model of allowed size");
        bench.iter(|| runs.add(black_box(latents.view()), black_box(response.view())));
    });
    let (runs, ridge, token) = (added(), Ridge::default(), CancellationToken::new());
    group.bench_function("fit 60 min of 20,484 vertices on 1,152 features", |bench| {
        bench.iter(|| ridge.fit(black_box(&runs), None, &token));
    });
}

criterion_group!(benches, ridge);
criterion_main!(benches);
