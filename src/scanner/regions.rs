//! The regions that an experiment asks for, and what the maps of a contrast show in each.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::maps::Maps;
use super::trial_maps::TrialMaps;
use super::{Error, Scanner};
use crate::analysis::{ContrastMaps, RandomPatches, TrialEstimates, false_discovery_rate, summarise};
use crate::brain::{Hemisphere, Mesh, Patch, Region, Surfaces};
use crate::experiment::RegionName;

/// Random patches that a region's mean is ranked among.
const PATCHES: usize = 1000;
const PATCH_SEED: u64 = 0;

/// Regions on the mesh of a prediction.
pub(super) struct Regions {
    targets: Vec<Target>,
    /// Positions of the vertices of either hemisphere (mm, MNI152).
    mni_mm: [Vec<[f32; 3]>; 2],
}

/// A region.
struct Target {
    patch: Patch,
    /// The atlas that it is a parcel of.
    atlas: Option<String>,
    /// For one that is looked for by name the random patches of its size.
    random: Option<RandomPatches>,
}

/// A row of the table of regions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
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
    /// Benjamini and Hochberg's q of p among the parcels of the atlas over which false discoveries are counted; of its
    /// parcels only.
    pub q: Option<f64>,
    pub cohens_d: Option<f64>,
    /// (L − R) / (L + R) of the positive parts of the effect; for a region of both hemispheres.
    pub lateralization: Option<f64>,
    pub peak_hemisphere: String,
    /// Counted from the hemisphere's first.
    pub peak_vertex: u32,
    /// MNI152.
    pub peak_mni_mm: [f32; 3],
    pub peak_effect: f64,
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
    /// Looks names up: built-in spheres, whole atlases, single parcels. A parcel that is named for itself is not repeated
    /// among those of its atlas.
    fn named(scanner: &Scanner, names: &[String]) -> Result<Self, Error> {
        let mesh = Mesh::with_vertices(scanner.predictor.card().vertices as usize)?;
        let surfaces = scanner.anatomy.surfaces()?;
        let mni_mm = positions(&surfaces, mesh);
        let named: BTreeSet<RegionName> = names.iter().map(|name| name.parse()).collect::<Result<_, _>>()?;
        let is_named = |atlas: &str, parcel: &str| {
            named.contains(&RegionName::Parcel { atlas: atlas.to_owned(), parcel: parcel.to_owned() })
        };
        let ranked = |patch: Patch, atlas: Option<String>| {
            let everywhere = vec![true; mesh.vertices()];
            let positions = [&mni_mm[0][..], &mni_mm[1]];
            let random = RandomPatches::draw(&(&patch).into(), positions, &everywhere, PATCHES, PATCH_SEED)?;
            Ok::<_, Error>(Target { patch, atlas, random: Some(random) })
        };
        let mut targets = Vec::new();
        let mut seen = BTreeSet::new();
        for name in names {
            let name = name.parse::<RegionName>()?;
            if !seen.insert(name.clone()) {
                continue;
            }
            match name {
                RegionName::Sphere(name) => targets.push(ranked(Region::find(&name)?.patch(&surfaces, mesh)?, None)?),
                RegionName::Atlas(name) => {
                    let atlas = scanner.atlases.load(&name, mesh)?;
                    let patches = atlas.parcels().iter().map(|parcel| parcel.patch.clone());
                    let others = patches.filter(|patch| !is_named(&name, &patch.name));
                    targets.extend(others.map(|patch| Target { patch, atlas: Some(name.clone()), random: None }));
                }
                RegionName::Parcel { atlas: name, parcel } => {
                    let atlas = scanner.atlases.load(&name, mesh)?;
                    let is_whole = atlas.parcels().iter().any(|own| own.patch.name == parcel);
                    targets.push(ranked(atlas.find(&parcel)?, is_whole.then_some(name))?);
                }
            }
        }
        Ok(Self { targets, mni_mm })
    }

    pub(super) fn patches(&self) -> impl Iterator<Item = &Patch> {
        self.targets.iter().map(|target| &target.patch)
    }

    /// A row for each region. False discoveries are counted among the parcels of `atlas`.
    pub(super) fn summarise(
        &self,
        maps: &Maps,
        trials: Option<&TrialMaps>,
        weights: &[(String, f64)],
        atlas: Option<&str>,
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
        let mut rows =
            self.targets.iter().map(|target| RegionRow::of(target, &maps)).collect::<Result<Vec<_>, Error>>()?;
        let is_tested = |target: &Target| atlas.is_some() && target.atlas.as_deref() == atlas;
        let parcels = rows.iter_mut().zip(&self.targets).filter(|(row, target)| is_tested(target) && row.p.is_some());
        let parcels: Vec<&mut RegionRow> = parcels.map(|(row, _)| row).collect();
        let p: Vec<f64> = parcels.iter().filter_map(|row| row.p).collect();
        for (row, q) in parcels.into_iter().zip(false_discovery_rate(&p)?) {
            row.q = Some(q);
        }
        Ok(rows)
    }
}

impl RegionRow {
    fn of(Target { patch, random, .. }: &Target, maps: &ContrastMaps) -> Result<Self, Error> {
        let found = summarise(&patch.into(), maps, false, random.as_ref())?;
        Ok(Self {
            region: patch.name.clone(),
            vertices: found.vertices,
            mean: found.mean,
            t: found.test.map(|test| test.t),
            degrees_of_freedom: found.test.map(|test| test.degrees_of_freedom),
            p: found.test.map(|test| test.p),
            q: None,
            cohens_d: found.test.map(|test| test.cohens_d),
            lateralization: found.lateralization,
            peak_hemisphere: found.peak.hemisphere.to_string(),
            peak_vertex: found.peak.vertex,
            peak_mni_mm: found.peak.mni_mm,
            peak_effect: found.peak.effect,
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
