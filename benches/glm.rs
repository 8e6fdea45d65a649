//! A GLM of a cortex: 20,484 vertices of fsaverage5, 500 rows, 20 regressors, about the size of an eight-minute run.
//!
//! Work in floating-point operations, products alone: the effects of ordinary least squares take 2 · rows · columns a
//! vertex and their residuals as many, 40 kFLOP; AR(1) does both twice, 80 kFLOP. That is 0.82 and 1.64 GFLOP a cortex.

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use encortex::analysis::{DesignMatrix, Glm, NoiseModel};
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

const VERTICES: usize = 20_484;
const ROWS: usize = 500;
const REGRESSORS: usize = 20;

fn glm(criterion: &mut Criterion) {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let values = Array2::from_shape_simple_fn((ROWS, REGRESSORS), || StandardNormal.sample(&mut rng));
    let names = (0..REGRESSORS).map(|column| format!("regressor {column}")).collect();
    let design = DesignMatrix::new(names, values).expect("a column a name");
    let mut last = vec![0.0_f32; VERTICES];
    // The autocorrelation grows from −0.4 to 0.6 over the vertices, so that a hundred bins are whitened.
    let response = Array2::from_shape_fn((ROWS, VERTICES), |(_, vertex)| {
        let fresh: f32 = StandardNormal.sample(&mut rng);
        last[vertex] = fresh + (vertex as f32 / VERTICES as f32 - 0.4) * last[vertex];
        last[vertex]
    });
    let mut group = criterion.benchmark_group("glm");
    group.sample_size(10);
    for (name, noise, passes) in [("OLS", NoiseModel::Ols, 1), ("AR(1)", NoiseModel::Ar1, 2)] {
        let glm = Glm::new(design.clone(), noise).expect("independent regressors");
        let operations = passes * 4 * ROWS * REGRESSORS * VERTICES;
        group.throughput(Throughput::Elements(operations as u64));
        group.bench_function(format!("{name} of {VERTICES} vertices, elements are FLOP"), |bench| {
            bench.iter(|| glm.fit(black_box(response.view())));
        });
    }
}

criterion_group!(benches, glm);
criterion_main!(benches);
