//! What the maps of a contrast show in a region of interest.

use ndarray::{ArrayView1, ArrayView2, Axis};

use super::ComparisonError as Error;
use super::correlation::{mid_ranks, same_length};
use super::patches::{PatchRank, RandomPatches};
use super::region::RegionVertices;
use super::{StimulusEstimates, Trial};
use crate::brain::Hemisphere;

/// The maps of one contrast. A value a vertex, left hemisphere first, NaN where there is none.
#[derive(Clone, Copy, Debug)]
pub struct ContrastMaps<'a> {
    pub effect: &'a [f64],
    /// The t of each vertex, where there are stimuli enough.
    pub t: Option<&'a [f64]>,
    /// The estimates behind the maps, where every condition with a weight has two stimuli or more.
    pub trials: Option<TrialEstimates<'a>>,
    /// Where the vertices of the left and of the right hemisphere lie in MNI152 (mm).
    pub mni_mm: [&'a [[f32; 3]]; 2],
}

/// The estimates that a contrast was computed from.
#[derive(Clone, Copy, Debug)]
pub struct TrialEstimates<'a> {
    pub trials: &'a [Trial],
    /// `(trial, vertex)`.
    pub estimates: ArrayView2<'a, f32>,
    /// Of the conditions, by name.
    pub weights: &'a [(String, f64)],
}

/// What is found in a region, over its vertices that have a finite effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionSummary {
    /// Vertices with an effect, in the left and in the right hemisphere.
    pub vertices: [usize; 2],
    /// Mean effect over the vertices.
    pub mean: f64,
    /// Where the estimates behind the maps were given.
    pub test: Option<RegionTest>,
    /// (L − R) / (L + R), with L and R the means of the positive parts of the effect in either hemisphere: 1 is left only,
    /// −1 right only. `None` for a region of one hemisphere, and where nothing is positive.
    pub lateralization: Option<f64>,
    pub peak: Peak,
    /// How well the effect tells the region from the rest of the cortex, where asked for: the area under the receiver
    /// operating characteristic, as `sklearn.metrics.roc_auc_score`.
    pub auc: Option<f64>,
    /// Where random patches were given.
    pub rank: Option<PatchRank>,
}

/// The contrast of a region's mean between stimuli, computed as that of a vertex by [`StimulusEstimates::contrast`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RegionTest {
    pub t: f64,
    pub degrees_of_freedom: f64,
    /// Of both tails.
    pub p: f64,
    pub cohens_d: f64,
}

/// The vertex of largest t, or of largest effect where there is no t.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak {
    pub hemisphere: Hemisphere,
    /// Counted from the hemisphere's first.
    pub vertex: u32,
    pub effect: f64,
    pub t: Option<f64>,
    /// MNI152.
    pub mni_mm: [f32; 3],
}

/// Summarises a region. `auc` asks for the area under the curve; `patches` are those drawn for the region.
pub fn summarise(
    region: &RegionVertices,
    maps: &ContrastMaps<'_>,
    auc: bool,
    patches: Option<&RandomPatches>,
) -> Result<RegionSummary, Error> {
    let vertices = maps.mni_mm.map(<[_]>::len);
    let total = vertices[0] + vertices[1];
    same_length("the effect map", maps.effect.len(), total)?;
    if let Some(t) = maps.t {
        same_length("the t map", t.len(), total)?;
    }
    let is_region = region.places(vertices)?;
    let inside: Vec<usize> = (0..total).filter(|place| is_region[*place] && maps.effect[*place].is_finite()).collect();
    if inside.is_empty() {
        return Err(Error::EmptyRegion);
    }
    let split = inside.partition_point(|place| *place < vertices[0]);
    let (left, right) = inside.split_at(split);
    let mean = mean(maps.effect, &inside);
    if let Some(patches) = patches {
        same_length("the cortex that patches were drawn from", patches.extent().max(total), total)?;
    }
    Ok(RegionSummary {
        vertices: [left.len(), right.len()],
        mean,
        test: maps.trials.map(|trials| RegionTest::of(&trials, &inside, total)).transpose()?,
        lateralization: lateralization(maps.effect, left, right),
        peak: Peak::of(maps, &inside),
        auc: if auc { Some(area_under_curve(maps.effect, &is_region)?) } else { None },
        rank: patches.map(|patches| patches.rank(maps.effect, mean)),
    })
}

fn mean(map: &[f64], places: &[usize]) -> f64 {
    places.iter().map(|place| map[*place]).sum::<f64>() / places.len() as f64
}

fn lateralization(effect: &[f64], left: &[usize], right: &[usize]) -> Option<f64> {
    if left.is_empty() || right.is_empty() {
        return None;
    }
    let positive = |side: &[usize]| side.iter().map(|place| effect[*place].max(0.0)).sum::<f64>() / side.len() as f64;
    let (left, right) = (positive(left), positive(right));
    (left + right > 0.0).then(|| (left - right) / (left + right))
}

impl RegionTest {
    fn of(
        TrialEstimates { trials, estimates, weights }: &TrialEstimates<'_>,
        inside: &[usize],
        vertices: usize,
    ) -> Result<Self, Error> {
        same_length("an estimate", estimates.ncols(), vertices)?;
        let mean = |row: ArrayView1<'_, f32>| {
            inside.iter().map(|place| f64::from(row[*place])).sum::<f64>() / inside.len() as f64
        };
        let means = estimates.map_axis(Axis(1), |row| mean(row) as f32).insert_axis(Axis(1));
        let contrast = StimulusEstimates::new(trials, means.view())?.contrast(weights)?;
        Ok(Self {
            t: contrast.t[0],
            degrees_of_freedom: contrast.degrees_of_freedom[0],
            p: contrast.p()[0],
            cohens_d: contrast.cohens_d[0],
        })
    }
}

impl Peak {
    fn of(maps: &ContrastMaps<'_>, inside: &[usize]) -> Self {
        // A vertex whose t is missing cannot be the peak of t, unless all are.
        let height = |place: usize| match maps.t {
            Some(t) if t[place].is_nan() => f64::NEG_INFINITY,
            Some(t) => t[place],
            None => maps.effect[place],
        };
        let highest = |best: usize, &place: &usize| if height(place) > height(best) { place } else { best };
        let place = inside.iter().fold(inside[0], highest);
        let left = maps.mni_mm[0].len();
        let (hemisphere, vertex) =
            if place < left { (Hemisphere::Left, place) } else { (Hemisphere::Right, place - left) };
        Self {
            hemisphere,
            vertex: vertex as u32,
            effect: maps.effect[place],
            t: maps.t.map(|t| t[place]),
            mni_mm: maps.mni_mm[hemisphere as usize][vertex],
        }
    }
}

/// The share of pairs of a vertex inside and one outside of which the inner has the larger value; ties count half.
fn area_under_curve(effect: &[f64], is_region: &[bool]) -> Result<f64, Error> {
    let finite = || effect.iter().zip(is_region).filter(|(value, _)| value.is_finite());
    let ranks = mid_ranks(&finite().map(|(value, _)| *value).collect::<Vec<f64>>());
    let inside: Vec<f64> =
        ranks.iter().zip(finite()).filter(|(_, (_, is_in))| **is_in).map(|(rank, _)| *rank).collect();
    let (n, rest) = (inside.len() as f64, (ranks.len() - inside.len()) as f64);
    if rest == 0.0 {
        return Err(Error::NoRest);
    }
    Ok((inside.iter().sum::<f64>() - n * (n + 1.0) / 2.0) / (n * rest))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    const MNI: [[f32; 3]; 4] = [[-40.0, 0.0, 0.0], [-41.0, 0.0, 0.0], [-42.0, 1.0, 0.0], [-43.0, 0.0, 2.0]];

    fn maps<'a>(effect: &'a [f64], t: Option<&'a [f64]>) -> ContrastMaps<'a> {
        ContrastMaps { effect, t, trials: None, mni_mm: [&MNI, &MNI] }
    }

    fn region(left: &[u32], right: &[u32]) -> RegionVertices {
        RegionVertices { left: left.to_vec(), right: right.to_vec() }
    }

    #[test]
    fn mean_peak_and_laterality_are_those_of_the_vertices_with_an_effect() {
        let effect = [1.0, 3.0, f64::NAN, 9.0, -1.0, 1.0, 0.0, 9.0];
        let found = summarise(&region(&[0, 1, 2], &[0, 1]), &maps(&effect, None), false, None).unwrap();
        assert_eq!((found.vertices, found.mean), ([2, 2], 1.0));
        // Positive parts: 2 on the left, 0.5 on the right.
        assert_eq!(found.lateralization, Some(1.5 / 2.5));
        let peak = Peak { hemisphere: Hemisphere::Left, vertex: 1, effect: 3.0, t: None, mni_mm: MNI[1] };
        assert_eq!(found.peak, peak);
        assert_eq!((found.test, found.auc, found.rank), (None, None, None));
    }

    #[test]
    fn the_peak_is_that_of_t_where_there_is_one() {
        let effect = [1.0, 3.0, 2.0, 0.0, 5.0, 0.0, 0.0, 0.0];
        let t = [f64::NAN, 2.0, 4.0, 0.0, 3.0, 0.0, 0.0, 0.0];
        let peak = summarise(&region(&[0, 1, 2], &[0]), &maps(&effect, Some(&t)), false, None).unwrap().peak;
        assert_eq!((peak.hemisphere, peak.vertex, peak.effect, peak.t), (Hemisphere::Left, 2, 2.0, Some(4.0)));
    }

    #[test]
    fn there_is_no_laterality_on_one_side_nor_without_a_positive_effect() {
        let effect = [1.0, 2.0, -1.0, -2.0, 1.0, 0.0, -3.0, -1.0];
        let of =
            |left: &[u32], right: &[u32]| summarise(&region(left, right), &maps(&effect, None), false, None).unwrap();
        assert_eq!(of(&[0, 1], &[]).lateralization, None);
        assert_eq!(of(&[2, 3], &[2, 3]).lateralization, None);
        assert_eq!(of(&[2], &[0]).lateralization, Some(-1.0));
    }

    #[test]
    fn the_area_under_the_curve_counts_pairs_and_halves_ties() {
        let effect = [3.0, 1.0, 1.0, 0.0, f64::NAN, 2.0, 0.0, 0.0];
        let auc = |left: &[u32]| summarise(&region(left, &[]), &maps(&effect, None), true, None).map(|found| found.auc);
        // 3 is larger than all five others; 1 than three, with one tie and one smaller.
        assert_eq!(auc(&[0, 1]).unwrap(), Some((5.0 + 3.5) / 10.0));
        let whole = summarise(&region(&[0, 1, 2, 3], &[0, 1, 2, 3]), &maps(&effect, None), true, None);
        assert!(matches!(whole, Err(Error::NoRest)));
    }

    fn trials(conditions: &[&str]) -> Vec<Trial> {
        let trial = |(stimulus, condition): (usize, &&str)| Trial {
            condition: condition.to_string(),
            stimulus: stimulus.to_string(),
        };
        conditions.iter().enumerate().map(trial).collect()
    }

    #[test]
    fn the_region_is_tested_between_stimuli() {
        let effect = [1.0; 8];
        let estimates = Array2::from_shape_fn((4, 8), |(trial, vertex)| if vertex < 2 { trial as f32 } else { 99.0 });
        let trials = trials(&["places", "places", "faces", "faces"]);
        let weights = [("faces".to_owned(), 1.0), ("places".to_owned(), -1.0)];
        let trials = TrialEstimates { trials: &trials, estimates: estimates.view(), weights: &weights };
        let maps = ContrastMaps { trials: Some(trials), ..maps(&effect, None) };
        let test = summarise(&region(&[0, 1], &[]), &maps, false, None).unwrap().test.unwrap();
        // Means 2.5 and 0.5, variances of 0.5 in each.
        assert!((test.t - 2.0 / 0.5f64.sqrt()).abs() < 1e-6 && (test.degrees_of_freedom - 2.0).abs() < 1e-9);
        assert!((test.cohens_d - 2.0 / 0.5f64.sqrt()).abs() < 1e-6 && test.p < 0.15);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let nan = [f64::NAN; 8];
        assert!(matches!(summarise(&region(&[0], &[]), &maps(&nan, None), false, None), Err(Error::EmptyRegion)));
        assert!(summarise(&region(&[0], &[]), &maps(&[0.0; 7], None), false, None).is_err());
        let of = |estimates: &Array2<f32>| {
            let (trials, weights) = (trials(&["faces"]), [("faces".to_owned(), 1.0)]);
            let trials = TrialEstimates { trials: &trials, estimates: estimates.view(), weights: &weights };
            summarise(&region(&[0], &[]), &ContrastMaps { trials: Some(trials), ..maps(&[0.0; 8], None) }, false, None)
        };
        assert!(matches!(
            of(&Array2::zeros((1, 2))),
            Err(Error::Length { what: "an estimate", found: 2, expected: 8 })
        ));
        assert!(matches!(of(&Array2::zeros((1, 8))), Err(Error::Stimuli(_))), "one stimulus has no spread");
    }
}
