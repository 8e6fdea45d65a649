//! What cannot be had of an experiment that reads off the means of regions alone.

use crate::experiment::{Estimate, Fault, Findings, Noise, Returned, Spec, TestedUnit};

pub(super) fn check(spec: &Spec, findings: &mut Findings) {
    if !spec.reads_means() {
        return;
    }
    let mut fault = |path: &str, problem: &str| findings.fault(Fault::new(path, problem));
    if spec.returns.iter().any(|returned| matches!(returned, Returned::Maps | Returned::Regions)) {
        fault(
            "returns",
            "\"region_means\" leaves vertices uncomputed, which maps and full rows of regions are read off",
        );
    }
    if spec.regions.is_empty() {
        fault("regions", "region means are asked for; name regions");
    }
    if matches!(spec.estimate(), Estimate::Glm(glm) if glm.noise == Noise::Ar1) {
        fault(
            "estimate.noise",
            "noise = \"ar1\" whitens each vertex in its own way, so that the effect of a region's mean is not the mean \
             of its effects; set noise = \"ols\"",
        );
    }
    if spec.statistics.fdr.as_ref().is_some_and(|fdr| fdr.over == TestedUnit::Vertices) {
        fault("statistics.fdr.over", "vertices are not computed where region means are asked for");
    }
    if spec.statistics.permutations.is_some() {
        fault("statistics.permutations", "permutations are made over maps, which region means leave out");
    }
}
