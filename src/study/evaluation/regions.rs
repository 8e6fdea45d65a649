//! The regions that scores are told of, and where in a row their values stand.

use ndarray::{Array2, ArrayView2};

use crate::brain::Patch;

/// A region.
pub(super) struct Region {
    pub(super) name: String,
    /// Vertices of both hemispheres.
    pub(super) vertices: usize,
    /// Places in a row: its vertices, or the one of its own series.
    pub(super) places: Vec<usize>,
}

/// Regions of runs of vertices.
pub(super) fn of_vertices(patches: &[Patch]) -> Vec<Region> {
    regions(patches, |_, patch| patch.places().collect())
}

/// Regions of runs that hold a value for each of them.
pub(super) fn of_series(patches: &[Patch]) -> Vec<Region> {
    regions(patches, |place, _| vec![place])
}

fn regions(patches: &[Patch], places: impl Fn(usize, &Patch) -> Vec<usize>) -> Vec<Region> {
    let region = |(place, patch): (usize, &Patch)| Region {
        name: patch.name.clone(),
        vertices: patch.len(),
        places: places(place, patch),
    };
    patches.iter().enumerate().map(region).collect()
}

/// The mean of each region, `(time, region)`.
pub(super) fn means(rows: ArrayView2<'_, f32>, regions: &[Region]) -> Array2<f32> {
    let mut means = Array2::zeros((rows.nrows(), regions.len()));
    for (region, mut column) in regions.iter().zip(means.columns_mut()) {
        for &place in &region.places {
            column += &rows.column(place);
        }
        column /= region.places.len().max(1) as f32;
    }
    means
}
