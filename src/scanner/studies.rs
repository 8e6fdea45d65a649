//! What fits and evaluations take of a scanner: its model, its surfaces, and sets of regions.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::{Error, Scanner};
use crate::brain::{Mesh, Patch, Region};
use crate::study::FitResources;
use crate::study::evaluation::mesh_of;

/// What the set of regions that come with the program is called.
const BUILT_IN: &str = "builtin";

impl Scanner {
    /// What a fit or an evaluation is done with. Runs that were made ready are kept in `cache`, all else lies in `workdir`.
    pub fn fit_resources<'a>(
        &'a self,
        cache: &'a Path,
        workdir: &'a Path,
        cancel: &'a CancellationToken,
    ) -> FitResources<'a> {
        FitResources { predictor: &self.predictor, cache, surfaces: &self.anatomy.surfaces, workdir, cancel }
    }

    /// The built-in regions, and behind them the parcels of an atlas, on the mesh of the model; none where its outputs are no
    /// vertices.
    ///
    /// # Errors
    /// An atlas that is not installed, and surfaces that are coarser than the mesh.
    pub fn scored_regions(&self, atlas: Option<&str>) -> Result<Vec<Patch>, Error> {
        let Some(mesh) = mesh_of(self.predictor.settings()) else { return Ok(Vec::new()) };
        let mut regions = self.built_in_regions(mesh)?;
        if let Some(atlas) = atlas {
            regions.extend(self.parcels(atlas, mesh)?);
        }
        Ok(regions)
    }

    /// The regions of a set in their order: `builtin`, or an installed atlas.
    ///
    /// # Errors
    /// [`Error::UnknownAtlas`] for another name, and a model whose outputs are no vertices.
    pub fn region_set(&self, name: &str) -> Result<Vec<Patch>, Error> {
        let mesh = Mesh::with_vertices(self.predictor.settings().vertices())?;
        if name == BUILT_IN { self.built_in_regions(mesh) } else { self.parcels(name, mesh) }
    }

    fn built_in_regions(&self, mesh: Mesh) -> Result<Vec<Patch>, Error> {
        let surfaces = self.anatomy.surfaces()?;
        let patches = Region::builtin().iter().map(|region| region.patch(&surfaces, mesh));
        Ok(patches.collect::<Result<_, _>>()?)
    }

    fn parcels(&self, atlas: &str, mesh: Mesh) -> Result<Vec<Patch>, Error> {
        Ok(self.atlases.load(atlas, mesh)?.parcels().iter().map(|parcel| parcel.patch.clone()).collect())
    }
}
