//! The numbers of designs and estimates.

use crate::experiment::design::Design;
use crate::experiment::estimate::{Estimate, PeakEstimate};
use crate::experiment::limits::{MAX_RUNS, MAX_SECONDS, MAX_TRIALS};
use crate::experiment::{Fault, Findings, Spec};

/// Half of one sample a second (Hz): there is nothing faster in a response.
const HIGHEST_PASS_HZ: f64 = 0.5;

pub(super) fn check(spec: &Spec, findings: &mut Findings) {
    match &spec.design {
        None => (),
        Some(Design::Event(design)) => {
            above_zero("design.stimulus_s", design.stimulus_s, findings);
            from_zero("design.asynchrony_s", design.asynchrony_s, findings);
            from_zero("design.pause_s", design.pause_s, findings);
            count("design.repetitions", design.repetitions, MAX_TRIALS as u32, findings);
            count("design.runs", design.runs, MAX_RUNS, findings);
            if let Some(longest_run_s) = design.longest_run_s {
                above_zero("design.longest_run_s", longest_run_s, findings);
            }
        }
        Some(Design::Block(design)) => {
            above_zero("design.stimulus_s", design.stimulus_s, findings);
            from_zero("design.rest_s", design.rest_s, findings);
            count("design.stimuli_per_block", design.stimuli_per_block, MAX_TRIALS as u32, findings);
            count("design.blocks", design.blocks, MAX_TRIALS as u32, findings);
            count("design.runs", design.runs, MAX_RUNS, findings);
        }
        Some(Design::Isolated(design)) => above_zero("design.stimulus_s", design.stimulus_s, findings),
        Some(Design::Scheduled(design)) => above_zero("design.stimulus_s", design.stimulus_s, findings),
        Some(Design::Continuous(design)) => from_zero("design.overlap_s", design.overlap_s, findings),
    }
    match &spec.estimate {
        None => (),
        Some(Estimate::Peak(peak)) => check_peak(peak, findings),
        Some(Estimate::Glm(glm)) => check_high_pass(glm.high_pass_hz, findings),
        Some(Estimate::Timecourse(course)) => stretch("estimate", course.from_s, course.to_s, -MAX_SECONDS, findings),
    }
}

fn check_peak(peak: &PeakEstimate, findings: &mut Findings) {
    match (peak.at_s, peak.from_s, peak.to_s) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            findings.fault(Fault::new("estimate", "a time and a stretch are given; keep at_s, or from_s and to_s"));
        }
        (None, Some(_), None) => findings.fault(Fault::new("estimate.to_s", "the stretch has no end; give to_s")),
        (None, None, Some(_)) => findings.fault(Fault::new("estimate.from_s", "the stretch has no start; give from_s")),
        (None, Some(from), Some(to)) => stretch("estimate", from, to, 0.0, findings),
        (at, None, None) => from_zero("estimate.at_s", at.unwrap_or(0.0), findings),
    }
}

fn check_high_pass(high_pass_hz: f64, findings: &mut Findings) {
    if !(high_pass_hz > 0.0 && high_pass_hz < HIGHEST_PASS_HZ) {
        let problem =
            format!("{high_pass_hz} Hz is no high-pass; give more than 0 Hz and less than {HIGHEST_PASS_HZ} Hz");
        findings.fault(Fault::new("estimate.high_pass_hz", problem));
    }
}

/// From a time, not before `earliest`, to a later one.
fn stretch(path: &str, from: f64, to: f64, earliest: f64, findings: &mut Findings) {
    let is_time = |seconds: f64| (earliest..=MAX_SECONDS).contains(&seconds);
    if !is_time(from) || !is_time(to) || from >= to {
        let problem =
            format!("from {from} s to {to} s is no stretch; give from_s before to_s, not before {earliest} s");
        findings.fault(Fault::new(path, problem));
    }
}

fn above_zero(path: &str, seconds: f64, findings: &mut Findings) {
    if !(seconds > 0.0 && seconds <= MAX_SECONDS) {
        let problem = format!("{seconds} s is too short or too long; give more than 0 s, up to {MAX_SECONDS} s");
        findings.fault(Fault::new(path, problem));
    }
}

fn from_zero(path: &str, seconds: f64, findings: &mut Findings) {
    if !(0.0..=MAX_SECONDS).contains(&seconds) {
        findings.fault(Fault::new(path, format!("{seconds} s is no time here; give 0 s to {MAX_SECONDS} s")));
    }
}

fn count(path: &str, count: u32, limit: u32, findings: &mut Findings) {
    if !(1..=limit).contains(&count) {
        findings.fault(Fault::new(path, format!("{count} is out of range; give 1 to {limit}")));
    }
}
