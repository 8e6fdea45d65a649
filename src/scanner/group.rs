//! The statistics of a group of people's maps: one-sample t in the places that the maps were given in.

use std::path::Path;

use ndarray::{Array2, Axis};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::map_file::on_common_mesh;
use super::map_folder::{MapFolder, write, write_report};
use super::{Error, MapFile, Space};
use crate::analysis::{self, OneSample, false_discovery_rate};
use crate::brain::{MeasuredMap, Mesh, Surfaces, Volumes};
use crate::export::volume_map::{self, VoxelGrid};
use crate::export::{Names, Origin, SOFTWARE, ScalarMap, Statistic, png};
use crate::predict::Anatomy;

/// A report of this name lies beside the files.
const REPORT: &str = "group.json";
/// The rate of false discoveries that the report counts at.
const RATE: f64 = 0.05;
const CAPTION: png::Caption<'static> = png::Caption { what: "one-sample t", unit: "t" };

/// What a group of maps shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroupReport {
    /// Always false: these maps were given, not predicted.
    pub is_prediction: bool,
    /// Maps, one a person.
    pub n: usize,
    pub degrees_of_freedom: usize,
    /// `voxels` of the files' grid, or `vertices` of a mesh.
    pub places: String,
    /// Places where every map has a value and these differ: only they are tested. What lies outside of a mask is 0 in every
    /// map; where it is 0 in some of them, that is taken for their value.
    pub tested: usize,
    /// Of these, where q is under 0.05 (Benjamini and Hochberg, both tails).
    pub significant: usize,
    pub largest_t: f64,
    pub files: Vec<String>,
}

/// One-sample t of maps (two or more) against 0, over the files' voxels where they are volumes of one grid, over vertices
/// where they are surfaces. Writes mean, t, z, p and q (1 where nothing was tested, the others 0 there), and a picture of t.
///
/// # Errors
///
/// Where the files are some volumes and some surfaces, or volumes of different grids, and where there are under two maps.
pub fn group(files: &[MapFile], space: Space, anatomy: &Anatomy, folder: &Path) -> Result<GroupReport, Error> {
    let surfaces = anatomy.surfaces()?;
    let volumes = files.iter().filter_map(|file| match file {
        MapFile::Volume(bytes) => Some(Volumes::from_nifti(bytes)),
        MapFile::Gifti { .. } | MapFile::Cifti(_) => None,
    });
    let volumes = volumes.collect::<Result<Vec<_>, _>>()?;
    let report = match volumes.len() {
        0 => of_surfaces(files, space, &surfaces, folder),
        all if all == files.len() => of_volumes(&volumes, space, &surfaces, folder),
        _ => Err(Error::MixedMaps),
    }?;
    write_report(folder, REPORT, &report)?;
    Ok(report)
}

fn of_volumes(volumes: &[Volumes], space: Space, surfaces: &Surfaces, folder: &Path) -> Result<GroupReport, Error> {
    let (shape, affine) = (volumes[0].shape(), volumes[0].affine());
    if let Some(other) = volumes.iter().find(|other| (other.shape(), other.affine()) != (shape, affine)) {
        return Err(Error::OtherGrid { first: shape, other: other.shape() });
    }
    let maps: Vec<&[f32]> = volumes.iter().flat_map(Volumes::maps).map(Vec::as_slice).collect();
    let tested = Tested::new(&maps)?;
    let mesh = surfaces.mesh();
    let (names, origin) = (Names::of_group(mesh), origin(tested.test.n, mesh));
    let code = match space {
        Space::Mni152 => 4,
        Space::Mni305 => 2,
    };
    let grid = VoxelGrid { shape, affine, space: code };
    let mut written = Vec::new();
    for (statistic, values) in tested.statistics()? {
        let name = names.map_nifti(tested.name(), statistic);
        let map = ScalarMap { name: statistic.label(), statistic, values: &values };
        write(folder, &name, |to| volume_map::write(to, &map, &grid, &origin))?;
        written.push(name);
    }
    let t = volumes[0].with_maps(vec![tested.spread(&tested.test.t, 0.0)])?;
    let on_surface = MeasuredMap::select(t.on_surface(space.into(), surfaces, mesh)?, None)?;
    let t: Vec<f32> = on_surface.values().iter().map(|value| value.unwrap_or(0.0)).collect();
    let picture = names.map_png(tested.name(), tested.t());
    write(folder, &picture, |to| png::cortex(to, &t, CAPTION, surfaces, &origin))?;
    written.push(picture);
    tested.report("voxels".to_owned(), written)
}

fn of_surfaces(files: &[MapFile], space: Space, surfaces: &Surfaces, folder: &Path) -> Result<GroupReport, Error> {
    let (mesh, maps) = on_common_mesh(surfaces, |mesh| {
        files.iter().map(|file| file.maps(space, surfaces, mesh)).collect::<Result<Vec<_>, _>>()
    })?;
    let values = |map: &MeasuredMap| map.values().iter().map(|value| value.unwrap_or(f32::NAN)).collect();
    let maps: Vec<Vec<f32>> = maps.iter().flatten().map(values).collect();
    let tested = Tested::new(&maps.iter().map(Vec::as_slice).collect::<Vec<_>>())?;
    let mut written = MapFolder::new(folder, Names::of_group(mesh), origin(tested.test.n, mesh), surfaces);
    for (statistic, values) in tested.statistics()? {
        if statistic == tested.t() {
            written.draw(tested.name(), statistic, &values, CAPTION)?;
        }
        written.add(tested.name(), statistic, values)?;
    }
    let written = written.finish()?;
    tested.report(format!("vertices of {mesh}"), written)
}

fn origin(n: usize, mesh: Mesh) -> Origin {
    Origin {
        mesh,
        label: "statistic of given maps",
        warns: false,
        of: format!("{n} maps against 0"),
        by: format!("on {mesh}"),
        entries: vec![
            ("Description", format!("one-sample statistic of {n} maps that were given, not predicted")),
            ("SoftwareVersion", SOFTWARE.to_owned()),
        ],
    }
}

/// A test of the places where there is something to test.
struct Tested {
    test: OneSample,
    /// Of all places, those that were tested.
    places: Vec<usize>,
    length: usize,
}

impl Tested {
    /// Of the places where every map has a value and these differ.
    fn new(maps: &[&[f32]]) -> Result<Self, Error> {
        let length = maps.first().map_or(0, |map| map.len());
        let values = |place: usize| maps.iter().map(move |map| map[place]);
        let differ = |place: usize| values(place).any(|value| value != maps[0][place]);
        let is_tested = |place: &usize| values(*place).all(f32::is_finite) && differ(*place);
        let places: Vec<usize> = (0..length).filter(is_tested).collect();
        let mut table = Array2::zeros((maps.len(), places.len()));
        for (mut row, map) in table.axis_iter_mut(Axis(0)).zip(maps) {
            row.iter_mut().zip(&places).for_each(|(value, place)| *value = map[*place]);
        }
        if places.is_empty() && maps.len() > 1 {
            return Err(Error::NothingShared { maps: maps.len() });
        }
        Ok(Self { test: OneSample::new(table.view())?, places, length })
    }

    /// What the maps are called: all are of the mean of those given.
    fn name(&self) -> &'static str {
        "mean"
    }

    fn t(&self) -> Statistic {
        Statistic::T { degrees_of_freedom: Some((self.test.n - 1) as f32) }
    }

    fn q(&self) -> Result<Vec<f64>, analysis::Error> {
        false_discovery_rate(&self.test.p.to_vec())
    }

    /// Each map whole.
    fn statistics(&self) -> Result<[(Statistic, Vec<f32>); 5], Error> {
        let OneSample { mean, t, z, p, .. } = &self.test;
        Ok([
            (Statistic::Effect, self.spread(mean, 0.0)),
            (self.t(), self.spread(t, 0.0)),
            (Statistic::Z, self.spread(z, 0.0)),
            (Statistic::P, self.spread(p, 1.0)),
            (Statistic::Q, self.spread(&self.q()?, 1.0)),
        ])
    }

    /// Values of the tested places in theirs, where they are finite.
    fn spread<'a>(&self, values: impl IntoIterator<Item = &'a f64>, elsewhere: f32) -> Vec<f32> {
        let mut map = vec![elsewhere; self.length];
        for (place, value) in self.places.iter().zip(values).filter(|(_, value)| value.is_finite()) {
            map[*place] = *value as f32;
        }
        map
    }

    fn report(&self, places: String, files: Vec<String>) -> Result<GroupReport, Error> {
        Ok(GroupReport {
            is_prediction: false,
            n: self.test.n,
            degrees_of_freedom: self.test.n - 1,
            places,
            tested: self.places.len(),
            significant: self.q()?.iter().filter(|q| **q < RATE).count(),
            largest_t: self.test.t.iter().copied().filter(|t| t.is_finite()).fold(f64::NEG_INFINITY, f64::max),
            files,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_with_a_value_in_every_map_are_tested() {
        let maps: [&[f32]; 3] = [&[1.0, 7.0, f32::NAN, 4.0], &[2.0, 7.0, 1.0, 0.0], &[3.0, 7.0, 1.0, 5.0]];
        let tested = Tested::new(&maps).unwrap();
        assert_eq!(tested.places, [0, 3], "they have no value, or are the same");
        let [_, (_, t), _, (_, p), _] = tested.statistics().unwrap();
        assert!((t[0] - 12f32.sqrt()).abs() < 1e-6 && t[1] == 0.0 && t[2] == 0.0 && t[3] > 0.0);
        assert_eq!((p[1], p[2]), (1.0, 1.0), "not tested");
    }

    #[test]
    fn one_map_is_no_group() {
        assert!(matches!(Tested::new(&[&[1.0, 2.0]]), Err(Error::Analysis(analysis::Error::TooFewMaps { found: 1 }))));
        let apart: [&[f32]; 2] = [&[1.0, f32::NAN], &[f32::NAN, 1.0]];
        assert!(matches!(Tested::new(&apart), Err(Error::NothingShared { maps: 2 })));
    }
}
