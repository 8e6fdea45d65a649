//! The regions that an experiment asks for, on the mesh of a model.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Error, Scanner};
use crate::analysis::RandomPatches;
use crate::brain::{Hemisphere, Mesh, Patch, Region, Surfaces};
use crate::experiment::RegionName;
use crate::predict::VertexSets;

/// Random patches that a region's mean is ranked among.
const PATCHES: usize = 1000;
const PATCH_SEED: u64 = 0;

/// Regions on the mesh of a prediction.
pub(super) struct Regions {
    pub(super) targets: Vec<Target>,
    mesh: Mesh,
    /// Positions of the vertices of either hemisphere (mm, MNI152).
    pub(super) mni_mm: [Vec<[f32; 3]>; 2],
}

/// A region.
pub(super) struct Target {
    pub(super) patch: Patch,
    /// The atlas that it is a parcel of.
    pub(super) atlas: Option<String>,
    /// For one that is looked for by name the random patches of its size.
    pub(super) random: Option<RandomPatches>,
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
}

/// Midway through the cortex.
fn positions(surfaces: &Surfaces, mesh: Mesh) -> [Vec<[f32; 3]>; 2] {
    Hemisphere::BOTH.map(|side| {
        let mut positions = surfaces.mni152(side);
        positions.truncate(mesh.vertices_per_hemisphere());
        positions.into_iter().map(|position| position.map(|mm| mm as f32)).collect()
    })
}
