//! A spin test on fsaverage5: rotations of both spheres, the nearest vertices looked up, the maps correlated.

use std::f64::consts::PI;
use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use encortex::analysis::{Spheres, spin_test};

const VERTICES: usize = 10_242;
const ROTATIONS: usize = 1_000;

/// As many points as fsaverage5 has, evenly spread over the sphere (a golden spiral).
fn sphere() -> Vec<[f32; 3]> {
    let golden_angle = PI * (3.0 - 5f64.sqrt());
    let point = |vertex: usize| {
        let z = 1.0 - (2 * vertex + 1) as f64 / VERTICES as f64;
        let (radius, angle) = ((1.0 - z * z).sqrt(), golden_angle * vertex as f64);
        [radius * angle.cos(), radius * angle.sin(), z].map(|value| value as f32)
    };
    (0..VERTICES).map(point).collect()
}

fn spins(criterion: &mut Criterion) {
    let sphere = sphere();
    let spheres = Spheres::new(&sphere, &sphere).expect("points on a sphere");
    let map = |phase: f64| -> Vec<f64> {
        let points = sphere.iter().chain(&sphere);
        points.map(|[x, y, z]| (3.0 * f64::from(*x) + phase).sin() + f64::from(y * z)).collect()
    };
    let (x, y) = (map(0.0), map(1.0));
    let mut group = criterion.benchmark_group("spin test");
    group.sample_size(10).measurement_time(Duration::from_secs(30)).throughput(Throughput::Elements(ROTATIONS as u64));
    group.bench_function("1,000 rotations of 20,484 vertices", |bencher| {
        bencher.iter(|| spin_test(black_box(&x), &y, None, spheres.spins(ROTATIONS, 0)).expect("maps that correlate"));
    });
    group.finish();
}

criterion_group!(benches, spins);
criterion_main!(benches);
