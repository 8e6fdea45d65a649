//! The regions that an experiment asks for, and what the maps of a contrast show in each.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use super::maps::Maps;
use super::trial_maps::TrialMaps;
use super::{Error, Scanner};
use crate::analysis::{ContrastMaps, RandomPatches, StimulusEstimates, TrialEstimates, summarise};
use crate::brain::{Hemisphere, Mesh, Patch, Region, Surfaces};
use crate::experiment::RegionName;
use crate::predict::VertexSets;

/// Random patches that a region's mean is ranked among.
const PATCHES: usize = 1000;
const PATCH_SEED: u64 = 0;

/// Regions on the mesh of a prediction.
pub(super) struct Regions {
    targets: Vec<Target>,
    mesh: Mesh,
    /// Positions of the vertices of either hemisphere (mm, MNI152).
    mni_mm: [Vec<[f32; 3]>; 2],
}

/// A region, and for one that is looked for by name the random patches of its size.
struct Target {
    patch: Patch,
    random: Option<RandomPatches>,
}

/// A row of the table of regions. What is read off single vertices is missing where only means were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RegionRow {
    pub region: String,
    /// Vertices in the left and in the right hemisphere.
    pub vertices: [usize; 2],
    /// Mean effect, in the unit of the response.
    pub mean: f64,
    /// Of the region's mean, over stimuli; where there are two of each condition or more.
    pub t: Option<f64>,
    pub degrees_of_freedom: Option<f64>,
    /// Of both tails.
    pub p: Option<f64>,
    pub cohens_d: Option<f64>,
    /// (L − R) / (L + R) of the positive parts of the effect; for a region of both hemispheres.
    pub lateralization: Option<f64>,
    pub peak_hemisphere: Option<String>,
    /// Counted from the hemisphere's first.
    pub peak_vertex: Option<u32>,
    /// MNI152.
    pub peak_mni_mm: Option<[f32; 3]>,
    pub peak_effect: Option<f64>,
    /// The share of random patches of the region's size with a larger mean.
    pub patches_larger: Option<f64>,
}

impl Scanner {
    /// Regions by their names, as they were looked up before where they are the same.
    pub(super) fn regions(&self, names: &[String]) -> Result<Arc<Regions>, Error> {
        let installed = |name: &String| match name.parse() {
            Ok(RegionName::Atlas(atlas) | RegionName::Parcel { atlas, .. }) => self.atlases.installed(&atlas),
            Ok(RegionName::Sphere(_)) | Err(_) => None,
        };
        let asked = names.iter().map(|name| (name.clone(), installed(name))).collect();
        self.memory.regions(asked, || Regions::named(self, names))
    }
}

impl Regions {
    /// Looks names up: built-in spheres, whole atlases, single parcels.
    fn named(scanner: &Scanner, names: &[String]) -> Result<Self, Error> {
        let mesh = Mesh::with_vertices(scanner.predictor.card().vertices as usize)?;
        let surfaces = scanner.anatomy.surfaces()?;
        let mni_mm = positions(&surfaces, mesh);
        let alone = |patch| Target { patch, random: None };
        let ranked = |patch: Patch| {
            let everywhere = vec![true; mesh.vertices()];
            let positions = [&mni_mm[0][..], &mni_mm[1]];
            let random = RandomPatches::draw(&(&patch).into(), positions, &everywhere, PATCHES, PATCH_SEED)?;
            Ok::<_, Error>(Target { patch, random: Some(random) })
        };
        let mut targets = Vec::new();
        for name in names {
            match name.parse::<RegionName>()? {
                RegionName::Sphere(name) => targets.push(ranked(Region::find(&name)?.patch(&surfaces, mesh)?)?),
                RegionName::Atlas(atlas) => {
                    let atlas = scanner.atlases.load(&atlas, mesh)?;
                    targets.extend(atlas.parcels().iter().map(|parcel| alone(parcel.patch.clone())));
                }
                RegionName::Parcel { atlas, parcel } => {
                    targets.push(ranked(scanner.atlases.load(&atlas, mesh)?.find(&parcel)?)?)
                }
            }
        }
        Ok(Self { targets, mesh, mni_mm })
    }

    pub(super) fn mesh(&self) -> Mesh {
        self.mesh
    }

    /// The vertices of each region, whose means a model can be asked for.
    pub(super) fn sets(&self) -> VertexSets {
        let set = |target: &Target| target.patch.places().map(|place| place as i64).collect();
        Arc::new(self.targets.iter().map(set).collect())
    }

    /// Names, and places in a row of the response: vertices, or where means were asked for a place a region.
    pub(super) fn in_rows(&self, of_means: bool) -> Vec<(&str, Vec<usize>)> {
        let places = |(place, target): (usize, &Target)| {
            if of_means { vec![place] } else { target.patch.places().collect() }
        };
        let names = self.targets.iter().map(|target| target.patch.name.as_str());
        names.zip(self.targets.iter().enumerate().map(places)).collect()
    }

    /// A row for each region, from maps and estimates that have a value a region.
    pub(super) fn of_means(
        &self,
        maps: &Maps,
        trials: Option<&TrialMaps>,
        weights: &[(String, f64)],
    ) -> Result<Vec<RegionRow>, Error> {
        let tested = trials.filter(|_| maps.t.is_some());
        let test = |trials: &TrialMaps| {
            Ok::<_, Error>(StimulusEstimates::new(&trials.trials, trials.estimates.view())?.contrast(weights)?)
        };
        let test = tested.map(test).transpose()?;
        let row = |(place, Target { patch, .. }): (usize, &Target)| RegionRow {
            region: patch.name.clone(),
            vertices: Hemisphere::BOTH.map(|side| patch.vertices(side).len()),
            mean: maps.effect[place],
            t: test.as_ref().map(|test| test.t[place]),
            degrees_of_freedom: test.as_ref().map(|test| test.degrees_of_freedom[place]),
            p: test.as_ref().map(|test| test.p[place]),
            cohens_d: test.as_ref().map(|test| test.cohens_d[place]),
            lateralization: None,
            peak_hemisphere: None,
            peak_vertex: None,
            peak_mni_mm: None,
            peak_effect: None,
            patches_larger: None,
        };
        Ok(self.targets.iter().enumerate().map(row).collect())
    }

    /// A row for each region.
    pub(super) fn summarise(
        &self,
        maps: &Maps,
        trials: Option<&TrialMaps>,
        weights: &[(String, f64)],
    ) -> Result<Vec<RegionRow>, Error> {
        let effect = maps.effect.to_vec();
        let t = maps.t.as_ref().map(|t| t.to_vec());
        let tested = trials.filter(|_| maps.t.is_some());
        let maps = ContrastMaps {
            effect: &effect,
            t: t.as_deref(),
            trials: tested.map(|trials| TrialEstimates {
                trials: &trials.trials,
                estimates: trials.estimates.view(),
                weights,
            }),
            mni_mm: [&self.mni_mm[0], &self.mni_mm[1]],
        };
        self.targets.iter().map(|target| RegionRow::of(target, &maps)).collect()
    }
}

impl RegionRow {
    fn of(Target { patch, random }: &Target, maps: &ContrastMaps) -> Result<Self, Error> {
        let found = summarise(&patch.into(), maps, false, random.as_ref())?;
        Ok(Self {
            region: patch.name.clone(),
            vertices: found.vertices,
            mean: found.mean,
            t: found.test.map(|test| test.t),
            degrees_of_freedom: found.test.map(|test| test.degrees_of_freedom),
            p: found.test.map(|test| test.p),
            cohens_d: found.test.map(|test| test.cohens_d),
            lateralization: found.lateralization,
            peak_hemisphere: Some(found.peak.hemisphere.to_string()),
            peak_vertex: Some(found.peak.vertex),
            peak_mni_mm: Some(found.peak.mni_mm),
            peak_effect: Some(found.peak.effect),
            patches_larger: found.rank.map(|rank| rank.fraction_larger()),
        })
    }
}

/// Midway through the cortex.
fn positions(surfaces: &Surfaces, mesh: Mesh) -> [Vec<[f32; 3]>; 2] {
    Hemisphere::BOTH.map(|side| {
        let mut positions = surfaces.mni152(side);
        positions.truncate(mesh.vertices_per_hemisphere());
        positions.into_iter().map(|position| position.map(|mm| mm as f32)).collect()
    })
}
