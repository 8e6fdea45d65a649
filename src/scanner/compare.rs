//! A predicted map against a measured one, whatever files they come in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::map_file::on_common_mesh;
use super::{AtlasFolder, Error, MapFile, Space};
use crate::analysis::{self, MapPair, Spheres};
use crate::brain::{Atlas, MeasuredMap};
use crate::predict::Anatomy;

/// The share of vertices whose overlap Dice's coefficient is of.
const TOP: f64 = 0.1;

/// How two maps are to be compared.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CompareOptions {
    /// The map of the predicted file, by name; its first when left out.
    pub map: Option<String>,
    /// The map of the measured file, by name; its first when left out.
    pub measured_map: Option<String>,
    /// An installed atlas, over whose parcels the maps are compared too.
    pub atlas: Option<String>,
    /// Random rotations of the sphere; none without a spin test.
    pub spins: usize,
    /// Of the rotations.
    pub seed: u64,
    /// The space of maps that are volumes.
    pub space: Space,
}

impl Default for CompareOptions {
    fn default() -> Self {
        Self { map: None, measured_map: None, atlas: None, spins: 1000, seed: 0, space: Space::default() }
    }
}

/// How well two maps agree.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Agreement {
    /// Names of the maps in their files.
    pub predicted: String,
    pub measured: String,
    /// The mesh that both were brought to.
    pub mesh: String,
    /// Over vertices where both maps have a value.
    pub vertices: Correlations,
    /// Over the means of the atlas's parcels.
    pub parcels: Option<ParcelCorrelations>,
    /// Dice's coefficient of the tenth of the vertices where each map is largest.
    pub dice: f64,
    pub seed: u64,
}

/// Correlations over the parcels of an atlas.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ParcelCorrelations {
    pub atlas: String,
    /// Parcels in which no vertex has a value in both maps: left out.
    pub empty: usize,
    #[serde(flatten)]
    pub correlations: Correlations,
}

/// Correlations of two maps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Correlations {
    /// Places, vertices or parcels.
    pub n: usize,
    pub pearson: f64,
    /// Of Pearson's correlation if places were independent, which neighbours are not: as TRIBE v2's paper prints it.
    pub p_if_independent: f64,
    pub spearman: f64,
    /// Of Pearson's correlation, of both tails, by rotations of the sphere, which keep a map as smooth as it is.
    pub p_spin: Option<f64>,
    pub spins: usize,
}

impl From<analysis::Agreement> for Correlations {
    fn from(agreement: analysis::Agreement) -> Self {
        Self {
            n: agreement.pearson.n,
            pearson: agreement.pearson.r,
            p_if_independent: agreement.pearson.p(),
            spearman: agreement.spearman.r,
            p_spin: agreement.spin.map(|spin| spin.p),
            spins: agreement.spin.map_or(0, |spin| spin.n),
        }
    }
}

/// Brings both maps to the finest fsaverage mesh that they share, fsaverage5 at most, and compares them.
///
/// A map that has a value that is no number, is of another mesh, or lies elsewhere in space is refused.
pub fn compare(
    predicted: &MapFile,
    measured: &MapFile,
    options: &CompareOptions,
    anatomy: &Anatomy,
    atlases: &AtlasFolder,
) -> Result<Agreement, Error> {
    let surfaces = anatomy.surfaces()?;
    let (mesh, (predicted, measured)) = on_common_mesh(&surfaces, |mesh| {
        let select = |file: &MapFile, name: &Option<String>| {
            MeasuredMap::select(file.maps(options.space, &surfaces, mesh)?, name.as_deref())
        };
        Ok((select(predicted, &options.map)?, select(measured, &options.measured_map)?))
    })?;
    let atlas = options.atlas.as_ref().map(|name| atlases.load(name, mesh)).transpose()?;
    let spheres = match options.spins {
        0 => None,
        _ => {
            let [left, right] = anatomy.spheres(mesh)?;
            Some(Spheres::new(&left, &right)?)
        }
    };
    let labels = atlas.as_ref().map(labels);
    let (x, y) = (numbers(&predicted), numbers(&measured));
    let maps = MapPair { predicted: &x, measured: &y, mask: None };
    let spins = spheres.as_ref().map(|spheres| spheres.spins(options.spins, options.seed));
    let found = analysis::compare(maps, labels.as_deref(), TOP, spins)?;
    let parcels = atlas.zip(found.parcels).map(|(atlas, parcels)| ParcelCorrelations {
        atlas: atlas.name,
        empty: parcels.empty,
        correlations: parcels.agreement.into(),
    });
    Ok(Agreement {
        predicted: predicted.name,
        measured: measured.name,
        mesh: mesh.to_string(),
        vertices: found.vertices.into(),
        parcels,
        dice: found.dice,
        seed: options.seed,
    })
}

/// A map with NaN where nothing was measured.
pub(super) fn numbers(map: &MeasuredMap) -> Vec<f64> {
    map.values().iter().map(|value| value.map_or(f64::NAN, f64::from)).collect()
}

/// The parcel of each vertex, counted from 1; 0 for none. There are fewer parcels than vertices.
pub(super) fn labels(atlas: &Atlas) -> Vec<u16> {
    atlas.labels().iter().map(|label| label.map_or(0, |index| index.saturating_add(1))).collect()
}
