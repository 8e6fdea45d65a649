//! A predicted map against a measured one, vertex by vertex and parcel by parcel.

use super::ComparisonError as Error;
use super::correlation::{Correlation, pairs, pearson_of_pairs, same_length, spearman_of_pairs};
use super::spin::{SpinTest, Spins, masked, spun};
use super::top_fraction::{dice, top};

/// The label of vertices that belong to no parcel.
const UNLABELLED: u16 = 0;

/// Two maps of the same vertices, left hemisphere first, NaN where one has no value.
#[derive(Clone, Copy, Debug)]
pub struct MapPair<'a> {
    pub predicted: &'a [f64],
    pub measured: &'a [f64],
    /// The vertices to compare; `None` for all.
    pub mask: Option<&'a [bool]>,
}

/// How well a predicted map agrees with a measured one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    /// Over the vertices that have a value in both maps.
    pub vertices: Agreement,
    /// Over parcels, where an atlas was given.
    pub parcels: Option<ParcelComparison>,
    /// Dice's coefficient of the vertices where each map is largest.
    pub dice: f64,
}

/// Correlations over vertices or parcels. Their `n` is the number of these.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Agreement {
    pub pearson: Correlation,
    pub spearman: Correlation,
    /// Of Pearson's correlation, where rotations were given.
    pub spin: Option<SpinTest>,
}

/// Correlations of the means within parcels, as the comparisons of the TRIBE v2 paper (section 5.9).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParcelComparison {
    pub agreement: Agreement,
    /// Parcels of the atlas in which no vertex has a value in both maps: left out.
    pub empty: usize,
}

/// Compares two maps.
///
/// `labels` is the parcel of each vertex, 0 for none. `top_fraction` is the share of vertices between which the overlap is
/// measured, such as 0.1. `spins` rotate the predicted map; all p come from the same rotations.
pub fn compare(
    maps: MapPair<'_>,
    labels: Option<&[u16]>,
    top_fraction: f64,
    spins: Option<Spins<'_>>,
) -> Result<Comparison, Error> {
    let (x, y) = pairs(maps.predicted, maps.measured, maps.mask)?;
    let mut vertices = Agreement::of(&x, &y)?;
    let dice = dice(&top(&x, top_fraction)?, &top(&y, top_fraction)?);

    let (predicted, measured) = (masked(maps.predicted, maps.mask), masked(maps.measured, maps.mask));
    let mut parcels = labels.map(|labels| compare_parcels(labels, &predicted, &measured)).transpose()?;
    if let Some(spins) = spins {
        same_length("the sphere", spins.vertices(), predicted.len())?;
        let (mut vertex_nulls, mut parcel_nulls) = (Vec::new(), Vec::new());
        for sources in spins {
            let spun = spun(&predicted, &sources);
            let (x, y) = pairs(&spun, &measured, None)?;
            vertex_nulls.push(correlation(&x, &y));
            if let Some(labels) = labels {
                let (x, y) = Parcels::new(labels, &spun, &measured).means();
                parcel_nulls.push(correlation(&x, &y));
            }
        }
        vertices.spin = Some(SpinTest::new(vertices.pearson.r, &vertex_nulls)?);
        if let Some(ParcelComparison { agreement, .. }) = &mut parcels {
            agreement.spin = Some(SpinTest::new(agreement.pearson.r, &parcel_nulls)?);
        }
    }
    Ok(Comparison { vertices, parcels, dice })
}

impl Agreement {
    fn of(x: &[f64], y: &[f64]) -> Result<Self, Error> {
        Ok(Self { pearson: pearson_of_pairs(x, y)?, spearman: spearman_of_pairs(x, y)?, spin: None })
    }
}

fn correlation(x: &[f64], y: &[f64]) -> Option<f64> {
    pearson_of_pairs(x, y).ok().map(|correlation| correlation.r)
}

fn compare_parcels(labels: &[u16], predicted: &[f64], measured: &[f64]) -> Result<ParcelComparison, Error> {
    same_length("the atlas", labels.len(), predicted.len())?;
    let parcels = Parcels::new(labels, predicted, measured);
    let (x, y) = parcels.means();
    Ok(ParcelComparison { agreement: Agreement::of(&x, &y)?, empty: parcels.empty() })
}

/// What is found of each parcel, by its label.
struct Parcels(Vec<Parcel>);

#[derive(Clone, Default)]
struct Parcel {
    is_in_atlas: bool,
    sums: [f64; 2],
    /// Vertices with a value in both maps.
    n: f64,
}

impl Parcels {
    fn new(labels: &[u16], x: &[f64], y: &[f64]) -> Self {
        let mut parcels = vec![Parcel::default(); labels.iter().max().map_or(0, |largest| usize::from(*largest) + 1)];
        for (label, (x, y)) in labels.iter().zip(x.iter().zip(y)).filter(|(label, _)| **label != UNLABELLED) {
            let parcel = &mut parcels[usize::from(*label)];
            parcel.is_in_atlas = true;
            if x.is_finite() && y.is_finite() {
                parcel.sums[0] += x;
                parcel.sums[1] += y;
                parcel.n += 1.0;
            }
        }
        Self(parcels)
    }

    /// The means of both maps in the parcels that have vertices with a value in both.
    fn means(&self) -> (Vec<f64>, Vec<f64>) {
        let filled = self.0.iter().filter(|parcel| parcel.n > 0.0);
        filled.map(|Parcel { sums: [x, y], n, .. }| (x / n, y / n)).unzip()
    }

    fn empty(&self) -> usize {
        self.0.iter().filter(|parcel| parcel.is_in_atlas && parcel.n == 0.0).count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Spheres, pearson, spin_test};
    use super::*;
    use crate::brain::Mesh;
    use crate::brain::fixtures::sphere;

    const VERTICES: usize = 1_284;

    /// A ramp along the sphere and a rougher one, and the octant of each vertex as its parcel.
    fn maps() -> (Vec<f64>, Vec<f64>, Vec<u16>, Spheres) {
        let points = sphere(Mesh::Fsaverage3).0;
        let both = || points.iter().chain(&points).map(|point| point.map(f64::from));
        let predicted = both().map(|[x, y, z]| 2.0 * x + y - z).collect();
        let measured = both().enumerate().map(|(vertex, [x, y, _])| x + y + 0.3 * (vertex as f64).sin()).collect();
        let octant = |[x, y, z]: [f64; 3]| 1 + u16::from(x > 0.0) + 2 * u16::from(y > 0.0) + 4 * u16::from(z > 0.0);
        let labels = both().enumerate().map(|(vertex, point)| octant(point) + 8 * u16::from(vertex > 641)).collect();
        (predicted, measured, labels, Spheres::new(&points, &points).unwrap())
    }

    #[test]
    fn a_map_agrees_with_itself_in_every_way() {
        let (map, _, labels, spheres) = maps();
        let maps = MapPair { predicted: &map, measured: &map, mask: None };
        let found = compare(maps, Some(&labels), 0.1, Some(spheres.spins(19, 1))).unwrap();
        let parcels = found.parcels.unwrap();
        assert_eq!((found.vertices.pearson.n, parcels.agreement.pearson.n, parcels.empty), (VERTICES, 16, 0));
        for agreement in [found.vertices, parcels.agreement] {
            assert!((agreement.pearson.r - 1.0).abs() < 1e-12 && (agreement.spearman.r - 1.0).abs() < 1e-12);
            assert_eq!(agreement.spin.unwrap().p, 0.05);
        }
        assert_eq!(found.dice, 1.0);
    }

    #[test]
    fn the_vertices_are_compared_as_by_the_functions_for_two_maps() {
        let (predicted, measured, labels, spheres) = maps();
        let mask: Vec<bool> = (0..VERTICES).map(|vertex| vertex % 7 != 0).collect();
        let maps = MapPair { predicted: &predicted, measured: &measured, mask: Some(&mask) };
        let found = compare(maps, Some(&labels), 0.1, Some(spheres.spins(30, 9))).unwrap();
        assert_eq!(found.vertices.pearson, pearson(&predicted, &measured, Some(&mask)).unwrap());
        let spin = spin_test(&predicted, &measured, Some(&mask), spheres.spins(30, 9)).unwrap();
        assert_eq!(found.vertices.spin, Some(spin));
    }

    #[test]
    fn parcels_without_a_value_are_counted_and_vertices_without_a_parcel_are_left_out() {
        let (predicted, mut measured, mut labels, _) = maps();
        for (value, label) in measured.iter_mut().zip(&mut labels) {
            match *label {
                3 => *value = f64::NAN,
                5 => *label = UNLABELLED,
                _ => {}
            }
        }
        let maps = MapPair { predicted: &predicted, measured: &measured, mask: None };
        let parcels = compare(maps, Some(&labels), 0.1, None).unwrap().parcels.unwrap();
        assert_eq!((parcels.agreement.pearson.n, parcels.empty), (14, 1));
        assert_eq!(parcels.agreement.spin, None);
    }

    #[test]
    fn what_is_on_another_mesh_is_refused_by_name() {
        let (map, _, labels, spheres) = maps();
        let maps = MapPair { predicted: &map, measured: &map, mask: None };
        let atlas = compare(maps, Some(&labels[..5]), 0.1, None).unwrap_err();
        assert!(matches!(atlas, Error::Length { what: "the atlas", found: 5, expected: VERTICES }));
        let short = MapPair { predicted: &map[..9], measured: &map[..9], mask: None };
        let sphere = compare(short, None, 0.3, Some(spheres.spins(1, 0))).unwrap_err();
        assert!(matches!(sphere, Error::Length { what: "the sphere", .. }));
    }

    #[test]
    fn a_constant_map_is_refused() {
        let (map, ..) = maps();
        let maps = MapPair { predicted: &map, measured: &[1.0; VERTICES], mask: None };
        assert!(matches!(compare(maps, None, 0.1, None), Err(Error::Constant { value: 1.0, n: VERTICES })));
    }
}
