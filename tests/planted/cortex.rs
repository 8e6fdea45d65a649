//! The planted cortex: which vertex answers to which channel.

use encortex::brain::{Hemisphere, Mesh, Surfaces};
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};

use super::pictures::Colour;

pub(crate) const MESH: Mesh = Mesh::Fsaverage3;
/// Directions in which pictures of one colour differ, and which all vertices answer to.
pub(crate) const NUISANCES: usize = 28;
/// Vertices of a patch.
const PATCH: usize = 30;
/// Standard deviation of a vertex's answer to pictures of one colour.
const SPREAD: f64 = 0.25;

/// Where red and green are planted: around the vertex nearest to a place of the fusiform gyrus (mm, MNI152).
const CENTRES: [(Colour, Hemisphere, [f64; 3]); 2] =
    [(Colour::Red, Hemisphere::Right, [40.0, -54.0, -18.0]), (Colour::Green, Hemisphere::Left, [-41.0, -55.0, -18.0])];

/// A colour's vertices, as places in a row of the response.
pub(crate) struct Planted {
    pub(crate) colour: Colour,
    pub(crate) places: Vec<usize>,
}

/// The patches of red and of green. Nothing answers to blue.
pub(crate) fn patches(surfaces: &Surfaces) -> Vec<Planted> {
    let patch = |(colour, hemisphere, centre): (Colour, Hemisphere, [f64; 3])| {
        let vertices = &surfaces.mni152(hemisphere)[..MESH.vertices_per_hemisphere()];
        let squared =
            |vertex: usize, to: [f64; 3]| (0..3).map(|axis| (vertices[vertex][axis] - to[axis]).powi(2)).sum::<f64>();
        let mut nearest: Vec<usize> = (0..vertices.len()).collect();
        nearest.sort_by(|a, b| squared(*a, centre).total_cmp(&squared(*b, centre)));
        let start = MESH.range(hemisphere).start;
        Planted { colour, places: nearest[..PATCH].iter().map(|vertex| start + vertex).collect() }
    };
    CENTRES.map(patch).into()
}

/// The weights of channels `(channel, vertex)`: 1 for a colour in its patch, and a random mixture of the nuisances
/// everywhere.
pub(crate) fn weights(patches: &[Planted]) -> Array2<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let colours = Colour::ALL.len();
    let mut weights = Array2::zeros((colours + NUISANCES, MESH.vertices()));
    for mut vertex in weights.columns_mut() {
        let mixture: Vec<f64> = (0..NUISANCES).map(|_| StandardNormal.sample(&mut rng)).collect();
        let length = mixture.iter().map(|weight| weight * weight).sum::<f64>().sqrt();
        vertex.iter_mut().skip(colours).zip(mixture).for_each(|(weight, part)| *weight = SPREAD * part / length);
    }
    for patch in patches {
        patch.places.iter().for_each(|place| weights[[patch.colour as usize, *place]] = 1.0);
    }
    weights
}
