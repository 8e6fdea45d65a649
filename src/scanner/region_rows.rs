//! What a contrast shows in each region: a row of a table, from single vertices or from the means of regions alone.

use ndarray::Array1;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Error;
use super::maps::Maps;
use super::regions::{Regions, Target};
use super::trial_maps::TrialMaps;
use crate::analysis::{
    ContrastMaps, StimulusEstimates, TrialContrast, TrialEstimates, false_discovery_rate, summarise,
};
use crate::brain::Hemisphere;

/// A row of the table of regions. What is read off single vertices is missing where only means were asked for.
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
    pub peak_hemisphere: Option<String>,
    /// Counted from the hemisphere's first.
    pub peak_vertex: Option<u32>,
    /// MNI152.
    pub peak_mni_mm: Option<[f32; 3]>,
    pub peak_effect: Option<f64>,
    /// The share of random patches of the region's size with a larger mean.
    pub patches_larger: Option<f64>,
}

/// A contrast, and what it was computed from.
pub(super) struct Tested<'a> {
    pub(super) maps: &'a Maps,
    pub(super) trials: Option<&'a TrialMaps>,
    pub(super) weights: &'a [(String, f64)],
}

impl Tested<'_> {
    /// The trials, where there are stimuli enough to test.
    fn trials(&self) -> Option<&TrialMaps> {
        self.trials.filter(|_| self.maps.t.is_some())
    }
}

impl Regions {
    /// A row for each region. Where the response was read `as_means`, maps and trials have a value a region in place of one
    /// a vertex. False discoveries are counted among the parcels of `atlas`.
    pub(super) fn rows(&self, of: &Tested, as_means: bool, atlas: Option<&str>) -> Result<Vec<RegionRow>, Error> {
        let mut rows = if as_means { self.rows_of_means(of)? } else { self.rows_of_vertices(of)? };
        let is_tested = |target: &Target| atlas.is_some() && target.atlas.as_deref() == atlas;
        let parcels = rows.iter_mut().zip(&self.targets).filter(|(row, target)| is_tested(target) && row.p.is_some());
        let parcels: Vec<&mut RegionRow> = parcels.map(|(row, _)| row).collect();
        let p: Vec<f64> = parcels.iter().filter_map(|row| row.p).collect();
        for (row, q) in parcels.into_iter().zip(false_discovery_rate(&p)?) {
            row.q = Some(q);
        }
        Ok(rows)
    }

    fn rows_of_vertices(&self, of: &Tested) -> Result<Vec<RegionRow>, Error> {
        let effect = of.maps.effect.to_vec();
        let t = of.maps.t.as_ref().map(|t| t.to_vec());
        let maps = ContrastMaps {
            effect: &effect,
            t: t.as_deref(),
            trials: of.trials().map(|trials| TrialEstimates {
                trials: &trials.trials,
                estimates: trials.estimates.view(),
                weights: of.weights,
            }),
            mni_mm: [&self.mni_mm[0], &self.mni_mm[1]],
        };
        self.targets.iter().map(|target| RegionRow::of_vertices(target, &maps)).collect()
    }

    fn rows_of_means(&self, of: &Tested) -> Result<Vec<RegionRow>, Error> {
        let test = |trials: &TrialMaps| {
            Ok::<_, Error>(StimulusEstimates::new(&trials.trials, trials.estimates.view())?.contrast(of.weights)?)
        };
        let test = of.trials().map(test).transpose()?;
        let test = test.map(|test| {
            let p = test.p();
            (test, p)
        });
        let row = |(place, target)| RegionRow::of_mean(target, of.maps.effect[place], test.as_ref(), place);
        Ok(self.targets.iter().enumerate().map(row).collect())
    }
}

impl RegionRow {
    fn of_vertices(Target { patch, random, .. }: &Target, maps: &ContrastMaps) -> Result<Self, Error> {
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
            peak_hemisphere: Some(found.peak.hemisphere.to_string()),
            peak_vertex: Some(found.peak.vertex),
            peak_mni_mm: Some(found.peak.mni_mm),
            peak_effect: Some(found.peak.effect),
            patches_larger: found.rank.map(|rank| rank.fraction_larger()),
        })
    }

    /// Of the region at this place in a test of means and its p.
    fn of_mean(
        Target { patch, .. }: &Target,
        mean: f64,
        test: Option<&(TrialContrast, Array1<f64>)>,
        place: usize,
    ) -> Self {
        Self {
            region: patch.name.clone(),
            vertices: Hemisphere::BOTH.map(|side| patch.vertices(side).len()),
            mean,
            t: test.map(|(test, _)| test.t[place]),
            degrees_of_freedom: test.map(|(test, _)| test.degrees_of_freedom[place]),
            p: test.map(|(_, p)| p[place]),
            q: None,
            cohens_d: test.map(|(test, _)| test.cohens_d[place]),
            lateralization: None,
            peak_hemisphere: None,
            peak_vertex: None,
            peak_mni_mm: None,
            peak_effect: None,
            patches_larger: None,
        }
    }
}
