//! How stimuli are changed: by how much, and where they can be.

use std::ops::RangeInclusive;

use crate::experiment::design::Design;
use crate::experiment::limits::MAX_CONDITIONS;
use crate::experiment::{Fault, Findings, Media, Spec};

const SHARE: RangeInclusive<f64> = 0.0..=1.0;
/// Shares of the shorter side: up to 51 pixels of 256.
const BLUR: RangeInclusive<f64> = 0.0..=0.2;
/// dB.
const SNR: RangeInclusive<f64> = -40.0..=60.0;
/// Faster speech than three times its rate is not understood, and slower than half of it is a drawl of artefacts.
const SPEECH_RATE: RangeInclusive<f64> = 0.5..=3.0;

pub(super) fn check(spec: &Spec, findings: &mut Findings) {
    check_numbers("media", &spec.media, findings);
    let is_continuous = matches!(spec.design, Some(Design::Continuous(_)));
    if is_continuous && spec.media.speech_rate.is_some_and(|rate| rate != 1.0) {
        let problem = "the events table tells the times of the stimulus at its own rate; leave speech_rate out, or give a \
                       stimulus of that rate with its own table";
        findings.fault(Fault::new("media.speech_rate", problem));
    }
    for (i, condition) in spec.conditions.iter().enumerate().take(MAX_CONDITIONS) {
        let path = format!("conditions[{i}].media");
        check_numbers(&path, &condition.media, findings);
        if is_continuous && !condition.media.is_empty() {
            let problem = "the conditions of a continuous design are stretches of one stimulus, which is changed as a \
                           whole; give media to the experiment";
            findings.fault(Fault::new(path, problem));
        }
    }
}

fn check_numbers(path: &str, media: &Media, findings: &mut Findings) {
    for (field, value, range, what) in [
        ("contrast", media.contrast, SHARE, "share of the contrast"),
        ("blur", media.blur, BLUR, "share of the picture's shorter side"),
        ("noise", media.noise, SHARE, "share of noise"),
        ("snr_db", media.snr_db, SNR, "signal-to-noise ratio in dB that is made"),
        ("speech_rate", media.speech_rate, SPEECH_RATE, "multiple of the usual rate that is spoken"),
    ] {
        if let Some(value) = value.filter(|value| !range.contains(value)) {
            let problem = format!("{value} is no {what}; give {} to {}", range.start(), range.end());
            findings.fault(Fault::new(format!("{path}.{field}"), problem));
        }
    }
}
