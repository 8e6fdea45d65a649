//! Statistics: rates, numbers of permutations, and contrasts that can be tested in the way that is asked for.

use std::collections::BTreeMap;

use super::{Known, check_atlas};
use crate::experiment::contrast::Weights;
use crate::experiment::estimate::{Estimate, Variance};
use crate::experiment::limits::{MAX_LISTED, MAX_PERMUTATIONS};
use crate::experiment::statistics::{Exchange, FalseDiscoveryRate, Permutations, TestedUnit};
use crate::experiment::{Fault, Findings, Spec};

/// Of fewer orders none is rarer than one in twenty.
const FEWEST_ORDERS: f64 = 20.0;

pub(super) fn check(spec: &Spec, known: &Known, findings: &mut Findings) {
    if let Some(fdr) = &spec.statistics.fdr {
        check_rate(fdr, known, findings);
    }
    if let Some(permutations) = &spec.statistics.permutations {
        check_permutations(spec, permutations, findings);
    }
    check_unit(spec, findings);
}

fn check_rate(fdr: &FalseDiscoveryRate, known: &Known, findings: &mut Findings) {
    if !(fdr.q > 0.0 && fdr.q < 1.0) {
        findings.fault(Fault::new("statistics.fdr.q", format!("{} is no rate; give one between 0 and 1", fdr.q)));
    }
    match (fdr.over, &fdr.atlas) {
        (TestedUnit::Parcels, None) => {
            let fault = Fault::new("statistics.fdr.atlas", "parcels are those of an atlas; name it");
            findings.fault(fault.accepting(known.atlases.iter().flat_map(BTreeMap::keys)));
        }
        (_, Some(atlas)) => check_atlas("statistics.fdr.atlas", atlas, None, known, findings),
        (TestedUnit::Vertices, None) => (),
    }
}

/// Scans are neither exchanged nor averaged over parcels: both take a map a stimulus.
fn check_unit(spec: &Spec, findings: &mut Findings) {
    let what = match (&spec.statistics.permutations, spec.statistics.tested_atlas()) {
        (Some(_), _) => "permutations exchange stimuli",
        (None, Some(_)) => "parcels are tested over stimuli",
        (None, None) => return,
    };
    if let Some(Estimate::Glm(glm)) = &spec.estimate
        && glm.variance == Variance::Scans
    {
        let problem = format!("{what}, and the variance is that of scans; leave it out, or give that of stimuli");
        findings.fault(Fault::new("estimate.variance", problem).accepting(["stimuli"]));
    }
}

fn check_permutations(spec: &Spec, permutations: &Permutations, findings: &mut Findings) {
    if !(1..=MAX_PERMUTATIONS).contains(&permutations.n) {
        let problem = format!("{} permutations are asked for, 1 to {MAX_PERMUTATIONS} are made", permutations.n);
        findings.fault(Fault::new("statistics.permutations.n", problem));
    }
    for (i, contrast) in spec.contrasts.iter().enumerate().take(MAX_LISTED) {
        let path = format!("contrasts[{i}]");
        let Ok(weights) = contrast.weights() else { continue };
        let is_alone = weights.iter().count() == 1;
        if permutations.exchange == Exchange::Signs && !is_alone {
            let problem = format!(
                "the signs of stimuli are those of one condition against the baseline, and {path} compares conditions"
            );
            findings.fault(Fault::new("statistics.permutations.exchange", problem).accepting(["labels"]));
        } else if !is_alone && !weights.sum_to_zero() {
            let problem = "labels are exchanged between conditions, which tells nothing of a comparison with the baseline; \
                           let the weights sum to 0, or weigh one condition";
            findings.fault(Fault::new(path, problem));
        } else if let Some(orders) = orders(spec, &weights)
            && orders < FEWEST_ORDERS
        {
            let fewest = if is_alone { "6 stimuli" } else { "4 stimuli of each condition" };
            let problem = format!(
                "its stimuli can be exchanged in {orders} ways that differ, so that no p is below 1/{orders}; give {fewest} \
                 or more, or leave the permutations out"
            );
            findings.fault(Fault::new(path, problem));
        }
    }
}

/// How many orders of the stimuli of a contrast have a t of another size, at most; `None` where it is not known how many
/// stimuli there are, or one is told elsewhere to be too few.
fn orders(spec: &Spec, weights: &Weights) -> Option<f64> {
    let of = |name: &str| spec.conditions.iter().find(|condition| condition.name == name);
    let counts: Vec<usize> =
        weights.iter().map(|(name, _)| of(name).map(|condition| condition.stimuli.len())).collect::<Option<_>>()?;
    if counts.iter().any(|count| *count < 2) {
        return None;
    }
    // What turns all signs, or swaps two conditions of the same size, turns the sign of t.
    Some(match counts[..] {
        [] => return None,
        [count] => 2_f64.powi(count as i32 - 1),
        [one, other] if one == other => ways(&counts) / 2.0,
        _ => ways(&counts),
    })
}

/// In how many ways items can be dealt out to groups of these sizes.
fn ways(sizes: &[usize]) -> f64 {
    let mut dealt = 0;
    let mut ways = 1.0_f64;
    for size in sizes {
        for place in 1..=*size {
            dealt += 1;
            ways *= dealt as f64 / place as f64;
        }
    }
    ways.round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_multinomial() {
        assert_eq!((ways(&[4, 4]), ways(&[3, 3]), ways(&[2, 2, 2]), ways(&[1, 5])), (70.0, 20.0, 90.0, 6.0));
    }
}
