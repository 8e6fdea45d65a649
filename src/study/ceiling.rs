//! What a model could reach: the noise ceiling of a stimulus that was shown again and again.

use std::collections::BTreeMap;

use ndarray::{Array1, ArrayView3, Axis, stack};

use super::states::Aligned;
use super::{Error, StudyRun};
use crate::analysis::encoding::{LinearModel, SplitHalf, score};

/// Noise ceilings under this are too uncertain to divide by.
const LEAST_CEILING: f32 = 0.1;

/// What could be reached, an output each.
pub(super) struct Ceiling {
    pub(super) r: Array1<f32>,
    /// The share of it that is reached.
    pub(super) share: Array1<f32>,
}

/// The stimulus that these runs show most often, where it is more than once.
pub(super) fn most_repeated(runs: &[&StudyRun]) -> Result<Option<[u8; 32]>, Error> {
    let mut counts: BTreeMap<[u8; 32], usize> = BTreeMap::new();
    for run in runs {
        *counts.entry(*run.source.content()?.as_bytes()).or_default() += 1;
    }
    let most = counts.into_iter().max_by_key(|(_, count)| *count);
    Ok(most.filter(|(_, count)| *count > 1).map(|(content, _)| content))
}

/// The noise ceiling of the stimulus that was shown most often, and the share of it that a model reaches; `None` where nothing
/// was shown twice.
pub(super) fn ceiling(runs: &[Aligned], model: &LinearModel) -> Result<Option<Ceiling>, Error> {
    let alike = |run: &Aligned| {
        let same = |other: &&Aligned| {
            other.content == run.content && (other.first, other.states.nrows()) == (run.first, run.states.nrows())
        };
        runs.iter().filter(same).collect::<Vec<_>>()
    };
    let Some(repeats) = runs.iter().map(alike).max_by_key(Vec::len).filter(|repeats| repeats.len() > 1) else {
        return Ok(None);
    };
    let measured: Vec<_> = repeats.iter().map(|run| run.measured.view()).collect();
    let measured = stack(Axis(0), &measured).expect("repeats have the same rows. This is a bug.");
    let reliable = SplitHalf::new(ArrayView3::from(&measured), 0)?;
    let mean = measured.mean_axis(Axis(0)).expect("there are repeats. This is a bug.");
    let reached = score(model.predict(repeats[0].states.view())?.view(), mean.view())?;
    Ok(Some(Ceiling { r: reliable.ceiling(), share: reliable.share(&reached.r) }))
}

impl Ceiling {
    /// The mean ceiling and the mean share of it, over outputs whose ceiling is certain enough; `None` where none is.
    pub(super) fn means(&self) -> Option<[f64; 2]> {
        let pairs = self.r.iter().zip(&self.share);
        let certain = pairs.filter(|(ceiling, share)| **ceiling > LEAST_CEILING && share.is_finite());
        let (sums, count) = certain.fold(([0.0; 2], 0), |([ceilings, shares], count), (ceiling, share)| {
            ([ceilings + f64::from(*ceiling), shares + f64::from(*share)], count + 1)
        });
        (count > 0).then(|| sums.map(|sum| sum / f64::from(count)))
    }
}
